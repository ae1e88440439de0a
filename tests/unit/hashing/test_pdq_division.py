"""The fused division of the C kernel is the plain one: the same arithmetic in exact integers, for every window in use."""

import numpy as np
import pytest

from amparo.hashing.pdq_kernel import kernels


def fused(s, n):
    """s / n as the kernel does it, with the fused steps in double precision, which holds s - q * n exactly."""
    inverse = np.float32(1) / np.float32(n)
    q = s * inverse
    rest = (s.astype(np.float64) - q.astype(np.float64) * n).astype(np.float32)
    assert np.array_equal(rest.astype(np.float64), s.astype(np.float64) - q.astype(np.float64) * n)
    # q + rest * inverse has up to 24 + 24 bits and is far from every tie, so rounding it twice changes nothing
    return (q.astype(np.float64) + rest.astype(np.float64) * np.float64(inverse)).astype(np.float32)


@pytest.mark.parametrize("n", [*range(1, 80), 97, 127, 128, 255, 511, 1000, 1023, 4095, 65535, 2**20 - 1])
def test_as_the_plain_division(n):
    rng = np.random.default_rng(n)
    s = rng.integers(0, 2**24, 200_000).astype(np.float32) * np.exp2(rng.integers(-30, 10, 200_000)).astype(np.float32)
    assert np.array_equal(fused(s, n), s / np.float32(n))


def test_all_mantissas_for_hard_divisors():
    s = np.arange(2**23, 2**24, dtype=np.float32)
    for n in (3, 7, 24, 31, 47):
        assert np.array_equal(fused(s, n), s / np.float32(n))


@pytest.mark.parametrize("side", [5, 129, 400, 1281, 2570, 5000])
def test_kernels_agree_where_windows_grow(side):
    rng = np.random.default_rng(side)
    for shape in ((side, 40, 3), (40, side, 3)):
        pixels = rng.integers(0, 256, shape).astype(np.uint8)
        assert len({kernel(pixels) for kernel in kernels().values()}) == 1
