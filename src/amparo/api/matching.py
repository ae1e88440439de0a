"""Questions: one item by its bytes or its signals, or many codes at once; and the events that came of them."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar, TypeVarTuple

import numpy as np
from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response

from amparo.access.model import Principal
from amparo.api import bodies, shapes, tell
from amparo.api.doors import Doors
from amparo.api.problems import answer
from amparo.doorway.bodies import media_type_of, whole
from amparo.errors import BadInput, Unavailable, WrongMediaType
from amparo.hashing import KINDS, codes_in
from amparo.match.model import Item, Verdict
from amparo.match.service import NO_ITEM, Matcher, Question
from amparo.media.model import Reading
from amparo.terms.clock import from_text, to_us
from amparo.terms.signal import Signal

ITEM_FIELDS = ("item_id", "uploader_ref", "uploaded_at", "seed")
ITEM_HEADERS = {b"amparo-" + field.replace("_", "-").encode(): field for field in ITEM_FIELDS}
ITEM_FIELD_CHARS_MAX = 200
LONG_SIGNALS_MIN = 65  # from here on a question by signals counts as a long one, as every batch does
LONG_MAX = 10  # long questions held at once, working or waiting
EVENTS_PAGE_MAX = 1_000
T = TypeVar("T")
Parts = TypeVarTuple("Parts")


async def match(request: Request, doors: Doors, principal: Principal) -> Response:
    """POST /v1/match."""
    media_type, limits = media_type_of(request), doors.settings
    if media_type == "application/json":
        sent = await bodies.json_body(request, shapes.MatchIn, limits.json_bytes_max, limits.body_ms_max)
        return await _by_signals(request, doors, principal, sent)
    if media_type == "multipart/form-data":
        upload = await bodies.upload(request, limits.media_bytes_max, limits.body_ms_max)
        return await _by_media(request, doors, principal, upload, _item(_headers(request) | upload.fields))
    if media_type.startswith(("image/", "video/")) or media_type in {
        "",
        "application/octet-stream",
        "application/x-www-form-urlencoded",
    }:
        data = await whole(request, limits.media_bytes_max, limits.body_ms_max)
        return await _by_media(request, doors, principal, bodies.Upload(data, {}), _item(_headers(request)))
    raise WrongMediaType(
        "wrong_media_type",
        "this route takes media, multipart/form-data or JSON signals",
        "Set Content-Type to the media's own.",
    )


async def batch(request: Request, doors: Doors, principal: Principal) -> Response:
    """POST /v1/match/batch."""
    if media_type_of(request) != "application/octet-stream":
        raise WrongMediaType(
            "wrong_media_type", "this route takes application/octet-stream", "Send N times 32 bytes of PDQ."
        )
    body = await whole(request, doors.settings.batch_codes_max * 32, doors.settings.body_ms_max)
    if len(body) % 32:
        raise BadInput("bad_batch", "the body is not a whole number of 32-byte codes", "Send N times 32 bytes of PDQ.")
    codes = np.frombuffer(body, np.uint8).reshape(-1, 32)
    seen = request.state.seen
    await doors.pulse.catch_up(seen)
    found, generation = await _LONG.run(doors.matcher.judge_codes, principal, codes, principal.bank_ids, seen.newest)
    return answer(shapes.BatchOut(matches=found, index_generation=generation))


async def events(request: Request, doors: Doors, principal: Principal) -> Response:
    """GET /v1/matches: a platform sees its own events, as does a key limited to banks; others see all."""
    after = number_of(request, "after", 0)
    limit = min(number_of(request, "limit", 100), EVENTS_PAGE_MAX)
    own = principal.client_id if principal.role == "platform" or principal.bank_ids is not None else None

    def told() -> shapes.EventsOut:
        """A page, without the banks that the key may not see."""
        found = doors.matcher.events(after, limit, own)
        last = found[-1].id if found else after
        if principal.bank_ids is not None:
            seen = {bank.name for bank in doors.banks.banks() if principal.sees_bank(bank.id)}
            found = [replace(one, matches=[match for match in one.matches if match["bank"] in seen]) for one in found]
        return shapes.EventsOut(events=[tell.event(one) for one in found if one.matches], next=last)

    return answer(await run_sync(told))


def number_of(request: Request, name: str, default: int) -> int:
    """A whole number in the query string. Raises: BadInput (bad_number)."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise BadInput("bad_number", f"{name} is not a whole number", "Use the `next` of the page before.")
    return int(text)


async def _by_signals(request: Request, doors: Doors, principal: Principal, sent: shapes.MatchIn) -> Response:
    if not sent.signals:
        raise BadInput("no_signals", "there is nothing to look up", "Send at least one signal.")
    told = {name: getattr(sent, name) for name in ITEM_FIELDS if getattr(sent, name)}
    item = _item(_headers(request) | told)
    banks = _names(_asked_for(request)) if sent.banks is None else sent.banks
    bank_ids = await _banks_asked(doors, principal, banks)
    seen = request.state.seen
    await doors.pulse.catch_up(seen)
    question = Question(item, bank_ids, is_raw=True, seen=seen.newest)
    request_id = request.state.request_id
    signals = tell.asked_signals_in(sent.signals)
    verdict = await judged(doors.matcher, principal, request_id, signals, question)
    _log(doors, principal, item, signals)
    return answer(tell.verdict(verdict, request_id, item.item_id))


async def judged(
    matcher: Matcher, principal: Principal, request_id: str, signals: Sequence[Signal], question: Question
) -> Verdict:
    """A verdict: a long question in its turn, any other in this very thread where it costs next to nothing: a quick search
    that hits nothing reads no file. Raises: Unavailable (saturated), and those of ``Matcher.judge``.
    """
    if _is_long(signals, question):
        return await _LONG.run(matcher.judge, principal, request_id, signals, question)
    if not matcher.lookup.is_quick(signals):
        return await run_sync(matcher.judge, principal, request_id, signals, question)
    found = matcher.search(signals, question)
    if found.hits:
        return await run_sync(matcher.conclude, principal, request_id, found, question)
    return matcher.conclude(principal, request_id, found, question)


def _is_long(signals: Sequence[Signal], question: Question) -> bool:
    """Many codes sent by a client, or any video; all views of a picture are not, whose reading took longer."""
    if question.is_raw:
        return codes_in(signals) >= LONG_SIGNALS_MIN
    return any(KINDS[signal.kind].over == "frames" for signal in signals)


def _log(doors: Doors, principal: Principal, item: Item, signals: Sequence[Signal]) -> None:
    if doors.uploads.is_on:
        ids = (item.item_id, item.uploader_ref)
        doors.uploads.log(principal.client, ids, signals, to_us(doors.clock.now()))


async def held(doors: Doors, principal: Principal, sent: tuple[bytes, str | None], verdict: Verdict) -> None:
    """Keep an upload that met something for a look, where this desk wants that. sent: the file, and the client's id of it."""
    if doors.held is not None and verdict.suggested_action != "none":
        await run_sync(doors.held.keep, sent[0], principal.client_id, sent[1], verdict)


@dataclass(slots=True)
class _LongQuestions:
    """A few threads kept for long questions, so that withdrawals, keys and health never wait for them."""

    threads: CapacityLimiter
    held: int = 0

    async def run(self, work: Callable[[*Parts], T], *parts: *Parts) -> T:
        """``work`` in one of the threads. Raises: Unavailable (saturated)."""
        if self.held >= LONG_MAX:
            text = "this worker has all the long questions it can hold"
            raise Unavailable("saturated", text, "Come back in a moment.", retry_after_s=1)
        self.held += 1
        try:
            return await run_sync(work, *parts, limiter=self.threads)
        finally:
            self.held -= 1


_LONG = _LongQuestions(CapacityLimiter(2))


async def _by_media(
    request: Request, doors: Doors, principal: Principal, upload: bodies.Upload, item: Item
) -> Response:
    banks = upload.fields.get("banks", _asked_for(request))
    bank_ids = await _banks_asked(doors, principal, _names(banks))
    reading: Reading = await doors.media.read(upload.data)
    request_id = request.state.request_id
    seen = await doors.pulse.look()  # reading took its time; what was listed meanwhile counts
    await doors.pulse.catch_up(seen)
    question = Question(item, bank_ids, seen=seen.newest)
    verdict = await judged(doors.matcher, principal, request_id, reading.signals, question)
    _log(doors, principal, item, reading.signals)
    await held(doors, principal, (upload.data, item.item_id), verdict)
    if reading.trouble is not None and verdict.verdict != "match":
        raise reading.trouble
    return answer(tell.verdict(verdict, request_id, item.item_id, reading.video))


def _asked_for(request: Request) -> str | None:
    return request.query_params.get("banks") if request.scope["query_string"] else None


def _names(banks: str | None) -> list[str] | None:
    if banks is None:
        return None
    try:
        names = json.loads(banks) if banks.startswith("[") else banks.split(",")
    except (ValueError, RecursionError) as error:
        raise BadInput("bad_banks", "banks is no list of names", "Write A,B.") from error
    return [str(name).strip() for name in names]


async def _banks_asked(doors: Doors, principal: Principal, names: list[str] | None) -> frozenset[int] | None:
    if names is None:
        return principal.bank_ids

    def asked() -> frozenset[int]:
        """Each bank once, however often it is named: a body of one name over and over must not cost a read each."""
        ids = set()
        for name in {name.casefold(): name for name in names}.values():
            bank = doors.banks.bank(name)
            principal.check_bank(bank.id)
            ids.add(bank.id)
        return frozenset(ids)

    return await run_sync(asked)


def _headers(request: Request) -> dict[str, str]:
    told: dict[str, str] = {}
    for name, value in request.scope["headers"]:
        field = ITEM_HEADERS.get(name)
        if field is not None:
            told.setdefault(field, _utf8(value))
    return told


def _utf8(value: bytes) -> str:
    """A header as the UTF-8 that clients send; what is none, as the Latin-1 that HTTP says."""
    try:
        return value.decode()
    except UnicodeError:
        return value.decode("latin-1")


def _item(told: dict[str, str]) -> Item:
    if not told:
        return NO_ITEM
    for field in ("item_id", "uploader_ref", "seed"):
        value = told.get(field, "")
        if len(value) > ITEM_FIELD_CHARS_MAX or not all(char.isprintable() for char in value):
            raise BadInput(
                "bad_item", f"{field} is at most {ITEM_FIELD_CHARS_MAX} printable characters", "Send your own short id."
            )
    uploaded = told.get("uploaded_at")
    return Item(
        item_id=told.get("item_id") or None,
        uploader_ref=told.get("uploader_ref") or None,
        uploaded_at=from_text(uploaded, what="uploaded_at") if uploaded else None,
        seed=told.get("seed") or None,
    )
