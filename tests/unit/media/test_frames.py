"""The frames between pool and child: what is told is heard, and a child that lies is not believed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amparo.hashing import KINDS
from amparo.hashing.video import FRAME, FRAMES_MAX, quality_of
from amparo.media import frames
from amparo.media.model import CUTS, VIEWS_MADE, Reading, VideoRead, trouble_of
from tests.signals import codes, qualities

SIGNALS = st.sampled_from(sorted(KINDS)).flatmap(
    lambda name: codes(KINDS[name]).flatmap(
        lambda code: st.builds(
            frames.signal_of, st.just(name), st.sampled_from(VIEWS_MADE), qualities(KINDS[name], code), st.just(code)
        )
    )
)
MS = st.integers(0, 2**32 - 2)
VIDEOS_READ = st.none() | st.builds(VideoRead, MS, st.none() | MS, st.none() | st.sampled_from(CUTS))
READINGS = st.builds(
    Reading,
    st.none() | st.sampled_from([found.media_type for found in frames.READ_FORMATS]),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**32 - 1),
    st.lists(SIGNALS, max_size=12).map(tuple),
    st.none() | st.sampled_from([slug for slug in frames.TROUBLES if slug]).map(trouble_of),
    VIDEOS_READ,
)


def heard(data: bytes) -> tuple[int, Reading]:
    """An answer as the pool reads it. Raises: BadFrame, EOFError for one cut short."""
    place = 0

    def take(size: int) -> bytes:
        nonlocal place
        place += size
        if place > len(data):
            raise EOFError
        return data[place - size : place]

    head = frames.read_head(take(frames.ANSWER.size))
    signals = []
    for _ in range(head.count):
        kind, view, quality, length = frames.read_signal(take(frames.SIGNAL.size))
        signals.append(frames.signal_of(kind, view, quality, take(length)))
    return head.number, frames.reading_of(head, tuple(signals))


def parts(reading: Reading) -> tuple[object, ...]:
    slug = None if reading.trouble is None else reading.trouble.slug
    return reading.media_type, reading.width, reading.height, reading.signals, slug, reading.video


@given(st.integers(0, 2**32 - 1), READINGS)
def test_what_is_told_is_heard(number, reading):
    told, heard_reading = heard(frames.pack_answer(number, reading))
    assert told == number
    assert parts(heard_reading) == parts(reading)


@given(READINGS, st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_answer_is_a_sound_reading_or_refused(reading, place, change):
    data = bytearray(frames.pack_answer(7, reading))
    data[place % len(data)] ^= change
    try:
        _, found = heard(bytes(data))
    except (frames.BadFrame, EOFError):
        return
    for signal in found.signals:
        if KINDS[signal.kind].over == "frames":
            assert quality_of(signal.code) == signal.quality
        else:
            assert len(signal.code) == KINDS[signal.kind].bits // 8
        assert signal.view in VIEWS_MADE
        assert (signal.quality is None) == (KINDS[signal.kind].quality_min is None)


@given(st.binary(max_size=400))
def test_any_words_are_a_reading_or_refused(words):
    for data in (words, frames.ANSWER_MAGIC + words):
        try:
            heard(data)
        except (frames.BadFrame, EOFError):
            continue


@pytest.mark.parametrize(
    "head",
    [
        (b"AMA2", 1, 0, 1, 1, 1, 0, 0, 0, 0),
        (frames.ANSWER_MAGIC, 1, len(frames.TROUBLES), 1, 1, 1, 0, 0, 0, 0),
        (frames.ANSWER_MAGIC, 1, 0, len(frames.READ_FORMATS) + 1, 1, 1, 0, 0, 0, 0),
        (frames.ANSWER_MAGIC, 1, 0, 1, 1, 1, 0, 0, frames.WHOLE + len(CUTS) + 1, 0),
        (frames.ANSWER_MAGIC, 1, 0, 1, 1, 1, 0, 0, 0, frames.SIGNALS_MAX + 1),
    ],
)
def test_a_head_that_cannot_be_is_refused(head):
    with pytest.raises(frames.BadFrame):
        frames.read_head(frames.ANSWER.pack(*head))


@pytest.mark.parametrize(
    "signal",
    [
        (b"photodna", 0, -1, 32),
        (b"\xff" * 16, 0, 50, 32),
        (b"pdq", len(VIEWS_MADE), 50, 32),
        (b"pdq", 0, 50, 31),
        (b"pdq", 0, 101, 32),
        (b"pdq", 0, -2, 32),
        (b"pdq", 0, -1, 32),
        (b"md5", 0, 50, 16),
        (b"md5", 0, -1, 32),
        (b"vpdq", 0, 50, 0),
        (b"vpdq", 0, 50, 32),
        (b"vpdq", 0, -1, FRAME.itemsize),
        (b"vpdq", 0, 50, FRAME.itemsize * (FRAMES_MAX + 1)),
    ],
)
def test_a_signal_that_cannot_be_is_refused(signal):
    with pytest.raises(frames.BadFrame):
        frames.read_signal(frames.SIGNAL.pack(*signal))


@pytest.mark.parametrize(
    ("code", "quality"), [(bytes(FRAME.itemsize), 1), (bytes(4) + b"\x65" + bytes(32), 101), (b"x", 0)]
)
def test_a_video_code_that_is_none_is_refused(code, quality):
    with pytest.raises(frames.BadFrame):
        frames.signal_of("vpdq", "identity", quality, code)
