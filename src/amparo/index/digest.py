"""One 64-bit figure over all (id, code) pairs of an index, whatever their order. Finds drift, not forgery: no key, no proof."""

import numpy as np
from numpy.typing import NDArray

from amparo.index.arrays import IDs, Words

MASK = 2**64 - 1


def digest_of(ids: IDs, codes: Words) -> int:
    """Sum modulo 2^64 of a mix of each row; so adding a row adds its figure and removing it subtracts it.

    ids: int64[N]. codes: uint64[N, words]. Source of the mix: splitmix64 (Steele, Lea, Flood 2014, figure 16).
    """
    rows = _mixed(ids.view(np.uint64))
    for k in range(codes.shape[1]):
        rows = _mixed(rows ^ codes[:, k])
    return int(np.add.reduce(rows, dtype=np.uint64))


def _mixed(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
