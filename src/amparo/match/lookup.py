"""The listed signals in memory, as fresh as the database: follow the banks' feed, search all signals at once.
Judges nothing; how an index works inside is the index room's own.
"""

import hashlib
import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import TypeAlias

import numpy as np

from amparo.banks.feed import (
    SLICE,
    LedgerWentBack,
    Mark,
    Newest,
    Reread,
    Seen,
    everything,
    news_since,
    signals_in,
)
from amparo.banks.model import Bank
from amparo.hashing import KINDS, codes_in
from amparo.hashing.kind import HashKind
from amparo.hashing.video import searchable
from amparo.index import ExactIndex, HammingIndex
from amparo.match.model import Hit, VideoRule
from amparo.match.snapshots import Snapshot, Snapshots
from amparo.match.videos import VideoIndex
from amparo.store.db import Database
from amparo.terms.signal import Signal

AnyIndex: TypeAlias = HammingIndex | ExactIndex | VideoIndex
NOTHING = -1
USUAL_RULE = VideoRule()
QUICK_US_MAX = 2_000.0
"""Processor time of a search that an event loop may do itself."""
LATELY = 8
"""Searches over which the usual cost of one is told."""


@dataclass(frozen=True, slots=True)
class Pace:
    """at_once: signals read from the ledger in one transaction. renew_min: signals taken in, in memory of its own, from which
    on standing on a newer snapshot is worth it.
    """

    at_once: int = SLICE
    renew_min: int = 20_000


USUAL_PACE = Pace()


@dataclass(frozen=True, slots=True)
class Policy:
    """The banks at one generation and what follows from them. name changes whenever any bank's policy or the rule does."""

    name: str
    radius_bits: Mapping[str, int]
    rule: VideoRule


class Lookup:
    """One process's indexes, a kind each. ``refresh`` before every search: a change takes effect on the next lookup."""

    def __init__(
        self,
        db: Database,
        rule: VideoRule = USUAL_RULE,
        snapshots: Snapshots | None = None,
        pace: Pace = USUAL_PACE,
    ) -> None:
        """snapshots: where it starts from and what it stands on, in the place of memory of its own."""
        self._pace = pace
        self._db = db
        self._snapshots = snapshots
        self._base: Snapshot | None = None
        self._taken_in = 0
        self._rule = rule
        self._newest = Newest(db)
        self._lock = threading.Lock()
        self._looked = Seen(0, 0)
        self._mark: Mark | None = None
        self._held = (NOTHING, _policy([], rule))
        self._indexes = _new_indexes()
        self._us_each = 0.0

    @property
    def generation(self) -> int:
        """The newest change of which everything before it too is taken in; NOTHING before the first ``refresh``."""
        return self._held[0]

    @property
    def is_at_hand(self) -> bool:
        """Whether ``look_now`` costs microseconds, so that an event loop may do it itself."""
        return self._newest.is_at_hand

    def look_now(self) -> Seen | None:
        """What is newest in the ledger, without waiting; None where that cannot be told at once."""
        known = self._looked
        seen = self._newest.now(known.newest, known.newest_policy)
        return None if seen is None else self._noted(seen, known)

    def look(self) -> Seen:
        """What is newest in the ledger. Raises: those of ``Database.read``."""
        known = self._looked
        return self._noted(self._newest.look(known.newest, known.newest_policy), known)

    def refresh(self, seen: int | None = None) -> tuple[int, Policy]:
        """Take in what changed until now, or at least the change ``seen``; the generation and policy then in force."""
        if seen is not None and seen <= self.generation:
            return self._held
        with self._lock:
            wanted = self.look().newest if seen is None else seen
            if wanted > self.generation or self._mark is None:
                try:
                    self._follow()
                except LedgerWentBack:
                    self._start()
                    self._follow()
            return self._held

    def is_quick(self, signals: Sequence[Signal]) -> bool:
        """Whether a search for them will hardly be felt: by what searches lately cost."""
        return codes_in(signals) * self._us_each <= QUICK_US_MAX

    def renew(self) -> bool:
        """Stand on a newer snapshot, where enough was taken in since to free memory, or the old one is deleted; whether it does.

        Searches go on, on what they began with. Raises: those of ``Database.read``.
        """
        found = [] if self._snapshots is None or self._mark is None else self._snapshots.found()
        base = self._base
        is_newer = bool(found) and (base is None or found[0].generation > base.generation)
        is_gone = base is not None and base.token not in {one.token for one in found}
        if self._snapshots is None or not is_newer or not (is_gone or self._taken_in >= self._pace.renew_min):
            return False
        loaded = self._snapshots.load()
        if loaded is None or (base is not None and loaded[0].generation <= base.generation):
            return False
        try:
            self._stand_on(*loaded)
        except LedgerWentBack:  # the next look finds it out too, and starts anew
            return False
        return True

    def mapped(self) -> dict[str, HammingIndex]:
        """The indexes a snapshot is made of."""
        return {name: index for name, index in self._indexes.items() if isinstance(index, HammingIndex)}

    def close(self) -> None:
        """Give the connection back."""
        self._newest.close()

    def search(self, signals: Sequence[Signal], policy: Policy, hits_max: int | None = None) -> list[Hit]:
        """Every listed signal within the widest bank's radius of any of ``signals``; one search a kind.

        Raises: TooLarge (too_many_hits) when there is a ``hits_max``; exact kinds meet a listed signal once at most
        as long as no signal stands twice.
        """
        hits: list[Hit] = []
        begun = time.perf_counter()
        for name, index in self._indexes.items():
            numbers = [number for number, signal in enumerate(signals) if signal.kind == name]
            if not numbers or not len(index):
                continue
            if isinstance(index, VideoIndex):
                hits += _met_videos(index, {number: signals[number] for number in numbers}, policy, hits_max)
                continue
            codes = np.frombuffer(b"".join(signals[number].code for number in numbers), np.uint8).reshape(
                len(numbers), -1
            )
            if isinstance(index, ExactIndex):
                limits, ids = index.search(codes)
                distances = np.zeros(len(ids), np.uint16)
            else:
                limits, ids, distances = index.search(codes, radius_bits=policy.radius_bits[name], hits_max=hits_max)
            owners = np.repeat(np.asarray(numbers), np.diff(limits))
            hits += map(Hit, owners.tolist(), ids.tolist(), distances.tolist())
        if signals:
            took_us = (time.perf_counter() - begun) * 1e6 / codes_in(signals)
            self._us_each += (took_us - self._us_each) / LATELY
        return hits

    def search_codes(self, kind: str, codes: "np.typing.NDArray[np.uint8]", policy: Policy, hits_max: int) -> list[Hit]:
        """As ``search`` for many codes of one kind: uint8[N, bits // 8]; hits carry the row as ``signal_number``.

        Raises: TooLarge (too_many_hits).
        """
        index = self._indexes[kind]
        assert isinstance(index, HammingIndex)
        limits, ids, distances = index.search(codes, radius_bits=policy.radius_bits[kind], hits_max=hits_max)
        return list(
            map(Hit, np.repeat(np.arange(len(codes)), np.diff(limits)).tolist(), ids.tolist(), distances.tolist())
        )

    def figures(self) -> dict[str, object]:
        """Generation, and count and digest by kind: equal in every worker and in the database at one generation."""
        with self._lock:
            kinds = {
                name: {"count": len(index), "digest": f"{index.digest():016x}"} for name, index in self._indexes.items()
            }
            return {"generation": max(0, self.generation), "kinds": kinds}

    def _noted(self, seen: Seen, known: Seen) -> Seen:
        if seen.newest < known.newest:  # even what was newest is not there: another ledger is in its place
            self._held, seen = (NOTHING, self._held[1]), self._newest.look(0, 0)
        self._looked = (
            seen  # two threads may pass each other here: either value is true, and the next look goes on from it
        )
        return seen

    def _start(self) -> None:
        """All there is, in slices, but for what a snapshot holds: what changed meanwhile, and since, comes by the feed."""
        indexes = _new_indexes()
        loaded = None if self._snapshots is None else self._snapshots.load()
        newest, last, banks = everything(self._db)
        missing = [name for name in indexes if loaded is None or name not in loaded[1]]
        self._taken_in = 0
        for first in range(1, last + 1, self._pace.at_once):
            self._taken_in += _fill(
                indexes, signals_in(self._db, first, min(first + self._pace.at_once - 1, last), missing)
            )
        if loaded is not None:
            self._taken_in = 0
            indexes |= loaded[1]
        self._base = None if loaded is None else loaded[0]
        self._indexes, self._held = indexes, (NOTHING, _policy(banks, self._rule))
        self._mark = Mark(newest if loaded is None else loaded[0].generation)

    def _stand_on(self, base: Snapshot, mapped: Mapping[str, HammingIndex]) -> None:
        """Take in by the side what the snapshot lacks; the last of it, and the exchange, while nothing else is taken in."""
        mark, taken_in = Mark(base.generation), 0
        while (news := news_since(self._db, mark, self._pace.at_once)) is not None:
            _take_in(mapped, news.reread)
            mark, taken_in = news.mark, taken_in + len(news.reread.ids)
            if news.is_all:
                break
        with self._lock:
            assert self._mark is not None
            self._base, self._taken_in = base, taken_in
            # from where either is: what one of them has taken in already is read again, as it is now
            self._take_all({**self._indexes, **mapped}, min(mark, self._mark))

    def _follow(self) -> None:
        if self._mark is None:
            self._start()
            assert self._mark is not None
        self._take_all(self._indexes, self._mark)

    def _take_all(self, indexes: dict[str, AnyIndex], mark: Mark) -> None:
        """Take in what came after ``mark``; what is told, and searched, changes when all of it is there."""
        while True:
            news = news_since(self._db, mark, self._pace.at_once)
            if news is not None:
                _take_in(indexes, news.reread)
                mark = news.mark
                self._taken_in += len(news.reread.ids)
                if news.banks is not None:
                    self._held = (self._held[0], _policy(news.banks, self._rule))
            if indexes is self._indexes:
                self._mark = mark  # where an error comes between, the next one goes on from here
            if news is None or news.is_all:
                self._indexes, self._mark, self._held = indexes, mark, (mark.seq, self._held[1])
                return


def _new_indexes() -> dict[str, AnyIndex]:
    return {name: _index_for(kind) for name, kind in KINDS.items()}


def _index_for(kind: HashKind) -> AnyIndex:
    if kind.over == "frames":
        return VideoIndex(kind.bits, kind.quality_min or 0)
    return ExactIndex(kind.bits) if kind.is_exact else HammingIndex(kind.bits)


def _met_videos(index: VideoIndex, asked: Mapping[int, Signal], policy: Policy, hits_max: int | None) -> Iterator[Hit]:
    """Hits of the listed videos that can satisfy the rule; their distances wait for a bank's threshold."""
    kind = next(iter(asked.values())).kind
    numbers = list(asked)
    videos = [searchable(signal.code, KINDS[kind].quality_min or 0) for signal in asked.values()]
    for number, signal_id, met in index.search(videos, policy.radius_bits[kind], policy.rule, hits_max):
        yield Hit(numbers[number], signal_id, int(met.query_bits.min()), met)


def _take_in(indexes: Mapping[str, AnyIndex], reread: Reread) -> None:
    for name, index in indexes.items():
        if len(index):
            there = np.array([one[0] for one in reread.by_kind.get(name, ())], np.int64)
            index.remove(np.setdiff1d(reread.ids, there, assume_unique=True))
    _fill(indexes, reread.by_kind)


def _fill(indexes: Mapping[str, AnyIndex], by_kind: Mapping[str, Sequence[tuple[int, bytes]]]) -> int:
    """Add signals; how many."""
    for name, there in by_kind.items():
        index = indexes.get(name)
        ids = np.array([one[0] for one in there], np.int64)
        if isinstance(index, VideoIndex):
            index.add(ids, [one[1] for one in there])
        elif index is not None:
            index.add(ids, np.frombuffer(b"".join([one[1] for one in there]), np.uint8).reshape(len(there), -1))
    return sum(map(len, by_kind.values()))


def _policy(banks: Sequence[Bank], rule: VideoRule) -> Policy:
    radius = {
        name: max((bank.threshold_bits(name) for bank in banks), default=kind.threshold_bits)
        for name, kind in KINDS.items()
    }
    told = [[b.id, b.polarity, dict(b.thresholds), b.staged_share, b.paused, b.action] for b in banks]
    digest = hashlib.sha256(json.dumps([told, radius, astuple(rule)], sort_keys=True).encode()).hexdigest()
    return Policy(digest[:12], radius, rule)
