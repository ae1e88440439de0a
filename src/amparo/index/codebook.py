"""The rows of an index: ids and codes in growing arrays, changed by one writer while others read. Searches nothing.

A row is written once. Removing it writes only the version in which it died, so a snapshot, which knows its version and
its number of rows, keeps showing what it showed, without a lock and without a copy.
"""

import threading
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amparo.index.arrays import IDs, Words
from amparo.index.digest import MASK, digest_of
from amparo.index.runs import Runs

ROOM_MIN = 1024
DEAD_MIN = 4096


def code_keys(codes: Words) -> NDArray[Any]:
    """The codes of uint64[N, words] as fixed strings of bytes, for sorting and equality."""
    return np.ascontiguousarray(codes).view(f"S{codes.shape[1] * 8}").ravel()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The first ``n`` rows as of ``version``. died: 0, or the version from which on a row is gone. live: rows visible."""

    codes: Words
    ids: IDs
    died: NDArray[np.int64]
    by_id: Runs
    by_code: Runs
    n: int = 0
    version: int = 0
    live: int = 0
    digest: int = 0

    def visible(self, rows: NDArray[np.int64] | slice) -> NDArray[np.bool_]:
        """Which of ``rows`` (int64[K] or a slice) live in this snapshot."""
        died = self.died[rows]
        alive: NDArray[np.bool_] = (died == 0) | (died > self.version)
        return alive

    def rows_of(self, ids: IDs) -> NDArray[np.int64]:
        """The visible rows of those ids that are here, in no order."""
        _, rows = self.by_id.find(ids)
        return np.unique(rows[self.visible(rows)])

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays, with what is kept in reserve."""
        return self.codes.nbytes + self.ids.nbytes + self.died.nbytes + self.by_id.nbytes + self.by_code.nbytes


class CodeBook:
    """Holds the newest snapshot; ``now`` may be read by any thread, changes wait for each other."""

    def __init__(self, words: int) -> None:
        """An empty book of codes of ``words`` 64-bit words."""
        self._writing = threading.Lock()
        self.now = self._fresh(np.empty(0, np.int64), np.empty((0, words), np.uint64), version=0)

    def _fresh(self, ids: IDs, codes: Words, version: int) -> Snapshot:
        n = len(ids)
        empty = Runs()
        return Snapshot(
            codes=codes,
            ids=ids,
            died=np.zeros(n, np.int64),
            by_id=empty.plus(ids, np.arange(n)),
            by_code=empty.plus(code_keys(codes), np.arange(n)),
            n=n,
            version=version,
            live=n,
            digest=digest_of(ids, codes),
        )

    def add(self, ids: IDs, codes: Words) -> None:
        """Add rows; an id that is here already gets the new code, of an id given twice the last one counts."""
        _, last = np.unique(ids[::-1], return_index=True)
        keep = np.sort(len(ids) - 1 - last)
        ids, codes = ids[keep], codes[keep]
        if not len(ids):
            return
        with self._writing:
            book = self._with_room(self.now, len(ids))
            n = book.n + len(ids)
            book.codes[book.n : n] = codes
            book.ids[book.n : n] = ids
            rows = np.arange(book.n, n)
            grown = replace(
                book,
                by_id=book.by_id.plus(ids, rows),
                by_code=book.by_code.plus(code_keys(codes), rows),
                n=n,
                live=book.live + len(ids),
                digest=book.digest + digest_of(ids, codes),
            )
            self._publish(grown, book.rows_of(ids))

    def remove(self, ids: IDs) -> None:
        """Remove those of ``ids`` that are here."""
        with self._writing:
            self._publish(self.now, self.now.rows_of(ids))

    def _with_room(self, book: Snapshot, more: int) -> Snapshot:
        if book.n + more <= len(book.ids):
            return book
        room = max(ROOM_MIN, 2 * book.n, book.n + more)
        ids = np.empty(room, np.int64)
        codes = np.empty((room, book.codes.shape[1]), np.uint64)
        died = np.zeros(room, np.int64)
        ids[: book.n] = book.ids[: book.n]
        codes[: book.n] = book.codes[: book.n]
        died[: book.n] = book.died[: book.n]
        return replace(book, ids=ids, codes=codes, died=died)

    def _publish(self, book: Snapshot, dead: NDArray[np.int64]) -> None:
        """Make ``book`` the newest with its rows ``dead`` gone. All that can fail is done before the first is marked."""
        digest = (book.digest - digest_of(book.ids[dead], book.codes[dead])) & MASK
        book = replace(book, version=book.version + 1, live=book.live - len(dead), digest=digest)
        book.died[dead] = book.version
        self.now = book
        if book.n - book.live > max(DEAD_MIN, book.live):
            alive = book.visible(slice(book.n))
            self.now = self._fresh(book.ids[: book.n][alive], book.codes[: book.n][alive], book.version)
