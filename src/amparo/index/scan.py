"""The scan: which rows lie within a radius of which queries. In C where built, else in numpy; same answers. Knows no ids."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from amparo.errors import TooLarge
from amparo.index.arrays import Words

try:
    from amparo.index import _hamming

    EXTENSION: ModuleType | None = _hamming
except ImportError:
    EXTENSION = None

Hits = NDArray[np.int64]
Scan = Callable[[Words, Words, int], Hits]
BLOCK = 4096
PIECE = 1 << 21
"""Comparisons of one piece of a bounded scan: all of them hits are 48 MiB."""
SHARE_MIN = 1 << 15
"""Fewer rows than this are not worth a thread of their own."""


def kernels(extension: ModuleType | None = EXTENSION) -> dict[str, Scan]:
    """Everything this machine can run, by name, slowest first: numpy, c, c-popcnt, c-vpopcnt.

    Each takes codes uint64[N, words], queries uint64[M, words] and a radius, and gives int64[H, 3]: query, row, distance.
    """
    found: dict[str, Scan] = {"numpy": _in_numpy}
    if extension is not None:
        for place, variant in enumerate(extension.variants()):
            found["c" if variant == "plain" else f"c-{variant}"] = _in_c(extension, place)
    return found


def _in_c(extension: ModuleType, variant: int) -> Scan:
    def scan(codes: Words, queries: Words, radius: int) -> Hits:
        found = extension.scan(codes, queries, codes.shape[1], radius, variant)
        return np.frombuffer(found, np.int64).reshape(-1, 3)

    return scan


def _in_numpy(codes: Words, queries: Words, radius: int) -> Hits:
    found = [np.empty((0, 3), np.int64)]
    for start in range(0, len(codes), BLOCK):
        block = codes[start : start + BLOCK]
        for place, query in enumerate(queries):
            distance = np.bitwise_count(block ^ query).sum(axis=1, dtype=np.int64)
            rows = np.flatnonzero(distance <= radius)
            found.append(np.stack([np.full(len(rows), place), rows + start, distance[rows]], axis=1))
    return np.concatenate(found)


NAME, SCAN = list(kernels().items())[-1]


def scan_bounded(codes: Words, queries: Words, radius: int, hits_max: int) -> Hits:
    """As `scan_shared`, piece by piece of at most PIECE comparisons, so that no more than that many hits over ``hits_max``
    are ever held. Raises: TooLarge (too_many_hits).
    """
    step = max(1, min(len(queries), PIECE // BLOCK))
    rows = PIECE // step
    found, n = [np.empty((0, 3), np.int64)], 0
    for row in range(0, len(codes), rows):
        for query in range(0, len(queries), step):
            part = SCAN(codes[row : row + rows], queries[query : query + step], radius)
            n += len(part)
            if n > hits_max:
                raise TooLarge(
                    "too_many_hits",
                    f"the search meets over {hits_max} codes",
                    "Send fewer codes at once, or lower thresholds.",
                )
            found.append(part + np.array([query, row, 0]))
    return np.concatenate(found)


def scan_shared(codes: Words, queries: Words, radius: int, threads: int) -> Hits:
    """int64[H, 3] (query, row, distance) in no order; the rows are shared out among at most ``threads`` threads."""
    workers = min(threads, len(codes) // SHARE_MIN)
    if workers <= 1:
        return SCAN(codes, queries, radius)
    edges = [len(codes) * k // workers for k in range(workers + 1)]
    with ThreadPoolExecutor(workers) as pool:
        parts = list(pool.map(lambda k: SCAN(codes[edges[k] : edges[k + 1]], queries, radius), range(workers)))
    return np.concatenate([part + np.array([0, edge, 0]) for part, edge in zip(parts, edges, strict=False)])
