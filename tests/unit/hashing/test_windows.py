"""Pictures inside a picture: numpy and C find the same, at the place where they are; hostile pictures do no harm."""

import importlib
import random
import sys

import numpy as np
import pytest
from PIL import Image

from amparo import hashing
from amparo.hashing import hash_pixels, windows_numpy
from amparo.hashing import windows as chosen
from amparo.hashing.pdq_kernel import THUMB_FORMS
from amparo.hashing.plane_numpy import plane_of
from amparo.hashing.rims_numpy import cut_up
from amparo.hashing.windows import EXTENSION, FIND, kernels
from tests.frames import FAMILIES, passed_on, pixels_of
from tests.photos import photographs

PHOTOS = [Image.fromarray(photo.rgb(max_side=700)) for photo in photographs()[:9]]
SIDES = ((1, 1), (1, 5_000), (5_000, 1), (5, 5), (31, 900), (32, 32), (33, 4_000), (4_000, 33), (600, 700))


def same(pixels):
    told = [find(np.ascontiguousarray(pixels)) for find in kernels().values()]
    assert len(told) == 2
    assert len({boxes.tobytes() + thumbs.tobytes() for boxes, thumbs in told}) == 1, pixels.shape
    assert len(told[0][0]) == len(told[0][1]) <= 8
    return told[0][0]


def framed(family, number):
    chance = random.Random(f"{family} {number}")
    picture, other = PHOTOS[number % len(PHOTOS)], PHOTOS[(number + 1) % len(PHOTOS)]
    return pixels_of(passed_on(FAMILIES[family](picture, other, chance), chance))


@pytest.mark.parametrize("family", FAMILIES)
def test_numpy_and_c_find_the_same_windows(family):
    found = [len(same(framed(family, number))) for number in range(4)]
    assert max(found) > 0
    same(framed(family, 5)[..., 1])


@pytest.mark.parametrize("size", SIDES)
def test_hostile_pictures(size):
    chance = np.random.default_rng(3)
    cells = chance.integers(0, 256, (size[0] // 40 + 1, size[1] // 40 + 1, 3), dtype=np.uint8)
    for pixels in (
        chance.integers(0, 256, (*size, 3), dtype=np.uint8),
        np.full((*size, 3), 77, np.uint8),
        np.repeat(np.repeat(cells, 40, axis=0), 40, axis=1)[: size[0], : size[1]],
        (np.indices(size).sum(axis=0) % 2 * 255).astype(np.uint8),
        np.broadcast_to(np.arange(size[1]) // 16 % 2 * 255, size).astype(np.uint8),
    ):
        same(pixels)


def test_a_picture_of_many_megapixels_is_reduced():
    pixels = np.zeros((3_000, 5_000), np.uint8)
    pixels[500:2_500, 1_000:4_000] = np.asarray(PHOTOS[0].convert("L").resize((3_000, 2_000)))
    boxes = FIND(pixels)[0]
    scale = 64 / 8  # 626 x 375 cells of 8 pixels
    assert min(np.abs(boxes - np.array([1_000, 500, 4_000, 2_500]) * scale).max(axis=1)) <= 16
    same(pixels)


def test_a_window_is_placed_to_a_part_of_a_cell_and_has_nearly_the_code_of_what_stands_in_it():
    for number, picture in enumerate(PHOTOS):
        canvas = np.full((900, 1_000, 3), 255, np.uint8)
        inner = np.asarray(picture.resize((601, 451), Image.Resampling.LANCZOS))
        canvas[201:652, 155:756] = inner
        boxes, thumbs = FIND(canvas)
        apart = np.abs(boxes / 64 * 2 - np.array([155, 201, 756, 652])).max(axis=1)
        best = int(apart.argmin())
        assert apart[best] <= 2, number
        met = THUMB_FORMS(thumbs[best])[0]
        distance = (int.from_bytes(met.code) ^ int.from_bytes(hash_pixels(inner).pdq)).bit_count()
        assert distance <= 20, number


def test_no_more_than_eight_windows_and_no_more_than_64_blocks():
    chance = np.random.default_rng(4)
    wall = np.full((1_000, 1_000, 3), 255, np.uint8)
    for top in range(7, 1_000, 166):
        for left in range(7, 1_000, 166):
            wall[top : top + 152, left : left + 152] = chance.integers(0, 256, (152, 152, 3), dtype=np.uint8)
    assert len(same(wall)) == 8
    plane, blocks = plane_of(wall), []
    for flat in windows_numpy.CUT_FLAT:
        cut_up(plane, (0, 0, plane.width, plane.height), flat, windows_numpy.CUT_DEPTH, blocks)
    assert len(blocks) == 64  # 36 of each would be more


def test_shapes_that_do_not_fit_are_refused():
    assert EXTENSION is not None
    for shape in ((0, 5, 3), (5, 5, 2), (5, 4, 3)):
        with pytest.raises(ValueError, match="do not fit"):
            EXTENSION.windows(bytes(75), *shape)


def test_without_a_compiler_numpy_serves(monkeypatch):
    assert kernels(None) == {"numpy": windows_numpy.windows}
    monkeypatch.setitem(sys.modules, "amparo.hashing._windows", None)
    monkeypatch.delattr(hashing, "_windows", raising=False)
    try:
        importlib.reload(chosen)
        assert chosen.NAME == "numpy"
    finally:
        monkeypatch.undo()
        importlib.reload(chosen)
    assert chosen.NAME == "c"
