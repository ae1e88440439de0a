"""HMA's bank contents: list a file or hashes, show, note, disable, take back. Taking back is a withdrawal, as everywhere."""

import msgspec
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response

from amparo.access.model import Principal
from amparo.api.banking import bank_of, list_one, origin_of
from amparo.api.doors import Doors
from amparo.api.hma import about
from amparo.api.hma.banking import bank_out
from amparo.api.hma.media import Sent, by_address, by_form
from amparo.api.hma.shapes import (
    NOTE_CHARS_MAX,
    HMAAbout,
    HMAChanged,
    HMAContent,
    HMADeleted,
    HMAListed,
)
from amparo.api.hma.types import PHOTO, chosen, signal_in, told_signals
from amparo.api.hma.words import json_object, truth
from amparo.api.problems import answer
from amparo.banks.model import DISABLED, Bank, Content, Listing
from amparo.doorway.bodies import media_type_of
from amparo.errors import BadInput, Gone, NotFound
from amparo.match.judge import is_searched
from amparo.match.kept import kept_of
from amparo.terms.clock import to_us
from amparo.terms.signal import IDENTITY, Signal

ENABLED_TS = 1
SECOND_US = 1_000_000
YEARS_AHEAD_S = 5 * 365 * 86_400


async def add_content(request: Request, doors: Doors, principal: Principal) -> Response:
    """POST /c/bank/{bank}/content: list the file in a form, or at an address."""
    found = await bank_of(request, doors, principal)
    url, beside = request.query_params.get("url"), dict(request.query_params)
    if not url:
        sent = await by_form(request, doors)
        beside |= sent.fields
        note, told = _note(beside.get("note")), about.from_text(beside)
    else:
        body = await json_object(request, doors) if media_type_of(request) == "application/json" else {}
        note = _note(body.get("note", beside.get("note")))
        told = about.from_json(body["metadata"]) if body.get("metadata") is not None else about.from_text(beside)
        sent = await by_address(request, doors, url)  # when all else is checked
    signals = _kept(sent)
    metadata = None if not told else msgspec.json.encode(told).decode()
    listing = Listing(signals, None, note, metadata)
    relist = truth(request, "relist", False)
    _, content = await run_sync(list_one, doors, origin_of(principal), found, listing, relist)
    told_types = {one.name for one in chosen(sent.content_type, None) if one.is_usual}
    hashes = {name: value for name, value in told_signals(content).items() if name in told_types}
    return answer(HMAListed(id=content.id, signals=hashes))


async def add_signals(request: Request, doors: Doors, principal: Principal) -> Response:
    """POST /c/bank/{bank}/signal: list a content by its hashes."""
    found = await bank_of(request, doors, principal)
    sent = await json_object(request, doors)
    note = _note(sent.pop("note", None))
    if not sent:
        raise BadInput("no_signals", "no signals given", "Send {type: hash}.")
    signals = tuple(dict.fromkeys(signal_in(name, _text(value)) for name, value in sent.items()))
    relist = truth(request, "relist", False)
    listing = Listing(signals, None, note)
    _, content = await run_sync(list_one, doors, origin_of(principal), found, listing, relist)
    return answer(HMAListed(id=content.id, signals=sent))


async def show_content(request: Request, doors: Doors, principal: Principal) -> Response:
    """GET /c/bank/{bank}/content/{id}: one content, through its own bank."""
    found = await bank_of(request, doors, principal)
    with_signals, with_metadata = truth(request, "include_signals", False), truth(request, "include_metadata", True)
    content = await run_sync(doors.banks.content, found, request.path_params["id"])
    told = about.told(content.metadata) if with_metadata else None
    out = HMAContent(
        id=content.id,
        disable_until_ts=_disable_until_ts(content),
        original_media_uri=None,
        bank=bank_out(found),
        signals=told_signals(content) if with_signals else msgspec.UNSET,
        metadata=msgspec.UNSET if told is None else msgspec.convert(told, HMAAbout),
        note=content.note or msgspec.UNSET,
    )
    return answer(out)


async def update_content(request: Request, doors: Doors, principal: Principal) -> Response:
    """PUT /c/bank/{bank}/content/{id}: until when it is disabled, and the note on it."""
    found = await bank_of(request, doors, principal)
    sent = await json_object(request, doors)
    changes: dict[str, object] = {}
    if "disable_until_ts" in sent:
        changes["disable_until_us"] = _disable_until_us(sent["disable_until_ts"], doors)
    if "note" in sent:
        changes["note"] = _note(sent["note"])
    content = await run_sync(doors.banks.annotate, found, request.path_params["id"], changes)
    return answer(_changed(content, found))


async def drop_content(request: Request, doors: Doors, principal: Principal) -> Response:
    """DELETE /c/bank/{bank}/content/{id}: withdrawn and on disk when this answers; what is gone already counts 0."""
    found, content_id = await bank_of(request, doors, principal), request.path_params["id"]
    if content_id >= 2**63:
        raise NotFound(
            "unknown_content", "there is no such content in this bank", "A content is reached through its own bank."
        )

    def gone() -> int:
        """How many went."""
        try:
            doors.banks.content(found, content_id)
            doors.banks.withdraw(found, content_id)
        except (NotFound, Gone):
            return 0
        return 1

    return answer(HMADeleted(deleted=await run_sync(gone)))


def _kept(sent: Sent) -> tuple[Signal, ...]:
    if sent.content_type == PHOTO:
        return kept_of(sent.reading)[0]
    return tuple(one for one in sent.signals if one.view == IDENTITY and is_searched(one.kind, one.quality))


def _changed(content: Content, bank: Bank) -> HMAChanged:
    told = about.told(content.metadata)
    return HMAChanged(
        id=content.id,
        disable_until_ts=_disable_until_ts(content),
        collab_metadata={},
        original_media_uri=None,
        bank=bank_out(bank),
        user_metadata=told and {name: value for name, value in told.items() if value is not None},
        note=content.note,
    )


def _note(note: object) -> str | None:
    """The note, None where it is empty. Raises: BadInput (bad_note)."""
    if note is None or note == "":
        return None
    if not isinstance(note, str) or len(note) > NOTE_CHARS_MAX:
        raise BadInput("bad_note", f"note should be a string of at most {NOTE_CHARS_MAX} characters", "Shorten it.")
    return note


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise BadInput("bad_value", "a hash is not a string", "Send {type: hash}.")
    return value


def _disable_until_us(sent: object, doors: Doors) -> int | None:
    """Raises: BadInput (bad_time)."""
    if isinstance(sent, str) and sent.isascii() and sent.isdigit() and len(sent) <= 18:
        sent = int(sent)
    ts = sent if isinstance(sent, int) and not isinstance(sent, bool) else -1
    if ts < 0 or ts > to_us(doors.clock.now()) // SECOND_US + YEARS_AHEAD_S:
        text = "disable_until_ts is no whole number of seconds, from 0 to at most 5 years ahead"
        raise BadInput("bad_time", text, "0 disables, 1 enables, anything else disables until then.")
    return {DISABLED: DISABLED, ENABLED_TS: None}.get(ts, ts * SECOND_US)


def _disable_until_ts(content: Content) -> int:
    us = content.disable_until_us
    if us is None:
        return ENABLED_TS
    return us if us == DISABLED else -(-us // SECOND_US)
