"""PDQ is bit-identical to the reference on real pictures, in every kernel this machine runs. Vectors of drawn ones: test_pdq.py."""

import numpy as np
import pytest

from amparo.hashing.pdq_kernel import kernels
from tests.make_vectors import reference
from tests.photos import Photo, photographs, pictures

SLOW_PIXELS = 1_100_000  # the reference takes seconds over more; the numpy kernel also


def test_there_are_enough_of_them():
    assert len(pictures()) >= 60
    assert len(photographs()) >= 40
    assert {picture.shipped_mode for picture in pictures()} >= {"RGB", "RGBA", "L", "LA"}


def same_in_all_kernels(photo: Photo, pixels: np.ndarray) -> None:
    wanted = reference(pixels)
    for name, kernel in kernels().items():
        if name != "numpy" or pixels.shape[0] * pixels.shape[1] <= SLOW_PIXELS:
            hashed = kernel(pixels)
            assert (hashed.code, hashed.quality) == wanted, (photo.name, pixels.shape, name)


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_on_all_pictures_as_shipped(mode):
    for picture in pictures():
        same_in_all_kernels(picture, picture.array(mode=mode))


@pytest.mark.parametrize("side", [100, 640, 1200])
def test_on_smaller_copies(side):
    for picture in pictures():
        same_in_all_kernels(picture, picture.rgb(max_side=side))
