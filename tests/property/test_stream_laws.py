"""Laws of the stream scan: any stored and wanted codes, any radius: every kernel says what counting bits says."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from amparo.index.stream import kernels

# few different bytes, so that codes lie near each other
CODES = st.lists(st.lists(st.sampled_from([0, 1, 3, 255]), min_size=32, max_size=32), min_size=1, max_size=70)


@given(CODES, CODES, st.integers(0, 256))
def test_all_kernels_agree_with_counting(stored: list[list[int]], wanted: list[list[int]], radius: int) -> None:
    rows, codes = np.array(stored, np.uint8), np.array(wanted, np.uint8)
    distances = np.unpackbits(rows[:, None] ^ codes[None], axis=2).sum(axis=2)
    right = {(w, r, int(distances[r, w])) for r, w in zip(*np.nonzero(distances <= radius), strict=True)}
    for name, scan in kernels().items():
        hits = [tuple(map(int, hit)) for hit in scan(rows.view(np.uint64), codes.view(np.uint64), radius, 10**6)]
        assert len(hits) == len(set(hits)), name
        assert set(hits) == right, name
