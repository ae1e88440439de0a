"""Search for equal codes: for kinds that meet only exactly. Same verbs as HammingIndex, without distances."""

import numpy as np
from numpy.typing import NDArray

from amparo.index.arrays import WORD_BITS, Bytes, IDs, as_ids, as_pairs, as_words, limits_of, words_for
from amparo.index.codebook import CodeBook, code_keys


class ExactIndex:
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

    def search(self, codes: Bytes) -> tuple[NDArray[np.int64], IDs]:
        """Find every id with the same code as each of uint8[M, bits // 8].

        Result: limits int64[M + 1], ids int64[H]; the hits of query q stand from limits[q] to limits[q + 1], by id.
        Cost: a few bisections a query. Raises: BadInput (bad_codes).
        """
        queries = as_words(codes, self._words)
        book = self._book.now
        query, row = book.by_code.find(code_keys(queries))
        visible = book.visible(row)
        query, ids = query[visible], book.ids[row[visible]]
        return limits_of(query, len(queries)), ids[np.lexsort((ids, query))]

    def digest(self) -> int:
        """64 bits over all (id, code) pairs in any order, the same function as HammingIndex's."""
        return self._book.now.digest

    def __len__(self) -> int:
        """How many ids are here."""
        return self._book.now.live

    @property
    def nbytes(self) -> int:
        """Bytes held, with reserve."""
        return self._book.now.nbytes
