"""HMA's /m: what a file or a hash meets, by bank. The verdict and its rules are the match room's own."""

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response

from amparo.access.model import Principal
from amparo.api.doors import Doors
from amparo.api.hma.media import Sent, by_address, by_form, too_little_detail
from amparo.api.hma.shapes import HMAMet, HMARaw
from amparo.api.hma.types import PHOTO, kind_named, signal_in, type_of_match
from amparo.api.hma.words import json_object, needed, truth
from amparo.api.matching import held, judged
from amparo.api.problems import answer
from amparo.errors import BadInput
from amparo.hashing import KINDS
from amparo.match.model import Item, Match, Verdict
from amparo.match.service import Question

ByBank = dict[str, list[HMAMet]]
Compared = dict[str, tuple[bool, dict[str, int]]]


async def lookup(request: Request, doors: Doors, principal: Principal) -> Response:
    """GET /m/lookup: by a hash, the matches by bank; by an address, those by signal type unless one is named."""
    query = request.query_params
    signal_type = query.get("signal_type")
    if query.get("url"):
        by_type = await _by_file(request, doors, principal, await by_address(request, doors, query["url"]))
        return answer(by_type if signal_type is None else by_type.get(signal_type, {}))
    if not query.get("signal") or not signal_type:
        raise BadInput("no_signals", "either url or both signal and signal_type are required", "See docs/hma.md.")
    return answer(_by_bank(await _by_signal(request, doors, principal, truth(request, "bypass_coinflip", False))))


async def lookup_file(request: Request, doors: Doors, principal: Principal) -> Response:
    """POST /m/lookup: the matches of the file in a form, by signal type and bank."""
    return answer(await _by_file(request, doors, principal, await by_form(request, doors)))


async def raw_lookup(request: Request, doors: Doors, principal: Principal) -> Response:
    """GET /m/raw_lookup: all that a hash meets, whatever share or pause its bank has; no event is kept."""
    needed(request, "signal", "signal_type")
    with_distance = truth(request, "include_distance", False)
    met = [_met(one) for one in (await _by_signal(request, doors, principal, True)).matches]
    return answer(HMARaw(matches=[one if with_distance else one.bank_content_id for one in met]))


async def compare(request: Request, doors: Doors, _principal: Principal) -> Response:
    """POST /m/compare: whether two hashes of a type are within its own threshold, and how far apart they are."""
    told: Compared = {}
    for name, pair in (await json_object(request, doors)).items():
        kind = KINDS[kind_named(name)]
        if kind.over == "frames":
            raise BadInput("unknown_signal_type", f"{name} does not support hash comparison", "Look one of them up.")
        if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(one, str) for one in pair):
            raise BadInput("bad_value", "what is compared is not a list of two hashes", "Send {type: [hash, hash]}.")
        left, right = (int.from_bytes(signal_in(name, one).code) for one in pair)
        distance_bits = (left ^ right).bit_count()
        told[name] = (distance_bits <= kind.threshold_bits, {"distance": distance_bits})
    return answer(told)


async def _by_signal(request: Request, doors: Doors, principal: Principal, is_whole: bool) -> Verdict:
    query = request.query_params
    signal = signal_in(query["signal_type"], query["signal"])
    bank_ids, seen = await _bank_ids(request, doors, principal), request.state.seen
    await doors.pulse.catch_up(seen)
    question = Question(_item(request), bank_ids, is_raw=True, seen=seen.newest, is_whole=is_whole)
    return await judged(doors.matcher, principal, request.state.request_id, (signal,), question)


async def _by_file(request: Request, doors: Doors, principal: Principal, sent: Sent) -> dict[str, ByBank]:
    """Raises: the file's trouble, Unreadable (low_detail); neither when its bytes met all the same."""
    is_whole = truth(request, "bypass_coinflip", False)
    bank_ids = await _bank_ids(request, doors, principal)
    seen = await doors.pulse.look()  # reading a file took its time; what was listed meanwhile counts
    await doors.pulse.catch_up(seen)
    question = Question(_item(request), bank_ids, seen=seen.newest, is_whole=is_whole)
    verdict = await judged(doors.matcher, principal, request.state.request_id, sent.signals, question)
    if not is_whole:
        await held(doors, principal, (sent.data, None), verdict)
    if verdict.verdict != "match":
        sent.check_read()
    if verdict.verdict == "unusable" and sent.content_type == PHOTO:
        raise too_little_detail()
    made = {signal.kind for signal in sent.signals}
    told: dict[str, ByBank] = {one.name: {} for one in sent.types if one.is_usual or one.kind in made}
    for one in verdict.matches:
        # what met by several kinds met by its bytes, so that all are as near
        for name in {type_of_match(sent.content_type, kind) for kind in (one.kind, *one.also)} & told.keys():
            told[name].setdefault(one.bank, []).append(_met(one))
    return told


async def _bank_ids(request: Request, doors: Doors, principal: Principal) -> frozenset[int] | None:
    """The banks to ask; a name that is no bank's, or of one the key does not see, meets nothing, as in HMA."""
    names = request.query_params.get("banks")
    if not names:
        return principal.bank_ids
    wanted = {name.strip().casefold() for name in names.split(",")}
    known = await run_sync(doors.banks.banks)
    return frozenset(bank.id for bank in known if bank.name.casefold() in wanted and principal.sees_bank(bank.id))


def _item(request: Request) -> Item:
    return Item(seed=request.query_params.get("seed"))


def _by_bank(verdict: Verdict) -> ByBank:
    told: ByBank = {}
    for one in verdict.matches:
        told.setdefault(one.bank, []).append(_met(one))
    return told


def _met(one: Match) -> HMAMet:
    return HMAMet(bank_content_id=one.content_id, distance=str(one.distance_bits))
