"""PDQ in numpy, bit-identical to the C kernel, for machines where that is not built. Not fast: about 25 times slower.

Source: the published algorithm (Facebook, 2019, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing
Algorithm"); numbers as the `pdqhash` package gives them. Every sum is kept in single precision in the same order.
"""

import math

import numpy as np
from numpy.typing import NDArray

from amparo.hashing.kind import Hashed, Pixels

SIDE = 64
KEEP = 16
SIDE_MIN = 5
Floats = NDArray[np.float32]

_SCALE = float(np.float32(math.sqrt(2 / SIDE)))
BASIS: Floats = np.array(
    [[_SCALE * math.cos((math.pi / 2 / SIDE) * (u + 1) * (2 * x + 1)) for x in range(SIDE)] for u in range(KEEP)],
    dtype=np.float32,
)


def compute(pixels: Pixels) -> Hashed:
    """Code of 32 bytes and quality 0-100 of uint8[H, W, 3] or [H, W]; under 5 x 5 zeros and 0."""
    if min(pixels.shape[:2]) < SIDE_MIN:
        return Hashed(bytes(32), 0)
    thumb = _thumbnail(_luma(pixels))
    return Hashed(_bits(_transform(thumb)), _quality(thumb))


def _luma(pixels: Pixels) -> Floats:
    """0.299 R + 0.587 G + 0.114 B, in thousandths first: the same float as by doubles, for all 2^24 colours."""
    if pixels.ndim == 2:
        return pixels.astype(np.float32)
    thousandths = pixels[..., 0] * np.int32(299)
    thousandths += pixels[..., 1] * np.int32(587)
    thousandths += pixels[..., 2] * np.int32(114)
    return thousandths.astype(np.float32) / np.float32(1000)


def _box(lines: Floats) -> Floats:
    """Mean over a centred window of ceil(n / 128) lines, fewer at both ends, for each place in a line."""
    n = len(lines)
    window = (n + 2 * SIDE - 1) // (2 * SIDE)
    lead = (window + 2) // 2 - 1
    means = np.empty_like(lines)
    total = np.zeros(lines.shape[1], dtype=np.float32)
    for at in range(n + lead):
        if at < n:
            total += lines[at]
        if at >= window:
            total -= lines[at - window]
        if at >= lead:
            within = min(at, n - 1) - max(at - window + 1, 0) + 1
            np.divide(total, np.float32(within), out=means[at - lead])
    return means


def _turned(lines: Floats) -> Floats:
    return np.ascontiguousarray(lines.T)


def _samples(side: int) -> list[int]:
    return [int(((i + 0.5) * side) / SIDE) for i in range(SIDE)]


def _thumbnail(luma: Floats) -> Floats:
    height, width = luma.shape
    if (height, width) == (SIDE, SIDE):
        return luma
    blurred = _box(_turned(_box(_turned(luma))))
    columns = _box(_turned(blurred))[_samples(width)]
    return _box(_turned(columns))[_samples(height)]


def _transform(thumb: Floats) -> Floats:
    half = np.zeros((KEEP, SIDE), dtype=np.float32)
    for k in range(SIDE):
        half += BASIS[:, k, None] * thumb[k]
    out = np.zeros((KEEP, KEEP), dtype=np.float32)
    for k in range(SIDE):
        out += half[:, k, None] * BASIS[:, k]
    return out


def _bits(coefficients: Floats) -> bytes:
    flat = coefficients.ravel()
    median = np.sort(flat)[KEEP * KEEP // 2 - 1]
    return np.packbits((flat > median)[::-1]).tobytes()


def _quality(thumb: Floats) -> int:
    total = 0
    for axis in (0, 1):
        steps = (-np.diff(thumb, axis=axis)) * np.float32(100) / np.float32(255)
        total += int(np.abs(np.trunc(steps)).sum(dtype=np.float64))
    return min(100, total // 90)
