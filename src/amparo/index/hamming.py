"""Exact search for codes within a radius. Codes in, ids and distances out; knows no kind and no bank."""

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from amparo.index import file
from amparo.index.arrays import WORD_BITS, Bytes, IDs, as_count, as_ids, as_pairs, as_words, limits_of, words_for
from amparo.index.codebook import CodeBook
from amparo.index.scan import scan_bounded, scan_shared

Answer = tuple[NDArray[np.int64], IDs, NDArray[np.uint16]]


class HammingIndex:
    """Ids and their codes of ``bits`` (a multiple of 64, at most 512). Any thread may search while one changes it."""

    def __init__(self, bits: int) -> None:
        """Raises: BadInput (bad_bits)."""
        self._words = words_for(bits)
        self._book = CodeBook(self._words)

    @property
    def bits(self) -> int:
        """Length of a code."""
        return self._words * WORD_BITS

    def add(self, ids: IDs, codes: Bytes) -> None:
        """Add int64[N] ids with uint8[N, bits // 8] codes; an id that is here gets the new code. Visible to the next search.

        Raises: BadInput (bad_ids, bad_codes); then nothing was added.
        """
        self._book.add(*as_pairs(ids, codes, self._words))

    def remove(self, ids: IDs) -> None:
        """Remove int64[K] ids, gone from the next search; unknown ones are ignored. Raises: BadInput (bad_ids)."""
        self._book.remove(as_ids(ids))

    def search(self, codes: Bytes, radius_bits: int, threads: int = 1, hits_max: int | None = None) -> Answer:
        """Find every id within ``radius_bits`` of each code. The radius is the caller's: no default lives here.

        codes: uint8[M, bits // 8]. Result: limits int64[M + 1], ids int64[H], distances uint16[H]; the hits of query q
        stand from limits[q] to limits[q + 1], nearest first, ties by id, every hit (never cut).
        hits_max: where it is given, more than that many (removed codes count until they are swept) are an error, found out
        before they fill the memory; in one thread. Cost: one pass over all codes for all queries.
        Raises: BadInput (bad_codes, bad_number), TooLarge (too_many_hits).
        """
        queries = as_words(codes, self._words)
        radius = min(as_count(radius_bits, "radius_bits", least=0), self.bits)
        workers = as_count(threads, "threads", least=1)
        book = self._book.now
        rows = book.codes[: book.n]
        if hits_max is None:
            found = scan_shared(rows, queries, radius, workers)
        else:
            found = scan_bounded(rows, queries, radius, hits_max)
        query, row, distance = found.T
        visible = book.visible(row)
        query, distance, ids = query[visible], distance[visible], book.ids[row[visible]]
        order = np.lexsort((ids, distance, query))
        return limits_of(query, len(queries)), ids[order], distance[order].astype(np.uint16)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write all ids and codes to ``path``, all or nothing, synced. Raises: Unavailable (index_not_saved)."""
        book = self._book.now
        rows = np.flatnonzero(book.visible(slice(book.n)))
        rows = rows[np.argsort(book.ids[rows])]
        file.write(Path(path), book.ids[rows], book.codes[rows])

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "HammingIndex":
        """The index saved at ``path``, mapped and so shared between processes until it is changed.

        Raises: NotFound (index_missing), BadInput (not_an_index), Tampered (index_damaged).
        """
        ids, codes = file.read(Path(path))
        index = cls(codes.shape[1] * WORD_BITS)
        index._book = CodeBook.over(ids, codes)
        return index

    def digest(self) -> int:
        """64 bits over all (id, code) pairs in any order; two indexes that hold the same give the same."""
        return self._book.now.digest

    def __len__(self) -> int:
        """How many ids are here."""
        return self._book.now.live

    @property
    def nbytes(self) -> int:
        """Bytes held, with reserve; a loaded index counts its map too."""
        return self._book.now.nbytes
