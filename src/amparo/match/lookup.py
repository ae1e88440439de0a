"""The listed signals in memory, as fresh as the database: follow the banks' feed, search all signals at once.
Judges nothing; how an index works inside is the index room's own.
"""

import hashlib
import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from amparo.banks.feed import Reread, news_since
from amparo.banks.model import Bank
from amparo.hashing import KINDS
from amparo.index import ExactIndex, HammingIndex
from amparo.match.model import Hit
from amparo.store.db import Database
from amparo.terms.signal import Signal


@dataclass(frozen=True, slots=True)
class Policy:
    """The banks at one generation and what follows from them. name changes whenever any bank's policy does."""

    name: str
    radius_bits: Mapping[str, int]


class Lookup:
    """One process's indexes, a kind each. ``refresh`` before every search: a change takes effect on the next lookup."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._lock = threading.Lock()
        self._generation: int | None = None
        self._policy = _policy([])
        self._indexes: dict[str, HammingIndex | ExactIndex] = {
            name: ExactIndex(kind.bits) if kind.is_exact else HammingIndex(kind.bits) for name, kind in KINDS.items()
        }

    def refresh(self) -> tuple[int, Policy]:
        """Take in what changed; the generation and policy now in force."""
        with self._lock:
            news = news_since(self._db, self._generation)
            if news is not None:
                for reread in news.rereads:
                    self._take_in(reread)
                if news.banks is not None:
                    self._policy = _policy(news.banks)
                self._generation = news.generation
            return self._generation or 0, self._policy

    def search(self, signals: Sequence[Signal], policy: Policy, hits_max: int | None = None) -> list[Hit]:
        """Every listed signal within the widest bank's radius of any of ``signals``; one search a kind.

        Raises: TooLarge (too_many_hits) when there is a ``hits_max``; exact kinds meet a listed signal once at most
        as long as no signal stands twice.
        """
        hits: list[Hit] = []
        for name, index in self._indexes.items():
            numbers = [number for number, signal in enumerate(signals) if signal.kind == name]
            if not numbers or not len(index):
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
            return {"generation": self._generation or 0, "kinds": kinds}

    def _take_in(self, reread: Reread) -> None:
        span = np.arange(reread.first, reread.last + 1, dtype=np.int64)
        for name, index in self._indexes.items():
            there = reread.by_kind.get(name, ())
            ids = np.fromiter((one[0] for one in there), np.int64, len(there))
            if self._generation is not None:
                index.remove(np.setdiff1d(span, ids, assume_unique=True))
            if there:
                codes = np.frombuffer(b"".join(one[1] for one in there), np.uint8).reshape(len(there), -1)
                index.add(ids, codes)


def _policy(banks: Sequence[Bank]) -> Policy:
    radius = {
        name: max((bank.threshold_bits(name) for bank in banks), default=kind.threshold_bits)
        for name, kind in KINDS.items()
    }
    told = [[b.id, b.polarity, dict(b.thresholds), b.staged_share, b.paused, b.action] for b in banks]
    digest = hashlib.sha256(json.dumps([told, radius], sort_keys=True).encode()).hexdigest()
    return Policy(digest[:12], radius)
