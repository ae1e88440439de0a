"""The fixed binary frames between the pool and a child, both directions. Pure; what a child says is checked as hostile.

Question: magic, number, length, then the file. Answer: magic, number, trouble, format, width, height, count, then
``count`` signals of (kind, view, quality, length, code).
"""

import struct
from dataclasses import dataclass
from typing import Final

from amparo.hashing import KINDS, PROFILE
from amparo.media.formats import FORMATS
from amparo.media.model import DECODE_LIMIT, PIXELS_LIMIT, PROFILE_BYTES, UNDECODABLE, VIEWS, Reading, trouble_of
from amparo.terms.signal import Signal

QUESTION: Final = struct.Struct("<4sIQ")
ANSWER: Final = struct.Struct("<4sIBBIIH")
SIGNAL: Final = struct.Struct("<16sBbH")
QUESTION_MAGIC: Final = b"AMQ1"
ANSWER_MAGIC: Final = b"AMA1"
SIGNALS_MAX: Final = 256
CODE_BYTES_MAX: Final = 64
TROUBLES: Final = (None, UNDECODABLE, PIXELS_LIMIT, DECODE_LIMIT)


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
    count: int


def pack_answer(number: int, reading: Reading) -> bytes:
    """The frame that tells ``reading``."""
    names = [found.media_type for found in FORMATS]
    found = 0 if reading.media_type is None else names.index(reading.media_type) + 1
    trouble = TROUBLES.index(None if reading.trouble is None else reading.trouble.slug)
    head = ANSWER.pack(ANSWER_MAGIC, number, trouble, found, reading.width, reading.height, len(reading.signals))
    return head + b"".join(map(_packed, reading.signals))


def read_head(data: bytes) -> Head:
    """The fixed part of an answer. Raises: BadFrame."""
    magic, number, trouble, found, width, height, count = ANSWER.unpack(data)
    if magic != ANSWER_MAGIC or trouble >= len(TROUBLES) or found > len(FORMATS) or count > SIGNALS_MAX:
        raise BadFrame
    return Head(number, TROUBLES[trouble], FORMATS[found - 1].media_type if found else None, width, height, count)


def read_signal(data: bytes) -> tuple[str, str, int | None, int]:
    """kind, view, quality and code length of the next signal. Raises: BadFrame for what no kind of ours makes."""
    name, view, quality, length = SIGNAL.unpack(data)
    kind = KINDS.get(name.rstrip(b"\0").decode("ascii", "replace"))
    if kind is None or view >= len(VIEWS) or length != kind.bits // 8 or not -1 <= quality <= 100:
        raise BadFrame
    if (quality == -1) != (kind.quality_min is None):
        raise BadFrame
    return kind.name, VIEWS[view], None if quality == -1 else quality, length


def signal_of(kind: str, view: str, quality: int | None, code: bytes) -> Signal:
    """A checked signal with the profile its kind stands for."""
    profile = PROFILE if KINDS[kind].over == "pixels" else PROFILE_BYTES
    return Signal(kind, code, quality, view, profile)


def reading_of(head: Head, signals: tuple[Signal, ...]) -> Reading:
    """The reading a checked answer tells."""
    trouble = None if head.trouble is None else trouble_of(head.trouble)
    return Reading(head.media_type, head.width, head.height, signals, trouble)


def _packed(signal: Signal) -> bytes:
    quality = -1 if signal.quality is None else signal.quality
    return SIGNAL.pack(signal.kind.encode(), VIEWS.index(signal.view), quality, len(signal.code)) + signal.code
