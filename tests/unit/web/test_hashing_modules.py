"""The browser's modules that need no browser: formats, EXIF turns, plain files, seconds and luma, against what the service does."""

import base64
import functools
import io
import struct
import zlib
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from amparo.media.formats import FORMATS, VIDEOS, format_of
from amparo.media.orientation import orientation_of
from amparo.media.video import WIDENED
from tests.hostile import good_files
from tests.node import Node, node
from tests.pictures import PASSES, chunk, exif_of, saved

NAMES = {"heif": "heic"}
STARTS = [
    b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"BM", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"FLV\x01", b"OggS",
    b"\0\0\x01\xba", bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"), b"RIFF....WEBP", b"RIFF....AVI ", b"\x1a\x45\xdf\xa3",
    *(b"\0\0\0 ftyp" + brand + b"\0\0\0\0" for brand in (b"avif", b"heic", b"mif1", b"msf1", b"qt  ", b"3gp4", b"isom", b"M4A ", b"xxxx")),
    *(b"....." [:4] + box for box in (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")),
]  # fmt: skip
BRANDS = st.lists(st.sampled_from([b"avif", b"heic", b"isom", b"mif1", b"zzzz", b"mp42"]), max_size=6).map(b"".join)
TRANSPORT = st.tuples(st.sampled_from([(0, 188), (4, 192), (1, 188)]), st.integers(1, 4)).map(
    lambda told: bytes(told[0][0]) + (b"G" + bytes(told[0][1] - 1)) * told[1]
)
HEADS = st.one_of(
    st.binary(max_size=40),
    TRANSPORT,
    st.tuples(st.sampled_from(STARTS), st.binary(max_size=30)).map(b"".join),
    st.tuples(st.sampled_from([b"\0\0\0\x20ftyp", b"\0\0\0\x18ftyp", b"\xff\0\0\0ftyp"]), BRANDS).map(b"".join),
)


@pytest.fixture(scope="module")
def js() -> Iterator[Node]:
    with node() as answering:
        yield answering


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def medium_here(head: bytes) -> str | None:
    found = format_of(head)
    if found is None:
        return None
    assert (found in FORMATS) != (found in VIDEOS)
    return "picture" if found in FORMATS else "video"


@given(HEADS)
def test_the_same_files_are_pictures_and_videos_on_both_sides(js, head):
    told = js.ask("format", data=text(head))
    assert (told and told["medium"]) == medium_here(head)
    if told and told["medium"] == "picture":
        here = format_of(head).name.lower()
        assert told["name"] == NAMES.get(here, here)


def test_good_files_are_known(js):
    for name, data in good_files().items():
        assert js.ask("format", data=text(data[:512]))["medium"] == "picture", name


def entry(order: str, tag: int, kind: int, count: int, value: int) -> bytes:
    little = order == "II"
    sides = "little" if little else "big"
    return b"".join(
        number.to_bytes(size, sides) for number, size in ((tag, 2), (kind, 2), (count, 4), (value, 2), (0, 2))
    )


@given(
    st.sampled_from(["II", "MM", "XX"]),
    st.sampled_from([42, 43]),
    st.lists(
        st.tuples(st.sampled_from([0x112, 0x100]), st.integers(0, 4), st.integers(0, 2), st.integers(0, 10)), max_size=3
    ),
    st.booleans(),
    st.integers(0, 60),
)
def test_exif_is_read_as_here(js, order, magic, entries, prefix, cut):
    sides = "little" if order == "II" else "big"
    block = order.encode() + magic.to_bytes(2, sides) + (8).to_bytes(4, sides) + len(entries).to_bytes(2, sides)
    block += b"".join(entry(order, *one) for one in entries)
    for data in ((b"Exif\0\0" if prefix else b"") + block, block[:cut]):
        assert js.ask("orientation", data=text(data)) == orientation_of(data)


@given(st.binary(max_size=60))
def test_any_bytes_for_exif_are_read_as_here(js, data):
    assert js.ask("orientation", data=text(data)) == orientation_of(data)


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_a_plain_file_holds_the_same_pixels_and_no_turn(js, form, turn):
    pixels = np.random.default_rng(turn).integers(0, 256, (40, 30, 3), dtype=np.uint8)
    data = saved(pixels, form, exif=exif_of(turn), **({"lossless": True} if form == "WEBP" else {}))
    told = js.ask("plain", format=form.lower(), data=text(data))
    plain = Image.open(io_of(told["data"]))
    assert told["orientation"] == turn
    assert plain.getexif().get(0x112, 1) == 1
    assert (np.asarray(plain.convert("RGB")) == pixels).all()


def test_a_plain_jpeg_has_no_profile_and_the_same_scans(js):
    pixels = np.random.default_rng(5).integers(0, 256, (40, 30, 3), dtype=np.uint8)
    profile = bytes(range(256)) * 400  # longer than one segment holds
    data = saved(pixels, "JPEG", icc_profile=profile, exif=exif_of(6))
    assert Image.open(io_of(text(data))).info["icc_profile"] == profile
    told = js.ask("plain", format="jpeg", data=text(data))
    plain = Image.open(io_of(told["data"]))
    assert "icc_profile" not in plain.info
    assert plain.getexif()[0x112] == 6
    assert (np.asarray(plain) == np.asarray(Image.open(io_of(text(data))))).all()
    assert told["orientation"] == 1  # of JPEG the browsers turn it


def filtered(row: np.ndarray, above: np.ndarray, step: int, filter_: int) -> np.ndarray:
    """A row of bytes as the PNG filters write it (PNG section 9.2)."""
    left = np.concatenate([np.zeros(step, np.int16), row[:-step]])
    corner = np.concatenate([np.zeros(step, np.int16), above[:-step]])
    estimate = left + above - corner
    away = [abs(estimate - one) for one in (left, above, corner)]
    paeth = np.where((away[0] <= away[1]) & (away[0] <= away[2]), left, np.where(away[1] <= away[2], above, corner))
    return (row - [0 * row, left, above, (left + above) >> 1, paeth][filter_]) & 255


def deep_png(samples: np.ndarray, *, interlaced: bool) -> bytes:
    """16 bits, all five filters by turns."""
    height, width = samples.shape[:2]
    channels = 1 if samples.ndim == 2 else samples.shape[2]
    passes = PASSES if interlaced else ((0, 0, 1, 1),)
    raw = bytearray()
    for down, right, tall, wide in passes:
        part = samples[down::tall, right::wide]
        if not part.size:
            continue
        rows = part.astype(">u2").reshape(len(part), -1).view(np.uint8).astype(np.int16)
        above = np.zeros_like(rows[0])
        for number, row in enumerate(rows):
            raw.append(number % 5)
            raw += filtered(row, above, 2 * channels, number % 5).astype(np.uint8).tobytes()
            above = row
    colour = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    head = struct.pack(">IIBBBBB", width, height, 16, colour, 0, 0, int(interlaced))
    data = zlib.compress(bytes(raw))
    body = [chunk(b"IDAT", data[:50]), chunk(b"IDAT", data[50:])]
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(body) + chunk(b"IEND", b"")


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 2, 3, 4]), st.booleans())
def test_a_deep_png_is_its_high_bytes(js, seed, height, width, channels, interlaced):
    shape = (height, width) if channels == 1 else (height, width, channels)
    samples = np.random.default_rng(seed).integers(0, 65_536, shape, dtype=np.uint16)
    told = js.ask("plain", format="png", data=text(deep_png(samples, interlaced=interlaced)))
    plain = Image.open(io_of(told["data"]))
    assert plain.mode == {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[channels]
    assert (np.asarray(plain) == (samples >> 8)).all()


@pytest.mark.parametrize("cut", [40, 60, 90])
def test_a_deep_png_that_ends_too_soon_is_left_as_it_is(js, cut):
    data = deep_png(np.full((20, 20, 3), 700, np.uint16), interlaced=False)[:cut]
    assert base64.b64decode(js.ask("plain", format="png", data=text(data))["data"]) == data


@functools.cache
def clear_avif() -> tuple[bytes, np.ndarray]:
    rng = np.random.default_rng(6)
    pixels = rng.integers(0, 256, (40, 30, 4), dtype=np.uint8)
    data = saved(Image.fromarray(pixels), "AVIF", quality=90)
    return data, np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"))


def test_an_avif_that_is_not_opaque_is_taken_apart(js):
    data, pixels = clear_avif()
    told = js.ask("plain", format="avif", data=text(data))
    colours, cover = Image.open(io_of(told["data"])), Image.open(io_of(told["cover"]))
    assert colours.mode == "RGB"
    assert (np.asarray(colours) == pixels[..., :3]).all()
    assert (np.asarray(cover.convert("L")) == pixels[..., 3]).all()


def test_an_opaque_avif_stays_as_it_is(js):
    data = saved(Image.fromarray(clear_avif()[1][..., :3]), "AVIF")
    told = js.ask("plain", format="avif", data=text(data))
    assert (base64.b64decode(told["data"]), told["cover"]) == (data, None)


@given(st.integers(0, 600), st.integers(0, 600), st.integers(0, 255))
def test_a_damaged_avif_is_a_file_still(js, cut, at, value):
    data = bytearray(clear_avif()[0])
    data[at] = value
    told = js.ask("plain", format="avif", data=text(bytes(data[: 600 + cut] if cut % 2 else data[:cut])))
    assert len(base64.b64decode(told["data"])) <= len(data)


@given(st.sampled_from(["jpeg", "png", "webp"]), st.binary(max_size=80))
def test_damaged_files_stay_files(js, form, rest):
    start = {"jpeg": b"\xff\xd8\xff", "png": b"\x89PNG\r\n\x1a\n", "webp": b"RIFF\0\0\0\0WEBP"}[form]
    told = js.ask("plain", format=form, data=text(start + rest))
    assert len(base64.b64decode(told["data"])) <= len(start + rest)


def io_of(data: str) -> io.BytesIO:
    return io.BytesIO(base64.b64decode(data))


@given(st.lists(st.integers(0, 400_000), min_size=1, max_size=60), st.sampled_from([1000, 12_800, 30_000, 90_000]))
def test_one_frame_a_second_by_whole_ticks(js, ticks, scale):
    ticks = sorted(ticks)
    told = js.ask("seconds", times=[tick / scale for tick in ticks])
    due, second = [], -1
    for tick in ticks:
        if (tick - ticks[0]) // scale > second:
            second = (tick - ticks[0]) // scale
            due.append((tick - ticks[0]) * 1000 // scale)
    assert [one["at_ms"] for one in told] == due


def test_no_more_frames_than_two_hours(js):
    assert len(js.ask("seconds", times=list(range(8000)))) == 7200


@given(
    st.sampled_from(
        [("I420", 8), ("NV12", 8), ("I422", 8), ("I444", 8), ("I420A", 8), ("I420P10", 10), ("I422P12", 12)]
    ),
    st.booleans(),
    st.sampled_from([0, 90, 180, 270]),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
def test_luma_is_upright_of_8_bits_and_full_range(js, form, full, turn, mirrored, seed):
    name, bits = form
    rng = np.random.default_rng(seed)
    height, width, spare, offset = (int(one) for one in rng.integers(1, 20, 4))
    samples = rng.integers(0, 2**bits, (height, width + spare), dtype=np.uint16)
    plane = samples.astype("<u2" if bits > 8 else "u1")
    told = js.ask(
        "luma",
        data=text(bytes(offset) + plane.tobytes()),
        format=name,
        fullRange=full,
        visibleRect={"width": width, "height": height},
        offset=offset,
        stride=plane.strides[0],
        turns={"turn": turn, "isMirrored": mirrored},
    )
    due = (samples[:, :width] >> (bits - 8)).astype(np.uint8)
    due = np.rot90(due if full else WIDENED[due], -turn // 90)
    due = due[:, ::-1] if mirrored else due
    assert (told["height"], told["width"]) == due.shape
    assert base64.b64decode(told["luma"]) == due.tobytes()


@pytest.mark.parametrize(("name", "order"), [("RGBA", [0, 1, 2]), ("BGRX", [2, 1, 0])])
def test_colours_stay_colours(js, name, order):
    pixels = np.random.default_rng(3).integers(0, 256, (7, 12, 4), dtype=np.uint8)
    rect, turns = {"width": 9, "height": 7}, {"turn": 0, "isMirrored": False}
    asked = {"format": name, "fullRange": None, "visibleRect": rect, "offset": 0, "stride": 48, "turns": turns}
    told = js.ask("luma", data=text(pixels.tobytes()), **asked)
    rgba = np.frombuffer(base64.b64decode(told["rgba"]), np.uint8).reshape(7, 9, 4)
    assert (rgba[..., :3] == pixels[:, :9, order]).all()


@pytest.mark.parametrize("name", [None, "", "P010", "I420P9X"])
def test_a_layout_nobody_knows_gives_nothing(js, name):
    asked = {"data": "", "fullRange": True, "visibleRect": {"width": 1, "height": 1}, "offset": 0, "stride": 1}
    assert js.ask("luma", format=name, turns={"turn": 0, "isMirrored": False}, **asked) is None
