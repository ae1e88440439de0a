"""Laws of PDQ: every kernel is the reference, for any small picture; hashing never crashes."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from amparo.hashing import hash_pixels
from amparo.hashing.pdq_kernel import forms_kernels, kernels
from amparo.hashing.views import FORMS, VIEWS, views_of
from amparo.hashing.windows import kernels as windows_kernels
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


@given(PICTURES)
def test_every_kernel_gives_the_same_forms_and_the_same_windows(pixels):
    assert len({forms(pixels) for forms in forms_kernels().values()}) == 1
    assert len({b"".join(part.tobytes() for part in find(pixels)) for find in windows_kernels().values()}) == 1


@given(PICTURES)
def test_views_are_the_picture_and_what_is_known_of_it(pixels):
    made = views_of(pixels)
    whole = hash_pixels(pixels)
    assert (made["identity"].code, made["identity"].quality) == (whole.pdq, whole.quality)
    assert set(FORMS) < set(made) <= set(VIEWS)
    assert list(made) == sorted(made, key=VIEWS.index)


@given(st.integers(0, 2**32 - 1), st.integers(64, 400), st.integers(64, 400))
def test_forms_are_to_a_few_bits_the_codes_of_the_picture_really_turned(seed, height, width):
    cells = np.random.default_rng(seed).integers(0, 256, (9, 9, 3), dtype=np.uint8)
    rows, columns = (np.arange(side) * 9 // side for side in (height, width))
    pixels = cells[rows][:, columns]
    made = views_of(pixels)
    turned = {"mirror": pixels[:, ::-1], "flip": pixels[::-1], "transpose": pixels.swapaxes(0, 1)}
    for name, picture in turned.items():
        apart = int.from_bytes(made[name].code) ^ int.from_bytes(hash_pixels(picture).pdq)
        assert apart.bit_count() <= 16, name
