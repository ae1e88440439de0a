"""What the match room can do: judge signals, list match events, forget old ones. Decodes nothing and lists nothing."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from amparo.access.limits import Limits
from amparo.access.model import Principal
from amparo.banks.feed import candidates
from amparo.banks.model import Candidate
from amparo.match import rows
from amparo.match.events import event_of
from amparo.match.judge import decide, is_searched
from amparo.match.lookup import Lookup, Policy
from amparo.match.model import Asked, Event, Hit, Item, Verdict, VideoRule
from amparo.match.recorder import Asker, Recorder
from amparo.match.settings import MatchSettings
from amparo.match.videos import within
from amparo.store.db import Database
from amparo.terms.clock import Clock, to_us
from amparo.terms.signal import Signal

DAY_US = 86_400_000_000
NO_ITEM = Item()


@dataclass(frozen=True, slots=True)
class Matcher:
    """The room's verbs over one ledger and one process's indexes. under_18: the name of the bank of what may show somebody under 18."""

    db: Database
    clock: Clock
    lookup: Lookup
    recorder: Recorder
    limits: Limits
    settings: MatchSettings
    under_18: str = ""

    def judge(self, principal: Principal, request_id: str, signals: Sequence[Signal], question: "Question") -> Verdict:
        """One verdict over all ``signals`` of one item: one search, on a hit one read and one write.

        Raises: LimitReached (probing), TooLarge (too_many_hits) for signals sent in the place of media; media are
        never refused for what they meet.
        """
        return self.conclude(principal, request_id, self.search(signals, question), question)

    def search(self, signals: Sequence[Signal], question: "Question") -> "Found":
        """The first half of ``judge``, without a read where ``question.seen`` is taken in already. Raises: TooLarge."""
        generation, policy = self.lookup.refresh(question.seen)
        now_us = to_us(self.clock.now())
        searched = [signal for signal in signals if is_searched(signal.kind, signal.quality)]
        hits = self.lookup.search(searched, policy, self.settings.batch_hits_max if question.is_raw else None)
        return Found(signals, searched, hits, generation, policy, now_us)

    def conclude(self, principal: Principal, request_id: str, found: "Found", question: "Question") -> Verdict:
        """The second half of ``judge``: reads and writes only where something was hit. Raises: LimitReached (probing)."""
        signals, searched, hits, now_us = found.signals, found.searched, found.hits, found.now_us
        known = candidates(self.db, sorted({hit.signal_id for hit in hits})) if hits else {}
        rule = found.policy.rule
        if question.is_raw and hits:
            self._count_probes(principal, searched, _met(hits, known, question.bank_ids, rule))
        numbers = {id(signal): number for number, signal in enumerate(signals)}
        placed = [replace(hit, signal_number=numbers[id(searched[hit.signal_number])]) for hit in hits]
        seed = seed_of(question.item, signals)
        asked = Asked(tuple(signals), seed, now_us, question.bank_ids, question.is_whole, rule)
        verdict = decide(asked, placed, known)
        verdict = replace(
            verdict,
            matches=verdict.matches[: self.settings.matches_max],
            index_generation=found.generation,
            policy=found.policy.name,
            may_be_minor=verdict.verdict == "match" and self._may_be_minor(hits, known, rule),
        )
        if question.is_whole:  # no event: who reads events acts on them, and a paused bank asks for no act
            self.recorder.count(principal.client_id, {verdict.verdict: 1}, now_us)
        else:
            asker = Asker(principal.client_id, principal.client, request_id)
            self.recorder.record(asker, question.item, verdict, now_us)
        return verdict

    def judge_codes(
        self, principal: Principal, codes: NDArray[np.uint8], bank_ids: frozenset[int] | None, seen: int | None = None
    ) -> tuple[list[tuple[int, str, int, int]], int]:
        """PDQ codes uint8[N, 32] against all banks: (query number, bank, content id, distance), and the generation.

        Each query is counted; there is no event, since no item is named. seen: as in Question.
        Raises: LimitReached (probing), TooLarge (too_many_hits).
        """
        generation, policy = self.lookup.refresh(seen)
        now_us = to_us(self.clock.now())
        hits = self.lookup.search_codes("pdq", codes, policy, self.settings.batch_hits_max)
        signals = {hit.signal_number: Signal("pdq", codes[hit.signal_number].tobytes()) for hit in hits}
        known = candidates(self.db, sorted({hit.signal_id for hit in hits})) if hits else {}
        self._count_probes(principal, signals, _met(hits, known, bank_ids, policy.rule))
        by_query: dict[int, list[Hit]] = {}
        for hit in hits:
            by_query.setdefault(hit.signal_number, []).append(replace(hit, signal_number=0))
        answer = []
        for number, met in by_query.items():
            asked = Asked((signals[number],), signals[number].code, now_us, bank_ids)
            answer += [
                (number, one.bank, one.content_id, one.distance_bits) for one in decide(asked, met, known).matches
            ]
        matched = len({number for number, *_ in answer})
        numbers = {"match": matched, "no_match": len(codes) - matched}
        self.recorder.count(principal.client_id, {name: n for name, n in numbers.items() if n}, now_us)
        return answer, generation

    def events(self, after: int, limit: int, client_id: int | None) -> list[Event]:
        """Match events with ids over ``after``, of one client or (None) of all."""
        with self.db.read() as connection:
            return [event_of(row) for row in rows.events_after(connection, after, limit, client_id)]

    def forget(self, limit: int = 5_000) -> int:
        """Delete up to ``limit`` events past their retention time; how many went."""
        with self.db.write_soon() as connection:
            before_us = to_us(self.clock.now()) - self.settings.event_days * DAY_US
            return rows.drop_events(connection, before_us, limit)

    def _may_be_minor(self, hits: Sequence[Hit], known: Mapping[int, Candidate], rule: VideoRule) -> bool:
        """Whether any of it stands in the bank of what may show somebody under 18, asked or not, paused or not, vetoed or not."""
        name = self.under_18.casefold()
        return any(candidate.bank.name.casefold() == name for _, candidate in _met(hits, known, None, rule))

    def _count_probes(
        self,
        principal: Principal,
        signals: "Sequence[Signal] | dict[int, Signal]",
        met: Sequence[tuple[Hit, Candidate]],
    ) -> None:
        ids = np.asarray([candidate.content_id for _, candidate in met], np.int64)
        codes = [_digest(signals[hit.signal_number].code) for hit, _ in met]
        self.limits.probe(principal, ids, np.asarray(codes, np.uint64))


@dataclass(frozen=True, slots=True)
class Question:
    """How to judge. is_raw: signals came in the place of media, so distances are counted as probing.

    is_whole: also what stands in paused banks and beyond a staged share; counted, but no event is kept.
    seen: the newest change when it was asked, None where nobody looked yet; the answer is at least that fresh.
    """

    item: Item = NO_ITEM
    bank_ids: frozenset[int] | None = None
    is_raw: bool = False
    is_whole: bool = False
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What a search came to. searched: those of ``signals`` with enough detail; hits number them."""

    signals: Sequence[Signal]
    searched: Sequence[Signal]
    hits: Sequence[Hit]
    generation: int
    policy: Policy
    now_us: int


def _met(
    hits: Sequence[Hit], known: Mapping[int, Candidate], bank_ids: frozenset[int] | None, rule: VideoRule
) -> list[tuple[Hit, Candidate]]:
    """The hits the asker could learn from: in a bank asked, within its threshold. Others must not show, not even as a limit."""
    pairs = [(hit, known[hit.signal_id]) for hit in hits if hit.signal_id in known]
    return [
        (hit, candidate)
        for hit, candidate in pairs
        if (bank_ids is None or candidate.bank.id in bank_ids)
        and within(hit, candidate.bank.threshold_bits(candidate.kind), rule) is not None
    ]


def _digest(code: bytes) -> int:
    # over the whole code: whoever probes may leave any part of it as it is
    return int.from_bytes(hashlib.blake2b(code, digest_size=8).digest(), "little")


def seed_of(item: Item, signals: Sequence[Signal]) -> bytes:
    """What decides the staged share: the caller's seed, else the item id, else the bytes, else the signal (house §4)."""
    if item.seed is not None:
        return b"seed:" + item.seed.encode()
    if item.item_id is not None:
        return b"item:" + item.item_id.encode()
    by_kind = {signal.kind: signal.code for signal in reversed(signals)}
    whole = by_kind.get("sha256") or by_kind.get("md5")
    return b"code:" + (whole or (signals[0].code if signals else b""))
