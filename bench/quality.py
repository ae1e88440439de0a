"""PDQ by its quality: how many copies are found and how many unrelated pairs meet, of photographs dimmed, darkened, flattened and blurred by
code, and of things with little in them: slopes, words, shapes. The floor of docs/adr/0008 stands on its table.
"""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from amparo.hashing import hash_pixels
from amparo.hashing.kind import Pixels
from amparo.index import HammingIndex
from tests import frames
from tests.photos import photographs

RADIUS_BITS = 31
CROPS = 30
DRAWN = 1_200
BOUNDS = (0, 1, 5, 10, 15, 20, 30, 40, 50, 80, 100, 101)
Chance = random.Random


def grained(levels: NDArray[np.float64], chance: Chance, most: float) -> Pixels:
    """8-bit pixels with the noise of a small sensor."""
    noise = np.random.default_rng(chance.randrange(2**32)).normal(0, chance.uniform(0, most), levels.shape)
    return np.clip(levels + noise, 0, 255).astype(np.uint8)


def of(picture: Image.Image) -> NDArray[np.float64]:
    """Levels 0-255."""
    return np.asarray(picture).astype(np.float64)


def flattened(picture: Image.Image, chance: Chance) -> Pixels:
    """Little contrast around some level, as in fog or behind a curtain."""
    levels = of(picture)
    return grained(chance.uniform(60, 220) + (levels - levels.mean()) * chance.uniform(0.03, 0.3), chance, 3)


def blurred(picture: Image.Image, chance: Chance) -> Pixels:
    """Out of focus, a little or wholly."""
    return np.asarray(picture.filter(ImageFilter.GaussianBlur(chance.uniform(3, 60))))


STATES: dict[str, Callable[[Image.Image, Chance], Pixels]] = {
    "as it is": lambda picture, _: np.asarray(picture),
    "dark": lambda picture, chance: grained(of(picture) * chance.uniform(0.02, 0.35), chance, 6),
    "dim": lambda picture, chance: grained(
        255 * (of(picture) / 255) ** chance.uniform(1.5, 4) * chance.uniform(0.2, 0.8), chance, 4
    ),
    "flat": flattened,
    "blurred": blurred,
}


def slope(chance: Chance) -> Image.Image:
    """Two colours running into each other, straight or round."""
    kind = Image.linear_gradient("L") if chance.random() < 0.5 else Image.radial_gradient("L")
    mask = kind.rotate(chance.randrange(360), expand=True).resize((chance.randint(200, 500), chance.randint(200, 500)))
    sides = [Image.new("RGB", mask.size, tuple(chance.randbytes(3))) for _ in range(2)]
    return Image.composite(*sides, mask)


def sheet(chance: Chance) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """An empty canvas."""
    canvas = Image.new("RGB", (chance.randint(300, 700), chance.randint(150, 700)), chance.choice(frames.GROUNDS))
    return canvas, ImageDraw.Draw(canvas)


def words(chance: Chance) -> Image.Image:
    """A few lines of words."""
    canvas, draw = sheet(chance)
    size = chance.randint(10, 30)
    for line in range(chance.randint(1, 12)):
        ink = frames.ink_on(canvas.getpixel((0, 0)))
        frames.write(draw, (12, 8 + line * size * 1.4), frames.words(chance, chance.randint(1, 8)), size, ink)
    return canvas


def shapes(chance: Chance) -> Image.Image:
    """Plain parts of an interface."""
    canvas, draw = sheet(chance)
    for _ in range(chance.randint(1, 5)):
        x, y = chance.randrange(canvas.width), chance.randrange(canvas.height)
        form = chance.choice((draw.rectangle, draw.ellipse))
        form((x, y, x + chance.randint(10, 200), y + chance.randint(10, 100)), fill=tuple(chance.randbytes(3)))
    return canvas


@dataclass
class Sample:
    """codes: uint8[N, 32]. quality, source: of each. kept: whether a copy of it is within the radius."""

    codes: NDArray[np.uint8]
    quality: NDArray[np.int64]
    source: NDArray[np.int64]
    kept: NDArray[np.bool_]


def sample(made: list[tuple[int, Pixels]]) -> Sample:
    """Codes of pictures by the number of their source, and of their copies: 0.6 of the side, JPEG of quality 60."""
    codes, quality, kept = [], [], []
    for _, pixels in made:
        picture = Image.fromarray(pixels)
        small = picture.resize((round(picture.width * 0.6), round(picture.height * 0.6)), Image.Resampling.LANCZOS)
        hashed, copy = hash_pixels(pixels), hash_pixels(frames.pixels_of(frames.jpeg(small, 60)))
        codes.append(np.frombuffer(hashed.pdq, np.uint8))
        quality.append(hashed.quality)
        kept.append(np.bitwise_count(codes[-1] ^ np.frombuffer(copy.pdq, np.uint8)).sum() <= RADIUS_BITS)
    return Sample(np.array(codes), np.array(quality), np.array([number for number, _ in made]), np.array(kept))


def states() -> list[tuple[int, Pixels]]:
    """Crops of every photograph in every state."""
    made = []
    for number, photo in enumerate(photographs()):
        picture, chance = Image.fromarray(photo.rgb(max_side=1_000)), Chance(number)
        for _ in range(CROPS):
            wide = round(picture.width * chance.uniform(0.3, 1))
            high = round(picture.height * chance.uniform(0.3, 1))
            left, top = chance.randint(0, picture.width - wide), chance.randint(0, picture.height - high)
            crop = picture.resize((400, 300), box=(left, top, left + wide, top + high))
            made += [(number, change(crop, chance)) for change in STATES.values()]
    return made


def table(name: str, one: Sample) -> list[dict[str, float]]:
    """A row for each span of quality: how many, share of copies found, unrelated pairs within it, how many of those meet."""
    print(f"{name}\n{'quality':>10} {'pictures':>9} {'copies found':>13} {'pairs':>12} {'meet':>6}")
    told = []
    for low, end in pairwise(BOUNDS):
        here = (one.quality >= low) & (one.quality < end)
        count = int(here.sum())
        if not count:
            continue
        codes, source = one.codes[here], one.source[here]
        index = HammingIndex(256)
        index.add(np.arange(count), codes)
        limits, ids, _ = index.search(codes, radius_bits=RADIUS_BITS)
        owners = np.repeat(np.arange(count), np.diff(limits))
        pairs = (count**2 - int((np.bincount(source) ** 2).sum())) // 2
        row = {"from": low, "to": end - 1, "pictures": count, "found": round(float(one.kept[here].mean()), 3)}
        row |= {"pairs": pairs, "meet": int((source[owners] != source[ids]).sum()) // 2}
        print(f"{low:6}-{end - 1:3} {count:9} {row['found']:13.3f} {pairs:12,} {row['meet']:6}")
        told.append(row)
    return told


def main() -> None:
    """Print a table for photographs and one for each sort of drawing, then one JSON line."""
    told = {"photographs": table("photographs, five states", sample(states()))}
    for make in (slope, words, shapes):
        chance = Chance(make.__name__)
        drawn = [(number, np.asarray(make(chance))) for number in range(DRAWN)]
        told[make.__name__] = table(make.__name__, sample(drawn))
    print(json.dumps({"bench": "quality", "radius_bits": RADIUS_BITS, **told}))
