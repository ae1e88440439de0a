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
FORMS = 8
Floats = NDArray[np.float32]

_SCALE = float(np.float32(math.sqrt(2 / SIDE)))
BASIS: Floats = np.array(
    [[_SCALE * math.cos((math.pi / 2 / SIDE) * (u + 1) * (2 * x + 1)) for x in range(SIDE)] for u in range(KEEP)],
    dtype=np.float32,
)
_SIGNS: Floats = np.where(np.arange(KEEP) % 2 == 0, -1, 1).astype(np.float32)


def compute(pixels: Pixels) -> Hashed:
    """Code of 32 bytes and quality 0-100 of uint8[H, W, 3] or [H, W]; under 5 x 5 zeros and 0."""
    if min(pixels.shape[:2]) < SIDE_MIN:
        return Hashed(bytes(32), 0)
    thumb = _thumbnail(_luma(pixels))
    return Hashed(_bits(_transform(thumb)), _quality(thumb))


def forms(pixels: Pixels) -> tuple[Hashed, ...]:
    """As ``compute`` for the eight turns and mirrors, in the order of `views.FORMS`: to a few bits what the picture really
    turned gives, since each is sampled where that would be.
    """
    height, width = pixels.shape[:2]
    if min(height, width) < SIDE_MIN:
        return (Hashed(bytes(32), 0),) * FORMS
    luma = _luma(pixels)
    if (height, width) == (SIDE, SIDE):
        return thumb_forms(luma)
    grid = _sampled(luma, _samples(height) + _mirrored(height), _samples(width) + _mirrored(width))
    thumbs = [grid[y : y + SIDE, x : x + SIDE] for y in (0, SIDE) for x in (0, SIDE)]
    upright = [_transform(thumb) for thumb in thumbs]
    turned = [upright[form].T for form in (0, 2, 1, 3)]
    quality = _quality(thumbs[0])
    return tuple(Hashed(_bits(one), quality) for one in (*upright, *turned))


def thumb_forms(thumb: Floats) -> tuple[Hashed, ...]:
    """As ``forms`` from a thumbnail: float32[64, 64].

    Mirroring a picture turns the sign of every second coefficient along that axis, transposing it transposes them.
    """
    upright, quality = _transform(thumb), _quality(thumb)
    made = []
    for base in (upright, upright.T):
        for flipped in (base, base * _SIGNS[:, None]):
            made += [_bits(flipped), _bits(flipped * _SIGNS)]
    return tuple(Hashed(code, quality) for code in made)


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


def _mirrored(side: int) -> list[int]:
    """Where the mirrored picture's samples lie. A window of even length reaches one line further ahead than back, twice."""
    shift = 0 if (side + 2 * SIDE - 1) // (2 * SIDE) % 2 else 2
    return [max(side - 1 - at - shift, 0) for at in _samples(side)]


def _thumbnail(luma: Floats) -> Floats:
    height, width = luma.shape
    return luma if (height, width) == (SIDE, SIDE) else _sampled(luma, _samples(height), _samples(width))


def _sampled(luma: Floats, rows: list[int], columns: list[int]) -> Floats:
    blurred = _box(_turned(_box(_turned(luma))))
    return _box(_turned(_box(_turned(blurred))[columns]))[rows]


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
