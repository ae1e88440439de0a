"""The fixed binary frames between the pool and a child, both directions. Pure; what a child says is checked as hostile.

Question: magic, number, length, then the file. Answer: magic, number, trouble, format, width, height, video, count, then
``count`` signals of (kind, view, quality, length, code). Of a video: time hashed, time told, and a byte that says whether it was cut, and why.
"""

import struct
from dataclasses import dataclass
from typing import Final

from amparo.errors import BadInput
from amparo.hashing import KINDS, PROFILE, VIDEO_PROFILE
from amparo.hashing.kind import HashKind
from amparo.hashing.video import FRAME, FRAMES_MAX, quality_of
from amparo.media.formats import FORMATS, VIDEOS
from amparo.media.model import (
    CUTS,
    DECODE_LIMIT,
    NO_VIDEO,
    NO_VIDEO_DECODER,
    PIXELS_LIMIT,
    PROFILE_BYTES,
    UNDECODABLE,
    VIEWS_MADE,
    Reading,
    VideoRead,
    trouble_of,
)
from amparo.terms.signal import Signal

QUESTION: Final = struct.Struct("<4sIQ")
ANSWER: Final = struct.Struct("<4sIBBIIIIBH")
SIGNAL: Final = struct.Struct("<16sBbI")
QUESTION_MAGIC: Final = b"AMQ1"
ANSWER_MAGIC: Final = b"AMA1"
SIGNALS_MAX: Final = 256
TROUBLES: Final = (None, UNDECODABLE, PIXELS_LIMIT, DECODE_LIMIT, NO_VIDEO, NO_VIDEO_DECODER)
READ_FORMATS: Final = (*FORMATS, *VIDEOS)
UNKNOWN_MS: Final = 2**32 - 1
NO_FILM: Final = 0
WHOLE: Final = 1
PROFILES: Final = {"pixels": PROFILE, "frames": VIDEO_PROFILE, "bytes": PROFILE_BYTES}


class BadFrame(Exception):  # named as the field does
    """What came over the pipe is no frame of ours."""


@dataclass(frozen=True, slots=True)
class Head:
    """The fixed part of an answer, checked."""

    number: int
    trouble: str | None
    media_type: str | None
    width: int
    height: int
    video: VideoRead | None
    count: int


def pack_answer(number: int, reading: Reading) -> bytes:
    """The frame that tells ``reading``."""
    names = [found.media_type for found in READ_FORMATS]
    found = 0 if reading.media_type is None else names.index(reading.media_type) + 1
    trouble = TROUBLES.index(None if reading.trouble is None else reading.trouble.slug)
    size = reading.width, reading.height
    head = ANSWER.pack(ANSWER_MAGIC, number, trouble, found, *size, *_told(reading.video), len(reading.signals))
    return head + b"".join(map(_packed, reading.signals))


def read_head(data: bytes) -> Head:
    """The fixed part of an answer. Raises: BadFrame."""
    magic, number, trouble, found, width, height, *film, count = ANSWER.unpack(data)
    if magic != ANSWER_MAGIC or trouble >= len(TROUBLES) or found > len(READ_FORMATS) or count > SIGNALS_MAX:
        raise BadFrame
    media_type = READ_FORMATS[found - 1].media_type if found else None
    return Head(number, TROUBLES[trouble], media_type, width, height, _video(*film), count)


def _told(video: VideoRead | None) -> tuple[int, int, int]:
    if video is None:
        return 0, 0, NO_FILM
    cut = WHOLE if video.cut is None else WHOLE + 1 + CUTS.index(video.cut)
    return video.hashed_ms, UNKNOWN_MS if video.told_ms is None else video.told_ms, cut


def _video(hashed_ms: int, told_ms: int, cut: int) -> VideoRead | None:
    if cut > WHOLE + len(CUTS):
        raise BadFrame
    if cut == NO_FILM:
        return None
    told = None if told_ms == UNKNOWN_MS else told_ms
    return VideoRead(hashed_ms, told, None if cut == WHOLE else CUTS[cut - WHOLE - 1])


def read_signal(data: bytes) -> tuple[str, str, int | None, int]:
    """kind, view, quality and code length of the next signal. Raises: BadFrame for what no kind of ours makes."""
    name, view, quality, length = SIGNAL.unpack(data)
    kind = KINDS.get(name.rstrip(b"\0").decode("ascii", "replace"))
    if kind is None or view >= len(VIEWS_MADE) or not -1 <= quality <= 100 or not _is_length(kind, length):
        raise BadFrame
    if (quality == -1) != (kind.quality_min is None):
        raise BadFrame
    return kind.name, VIEWS_MADE[view], None if quality == -1 else quality, length


def _is_length(kind: HashKind, length: int) -> bool:
    if kind.over == "frames":
        return 0 < length <= FRAMES_MAX * FRAME.itemsize and length % FRAME.itemsize == 0
    return length == kind.bits // 8


def signal_of(kind: str, view: str, quality: int | None, code: bytes) -> Signal:
    """A checked signal with the profile its kind stands for. Raises: BadFrame for a video's code that is none."""
    over = KINDS[kind].over
    if over == "frames":
        try:
            if quality_of(code) != quality:
                raise BadFrame
        except BadInput as error:
            raise BadFrame from error
    return Signal(kind, code, quality, view, PROFILES[over])


def reading_of(head: Head, signals: tuple[Signal, ...]) -> Reading:
    """The reading a checked answer tells."""
    trouble = None if head.trouble is None else trouble_of(head.trouble)
    return Reading(head.media_type, head.width, head.height, signals, trouble, head.video)


def _packed(signal: Signal) -> bytes:
    quality = -1 if signal.quality is None else signal.quality
    return SIGNAL.pack(signal.kind.encode(), VIEWS_MADE.index(signal.view), quality, len(signal.code)) + signal.code
