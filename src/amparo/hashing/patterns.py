"""Pictures made of whole numbers alone, so that every language draws the same ones and none has to be stored.

Not for looking at: they drive the vectors of the kinds in Python and in the browser.
"""

import numpy as np

from amparo.errors import BadInput
from amparo.hashing.kind import Pixels


def draw(pattern: str, seed: int, width: int, height: int, *, grey: bool = False) -> Pixels:
    """uint8[height, width, 3], or [height, width] (its first channel) when grey.

    pattern: "weave" (fine texture) or "slope" (smooth, little detail). All divisions round down, all sums wrap at 2^32.
    Raises: BadInput (bad_pattern).
    """
    y, x = np.mgrid[0:height, 0:width].astype(np.uint32)
    planes = []
    for c in range(1 if grey else 3):
        if pattern == "weave":
            v = (x * (3 + seed + c) // 7) ^ (y * (5 + seed * 2 + c) // 11)
            v = v + ((x // 17 + y // 23) % 5) * 37 + (x * y // 97) % 61 + seed
        elif pattern == "slope":
            v = (x * (255 - 20 * c) // width + y * (200 + seed) // height) // 2 + (x * y * 64) // (width * height)
        else:
            raise BadInput("bad_pattern", "no such pattern", "Use weave or slope.")
        planes.append((v & 255).astype(np.uint8))
    return planes[0] if grey else np.stack(planes, axis=-1)
