"""Rows that never change: ids, codes, and what finds them fast. And a segment: a table of which some rows are dead.

Whoever holds one may read it for as long as they like; a change makes another.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amparo.index.arrays import IDs, Words

BUCKETS = 1 << 16
PAD = 64
"""Entries behind the last posting that a wide load may touch."""
LANES = 8


@dataclass(frozen=True, slots=True)
class Ring:
    """By chunk of 16 bits the rows in the order of that chunk's value; beside each row its next chunk.

    offsets: uint32[chunks, 65537], where the rows of each value begin. following: uint16[chunks * N + PAD].
    rows: uint32[chunks, N].
    """

    offsets: NDArray[np.uint32]
    following: NDArray[np.uint16]
    rows: NDArray[np.uint32]

    @property
    def nbytes(self) -> int:
        """Bytes of its arrays."""
        return self.offsets.nbytes + self.following.nbytes + self.rows.nbytes


@dataclass(frozen=True, slots=True)
class Table:
    """ids: int64[N]. codes: uint64[N, words], bits spread. blocks: uint64[ceil(N / 8), words, 8], the words of eight
    rows side by side, where there is no ring. kept: the kernel's own view of it.
    """

    ids: IDs
    codes: Words
    blocks: Words | None = None
    ring: Ring | None = None
    kept: Any = field(default=None, compare=False)

    @property
    def nbytes(self) -> int:
        """Bytes of its arrays, mapped ones too."""
        own = self.ids.nbytes + self.codes.nbytes
        return own + (0 if self.blocks is None else self.blocks.nbytes) + (0 if self.ring is None else self.ring.nbytes)


def blocks_of(codes: Words) -> Words:
    """The blocks of a flat table over ``codes``."""
    n, words = codes.shape
    blocks = np.zeros(((n + LANES - 1) // LANES, words, LANES), np.uint64)
    whole = n // LANES * LANES
    blocks[: n // LANES] = codes[:whole].reshape(-1, LANES, words).transpose(0, 2, 1)
    blocks[n // LANES :, :, : n - whole] = codes[whole:].T
    return blocks


@dataclass(frozen=True, slots=True)
class Segment:
    """A table with ascending ids, and its dead rows. dead: uint8, a bit a row, or None for none."""

    table: Table
    dead: NDArray[np.uint8] | None = None
    dead_count: int = 0

    @property
    def live(self) -> int:
        """Rows that are not dead."""
        return len(self.table.ids) - self.dead_count

    @property
    def nbytes(self) -> int:
        """Bytes of its arrays."""
        return self.table.nbytes + (0 if self.dead is None else self.dead.nbytes)

    def rows_of(self, ids: IDs) -> NDArray[np.int64]:
        """The live rows of those of ``ids`` that are here."""
        mine = self.table.ids
        if not len(mine):
            return np.empty(0, np.int64)
        rows = np.minimum(np.searchsorted(mine, ids), len(mine) - 1)
        rows = np.unique(rows[mine[rows] == ids])
        return rows if self.dead is None else rows[~marked(self.dead, rows)]

    def without(self, rows: NDArray[np.int64]) -> "Segment":
        """The same with these live ``rows`` dead."""
        if not len(rows):
            return self
        dead = np.zeros((len(self.table.ids) + 7) // 8, np.uint8) if self.dead is None else self.dead.copy()
        mark(dead, rows)
        return replace(self, dead=dead, dead_count=self.dead_count + len(rows))

    def died_since(self, before: "Segment") -> NDArray[np.int64]:
        """The rows dead here that were live in ``before``, an earlier form of this segment."""
        assert self.dead is not None, "asked of one that changed"
        fresh = self.dead if before.dead is None else self.dead & ~before.dead
        places = np.flatnonzero(fresh)
        bits = np.unpackbits(fresh[places], bitorder="little").reshape(-1, 8)
        byte, bit = np.nonzero(bits)
        return places[byte] * 8 + bit

    def live_rows(self) -> NDArray[np.int64]:
        """All rows that are not dead."""
        n = len(self.table.ids)
        if self.dead is None:
            return np.arange(n)
        return np.flatnonzero(np.unpackbits(self.dead, bitorder="little", count=n) == 0)


def mark(dead: NDArray[np.uint8], rows: NDArray[np.int64]) -> None:
    """Set the bits of ``rows``."""
    np.bitwise_or.at(dead, rows >> 3, (1 << (rows & 7)).astype(np.uint8))


def marked(dead: NDArray[np.uint8], rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of ``rows`` the bitmap marks."""
    found: NDArray[np.bool_] = (dead[rows >> 3] >> (rows & 7).astype(np.uint8) & 1).astype(bool)
    return found
