"""Banks with codes planted around each radius, questions about them, and the answers by another way than an index's: a product
of matrices. Knows the index from outside only; not a test.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from amparo.index import HammingIndex
from amparo.index.kernels import KERNEL, Kernel
from amparo.index.spread import order_of
from bench import codes as made

RADII = (0, 15, 31, 40, 52)
PLANTED = np.array(sorted({bits for radius in RADII for bits in (radius - 1, radius, radius + 1) if bits >= 0}))
"""Distances from a question at which a code is planted: just within, at and just beyond each radius."""
FARTHEST = int(PLANTED[-1])
BLOCK = 1 << 14


@dataclass(frozen=True)
class Case:
    """ids int64[N] and codes uint8[N, 32] of a bank, ``asked`` uint8[M, 32], and every pair of them within 53 bits.

    The pairs stand in the order of an answer: by question, then distance, then id.
    """

    ids: NDArray[np.int64]
    codes: made.Codes
    asked: made.Codes
    question: NDArray[np.int64]
    distance: NDArray[np.int64]
    found: NDArray[np.int64]

    def answer(self, radius: int, first: int, last: int) -> tuple[NDArray[np.int64], ...]:
        """limits, ids and distances for the questions from ``first`` up to ``last``."""
        part = (self.question >= first) & (self.question < last) & (self.distance <= radius)
        count = np.bincount(self.question[part] - first, minlength=last - first)
        return np.concatenate([[0], np.cumsum(count)]), self.found[part], self.distance[part]


@lru_cache(maxsize=1)
def case(shape: str, n: int, count: int) -> Case:
    """A bank of a shape with ``count`` questions, each with a planted code at one distance at least, many with one at each."""
    chance = np.random.default_rng([n, made.SHAPES.index(shape)])
    bank = made.bank(shape, n, order=chunk_order())
    groups = min(count, n // (2 * len(PLANTED)))
    asked = made.questions(shape, bank, count, order=chunk_order())
    places = chance.choice(n, (groups, len(PLANTED)), replace=False)
    around = np.repeat(asked[:groups], len(PLANTED), axis=0)
    bank[places.ravel()] = made.flipped(chance, around, np.tile(PLANTED, groups))
    rest = count - groups
    asked[groups:] = made.flipped(chance, bank[chance.integers(0, n, rest)], np.resize(PLANTED, rest))
    ids = chance.permutation(4 * n)[:n].astype(np.int64)
    question, row, distance = np.concatenate(list(near(bank, asked)), axis=1)
    order = np.lexsort((ids[row], distance, question))
    return Case(ids, bank, asked, question[order], distance[order], ids[row[order]])


def near(bank: made.Codes, asked: made.Codes) -> Iterator[NDArray[np.int64]]:
    """int64[3, K] a block: question, row, distance of what is at most ``FARTHEST`` apart.

    Bits as 1 and -1: their product summed is 256 less twice the distance, whole numbers that float32 holds exactly.
    """
    signs = signed(asked).T
    for start in range(0, len(bank), BLOCK):
        product = signed(bank[start : start + BLOCK]) @ signs
        row, question = np.divmod(np.flatnonzero(product >= made.BITS - 2 * FARTHEST), len(asked))
        yield np.array([question, row + start, (made.BITS - product[row, question].astype(np.int64)) // 2])


def signed(codes: made.Codes) -> NDArray[np.float32]:
    """float32[N, 256] of 1 and -1."""
    return 1 - 2 * np.unpackbits(codes, axis=1).astype(np.float32)


def chunk_order() -> NDArray[np.int64]:
    """The bits in the order in which the index cuts them into chunks, so that ``one bucket`` fills whole buckets. The index
    counts the bits of a byte from its lowest, bench/codes.py from its highest.
    """
    return order_of(made.BITS).astype(np.int64) ^ 7


def index_of(bank: Case, kernel: Kernel = KERNEL) -> HammingIndex:
    """The bank in an index that has lived: parts added one after the other, codes replaced, others there and gone again."""
    chance = np.random.default_rng(len(bank.ids))
    index = HammingIndex(made.BITS, kernel)
    n = len(bank.ids)
    gone = bank.ids.max() + 1 + np.arange(max(10, n // 50))
    decoys = bank.asked[chance.integers(0, len(bank.asked), len(gone))]
    edges = [0, n // 2, n * 9 // 10, n - n // 100 - 1, n]
    for number, (first, last) in enumerate(pairwise(edges)):
        index.add(bank.ids[first:last], bank.codes[first:last])
        index.add(gone[number :: len(edges) - 1], decoys[number :: len(edges) - 1])
    again = chance.choice(n, max(10, n // 50), replace=False)
    index.add(bank.ids[again], bank.asked[chance.integers(0, len(bank.asked), len(again))])
    index.add(bank.ids[again], bank.codes[again])
    index.remove(gone)
    return index


def compare(index: HammingIndex, bank: Case, asked: int, together: int) -> int:
    """Ask the first ``asked`` questions at every radius, ``together`` a call, and count the hits; an answer not as it must be is
    an AssertionError.
    """
    hits = 0
    for radius in RADII:
        for first in range(0, asked, together):
            last = min(asked, first + together)
            told = index.search(bank.asked[first:last], radius)
            due = bank.answer(radius, first, last)
            for part, want in zip(told, due, strict=True):
                np.testing.assert_array_equal(part, want, err_msg=f"radius {radius}, questions {first} to {last}")
            hits += len(told[1])
    return hits
