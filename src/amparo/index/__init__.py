"""Search over codes: codes in, ids and distances out. Knows no hash kind, no bank and no database."""

from amparo.index.exact import ExactIndex
from amparo.index.hamming import HammingIndex
from amparo.index.scan import NAME

__all__ = ["ExactIndex", "HammingIndex", "kernel"]


def kernel() -> str:
    """What scans here: c-vpopcnt, c-popcnt, c or numpy."""
    return NAME
