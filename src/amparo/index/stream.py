"""Few wanted codes against many stored ones, in the order in which those lie in a mapped file. Keeps no stored code.

Where an index answers "which of many codes are near this one", this passes over all stored codes once. In C where built
(`_stream.c`), else in numpy; same answers.
"""

from collections.abc import Callable
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from amparo.index.arrays import WORD_BITS, Bytes, Words, as_count, as_words, words_for
from amparo.index.exact import ExactIndex
from amparo.index.hamming import NEAR_BITS, HammingIndex
from amparo.index.kernels import too_many
from amparo.index.tiers import RING_MIN

try:
    from amparo.index import _stream

    EXTENSION: ModuleType | None = _stream
except ImportError:
    EXTENSION = None

Hits = NDArray[np.int64]
Scan = Callable[[Words, Words, int, int], Hits]
KERNEL_WORDS = 4
INDEXED_MIN = RING_MIN
"""From that many wanted codes on an index over them has a ring, and within NEAR_BITS costs less for each stored code than passing
them all, with every kernel (bench/rescan.py)."""
INDEXED_MIN_WIDE = {"c-avx512": 100_000, "c-avx2": 30_000}
"""Farther out an index scans, and pays later; with other kernels at once."""
BLOCK = 4_096
INDEXED_ROWS = 65_536


class Wanted:
    """Codes looked for within a radius, ready for any number of streams. Threads may share it."""

    def __init__(self, codes: Bytes, radius_bits: int, indexed_min: int | None = None) -> None:
        """codes: uint8[M, bytes], bits a multiple of 64. indexed_min: how many make an index pay, None: as measured.

        Raises: BadInput (bad_bits, bad_codes, bad_number)."""
        self._words = words_for(8 * codes.shape[-1])
        self._codes = as_words(codes, self._words)
        self._radius = min(as_count(radius_bits, "radius_bits", least=0), self._words * WORD_BITS)
        near = self._radius <= NEAR_BITS
        least = INDEXED_MIN if near else INDEXED_MIN_WIDE.get(NAME, INDEXED_MIN)
        self._exact: ExactIndex | None = None
        self._index: HammingIndex | None = None
        if self._radius == 0:
            self._exact = ExactIndex(self._words * WORD_BITS)
            self._exact.add(np.arange(len(codes)), codes)
            self._keys = np.unique(self._codes[:, 0])
        elif len(codes) >= (least if indexed_min is None else indexed_min):
            self._index = HammingIndex(self._words * WORD_BITS)
            self._index.add(np.arange(len(codes)), codes)

    def found(self, rows: Bytes, hits_max: int) -> Hits:
        """Every pair within the radius: int64[H, 3] (row, wanted, distance), by row, then nearest, then wanted.

        rows: uint8[N, bytes]. Cost: one pass over the rows; for PDQ and few wanted codes, at the speed of memory.
        Raises: BadInput (bad_codes), TooLarge (too_many_hits) when there are more than ``hits_max``.
        """
        stored = as_words(rows, self._words)
        if len(self._codes) == 0 or len(stored) == 0:
            return np.empty((0, 3), np.int64)
        if self._exact is not None:
            hits = self._equal(self._exact, stored, hits_max)
        elif self._index is not None:
            hits = self._indexed(self._index, rows, hits_max)
        else:
            scan = SCAN if self._words == KERNEL_WORDS else _in_numpy
            hits = scan(stored, self._codes, self._radius, hits_max)[:, [1, 0, 2]]
        return hits[np.lexsort((hits[:, 1], hits[:, 2], hits[:, 0]))]

    def _equal(self, exact: ExactIndex, stored: Words, hits_max: int) -> Hits:
        """The first word sorts out what cannot be equal; the exact index decides on the rest."""
        first = np.ascontiguousarray(stored[:, 0])
        near = np.minimum(np.searchsorted(self._keys, first), len(self._keys) - 1)
        rows = np.flatnonzero(self._keys[near] == first)
        limits, ids = exact.search(stored[rows].view(np.uint8))
        _check(len(ids), hits_max)
        return np.stack([np.repeat(rows, np.diff(limits)), ids, np.zeros(len(ids), np.int64)], axis=1)

    def _indexed(self, index: HammingIndex, rows: Bytes, hits_max: int) -> Hits:
        found, n = [np.empty((0, 3), np.int64)], 0
        for start in range(0, len(rows), INDEXED_ROWS):
            part = rows[start : start + INDEXED_ROWS]
            limits, ids, distances = index.search(part, radius_bits=self._radius, hits_max=hits_max - n)
            n += len(ids)
            owners = np.repeat(np.arange(start, start + len(part)), np.diff(limits))
            found.append(np.stack([owners, ids, distances.astype(np.int64)], axis=1))
        return np.concatenate(found)


def kernels(extension: ModuleType | None = EXTENSION) -> dict[str, Scan]:
    """Everything this machine can run, by name, slowest first: numpy, c, c-avx2, c-avx512.

    Each takes rows uint64[N, 4], wanted uint64[M, 4], a radius and the most hits, and gives int64[H, 3]: wanted, row, distance.
    """
    found: dict[str, Scan] = {"numpy": _in_numpy}
    if extension is not None:
        for place, name in enumerate(extension.variants()):
            found[name] = _in_c(extension, place)
    return found


def _in_c(extension: ModuleType, variant: int) -> Scan:
    def scan(rows: Words, wanted: Words, radius: int, hits_max: int) -> Hits:
        try:
            found = extension.scan(rows, wanted, radius, hits_max, variant)
        except OverflowError:
            raise too_many(hits_max) from None
        return np.frombuffer(found, np.int64).reshape(-1, 3)

    return scan


def _in_numpy(rows: Words, wanted: Words, radius: int, hits_max: int) -> Hits:
    found, n = [np.empty((0, 3), np.int64)], 0
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        for place, code in enumerate(wanted):
            distance = np.bitwise_count(block ^ code).sum(axis=1, dtype=np.int64)
            near = np.flatnonzero(distance <= radius)
            n += len(near)
            _check(n, hits_max)
            found.append(np.stack([np.full(len(near), place), near + start, distance[near]], axis=1))
    return np.concatenate(found)


def _check(n: int, hits_max: int) -> None:
    if n > hits_max:
        raise too_many(hits_max)


NAME, SCAN = list(kernels().items())[-1]
