"""Search over codes: codes in, ids and distances out. Knows no hash kind, no bank and no database."""

from amparo.index.exact import ExactIndex
from amparo.index.hamming import HammingIndex
from amparo.index.kernels import KERNEL

__all__ = ["ExactIndex", "HammingIndex", "kernel"]


def kernel() -> str:
    """What searches here: c-avx512, c-avx2, c-popcnt, c or numpy."""
    return KERNEL.name
