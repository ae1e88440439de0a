"""The index is exact, at size: every id and distance, in order, against a count by other means, for every kernel.

1,000 questions a size, shape and radius with --long (`./amparo bench index --exact`); without it 200 at a million, where the
count alone takes long. `pytest -s` prints how many were asked and met.
"""

import numpy as np
import pytest

from amparo.index import HammingIndex
from amparo.index.kernels import kernels
from bench.codes import SHAPES
from tests.exactness import FARTHEST, PLANTED, RADII, case, compare, index_of, near

KERNELS = kernels()
ASKED = {1_000: 1_000, 100_000: 1_000, 1_000_000: 200}
ASKED_LONG = dict.fromkeys(ASKED, 1_000)
IN_NUMPY = {1_000: 1_000, 100_000: 100, 1_000_000: 20}
IN_NUMPY_LONG = {1_000: 1_000, 100_000: 1_000, 1_000_000: 200}
"""Questions by size. The numpy kernel is asked fewer: it takes a pass over all codes for each."""
TOGETHER, ALONE = 97, 50


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("n", ASKED)
@pytest.mark.parametrize("shape", SHAPES)
def test_every_answer_is_the_brute_one(shape: str, n: int, kernel: str, request: pytest.FixtureRequest) -> None:
    long = request.config.getoption("--long")
    count = (ASKED_LONG if long else ASKED)[n]
    asked = (IN_NUMPY_LONG if long else IN_NUMPY)[n] if kernel == "numpy" else count
    bank = case(shape, n, count)
    index = index_of(bank, KERNELS[kernel])
    assert len(index) == n
    met = compare(index, bank, asked, TOGETHER)
    compare(index, bank, min(ALONE, asked), 1)
    print(
        f"\n{shape}, {n:,} codes, {kernel}: {asked:,} questions at each of {RADII} bits, {met:,} hits, all as they must be"
    )
    assert met >= asked * len(RADII) // 4


@pytest.mark.parametrize("shape", SHAPES)
def test_the_brute_count_is_right(shape: str) -> None:
    bank = case(shape, 1_000, 1_000)
    apart = np.bitwise_count(bank.asked[:, None] ^ bank.codes[None]).sum(axis=2)
    found = np.concatenate(list(near(bank.codes, bank.asked)), axis=1)
    assert sorted(found.T.tolist()) == [[*at, apart[*at]] for at in np.argwhere(apart <= FARTHEST).tolist()]
    assert set(PLANTED.tolist()) <= set(bank.distance.tolist())


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_hundred_thousand_equal_codes_are_all_told_in_order(kernel: str) -> None:
    chance = np.random.default_rng(7)
    equal = 100_000
    ids = chance.permutation(3 * equal)
    codes = chance.integers(0, 256, (2 * equal, 32), dtype=np.uint8)
    codes[:equal] = codes[0]
    index = HammingIndex(256, KERNELS[kernel])
    for part in np.array_split(chance.permutation(2 * equal), 3):
        index.add(ids[part], codes[part])
    asked = np.repeat(codes[:1], 3, axis=0)
    for radius in RADII:
        turned = np.zeros((3, 256), np.uint8)
        for row, bits in enumerate((radius, radius + 1, max(0, radius - 1))):
            turned[row, chance.choice(256, bits, replace=False)] = 1
        limits, found, distance = index.search(asked ^ np.packbits(turned, axis=1), radius)
        assert limits.tolist() == [0, equal, equal, 2 * equal]
        np.testing.assert_array_equal(found, np.tile(np.sort(ids[:equal]), 2))
        np.testing.assert_array_equal(distance, np.repeat([radius, max(0, radius - 1)], equal))
