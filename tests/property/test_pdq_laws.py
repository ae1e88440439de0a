"""Laws of PDQ: every kernel is the reference, for any small picture; hashing never crashes."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from amparo.hashing import hash_pixels
from amparo.hashing.pdq_kernel import kernels
from tests.make_vectors import reference

SIDES = st.integers(1, 150)
PICTURES = st.one_of(
    arrays.arrays(np.uint8, st.tuples(SIDES, SIDES)), arrays.arrays(np.uint8, st.tuples(SIDES, SIDES, st.just(3)))
)


@given(PICTURES)
def test_every_kernel_is_the_reference(pixels):
    code, quality = reference(pixels)
    for compute in kernels().values():
        hashed = compute(pixels)
        assert (hashed.code, hashed.quality) == (code, quality)


@given(PICTURES)
def test_grey_is_the_same_as_grey_in_colour(pixels):
    grey = pixels if pixels.ndim == 2 else pixels[..., 0]
    assert hash_pixels(grey) == hash_pixels(np.stack([grey] * 3, axis=-1))
