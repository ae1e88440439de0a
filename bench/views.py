"""Altered copies: which are found by plain PDQ, by PDQ of the eight turns, and by all views; at what CPU cost, with how many false matches.

Photographs are those of tests/photos.py, frames those of tests/frames.py. Each photograph is listed once, as it is, and looked for
within 31 bits. False matches: framed uploads against codes of crops of other photographs.
"""

import json
import random
import statistics
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pdqhash
from numpy.typing import NDArray
from PIL import Image, ImageOps

from amparo.hashing import hash_pixels
from amparo.hashing import windows as windows_kernel
from amparo.hashing.kind import Pixels
from amparo.hashing.views import QUALITY_MIN, views_of
from amparo.index import HammingIndex
from tests import frames, frames_apart
from tests.photos import photographs

RADIUS_BITS = 31
SIDE_LISTED = 1_600
CROPS = 250
SIZE_TIMED = (1_152, 868)  # 1.0 megapixel
TURNS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "mirrored": ImageOps.mirror,
    "turned": lambda picture: picture.transpose(Image.Transpose.ROTATE_90),
    "inverted": ImageOps.invert,
}
Codes = NDArray[np.uint8]


@dataclass
class Upload:
    """family: what was done. sources: numbers of the photographs in it, the one looked for first. codes by rival."""

    family: str
    sources: tuple[int, ...]
    codes: dict[str, Codes]


@dataclass
class Found:
    """How many copies of a family there were, and how many each rival found."""

    copies: int = 0
    by: dict[str, int] = field(default_factory=lambda: {"pdq": 0, "pdq_8_turns": 0, "views": 0})


def rows(codes: list[bytes]) -> Codes:
    """uint8[N, 32]."""
    return np.frombuffer(b"".join(codes), np.uint8).reshape(-1, 32)


def looked_up(pixels: Pixels) -> dict[str, Codes]:
    """The codes each rival looks up."""
    made = [hashed.code for hashed in views_of(pixels).values() if (hashed.quality or 0) >= QUALITY_MIN]
    dihedral = [np.packbits(bits.astype(np.uint8)).tobytes() for bits in pdqhash.compute_dihedral(pixels)[0]]
    return {"pdq": rows(dihedral[:1]), "pdq_8_turns": rows(dihedral), "views": rows(made)}


def uploads(pictures: list[Image.Image]) -> Iterator[Upload]:
    """Every photograph in every family once, then turned and inverted."""
    for number, picture in enumerate(pictures):
        for family, make in (frames.FAMILIES | frames_apart.FAMILIES).items():
            chance = random.Random(zlib.crc32(f"{number} {family}".encode()))
            company = (number + 1 + chance.randrange(len(pictures) - 1)) % len(pictures)
            data = frames.passed_on(make(picture, pictures[company], chance), chance)
            yield Upload(family, (number, company), looked_up(frames.pixels_of(data)))
        for family, turn in TURNS.items():
            chance = random.Random(number)
            data = frames.passed_on(turn(picture), chance)
            yield Upload(family, (number,), looked_up(frames.pixels_of(data)))


def is_near(codes: Codes, listed: Codes) -> bool:
    """Whether any of ``codes`` is within the radius of one code."""
    return bool((np.bitwise_count(codes ^ listed).sum(axis=1) <= RADIUS_BITS).any())


def crops(pictures: list[Image.Image]) -> tuple[Codes, NDArray[np.int64]]:
    """Codes of crops, and the number of the photograph each is of."""
    codes, owners = [], []
    for number, picture in enumerate(pictures):
        chance = random.Random(number)
        for _ in range(CROPS):
            share = chance.uniform(0.25, 1)
            wide, high = round(picture.width * share), round(picture.height * chance.uniform(0.25, 1))
            left, top = chance.randint(0, picture.width - wide), chance.randint(0, picture.height - high)
            hashed = hash_pixels(np.asarray(picture.resize((400, 300), box=(left, top, left + wide, top + high))))
            if hashed.quality >= QUALITY_MIN:
                codes.append(hashed.pdq)
                owners.append(number)
    return rows(codes), np.array(owners)


def false_matches(asked: list[Upload], codes: Codes, owners: NDArray[np.int64]) -> dict[str, float]:
    """Pairs of upload and listed crop that have no photograph in common, and how many of those meet by some view."""
    index = HammingIndex(256)
    index.add(np.arange(len(codes)), codes)
    pairs, met, uploads_met, plain_met = 0, 0, 0, 0
    for upload in asked:
        is_other = ~np.isin(owners, upload.sources)
        pairs += int(is_other.sum())
        hit = np.unique(index.search(upload.codes["views"], radius_bits=RADIUS_BITS)[1])
        plain = index.search(upload.codes["pdq"], radius_bits=RADIUS_BITS)[1]
        met += int(is_other[hit].sum())
        uploads_met += bool(is_other[hit].any())
        plain_met += int(is_other[plain].sum())
    return {
        "uploads": len(asked), "listed": len(codes), "pairs": pairs, "pairs_met": met, "uploads_met": uploads_met,
        "pairs_met_by_plain_pdq": plain_met,
    }  # fmt: skip


def cpu_ms(pictures: list[Image.Image]) -> dict[str, float]:
    """Median CPU milliseconds a picture of one megapixel, by turns: plain PDQ, finding windows, all views."""
    rivals: dict[str, Callable[[Pixels], object]] = {
        "pdq": hash_pixels, "windows": windows_kernel.FIND, "views": views_of,
    }  # fmt: skip
    spent: dict[str, list[float]] = {name: [] for name in rivals}
    for picture in pictures:
        pixels = np.asarray(picture.resize(SIZE_TIMED))
        for name, work in rivals.items():
            begun = time.process_time()
            work(pixels)
            spent[name].append((time.process_time() - begun) * 1e3)
    return {name: round(statistics.median(each), 2) for name, each in spent.items()}


def main() -> None:
    """Print found copies by family, cost and false matches, then one JSON line."""
    pictures = [Image.fromarray(photo.rgb(max_side=SIDE_LISTED)) for photo in photographs()]
    listed = [rows([hash_pixels(np.asarray(picture)).pdq]) for picture in pictures]
    families: dict[str, Found] = {}
    asked = []
    for upload in uploads(pictures):
        found = families.setdefault(upload.family, Found())
        found.copies += 1
        for name, codes in upload.codes.items():
            found.by[name] += is_near(codes, listed[upload.sources[0]])
        asked.append(upload)
    print(f"{len(pictures)} photographs, kernel {windows_kernel.NAME}; share found within {RADIUS_BITS} bits")
    print(f"{'family':20} {'copies':>7} {'PDQ':>7} {'8 turns':>8} {'views':>7}")
    recall = {}
    for name, found in families.items():
        recall[name] = {rival: round(n / found.copies, 3) for rival, n in found.by.items()}
        print(f"{name:20} {found.copies:7} " + "{pdq:7.3f} {pdq_8_turns:8.3f} {views:7.3f}".format(**recall[name]))
    spent = cpu_ms(pictures)
    print(" ".join(f"{name}: {ms} ms CPU" for name, ms in spent.items()))
    false = false_matches(asked, *crops(pictures))
    print(
        "{pairs:,} unrelated pairs of upload and listed crop: {pairs_met} meet, in {uploads_met} uploads".format(
            **false
        )
    )
    codes = round(statistics.mean(len(upload.codes["views"]) for upload in asked), 1)
    told = {"bench": "views", "photographs": len(pictures), "recall": recall, "cpu_ms": spent, "false": false}
    print(json.dumps(told | {"codes_an_upload": codes}))
