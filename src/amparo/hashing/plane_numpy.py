"""A picture reduced to a plane of cells and the maps of its steps and edges, in numpy: what `_windows_plane.h` does, number for
number. Finds nothing; `windows_numpy` does.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amparo.hashing.kind import Pixels

CELLS_MAX = 1 << 18
PLANE_MIN = 32
STEP_EDGE, STEP_WEAK, STEP_FLAT, STEP_QUIET = 22, 4, 5, 5
Flags = NDArray[np.bool_]
Steps = NDArray[np.int16]


@dataclass(frozen=True)
class Plane:
    """channels: int16[C, H, W], 0-255. luma: int64[H, W], 128 times 0-255. across, down: largest step of the channels to the
    cell at the left, above. ends: the picture's right and lower end, in 64ths of a cell.
    """

    channels: Steps
    luma: NDArray[np.int64]
    across: Steps
    down: Steps
    ends: tuple[int, int]

    @property
    def width(self) -> int:
        """Cells in a row."""
        return int(self.luma.shape[1])

    @property
    def height(self) -> int:
        """Rows of cells."""
        return int(self.luma.shape[0])


def plane_of(pixels: Pixels) -> Plane | None:
    """The plane of uint8[H, W, 3] or [H, W]; None where it is too small or too narrow to hold a window."""
    height, width = pixels.shape[:2]
    scale = 1
    while -(-width // scale) * -(-height // scale) > CELLS_MAX:
        scale += 1
    if min(-(-width // scale), -(-height // scale)) < PLANE_MIN:
        return None
    down, along = np.arange(0, height, scale), np.arange(0, width, scale)
    sums = np.add.reduceat(np.atleast_3d(pixels), down, axis=0, dtype=np.int32)  # not the picture in 32 bits at once
    sums = np.add.reduceat(sums, along, axis=1)
    high, wide = np.minimum(down + scale, height) - down, np.minimum(along + scale, width) - along
    inverse = np.float32(1) / (high[:, None] * wide[None]).astype(np.float32)
    means = [sums[..., c].astype(np.float32) * inverse for c in range(sums.shape[2])]
    red, green, blue = means if len(means) == 3 else means * 3
    level: NDArray[np.float32] = red * np.float32(0.299)
    level += green * np.float32(0.587)
    level += blue * np.float32(0.114)
    luma = (level * np.float32(128) + np.float32(0.5)).astype(np.int64)
    channels = np.stack([(mean + np.float32(0.5)).astype(np.int16) for mean in means])
    across, below = np.zeros(luma.shape, np.int16), np.zeros(luma.shape, np.int16)
    across[:, 1:] = np.abs(np.diff(channels, axis=2)).max(axis=0)
    below[1:] = np.abs(np.diff(channels, axis=1)).max(axis=0)
    return Plane(channels, luma, across, below, (64 * width // scale, 64 * height // scale))


def upright_edges(step: Steps, other: Steps) -> Flags:
    """Where a step along a row is the largest around and either strong, or weak with a flat side two cells away."""
    flat = (other <= STEP_FLAT) & (step <= STEP_FLAT)
    here = step[:, 3:-3]
    peak = (here >= step[:, 2:-4]) & (here >= step[:, 4:-2])
    found = np.zeros(step.shape, np.bool_)
    found[:, 3:-3] = peak & ((here > STEP_EDGE) | ((here > STEP_WEAK) & (flat[:, 1:-5] | flat[:, 5:-1])))
    return found
