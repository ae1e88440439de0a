"""What pixels a kind may be given, checked and laid out row by row. Decodes nothing; the media room does."""

import numpy as np
from numpy.typing import NDArray

from amparo.errors import BadInput
from amparo.hashing.kind import Pixels


def as_pixels(given: NDArray[np.uint8]) -> Pixels:
    """The same pixels without gaps between rows; copied only where strides ask for it.

    given: uint8[H, W, 3] RGB or uint8[H, W] grey, H and W at least 1, any strides.
    Raises: BadInput (bad_pixels).
    """
    if not isinstance(given, np.ndarray) or given.dtype != np.uint8:
        raise BadInput("bad_pixels", "pixels are not an array of 8-bit samples", "Give a numpy array of dtype uint8.")
    if given.ndim not in (2, 3) or (given.ndim == 3 and given.shape[2] != 3) or given.size == 0:
        shape = " x ".join(map(str, given.shape))
        raise BadInput("bad_pixels", f"pixels have the shape {shape}", "Give [H, W, 3] RGB or [H, W] grey.")
    return np.ascontiguousarray(given)
