"""PDQ: every kernel gives the bits and the quality of the pdqhash package, for every shape and layout."""

import threading

import numpy as np
import pytest
from skimage import data

from amparo.errors import BadInput
from amparo.hashing import _pdq, hash_pixels, kernel, pdq_numpy
from amparo.hashing.patterns import draw
from amparo.hashing.pdq_kernel import EXTENSION, kernels
from tests.make_vectors import reference

KERNELS = kernels()
EACH = pytest.mark.parametrize("name", KERNELS)
SIZES = [
    *((h, w) for h in (1, 2, 4, 5, 6) for w in (1, 4, 5, 17, 300)),
    (64, 64), (64, 65), (63, 64), (127, 128), (128, 127), (129, 129), (255, 257), (256, 256), (384, 385),
    (15, 16), (16, 17), (33, 31), (512, 700), (2051, 33), (33, 2051), (1500, 5), (5, 1500),
]  # fmt: skip
PHOTOS = [
    "astronaut", "cat", "chelsea", "coffee", "rocket", "colorwheel", "retina", "hubble_deep_field",
    "immunohistochemistry", "camera", "coins", "moon", "page", "text", "clock", "brick", "grass", "gravel", "cell",
]  # fmt: skip


def photo(name):
    """A picture that scikit-image ships, or None when this one would have to be fetched."""
    try:
        return np.ascontiguousarray(getattr(data, name)())
    except Exception:  # noqa: BLE001 - the sockets are off; which error that gives is scikit-image's affair
        return None


SHIPPED = {name: picture for name in PHOTOS if (picture := photo(name)) is not None}


def same_as_reference(name, pixels):
    hashed = KERNELS[name](np.ascontiguousarray(pixels))
    assert (hashed.code.hex(), hashed.quality) == (reference(pixels)[0].hex(), reference(pixels)[1]), pixels.shape


def test_the_extension_is_built_here():
    assert EXTENSION is _pdq, "built by `python setup.py build_ext --inplace`, which ./amparo test does"
    assert kernel() == list(KERNELS)[-1] != "numpy"


@EACH
@pytest.mark.parametrize("grey", [False, True])
def test_any_size(name, grey):
    rng = np.random.default_rng(7)
    for h, w in SIZES:
        shape = (h, w) if grey else (h, w, 3)
        same_as_reference(name, rng.integers(0, 256, shape).astype(np.uint8))
        same_as_reference(name, draw("slope", h % 7, w, h, grey=grey))
        same_as_reference(name, np.full(shape, 200, np.uint8))


@EACH
def test_random_sizes_of_blocks_and_noise(name):
    rng = np.random.default_rng(11)
    for h, w in rng.integers(5, 400, (25, 2)):
        blocks = np.kron(rng.integers(0, 256, (h // 9 + 1, w // 9 + 1, 3)), np.ones((9, 9, 1)))[:h, :w]
        same_as_reference(name, blocks.astype(np.uint8))


def test_enough_photographs_are_shipped():
    assert len(SHIPPED) >= 6


@EACH
@pytest.mark.parametrize("shipped", SHIPPED)
def test_photographs_of_all_modes(name, shipped):
    pixels = SHIPPED[shipped]
    if pixels.dtype == bool:
        pixels = pixels * np.uint8(255)
    if pixels.ndim == 3:
        pixels = pixels[..., :3]
        same_as_reference(name, pixels[..., 1])
    same_as_reference(name, pixels)
    same_as_reference(name, pixels[::-1, 3:-4])
    same_as_reference(name, pixels[1::2, ::3])


@EACH
def test_large(name):
    same_as_reference(name, np.tile(SHIPPED["astronaut"], (5, 7, 1))[:, : 3500 + 11])


@EACH
def test_black_and_white_extremes(name):
    for value in (0, 255):
        same_as_reference(name, np.full((200, 333, 3), value, np.uint8))
    half = np.zeros((1280, 1285, 3), np.uint8)
    half[:, 640:] = 255
    same_as_reference(name, half)


def test_luma_is_the_reference_float_for_all_colours():
    green, blue = (np.arange(256, dtype=np.uint8)[axis] for axis in ((slice(None), None), (None, slice(None))))
    for red in range(256):
        colours = np.stack(np.broadcast_arrays(np.uint8(red), green, blue), axis=-1)
        reference_luma = colours[..., 0] * 0.299 + colours[..., 1] * 0.587 + colours[..., 2] * 0.114
        assert np.array_equal(pdq_numpy._luma(colours), reference_luma.astype(np.float32))


def test_strides_do_not_matter():
    pixels = SHIPPED["astronaut"]
    assert hash_pixels(pixels[::-1, ::-1]) == hash_pixels(pixels[::-1, ::-1].copy())
    assert hash_pixels(np.asfortranarray(pixels)) == hash_pixels(pixels)
    found = hash_pixels(pixels)
    assert (found.pdq, found.quality) == reference(pixels)


@pytest.mark.parametrize(
    "bad",
    [
        np.zeros((8, 8, 4), np.uint8),
        np.zeros((8, 8, 1), np.uint8),
        np.zeros(8, np.uint8),
        np.zeros((2, 8, 8, 3), np.uint8),
        np.zeros((0, 8, 3), np.uint8),
        np.zeros((8, 0), np.uint8),
        np.zeros((8, 8, 3), np.float32),
        np.zeros((8, 8, 3), np.int8),
        [[0] * 8] * 8,
        None,
    ],
    ids=repr,
)
def test_other_arrays_are_bad_input(bad):
    with pytest.raises(BadInput) as caught:
        hash_pixels(bad)
    assert caught.value.slug == "bad_pixels"


@pytest.mark.parametrize(
    ("size", "args"),
    [
        (12, (2, 2, 2)), (11, (2, 2, 3)), (13, (2, 2, 3)), (0, (0, 0, 3)), (12, (-2, -2, 3)), (12, (2, 2, 3, 99)),
        (12, (2, 2, 3, -2)), (12, (2**62, 2**62, 3)), (12, (2**63 - 1, 2**63 - 1, 1)),
    ],
)  # fmt: skip
def test_the_kernel_checks_what_it_is_given(size, args):
    with pytest.raises(ValueError, match="do not fit"):
        _pdq.pdq(bytes(size), *args)


def test_threads_hash_at_once_and_alike():
    pixels = SHIPPED["astronaut"]
    expected, found = hash_pixels(pixels), []
    threads = [threading.Thread(target=lambda: found.append(hash_pixels(pixels))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 8
