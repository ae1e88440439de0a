"""Which code finds the pictures inside a picture here: the C kernel, else numpy. Both give the same numbers. Hashes nothing."""

from collections.abc import Callable
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from amparo.hashing import windows_numpy
from amparo.hashing.kind import Pixels

try:
    from amparo.hashing import _windows

    EXTENSION: ModuleType | None = _windows
except ImportError:
    EXTENSION = None

Found = tuple[NDArray[np.int32], windows_numpy.Thumbs]
Find = Callable[[Pixels], Found]


def kernels(extension: ModuleType | None = EXTENSION) -> dict[str, Find]:
    """Everything this machine can run, by name, slowest first: numpy, c.

    Each takes uint8[H, W, 3] or [H, W] without gaps between rows; gives boxes and thumbnails as `windows_numpy.windows`.
    Raises: MemoryError.
    """
    found: dict[str, Find] = {"numpy": windows_numpy.windows}
    if extension is not None:
        found["c"] = _in_c(extension)
    return found


def _in_c(extension: ModuleType) -> Find:
    def find(pixels: Pixels) -> Found:
        height, width = pixels.shape[:2]
        boxes, thumbs = extension.windows(pixels, width, height, 1 if pixels.ndim == 2 else 3)
        return np.frombuffer(boxes, np.int32).reshape(-1, 4), np.frombuffer(thumbs, np.float32).reshape(-1, 64, 64)

    return find


NAME, FIND = list(kernels().items())[-1]
