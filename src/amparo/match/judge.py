"""The verdict: pure rules from hits and candidates to an answer with reasons. Reads no clock, no index, no database.

1. A hit counts when its content is live and enabled, its bank is asked, not paused, within its own threshold and, in
   staged roll-out, answers for this seed.
2. A content stands once, by its nearest signal (then the kinds' order, then the order of views).
3. A negative bank vetoes every content that is not strictly nearer to the query than its own nearest one. What it knows
   in one frame of an upload says nothing of the other frames, nor of the whole.
4. The action is the strongest of the banks' that met, weakened to review where flood guard or opinions say so.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from amparo.banks.model import Bank, Candidate
from amparo.hashing import KINDS
from amparo.hashing.views import WHOLE, frame_of
from amparo.match.model import Action, Asked, Hit, Match, Verdict
from amparo.match.videos import within
from amparo.terms.signal import LATER

_KIND_ORDER = {name: number for number, name in enumerate(KINDS)}
_STRENGTH: Mapping[Action, int] = {"none": 0, "review": 1, "hide": 2}


def decide(asked: Asked, hits: Iterable[Hit], candidates: Mapping[int, Candidate]) -> Verdict:
    """Judge ``hits`` by the ``candidates`` (by signal id) they belong to. Same input, same verdict: no chance in it.

    A query none of whose signals over pixels or frames has enough detail is `unusable` unless something met.
    """
    positives: dict[int, list[tuple[Hit, Candidate]]] = {}
    negatives: dict[int, list[tuple[Hit, Candidate]]] = {}
    for hit in hits:
        candidate = candidates.get(hit.signal_id)
        if candidate is None or not _counts(asked, candidate):
            continue
        counted = within(hit, candidate.bank.threshold_bits(candidate.kind), asked.rule)
        if counted is not None:
            side = negatives if candidate.bank.polarity == "negative" else positives
            side.setdefault(candidate.content_id, []).append((counted, candidate))
    vetoes = _nearest_first(_match(asked, met) for met in negatives.values())
    limits = _limits(asked, chain.from_iterable(negatives.values()))
    left = ([pair for pair in met if _is_nearer(asked, pair[0], limits)] for met in positives.values())
    matches = _nearest_first(_match(asked, met) for met in left if met)
    quality = _too_low(asked)
    if matches:
        action = max((match.action for match in matches), key=_STRENGTH.__getitem__)
        return Verdict("match", matches, len(matches), action, vetoes)
    if quality and not vetoes:
        return Verdict("unusable", (), 0, "none", reason="low_detail", quality=quality)
    return Verdict("no_match", (), 0, "none", vetoes)


def is_searched(kind: str, quality: int | None) -> bool:
    """Whether a signal has enough detail to be asked; one without a quality is taken at its word."""
    quality_min = KINDS[kind].quality_min
    return quality is None or quality_min is None or quality >= quality_min


def is_in_share(share: float, bank_key: str, seed: bytes) -> bool:
    """Whether a bank in staged roll-out answers for this seed: the same seed always gets the same answer."""
    if share >= 1.0:
        return True
    digest = hashlib.sha256(len(bank_key).to_bytes(4, "big") + bank_key.encode() + seed).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


def is_enabled(disable_until_us: int | None, now_us: int) -> bool:
    """None: on. 0: off. Else on again from that time."""
    return disable_until_us is None or 0 < disable_until_us <= now_us


def _counts(asked: Asked, candidate: Candidate) -> bool:
    bank = candidate.bank
    return (
        (asked.bank_ids is None or bank.id in asked.bank_ids)
        and is_enabled(candidate.disable_until_us, asked.now_us)
        and (_answers(bank, asked.seed) or (asked.is_whole and bank.polarity == "positive"))
    )


def _answers(bank: Bank, seed: bytes) -> bool:
    return not bank.paused and is_in_share(bank.staged_share, bank.key, seed)


def _limits(asked: Asked, negatives: Iterable[tuple[Hit, Candidate]]) -> dict[str, int]:
    """The nearest distance of a negative bank in the whole and in each frame."""
    limits: dict[str, int] = {}
    for hit, _ in negatives:
        place = frame_of(asked.signals[hit.signal_number].view)
        limits[place] = min(hit.distance_bits, limits.get(place, hit.distance_bits))
    return limits


def _is_nearer(asked: Asked, hit: Hit, limits: Mapping[str, int]) -> bool:
    """Whether a hit is strictly nearer than what a negative bank knows of the same frame or of the whole."""
    places = {WHOLE, frame_of(asked.signals[hit.signal_number].view)}
    return all(hit.distance_bits < limits[place] for place in places if place in limits)


def _match(asked: Asked, met: Sequence[tuple[Hit, Candidate]]) -> Match:
    ordered = sorted(met, key=lambda pair: (pair[0].distance_bits, _KIND_ORDER[pair[1].kind], pair[0].signal_number))
    hit, candidate = ordered[0]
    others: dict[str, int] = {}  # by kind the nearest, since the nearest come first
    for near, one in ordered:
        if one.kind != candidate.kind:
            others.setdefault(one.kind, near.distance_bits)
    also = tuple(sorted(others, key=_KIND_ORDER.__getitem__))
    return Match(
        bank=candidate.bank.name,
        content_id=candidate.content_id,
        kind=candidate.kind,
        distance_bits=hit.distance_bits,
        threshold_bits=candidate.bank.threshold_bits(candidate.kind),
        view=asked.signals[hit.signal_number].view.rpartition(LATER)[2],
        also=also,
        opinions=candidate.opinions,
        origin=candidate.origin,
        action=_action(candidate),
        flood_guarded=candidate.is_flooded,
        query_share=hit.query_share,
        content_share=hit.content_share,
        also_bits=tuple(others[kind] for kind in also),
    )


def _action(candidate: Candidate) -> Action:
    """The bank's action, but nobody acts by machine on a flooded content or one that somebody doubts."""
    doubts = {"investigation_seed", "negative_class"}
    if candidate.is_flooded or any(one.opinion in doubts for one in candidate.opinions):
        return "review"
    return candidate.bank.action


def _nearest_first(matches: Iterable[Match]) -> list[Match]:
    return sorted(matches, key=lambda match: (match.distance_bits, match.content_id))


def _too_low(asked: Asked) -> dict[str, int]:
    """The qualities of the signals over pixels or frames when none of them has enough detail, else nothing."""
    pixel = [signal for signal in asked.signals if KINDS[signal.kind].over != "bytes"]
    if not pixel or any(is_searched(signal.kind, signal.quality) for signal in pixel):
        return {}
    return {signal.kind: signal.quality or 0 for signal in reversed(pixel)}
