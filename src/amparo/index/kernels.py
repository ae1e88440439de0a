"""What searches: in C where it was built, else in numpy; same answers. Codes and ids in, ids and distances out.

A kernel makes a handle over parts (tables, how many of their rows are visible, which are dead) and answers from it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amparo.errors import TooLarge
from amparo.index.arrays import IDs, Words
from amparo.index.spread import inverse_of, order_of, spread_plainly
from amparo.index.table import BUCKETS, PAD, Ring, Table, marked

try:
    from amparo.index import _hamming

    EXTENSION: ModuleType | None = _hamming
except ImportError:
    EXTENSION = None

Answer = tuple[NDArray[np.int64], IDs, NDArray[np.uint16]]
Nearest = tuple[IDs, NDArray[np.uint16]]
Dead = NDArray[np.uint8] | None
Part = tuple[Table, int, Dead]
BLOCK = 4096
NONE_FAR = np.iinfo(np.uint16).max


@dataclass(frozen=True, slots=True)
class Kernel:
    """The functions of one way to search.

    spread(codes uint64[N, words], order) -> the same, bits in that order. ring(codes) -> Ring, or None where it has no
    use for one (has_rings). keep(Table) -> what it keeps of it. handle(bits, parts) -> what it answers from.
    search(handle, uint8[M, bytes], radius, hits_max or None) -> limits, ids, distances. nearest(handle, codes, k).
    """

    name: str
    has_rings: bool
    spread: Callable[[Words, bool], Words]
    ring: Callable[[Words], Ring | None]
    keep: Callable[[Table], Any]
    handle: Callable[[int, Sequence[Part]], Any]
    search: Callable[[Any, NDArray[np.uint8], int, int | None], Answer]
    nearest: Callable[[Any, NDArray[np.uint8], int], Nearest]


def kernels(extension: ModuleType | None = EXTENSION) -> dict[str, Kernel]:
    """Everything this machine can run, by name, slowest first: numpy, c, c-popcnt, c-avx2, c-avx512."""
    found = {"numpy": IN_NUMPY}
    if extension is not None:
        for place, name in enumerate(extension.variants()):
            found[name] = _in_c(extension, name, place)
    return found


def too_many(hits_max: int) -> TooLarge:
    """The error for more hits than may be held."""
    return TooLarge(
        "too_many_hits", f"the search meets over {hits_max} codes", "Send fewer codes at once, or lower thresholds."
    )


def _in_c(extension: ModuleType, name: str, place: int) -> Kernel:
    @cache
    def spreading(bits: int, back: bool) -> Any:
        return extension.spread(inverse_of(bits) if back else order_of(bits))

    def spread(codes: Words, back: bool = False) -> Words:
        codes = np.ascontiguousarray(codes)
        out = np.empty_like(codes)
        extension.spread_codes(spreading(codes.shape[1] * 64, back), codes, out)
        return out

    def ring(codes: Words) -> Ring:
        chunks = 4 * codes.shape[1]
        made = Ring(
            np.empty((chunks, BUCKETS + 1), np.uint32),
            np.empty(chunks * len(codes) + PAD, np.uint16),
            np.empty((chunks, len(codes)), np.uint32),
        )
        extension.build(codes.shape[1], codes, made.offsets, made.following, made.rows)
        return made

    def keep(table: Table) -> Any:
        walk = (None,) * 3 if table.ring is None else (table.ring.offsets, table.ring.following, table.ring.rows)
        return extension.tier(len(table.ids), table.codes.shape[1], table.codes, table.ids, table.blocks, *walk)

    def handle(bits: int, parts: Sequence[Part]) -> Any:
        return extension.snapshot(spreading(bits, False), tuple((table.kept, n, dead) for table, n, dead in parts))

    def search(handle: Any, codes: NDArray[np.uint8], radius: int, hits_max: int | None) -> Answer:
        found = extension.search(handle, codes, radius, -1 if hits_max is None else hits_max, place)
        if found is None:
            raise too_many(hits_max or 0)
        limits, ids, distances = found
        return np.frombuffer(limits, np.int64), np.frombuffer(ids, np.int64), np.frombuffer(distances, np.uint16)

    def nearest(handle: Any, codes: NDArray[np.uint8], k: int) -> Nearest:
        ids, distances = extension.nearest(handle, codes, k, place)
        shape = len(codes), k
        return np.frombuffer(ids, np.int64).reshape(shape), np.frombuffer(distances, np.uint16).reshape(shape)

    return Kernel(name, True, spread, ring, keep, handle, search, nearest)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What numpy answers from."""

    order: NDArray[np.uint16]
    parts: tuple[Part, ...]

    def near(self, query: Words, radius: int) -> tuple[IDs, NDArray[np.int64]]:
        """Ids and distances within ``radius`` of one spread query, in no order."""
        ids, far = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for table, n, dead in self.parts:
            for start in range(0, n, BLOCK):
                codes = table.codes[start : min(start + BLOCK, n)]
                distance = np.bitwise_count(codes ^ query).sum(axis=1, dtype=np.int64)
                rows = np.flatnonzero(distance <= radius)
                if dead is not None and len(rows):
                    rows = rows[~marked(dead, rows + start)]
                ids.append(table.ids[rows + start])
                far.append(distance[rows])
        return np.concatenate(ids), np.concatenate(far)


def _plain_spread(codes: Words, back: bool = False) -> Words:
    bits = codes.shape[1] * 64
    return spread_plainly(codes, inverse_of(bits) if back else order_of(bits))


def _plain_search(handle: _Parts, codes: NDArray[np.uint8], radius: int, hits_max: int | None) -> Answer:
    queries = spread_plainly(codes.view(np.uint64), handle.order)
    limits, ids, far = np.zeros(len(queries) + 1, np.int64), [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for number, query in enumerate(queries):
        found, distance = handle.near(query, radius)
        order = np.lexsort((found, distance))
        ids.append(found[order])
        far.append(distance[order])
        limits[number + 1] = limits[number] + len(found)
        if hits_max is not None and limits[number + 1] > hits_max:
            raise too_many(hits_max)
    return limits, np.concatenate(ids), np.concatenate(far).astype(np.uint16)


def _plain_nearest(handle: _Parts, codes: NDArray[np.uint8], k: int) -> Nearest:
    queries = spread_plainly(codes.view(np.uint64), handle.order)
    ids = np.full((len(queries), k), -1, np.int64)
    far = np.full((len(queries), k), NONE_FAR, np.uint16)
    for number, query in enumerate(queries):
        found, distance = handle.near(query, len(handle.order))
        best = np.lexsort((found, distance))[:k]
        ids[number, : len(best)] = found[best]
        far[number, : len(best)] = distance[best]
    return ids, far


IN_NUMPY = Kernel(
    "numpy",
    False,
    _plain_spread,
    lambda _codes: None,
    lambda _table: None,
    lambda bits, parts: _Parts(order_of(bits), tuple(parts)),
    _plain_search,
    _plain_nearest,
)
KERNEL = list(kernels().values())[-1]
