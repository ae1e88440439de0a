"""The fixed order of a code's bits in an index: neighbours far apart, so that chunks of 16 say little of each other.

Neighbouring bits of a PDQ code are correlated. Distances do not depend on the order; it stands in every index file.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from amparo.index.arrays import WORD_BITS, Words

Order = NDArray[np.uint16]
SEED = 20260519
PIECE = 1 << 16


@cache
def order_of(bits: int) -> Order:
    """uint16[bits]: which bit of a code stands at each place. The same everywhere, for ever: it is part of the format.

    Source of the draws: splitmix64 (Steele, Lea, Flood 2014, figure 16); of the shuffle: Fisher and Yates.
    """
    order, state = list(range(bits)), SEED
    for last in range(bits - 1, 0, -1):
        state = (state + 0x9E3779B97F4A7C15) % 2**64
        mixed = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB % 2**64
        pick = (mixed ^ (mixed >> 31)) % (last + 1)
        order[last], order[pick] = order[pick], order[last]
    spread = np.array(order, np.uint16)
    spread.flags.writeable = False
    return spread


@cache
def inverse_of(bits: int) -> Order:
    """The order that brings spread bits back."""
    return np.argsort(order_of(bits)).astype(np.uint16)


def spread_plainly(codes: Words, order: Order) -> Words:
    """Codes uint64[N, words] with their bits in ``order``, in numpy."""
    out = np.empty_like(codes)
    for start in range(0, len(codes), PIECE):
        piece = np.ascontiguousarray(codes[start : start + PIECE])
        bits = np.unpackbits(piece.view(np.uint8), axis=1, bitorder="little")
        packed = np.ascontiguousarray(np.packbits(bits[:, order], axis=1, bitorder="little"))
        out[start : start + PIECE] = packed.view(np.uint64)
    assert codes.shape[1] * WORD_BITS == len(order)
    return out
