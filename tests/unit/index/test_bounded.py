"""The bounded search: the same answers as the free one, and an error, early, where there would be too many."""

import numpy as np
import pytest

from amparo.errors import TooLarge
from amparo.index import HammingIndex
from amparo.index.kernels import KERNEL, Kernel, kernels

ROUND = 12_345
RANDOM = np.random.default_rng(ROUND)


def index_of(codes: np.ndarray, kernel: Kernel = KERNEL) -> HammingIndex:
    index = HammingIndex(codes.shape[1] * 8, kernel)
    index.add(np.arange(len(codes), dtype=np.int64), codes)
    return index


@pytest.mark.parametrize(("rows", "queries"), [(0, 3), (3, 0), (1, 1), (700, 9), (20, 40), (5_000, 700)])
def test_it_finds_what_the_free_search_finds(rows: int, queries: int) -> None:
    codes = RANDOM.integers(0, 4, (rows, 32), dtype=np.uint8)  # near each other, so that many meet
    asked = RANDOM.integers(0, 4, (queries, 32), dtype=np.uint8)
    index = index_of(codes)
    free = index.search(asked, radius_bits=28)
    assert rows < 700 or len(free[1]) > 10
    for one, other in zip(free, index.search(asked, radius_bits=28, hits_max=len(free[1])), strict=True):
        np.testing.assert_array_equal(one, other)


def test_one_hit_over_the_most_is_an_error() -> None:
    index = index_of(np.zeros((1_000, 32), np.uint8))
    asked = np.zeros((50, 32), np.uint8)
    assert len(index.search(asked, radius_bits=0, hits_max=50_000)[1]) == 50_000
    with pytest.raises(TooLarge) as caught:
        index.search(asked, radius_bits=0, hits_max=49_999)
    assert caught.value.slug == "too_many_hits"
    assert caught.value.http_status == 413


@pytest.mark.parametrize("kernel", kernels().values(), ids=lambda one: one.name)
def test_the_error_comes_before_the_hits_are_all_there(kernel: Kernel) -> None:
    index = index_of(np.zeros((100_000, 32), np.uint8), kernel)
    with pytest.raises(TooLarge):
        index.search(
            np.zeros((10_000, 32), np.uint8), radius_bits=0, hits_max=1_000
        )  # 10**9 hits in all: 16 GB of them
