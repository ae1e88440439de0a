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
from amparo.match.videos import VideoIndex
from amparo.store.db import Database
from amparo.terms.signal import Signal

AnyIndex: TypeAlias = HammingIndex | ExactIndex | VideoIndex
NOTHING = -1
QUICK_US_MAX = 2_000.0
"""Processor time of a search that an event loop may do itself."""
LATELY = 8
"""Searches over which the usual cost of one is told."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The banks at one generation and what follows from them. name changes whenever any bank's policy or the rule does."""

    name: str
    radius_bits: Mapping[str, int]
    rule: VideoRule


class Lookup:
    """One process's indexes, a kind each. ``refresh`` before every search: a change takes effect on the next lookup."""

    def __init__(self, db: Database, rule: VideoRule = VideoRule()) -> None:  # noqa: B008  # frozen
        self._db = db
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
        """All there is, in slices: what changes meanwhile comes by the feed."""
        indexes = _new_indexes()
        newest, last, banks = everything(self._db)
        for first in range(1, last + 1, SLICE):
            _take_in(indexes, signals_in(self._db, first, min(first + SLICE - 1, last)), is_new=True)
        self._indexes, self._held = indexes, (NOTHING, _policy(banks, self._rule))
        self._mark = Mark(newest)

    def _follow(self) -> None:
        if self._mark is None:
            self._start()
            assert self._mark is not None
        while True:
            news = news_since(self._db, self._mark)
            if news is not None:
                _take_in(self._indexes, news.reread)
                self._mark = news.mark
                if news.banks is not None:
                    self._held = (self._held[0], _policy(news.banks, self._rule))
            if news is None or news.is_all:
                self._held = (self._mark.seq, self._held[1])
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


def _take_in(indexes: Mapping[str, AnyIndex], reread: Reread, *, is_new: bool = False) -> None:
    for name, index in indexes.items():
        there = reread.by_kind.get(name, ())
        ids = np.fromiter((one[0] for one in there), np.int64, len(there))
        if len(index) and not is_new:
            index.remove(np.setdiff1d(reread.ids, ids, assume_unique=True))
        if isinstance(index, VideoIndex):
            index.add(ids, [one[1] for one in there])
        elif there:
            codes = np.frombuffer(b"".join([one[1] for one in there]), np.uint8).reshape(len(there), -1)
            index.add(ids, codes)


def _policy(banks: Sequence[Bank], rule: VideoRule) -> Policy:
    radius = {
        name: max((bank.threshold_bits(name) for bank in banks), default=kind.threshold_bits)
        for name, kind in KINDS.items()
    }
    told = [[b.id, b.polarity, dict(b.thresholds), b.staged_share, b.paused, b.action] for b in banks]
    digest = hashlib.sha256(json.dumps([told, radius, astuple(rule)], sort_keys=True).encode()).hexdigest()
    return Policy(digest[:12], radius, rule)
