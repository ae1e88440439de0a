"""Banks and their contents over HTTP: make, list, annotate, withdraw. Rules stand in the banks room."""

import msgspec
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response

from amparo.access.model import Principal
from amparo.api import bodies, shapes, tell
from amparo.api.doors import Doors
from amparo.api.matching import number_of
from amparo.api.problems import answer
from amparo.banks.changing import doer_of
from amparo.banks.model import DISABLED, Bank, BankPolicy, Content, Listing, check_opinion
from amparo.doorway.bodies import media_type_of
from amparo.errors import BadInput, Conflict, Refused
from amparo.match.kept import kept_of
from amparo.media.model import VideoRead
from amparo.terms.clock import from_text, to_text, to_us
from amparo.terms.signal import Signal


async def bank_of(request: Request, doors: Doors, principal: Principal) -> Bank:
    """The bank in the path. Raises: NotFound (unknown_bank), also for banks the key may not see."""
    bank = await run_sync(doors.banks.bank, request.path_params["bank"])
    principal.check_bank(bank.id)
    return bank


def origin_of(principal: Principal) -> str:
    """In whose name this key lists."""
    return f"client:{principal.client}"


async def banks(_request: Request, doors: Doors, principal: Principal) -> Response:
    """GET /v1/banks."""

    def told() -> list[shapes.BankOut]:
        """All banks the key sees."""
        seen = [bank for bank in doors.banks.banks() if principal.sees_bank(bank.id)]
        return [tell.bank(bank, doors.banks.count(bank)) for bank in seen]

    return answer(shapes.BanksOut(banks=await run_sync(told)))


async def new_bank(request: Request, doors: Doors, principal: Principal) -> Response:
    """POST /v1/banks."""
    check_may_make_banks(principal)
    sent = await bodies.json_body(request, shapes.BankIn, doors.settings.json_bytes_max, doors.settings.body_ms_max)
    bank = await run_sync(doors.changing.new_bank, doer_of(principal), sent.name, _policy(sent))
    return answer(tell.bank(bank, 0), 201)


def check_may_make_banks(principal: Principal) -> None:
    """Raises: Refused (limited_key)."""
    if principal.bank_ids is not None:
        raise Refused("limited_key", "a key limited to banks cannot make new ones", "Use a key without that limit.")


async def bank(request: Request, doors: Doors, principal: Principal) -> Response:
    """GET /v1/banks/{bank}."""
    found = await bank_of(request, doors, principal)
    return answer(tell.bank(found, await run_sync(doors.banks.count, found)))


async def change_bank(request: Request, doors: Doors, principal: Principal) -> Response:
    """PATCH /v1/banks/{bank}."""
    found = await bank_of(request, doors, principal)
    sent = await bodies.json_body(request, shapes.BankPatch, doors.settings.json_bytes_max, doors.settings.body_ms_max)
    changed = await run_sync(doors.changing.change, doer_of(principal), found.name, _policy(sent))
    return answer(tell.bank(changed, await run_sync(doors.banks.count, changed)))


async def delete_bank(request: Request, doors: Doors, principal: Principal) -> Response:
    """DELETE /v1/banks/{bank}."""
    found = await bank_of(request, doors, principal)
    await run_sync(doors.changing.delete, doer_of(principal), found.name)
    return Response(status_code=204)


async def contents(request: Request, doors: Doors, principal: Principal) -> Response:
    """GET /v1/banks/{bank}/contents."""
    found = await bank_of(request, doors, principal)
    limit = max(1, min(number_of(request, "limit", 100), 1_000))
    after = number_of(request, "after", 0)

    def told() -> Response:
        """The page as it goes out; a full one may hold 64,000 signals, too many for the event loop."""
        page = doors.banks.contents(found, after, limit)
        last = page[-1].id if page else None
        is_last = last is None or (len(page) < limit and not doors.banks.contents(found, last, 1))
        following = None if is_last else last
        return answer(shapes.ContentsOut(contents=[tell.content(one, found.name) for one in page], next=following))

    return await run_sync(told)


async def new_content(request: Request, doors: Doors, principal: Principal) -> Response:
    """POST /v1/banks/{bank}/contents: signals as JSON, or a file, of which only the signals are kept."""
    found, limits = await bank_of(request, doors, principal), doors.settings
    if media_type_of(request) == "multipart/form-data":
        upload = await bodies.upload(request, limits.media_bytes_max, limits.body_ms_max)
        listing, left_out, read = await _listing_of_file(doors, upload)
        relist = bodies.flag(upload.fields.get("relist"), "relist")
    else:
        sent = await bodies.json_body(request, shapes.ContentIn, limits.json_bytes_max, limits.body_ms_max)
        listing, left_out, read = _listing(tell.signals_in(sent.signals), sent), [], None
        relist = sent.relist

    outcome, one = await run_sync(list_one, doors, origin_of(principal), found, listing, relist)
    signals = [tell.signal(each) for each in one.signals]
    told = shapes.ListedOut(
        content_id=one.id, outcome=outcome, signals=signals, left_out=left_out, video=tell.video(read)
    )
    return answer(told, 201)  # also for what stood there; outcome says which


def list_one(doors: Doors, origin: str, bank: Bank, listing: Listing, relist: bool) -> tuple[str, Content]:
    """List one content: what became of it (`added`, `already`), and how it stands now. Raises: Conflict (withdrawn)."""
    (listed,) = doors.banks.list_contents(bank.name, origin, [listing], relist=relist)
    if listed.content_id is None:
        raise Conflict(
            "withdrawn",
            "this origin withdrew this content",
            "Only an explicit re-listing brings it back: relist=true.",
        )
    return listed.outcome, doors.banks.content(bank, listed.content_id)


async def content(request: Request, doors: Doors, principal: Principal) -> Response:
    """GET /v1/banks/{bank}/contents/{id}."""
    found = await bank_of(request, doors, principal)
    one = await run_sync(doors.banks.content, found, request.path_params["id"])
    return answer(tell.content(one, found.name))


async def change_content(request: Request, doors: Doors, principal: Principal) -> Response:
    """PATCH /v1/banks/{bank}/contents/{id}."""
    found, content_id = await bank_of(request, doors, principal), request.path_params["id"]
    sent = await bodies.json_body(
        request, shapes.ContentPatch, doors.settings.json_bytes_max, doors.settings.body_ms_max
    )
    changes = _changes(sent)
    if sent.opinion is not msgspec.UNSET:
        check_opinion(sent.opinion)  # before anything is written

    def change() -> shapes.ContentOut:
        """Everything the patch says, in one thread."""
        one = doors.banks.annotate(found, content_id, changes)
        if sent.opinion is not msgspec.UNSET:
            one = doors.banks.give_opinion(found, content_id, principal.client, sent.opinion)
        return tell.content(one, found.name)

    return answer(await run_sync(change))


async def withdraw(request: Request, doors: Doors, principal: Principal) -> Response:
    """DELETE /v1/banks/{bank}/contents/{id}: withdrawn and on disk when this answers; twice is once."""
    found = await bank_of(request, doors, principal)
    gone = await run_sync(doors.banks.withdraw, found, request.path_params["id"])
    at = gone.withdrawn_at or doors.clock.now()
    return answer(shapes.WithdrawnOut(content_id=gone.id, withdrawn_at=to_text(at)))


def _policy(sent: shapes.BankIn | shapes.BankPatch) -> BankPolicy:
    return BankPolicy(sent.polarity, sent.thresholds, sent.staged_share, sent.paused, sent.action, sent.name)


def _listing(signals: tuple[Signal, ...], sent: shapes.ContentIn) -> Listing:
    metadata = None if sent.metadata is None else msgspec.json.encode(sent.metadata).decode()
    return Listing(signals, sent.external_id, sent.note, metadata)


async def _listing_of_file(
    doors: Doors, upload: bodies.Upload
) -> tuple[Listing, list[shapes.LeftOut], VideoRead | None]:
    reading = await doors.media.read(upload.data)
    kept, left_out = kept_of(reading)
    told = [shapes.LeftOut(kind=one.kind, reason="low_detail", quality=one.quality or 0) for one in left_out]
    return Listing(kept, upload.fields.get("external_id"), upload.fields.get("note")), told, reading.video


def _changes(sent: shapes.ContentPatch) -> dict[str, object]:
    changes: dict[str, object] = {}
    if sent.note is not msgspec.UNSET:
        changes["note"] = sent.note
    if sent.metadata is not msgspec.UNSET:
        changes["metadata"] = None if sent.metadata is None else msgspec.json.encode(sent.metadata).decode()
    if sent.disable_until is not msgspec.UNSET:
        changes["disable_until_us"] = _disable_until_us(sent.disable_until)
    if sent.flood_guarded is not msgspec.UNSET:
        if sent.flood_guarded:
            raise BadInput("bad_json", "flood_guarded can be lifted, not set", "Send false.")
        changes["flooded_us"] = None
    return changes


def _disable_until_us(text: str | None) -> int | None:
    if text is None:
        return None
    # a time before 1970 is long past like any other, and none of them is DISABLED
    return DISABLED if text == "forever" else max(1, to_us(from_text(text, what="disable_until")))
