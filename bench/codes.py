"""Codes of 256 bits to measure with, and questions about them: the same for the same seed, made by code. No real list's codes.

Shapes: ``uniform``, each bit a coin. ``clustered``: the PDQ of blends of crops of photographs (tests/photos.py says which),
so that bits hang together as they do in pictures; 15 % of them near copies of others, a tenth of those of few hot ones.
``one bucket``: 96 bits of each code are the same in all, cut where an index cuts its chunks, the others are uniform.
"""

import os
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pdqhash
from numpy.typing import NDArray
from PIL import Image

from tests.photos import photographs

Codes = NDArray[np.uint8]
"""uint8[N, 32]."""

BITS = 256
SHAPES = ("uniform", "clustered", "one bucket")
SEED = 2026
BLOCK = 1 << 14
CROPS = 400
"""Crops of a photograph, each of a quarter to the whole of its sides."""
QUALITY_MIN = 50
SHARED_BITS = 96
NEAR_SHARE, NEAR_BITS = 0.15, 40
HOT_SHARE, HOT_EVERY = 0.1, 5_000
MISS_SHARE, BEYOND_SHARE = 0.5, 0.05
WITHIN_BITS, BEYOND_BITS = 31, 40


def bank(shape: str, n: int, seed: int = SEED, order: NDArray[np.int64] | None = None) -> Codes:
    """The first ``n`` codes of ``stream``, as one array."""
    codes = np.empty((n, BITS // 8), np.uint8)
    start = 0
    for block in stream(shape, n, seed, order):
        codes[start : start + len(block)] = block
        start += len(block)
    return codes


def stream(shape: str, n: int, seed: int = SEED, order: NDArray[np.int64] | None = None) -> Iterator[Codes]:
    """``n`` codes of a shape in blocks, for whom they are too many at once.

    order: for ``one bucket``, int64[256]: the bits in the order in which an index cuts them into chunks; the first 96 are
    what all share. None: as they stand.
    """
    chance = np.random.default_rng([seed, SHAPES.index(shape), n])
    hot = blends(chance, max(1, n // HOT_EVERY)) if shape == "clustered" else None
    for start in range(0, n, BLOCK):
        m = min(BLOCK, n - start)
        if hot is None:
            block = chance.integers(0, 256, (m, BITS // 8), dtype=np.uint8)
            yield sharing(block, order) if shape == "one bucket" else block
        else:
            yield crowded(chance, blends(chance, m), hot)


def questions(shape: str, codes: Codes, m: int, order: NDArray[np.int64] | None = None) -> Codes:
    """``m`` codes to ask for: half new ones of the shape, 45 % at 0 to 31 bits from a row of ``codes``, 5 % at 32 to 40."""
    chance = np.random.default_rng([SEED, SHAPES.index(shape), m, 1])
    far = np.where(
        chance.random(m) < BEYOND_SHARE / (1 - MISS_SHARE),
        chance.integers(WITHIN_BITS + 1, BEYOND_BITS + 1, m),
        chance.integers(0, WITHIN_BITS + 1, m),
    )
    near = flipped(chance, codes[chance.integers(0, len(codes), m)], far)
    fresh = bank(shape, m, SEED + 1, order)
    return np.where((chance.random(m) < MISS_SHARE)[:, None], fresh, near)


def flipped(chance: np.random.Generator, codes: Codes, bits: NDArray[np.int64]) -> Codes:
    """Each code with as many of its bits turned over as ``bits`` says: int64[N]."""
    made = np.empty_like(codes)
    for start in range(0, len(codes), BLOCK):
        part = slice(start, start + BLOCK)
        places = chance.random((len(codes[part]), BITS), dtype=np.float32).argsort(axis=1)
        turned = np.zeros(places.shape, np.uint8)
        np.put_along_axis(turned, places, np.arange(BITS) < bits[part, None], axis=1)
        made[part] = codes[part] ^ np.packbits(turned, axis=1)
    return made


def sharing(codes: Codes, order: NDArray[np.int64] | None) -> Codes:
    """The codes with the first ``SHARED_BITS``, in that order, made 0."""
    free = np.ones(BITS, np.uint8)
    free[np.arange(SHARED_BITS) if order is None else order[:SHARED_BITS]] = 0
    return codes & np.packbits(free)


def crowded(chance: np.random.Generator, codes: Codes, hot: Codes) -> Codes:
    """The codes, with a share of them near copies: of one another, and of the hot ones."""
    n = len(codes)
    places = chance.choice(n, int(n * NEAR_SHARE), replace=False)
    among = codes[chance.integers(0, n, len(places))]
    crowd = hot[chance.integers(0, len(hot), len(places))]
    copied = np.where((chance.random(len(places)) < HOT_SHARE)[:, None], crowd, among)
    codes[places] = flipped(chance, copied, chance.integers(0, NEAR_BITS + 1, len(places)))
    return codes


def blends(chance: np.random.Generator, n: int) -> Codes:
    """PDQ of ``n`` pictures that are two crops laid over each other, one perhaps as its negative: sums of their coefficients."""
    crops, made = coefficients(), np.empty((n, BITS // 8), np.uint8)
    for start in range(0, n, BLOCK // 4):
        m = min(BLOCK // 4, n - start)
        weight = (chance.uniform(0.5, 1, m) * chance.choice([-1, 1], m)).astype(np.float32)[:, None]
        both = crops[chance.integers(0, len(crops), m)] + weight * crops[chance.integers(0, len(crops), m)]
        median = np.partition(both, BITS // 2 - 1, axis=1)[:, BITS // 2 - 1, None]
        made[start : start + m] = np.packbits(both > median, axis=1)
    return made


@cache
def coefficients() -> NDArray[np.float32]:
    """float32[K, 256]: what PDQ cuts at its median, of each crop. Kept in the temporary folder."""
    path = Path(tempfile.gettempdir()) / f"amparo-bench-{os.getuid()}" / f"crops-{CROPS}.npy"
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if path.parent.stat().st_uid != os.getuid():
        raise SystemExit(f"{path.parent} belongs to somebody else")
    if not path.exists():
        unfinished = path.with_suffix(f".{os.getpid()}")
        with unfinished.open("wb") as out:
            np.save(out, np.array(list(crops_of_photographs()), np.float32))
        unfinished.rename(path)
    return np.load(path)


def crops_of_photographs() -> Iterator[NDArray[np.float64]]:
    """float64[256] of each crop that has detail enough."""
    chance = np.random.default_rng(SEED)
    for photo in photographs():
        picture = Image.fromarray(photo.rgb(max_side=800))
        size = np.array(picture.size)
        for _ in range(CROPS):
            cut = (size * chance.uniform(0.25, 1, 2)).astype(int)
            corner = chance.integers(0, size - cut + 1)
            crop = picture.resize((128, 128), Image.Resampling.BILINEAR, box=(*corner, *(corner + cut)))
            found, quality = pdqhash.compute_float(np.asarray(crop))
            if quality >= QUALITY_MIN:
                yield found
