"""The forms of a picture: what they are called, and that each is the code of the picture really turned."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from amparo.hashing import KINDS, hash_pixels, pdq_numpy, windows
from amparo.hashing.pdq_kernel import EXTENSION, THUMB_FORMS, forms_kernels, kernels, thumb_kernels
from amparo.hashing.views import FORMS, NEGATIVE, QUALITY_MIN, VIEWS, WINDOW_QUALITY_MIN, frame_views, views_of
from tests.photos import photographs

TURNS = {
    "identity": lambda picture: picture,
    "mirror": lambda picture: picture[:, ::-1],
    "flip": lambda picture: picture[::-1],
    "turn_180": lambda picture: picture[::-1, ::-1],
    "transpose": lambda picture: picture.swapaxes(0, 1),
    "turn_90": lambda picture: np.rot90(picture, -1),
    "turn_270": lambda picture: np.rot90(picture, 1),
    "transverse": lambda picture: np.rot90(picture, 2).swapaxes(0, 1),
}
SIZES = ((5, 5), (64, 64), (64, 100), (200, 129), (333, 512), (3, 700), (4, 4))


def bits_apart(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


def test_names():
    assert set(TURNS) == set(FORMS)
    assert len(set(VIEWS)) == len(VIEWS)
    assert {"negative", "frame_1", "frame_8.turn_90", "frame_3.negative"} < set(VIEWS)


@pytest.mark.parametrize("photo", photographs()[::4], ids=lambda photo: photo.name)
def test_a_form_is_the_code_of_the_picture_really_turned(photo):
    pixels = photo.rgb(max_side=512)
    made = views_of(pixels)
    for name, turn in TURNS.items():
        hashed = hash_pixels(turn(pixels))
        assert bits_apart(hashed.pdq, made[name].code) <= 4, name
        assert abs(hashed.quality - made[name].quality) <= 1
    assert made[NEGATIVE].code == hash_pixels(255 - pixels).pdq


def test_a_window_with_too_little_detail_has_no_view():
    canvas = Image.new("RGB", (1_000, 500), "white")
    sharp, dull = (Image.fromarray(photo.rgb(max_side=512)).resize((400, 400)) for photo in photographs()[:2])
    canvas.paste(sharp, (50, 50))
    canvas.paste(dull.filter(ImageFilter.GaussianBlur(20)), (550, 50))
    qualities = [THUMB_FORMS(thumb)[0].quality for thumb in windows.FIND(np.asarray(canvas))[1]]
    kept = [quality for quality in qualities if quality >= WINDOW_QUALITY_MIN]
    assert QUALITY_MIN <= min(qualities) < WINDOW_QUALITY_MIN
    made = views_of(np.asarray(canvas))
    names = [name for number in range(1, len(kept) + 1) for name in frame_views(number)]
    assert list(made) == [*FORMS, NEGATIVE, *names]
    assert [made[f"frame_{number}"].quality for number in range(1, len(kept) + 1)] == kept


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("shape", [(), (3,)], ids=["grey", "colour"])
def test_every_kernel_gives_the_same_forms(size, shape):
    pixels = np.random.default_rng(1).integers(0, 256, (*size, *shape)).astype(np.uint8)
    told = {name: forms(pixels) for name, forms in forms_kernels().items()}
    assert len(told) == len(kernels())
    assert len(set(told.values())) == 1
    assert told["numpy"][0] == pdq_numpy.compute(pixels)


def test_every_kernel_gives_the_same_forms_of_a_thumbnail():
    thumbs = np.random.default_rng(2).uniform(0, 255, (4, 64, 64)).astype(np.float32)
    for thumb in (*thumbs, np.zeros((64, 64), np.float32), thumbs[0].T):
        assert len({forms(thumb) for forms in thumb_kernels().values()}) == 1


def test_a_thumbnail_of_another_size_is_refused():
    assert EXTENSION is not None
    with pytest.raises(ValueError, match="64 x 64"):
        EXTENSION.thumb_forms(np.zeros((63, 64), np.float32))


def test_without_a_compiler_numpy_serves():
    assert list(forms_kernels(None)) == list(thumb_kernels(None)) == ["numpy"]


def test_only_kinds_over_pixels_and_frames_have_views():
    assert {name for name, kind in KINDS.items() if kind.views} == {"pdq", "vpdq"}
