"""What the browser hashes with gives the same as the kernels here: PDQ, MD5 and SHA-256 in JavaScript, over the kinds' own vectors."""

import base64
import hashlib
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amparo.hashing import hash_pixels
from amparo.hashing.patterns import draw
from amparo.hashing.pdq_numpy import BASIS
from amparo.hashing.vectors import vectors_of
from tests.node import Node, node

PDQ_CASES = vectors_of("pdq").cases
DIGEST_CASES = [(name, case) for name in ("md5", "sha256") for case in vectors_of(name).cases]
SIDES = st.one_of(st.integers(1, 12), st.integers(1, 400), st.sampled_from([63, 64, 65, 127, 128, 129, 256, 257, 3000]))
LONG = st.binary(min_size=0, max_size=400)


@pytest.fixture(scope="module")
def js() -> Iterator[Node]:
    with node() as answering:
        yield answering


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def by_rgba(js: Node, pixels: np.ndarray, bands: list[int]) -> tuple[str, int]:
    """Alpha is noise: it must not count."""
    rgb = pixels if pixels.ndim == 3 else np.stack([pixels] * 3, axis=-1)
    alpha = np.random.default_rng(1).integers(0, 256, (*rgb.shape[:2], 1), dtype=np.uint8)
    height, width = rgb.shape[:2]
    data = text(np.concatenate([rgb, alpha], axis=-1).tobytes())
    told = js.ask("pdq", width=width, height=height, form="rgba", bands=bands, stride=0, data=data)
    return told["value"], told["quality"]


def by_luma(js: Node, pixels: np.ndarray, bands: list[int], spare: int = 0) -> tuple[str, int]:
    height, width = pixels.shape
    data = text(np.pad(pixels, ((0, 0), (0, spare)), constant_values=77).tobytes())
    told = js.ask("pdq", width=width, height=height, form="luma", bands=bands, stride=width + spare, data=data)
    return told["value"], told["quality"]


def ours(pixels: np.ndarray) -> tuple[str, int]:
    hashed = hash_pixels(pixels)
    return hashed.pdq.hex(), hashed.quality


@pytest.mark.parametrize("number", range(len(PDQ_CASES)))
def test_vectors_of_pdq(js, number):
    case = PDQ_CASES[number]
    told = dict(case.given["picture"])
    pixels = draw(told.pop("pattern"), **told)
    assert by_rgba(js, pixels, [128]) == (case.value, case.quality)
    if pixels.ndim == 2:
        assert by_luma(js, pixels, [97], spare=number) == (case.value, case.quality)


@settings(max_examples=150)
@given(st.integers(0, 2**32 - 1), SIDES, SIDES, st.lists(st.integers(1, 70), min_size=1, max_size=4), st.booleans())
def test_any_size_in_any_bands_is_as_here(js, seed, height, width, bands, blocks):
    rng = np.random.default_rng(seed)
    if blocks:
        cells = rng.integers(0, 256, (9, 9, 3), dtype=np.uint8)
        pixels = cells[np.arange(height) * 9 // height][:, np.arange(width) * 9 // width]
    else:
        pixels = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    assert by_rgba(js, pixels, bands) == ours(pixels)
    assert by_luma(js, pixels[..., 1], bands, spare=seed % 5) == ours(np.ascontiguousarray(pixels[..., 1]))


@pytest.mark.parametrize(("height", "width"), [(1, 300), (300, 1), (4, 4)])
def test_a_line_is_no_picture(js, height, width):
    pixels = draw("weave", 1, width, height)
    assert by_rgba(js, pixels, [1]) == ("0" * 64, 0) == ours(pixels)


@pytest.mark.parametrize(("height", "width"), [(5, 70_000), (70_000, 5), (40, 20_001)])
def test_very_long_ones(js, height, width):
    pixels = draw("weave", 3, width, height)
    assert by_rgba(js, pixels, [64]) == ours(pixels)


def test_a_picture_is_never_held(js):
    """48 megapixels: less than a twentieth of what it is as floats."""
    assert js.ask("pdq_holds", width=8000, height=6000) < 8000 * 6000 * 4 / 40


@pytest.mark.parametrize("rows", [0, 19, 21])
def test_rows_that_are_missing_or_too_many(js, rows):
    with pytest.raises(RuntimeError, match="rows"):
        js.ask("pdq_short", width=30, height=20, rows=rows)


@pytest.mark.parametrize("sides", [(0, 5), (5, 0), (-1, 5), (5.5, 5), (None, 5)])
def test_sides_that_are_none(js, sides):
    with pytest.raises(RuntimeError, match="sides"):
        js.ask("pdq_short", width=sides[0], height=sides[1], rows=0)


def test_luma_by_multiplying_is_luma_by_dividing(js):
    assert js.ask("luma_wrong") == 0


def test_no_cosine_lies_where_engines_could_round_it_apart():
    """Engines' cosines may differ in the last bits of a double; no float of the basis may hang on those."""
    place = np.arange(64)
    scale = float(np.float32(np.sqrt(2 / 64)))
    exact = np.array([[scale * np.cos((np.pi / 128) * (u + 1) * (2 * x + 1)) for x in place] for u in range(16)])
    assert (exact.astype(np.float32) == BASIS).all()
    for nudge in (1 - 1e-13, 1 + 1e-13):
        assert ((exact * nudge).astype(np.float32) == BASIS).all()


@pytest.mark.parametrize(("kind", "case"), DIGEST_CASES)
def test_vectors_of_digests(js, kind, case):
    data = text(case.given["text"].encode("ascii"))
    assert js.ask("digest", kind=kind, data=data, cuts=[], times=case.given.get("times", 1)) == case.value


@given(st.sampled_from(["md5", "sha256"]), LONG, st.lists(st.integers(0, 400), max_size=5))
def test_digests_of_any_bytes_in_any_pieces(js, kind, data, cuts):
    cuts = sorted(min(cut, len(data)) for cut in cuts)
    assert js.ask("digest", kind=kind, data=text(data), cuts=cuts) == hashlib.new(kind, data).hexdigest()


@pytest.mark.parametrize("kind", ["md5", "sha256"])
def test_digests_beyond_where_a_length_in_bits_fills_32(js, kind):
    """520 MiB: 2^32 bits and more."""
    piece = bytes(range(256)) * 4096 * 4
    whole = hashlib.new(kind)
    for _ in range(130):
        whole.update(piece)
    assert js.ask("digest", kind=kind, data=text(piece), cuts=[], times=130) == whole.hexdigest()
