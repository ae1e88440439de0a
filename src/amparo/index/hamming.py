"""Exact search for codes within a radius, and for the nearest. Codes in, ids and distances out; knows no kind and no bank."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from amparo.errors import TooLarge
from amparo.index import file
from amparo.index.arrays import WORD_BITS, Bytes, IDs, as_count, as_ids, as_pairs, as_queries, words_for
from amparo.index.kernels import KERNEL, Answer, Kernel, Nearest
from amparo.index.table import Segment
from amparo.index.tiers import State, Tiers

NEAR_BITS = 31
"""Within this radius the nearest are looked for first, which is cheap; only who has too few there is scanned for."""


NEAR_HITS = 4096
"""Hits a code may have there, on average, beside the k wanted."""


class HammingIndex:
    """Ids and their codes of ``bits`` (a multiple of 64, at most 512). Any thread may search while others change it."""

    def __init__(self, bits: int, kernel: Kernel = KERNEL) -> None:
        """kernel: what searches; the fastest this machine has. Raises: BadInput (bad_bits)."""
        self._words = words_for(bits)
        self._kernel = kernel
        self._tiers = Tiers(self._words, kernel)

    @property
    def bits(self) -> int:
        """Length of a code."""
        return self._words * WORD_BITS

    def add(self, ids: IDs, codes: Bytes) -> None:
        """Add int64[N] ids with uint8[N, bits // 8] codes; an id that is here gets the new code. Visible to the next search.

        Cost: some microseconds, whatever is here already; rings are built in the background, over 2^18 rows at once here.
        Raises: BadInput (bad_ids, bad_codes); then nothing was added.
        """
        self._tiers.add(*as_pairs(ids, codes, self._words))

    def remove(self, ids: IDs) -> None:
        """Remove int64[K] ids, gone from the next search; unknown ones are ignored. Raises: BadInput (bad_ids)."""
        self._tiers.remove(as_ids(ids))

    def search(self, codes: Bytes, radius_bits: int, threads: int = 1, hits_max: int | None = None) -> Answer:
        """Find every id within ``radius_bits`` of each code. The radius is the caller's: no default lives here.

        codes: uint8[M, bits // 8]. Result: limits int64[M + 1], ids int64[H], distances uint16[H]; the hits of query q
        stand from limits[q] to limits[q + 1], nearest first, ties by id, every hit (never cut).
        threads: the codes are shared out among that many. hits_max: where it is given, more than that many are an error,
        found out before they fill the memory; in one thread. Cost: docs/index-format.md; at worst one pass over all codes
        for each query, and its hits.
        Raises: BadInput (bad_codes, bad_number), TooLarge (too_many_hits).
        Source: Norouzi, Punjani, Fleet 2012 (multi-index hashing); Qin and Xiao 2018 (pigeonring).
        """
        queries = as_queries(codes, self._words)
        radius = min(as_count(radius_bits, "radius_bits", least=0), self.bits)
        state = self._tiers.now
        workers = as_count(threads, "threads", least=1)
        if workers == 1 or hits_max is not None or len(queries) < 2:
            return self._kernel.search(state.handle, queries, radius, hits_max)
        return self._shared(state, queries, radius, min(workers, len(queries)))

    def nearest(self, codes: Bytes, k: int, threads: int = 1) -> Nearest:
        """The ``k`` ids nearest to each code, exact, nearest first, ties by id.

        codes: uint8[M, bits // 8]. Result: ids int64[M, k], distances uint16[M, k]; -1 and 65535 where there are fewer.
        Cost: as ``search`` within 31 bits for who has k there, else a pass over all codes.
        Raises: BadInput (bad_codes, bad_number).
        """
        queries = as_queries(codes, self._words)
        k = as_count(k, "k", least=0)
        workers = as_count(threads, "threads", least=1)
        state = self._tiers.now
        if workers == 1 or len(queries) < 2:
            return self._nearest(state, queries, k)
        parts = np.array_split(queries, min(workers, len(queries)))
        with ThreadPoolExecutor(len(parts)) as pool:
            found = list(pool.map(lambda part: self._nearest(state, part, k), parts))
        return np.concatenate([one[0] for one in found]), np.concatenate([one[1] for one in found])

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write all ids and codes to ``path``, all or nothing, synced. Raises: Unavailable (index_not_saved)."""
        file.write(Path(path), *self._tiers.whole())

    @classmethod
    def load(cls, path: str | os.PathLike[str], kernel: Kernel = KERNEL) -> "HammingIndex":
        """The index saved at ``path``, mapped and so shared between processes; changes stand beside it in memory.

        Its header is checked and that it can be walked, a small file wholly; ``verify`` checks every byte of any.
        Raises: NotFound (index_missing), BadInput (not_an_index), Tampered (index_damaged).
        """
        table, digest = file.read(Path(path))
        index = cls(table.codes.shape[1] * WORD_BITS, kernel)
        try:
            segment = Segment(replace(table, kept=kernel.keep(table)))
        except ValueError as error:
            raise file.damaged_ring() from error
        index._tiers = Tiers(index._words, kernel, [segment] if len(table.ids) else [], digest)
        return index

    @staticmethod
    def verify(path: str | os.PathLike[str]) -> None:
        """Hold every byte of the file against its digests. Raises: as ``load``."""
        file.verify(Path(path))

    def settle(self) -> None:
        """Wait until what was added stands where it is found fastest. Searches need not wait for it."""
        self._tiers.settle()

    def digest(self) -> int:
        """64 bits over all (id, code) pairs in any order; two indexes that hold the same give the same."""
        return self._tiers.now.digest

    def __len__(self) -> int:
        """How many ids are here."""
        return self._tiers.now.live

    @property
    def nbytes(self) -> int:
        """Bytes held, with reserve; a loaded index counts its map too."""
        return self._tiers.now.nbytes

    def _shared(self, state: State, queries: Bytes, radius: int, workers: int) -> Answer:
        parts = np.array_split(queries, workers)
        with ThreadPoolExecutor(workers) as pool:
            found = list(pool.map(lambda part: self._kernel.search(state.handle, part, radius, None), parts))
        limits, so_far = [np.zeros(1, np.int64)], 0
        for ends, ids, _ in found:
            limits.append(ends[1:] + so_far)
            so_far += len(ids)
        return (
            np.concatenate(limits),
            np.concatenate([one[1] for one in found]),
            np.concatenate([one[2] for one in found]),
        )

    def _nearest(self, state: State, queries: Bytes, k: int) -> Nearest:
        try:
            limits, ids, far = self._kernel.search(state.handle, queries, NEAR_BITS, (k + NEAR_HITS) * len(queries))
        except TooLarge:  # a crowd: who is scanned for holds k at a time
            return self._kernel.nearest(state.handle, queries, k)
        has = np.diff(limits) >= k
        first = np.empty((len(queries), k), np.int64), np.empty((len(queries), k), np.uint16)
        picked = limits[:-1][has][:, None] + np.arange(k)
        first[0][has], first[1][has] = ids[picked], far[picked]
        first[0][~has], first[1][~has] = self._kernel.nearest(state.handle, queries[~has], k)
        return first
