"""The sides of `./amparo bench index`: ours and every peer behind one call. Measures nothing and chooses nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import faiss
import numpy as np
from numpy.typing import NDArray
from threatexchange.signal_type.pdq.pdq_index import PDQIndex
from usearch.index import MetricKind
from usearch.index import search as usearch_search

from amparo.index import HammingIndex
from bench.codes import BITS, Codes

faiss.omp_set_num_threads(1)

Found = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
"""limits[M + 1], ids[H], distances[H]: the hits of query q stand from limits[q] to limits[q + 1], in any order."""
Search = Callable[[Codes, int], Found]

OURS, FLAT, PDQ_INDEX = "amparo", "faiss BinaryFlat", "threatexchange PDQIndex"
CHUNK_BITS = 16
HASH_BITS, HASH_FLIPS = 20, 2
KNN = 10
RADIUS = 31


@dataclass(frozen=True)
class Side:
    """One way to search. make: from codes whose ids are their rows, a search.

    exact: it says it finds all. hits_max: it gives the nearest so many only. radius: the only one it takes, or the only one asked.
    batches: one call for many queries is another thing than many calls. rows_max: more are not run, ``why`` says the reason.
    """

    name: str
    make: Callable[[Codes], Search]
    exact: bool = True
    hits_max: int = 10**9
    radius: int | None = None
    batches: bool = True
    rows_max: int = 10**9
    why: str = ""


def ours(codes: Codes) -> Search:
    """HammingIndex, as shipped, with nothing left to do in the background."""
    index = HammingIndex(BITS)
    index.add(np.arange(len(codes)), codes)
    index.settle()
    return index.search


def over_faiss(index: faiss.IndexBinary, before: Callable[[int], object] = int) -> Search:
    """A faiss index; ``before`` is told the radius of each search, which faiss takes as the first distance left out."""

    def search(codes: Codes, radius: int) -> Found:
        before(radius)
        limits, distances, ids = index.range_search(codes, radius + 1)
        return limits, ids, distances

    return search


def flat(codes: Codes) -> Search:
    """Every code compared."""
    index = faiss.IndexBinaryFlat(BITS)
    index.add(codes)
    return over_faiss(index)


def multi_hash(codes: Codes) -> Search:
    """16 tables of 16 bits; as many flips as make it exact: one of each 16 bits of radius."""
    index = faiss.IndexBinaryMultiHash(BITS, BITS // CHUNK_BITS, CHUNK_BITS)
    index.add(codes)

    def flips(radius: int) -> None:
        index.nflip = radius // CHUNK_BITS

    return over_faiss(index, flips)


def one_hash(codes: Codes) -> Search:
    """One table of 20 bits with 2 flips: what shares no such prefix is missed."""
    index = faiss.IndexBinaryHash(BITS, HASH_BITS)
    index.nflip = HASH_FLIPS
    index.add(codes)
    return over_faiss(index)


def pdq_index(codes: Codes) -> Search:
    """The reference's index, which takes hex strings one by one and knows one radius."""
    index = PDQIndex([(code.tobytes().hex(), row) for row, code in enumerate(codes)])

    def search(asked: Codes, _: int) -> Found:
        lists = [index.query(code.tobytes().hex()) for code in asked]
        hits = [(match.metadata, match.similarity_info.distance) for found in lists for match in found]
        limits = np.cumsum([0, *map(len, lists)])
        ids, distances = np.array(hits, np.int64).reshape(-1, 2).T
        return limits, ids, distances

    return search


def usearch_exact(codes: Codes) -> Search:
    """The nearest 10 of all by comparing every code; those within the radius."""

    def search(asked: Codes, radius: int) -> Found:
        found = usearch_search(codes, asked, KNN, MetricKind.Hamming, exact=True, threads=1)
        distances = np.atleast_2d(found.distances).astype(np.int64)
        within = distances <= radius
        limits = np.concatenate([[0], np.cumsum(within.sum(axis=1))])
        return limits, np.atleast_2d(found.keys)[within].astype(np.int64), distances[within]

    return search


def in_numpy(codes: Codes) -> Search:
    """numpy's own count of bits over every code, a word at a time."""
    words = [np.ascontiguousarray(word) for word in codes.view(np.uint64).T]

    def search(asked: Codes, radius: int) -> Found:
        rows, distances = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for query in asked.view(np.uint64):
            distance = np.zeros(len(codes), np.uint16)
            for word, part in zip(words, query, strict=True):
                distance += np.bitwise_count(word ^ part)
            rows.append(np.flatnonzero(distance <= radius))
            distances.append(distance[rows[-1]].astype(np.int64))
        return np.cumsum([0, *map(len, rows[1:])]), np.concatenate(rows), np.concatenate(distances)

    return search


MILLION = 1_000_000
SIDES = (
    Side(OURS, ours),
    Side(FLAT, flat),
    Side("faiss MultiHash 16x16", multi_hash, rows_max=10 * MILLION, why="over 7 GB"),
    Side("faiss BinaryHash b=20, nflip 2", one_hash, exact=False),
    Side(PDQ_INDEX, pdq_index, radius=RADIUS, batches=False, rows_max=MILLION, why="over 8 GB"),
    Side("usearch exact, k=10", usearch_exact, hits_max=KNN, radius=RADIUS, rows_max=MILLION, why="over 0.8 s a query"),
    Side("numpy bitwise_count", in_numpy, batches=False),
)


def pairs(found: Found) -> list[dict[int, int]]:
    """The hits of each query: id to distance."""
    limits, ids, distances = (part.tolist() for part in found)
    return [dict(zip(ids[a:b], distances[a:b], strict=True)) for a, b in pairwise(limits)]
