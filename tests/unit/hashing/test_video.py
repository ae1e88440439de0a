"""The code of a video: packed and as text, as the reference writes and reads it."""

import contextlib
import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amparo.errors import BadInput
from amparo.hashing import KINDS, Hashed, codes_in, parse_signal, parse_value, value_of, video
from amparo.hashing.views import FORMS, NEGATIVE
from amparo.terms.signal import Signal
from tests.signals import FRAMES

CODES = [bytes([number]) * 32 for number in range(6)]


def read_as_the_reference_does(text: str) -> list[tuple[str, int, float]]:
    """Hex, quality, seconds of each frame. Source: json_to_vpdq, VpdqCompactFeature.from_str and assert_valid of vpdq_util.py."""
    frames = []
    for one in json.loads(text or "[]"):
        pdq_hex, quality, seconds = one.split(",")
        assert len(pdq_hex) == 64
        int(pdq_hex, 16)
        assert 0 <= int(quality) <= 100
        assert float(seconds) >= 0
        frames.append((pdq_hex, int(quality), float(seconds)))
    return frames


@given(FRAMES)
def test_the_reference_reads_what_we_write(frames):
    text = video.as_text(video.pack(frames).code)
    told = [(hashed.code.hex(), hashed.quality, ms / 1000) for ms, hashed in frames]
    assert read_as_the_reference_does(text) == told
    assert video.pack(frames).quality == max(hashed.quality for _, hashed in frames)


@given(FRAMES)
def test_we_read_what_the_reference_writes(frames):
    # VpdqCompactFeature.__str__ gives three significant digits, in whatever form Python writes such a number
    text = json.dumps([f"{hashed.code.hex()},{hashed.quality},{ms / 1000:.3}" for ms, hashed in frames], indent=1)
    read = video.frames_of(video.from_text(text))
    assert [bytes(code) for code in read["code"]] == [hashed.code for _, hashed in frames]
    assert read["quality"].tolist() == [hashed.quality for _, hashed in frames]
    assert read["ms"].tolist() == [round(float(f"{ms / 1000:.3}") * 1000) for ms, _ in frames]


@given(FRAMES)
def test_text_and_packed_form_say_the_same(frames):
    code = video.pack(frames).code
    signal = parse_signal("vpdq", value_of(Signal("vpdq", code)))
    assert (signal.code, signal.quality) == (code, video.quality_of(code))
    assert codes_in([signal, Signal("md5", bytes(16))]) == len(frames) + 1


FRAME = "0" * 64 + ",50,1.5"
BAD = [
    "", "[]", "{}", "null", "[1]", '["', FRAME, "[" * 500, "\ud800", json.dumps([FRAME] * (video.FRAMES_MAX + 1)),
    " " * (video.TEXT_CHARS_MAX + 1),
    *(
        json.dumps([FRAME, one])
        for one in (
            "", FRAME + ",1", FRAME.upper().replace("0,", "A,"), FRAME[1:], "0" + FRAME, "g" + FRAME[1:],
            FRAME.replace("50", "101"), FRAME.replace("50", "-1"), FRAME.replace("50", ""), FRAME.replace("1.5", "-1"),
            FRAME.replace("1.5", "nan"), FRAME.replace("1.5", "inf"), FRAME.replace("1.5", "1e9"), FRAME.replace("1.5", ""),
            FRAME.replace("1.5", "٣"), FRAME + "\n",
        )
    ),
]  # fmt: skip


@pytest.mark.parametrize("text", BAD, ids=range(len(BAD)))
def test_what_is_no_value_is_refused_without_telling_it(text):
    with pytest.raises(BadInput) as caught:
        parse_value("vpdq", text)
    assert caught.value.slug == "bad_value"
    assert not re.search("[0-9a-f]{20}", caught.value.text)


@given(st.text(max_size=60) | st.lists(st.text(max_size=80), max_size=3).map(json.dumps))
def test_any_text_is_a_value_or_refused(text):
    with contextlib.suppress(BadInput):
        assert video.frames_of(video.from_text(text)).size


@pytest.mark.parametrize(
    "code", [b"", bytes(36), bytes(38), bytes(37 * (video.FRAMES_MAX + 1)), bytes(4) + b"\x65" + bytes(32)]
)
def test_what_is_no_packed_code_is_refused(code):
    with pytest.raises(BadInput) as caught:
        video.frames_of(code)
    assert caught.value.slug == "bad_value"


@pytest.mark.parametrize("number", [0, video.FRAMES_MAX + 1])
def test_no_frame_and_too_many_are_refused(number):
    with pytest.raises(BadInput):
        video.pack((ms, Hashed(CODES[0], 50)) for ms in range(number))


def test_frames_are_searched_by_quality_then_each_code_once_in_their_order():
    told = [(5, 49), (3, 50), (1, 100), (3, 80), (5, 51), (1, 10), (2, 0)]
    code = video.pack((1000 * ms, Hashed(CODES[number], quality)) for ms, (number, quality) in enumerate(told)).code
    assert video.searchable(code, 50).tolist() == [list(CODES[number]) for number in (3, 1, 5)]
    assert video.searchable(code, 0).tolist() == [list(CODES[number]) for number in (5, 3, 1, 2)]
    assert video.searchable(video.pack([(0, Hashed(CODES[1], 3))]).code, 50).shape == (0, 32)


def test_a_frame_without_a_quality_has_none_to_be_searched_by():
    assert video.pack([(0, Hashed(CODES[1]))]).quality == 0


def test_every_form_is_that_of_its_frames():
    frames = [(ms, np.random.default_rng(ms).integers(0, 256, (64, 96), np.uint8)) for ms in (0, 1_000, 2_000)]
    for _, pixels in frames:
        told = KINDS["vpdq"].views(pixels)
        assert list(told) == [*FORMS, NEGATIVE]
        assert told.items() <= KINDS["pdq"].views(pixels).items()
    packed = video.pack((ms, KINDS["vpdq"].views(pixels)["identity"]) for ms, pixels in frames)
    assert packed == KINDS["vpdq"].hash(iter(frames))


def test_the_kind_hashes_frames_of_any_size_as_they_come():
    frames = [(0, np.arange(96 * 64, dtype=np.uint8).reshape(64, 96)), (1_000, np.zeros((9, 8), np.uint8))]
    hashed = KINDS["vpdq"].hash(frames)
    each = [KINDS["pdq"].hash(pixels) for _, pixels in frames]
    assert hashed == video.pack(zip((0, 1_000), each, strict=True))
