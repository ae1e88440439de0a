"""The frames in which a child hands over rendered stills, and what a still may be. Pure; what a child says is checked as hostile.

Question: as for signals, with a magic of its own for each clarity. Answer: magic, number, trouble, count, then ``count`` stills of
(length, file). A still is a WebP of one lossy chunk and nothing else: no room for a name, a place or the picture it was made of.
"""

import struct
from dataclasses import dataclass
from typing import Final, Literal

from amparo.media.frames import TROUBLES, BadFrame

Clarity = Literal[1, 2]
"""1: small, grey and blurred. 2: small and grey."""

SIDE_MAX: Final = 320
STILLS_MAX: Final = 6
STILL_BYTES_MAX: Final = 64 * 1024
MEDIA_TYPE: Final = "image/webp"

QUESTION_MAGICS: Final[dict[Clarity, bytes]] = {1: b"AMR1", 2: b"AMR2"}
ANSWER_MAGIC: Final = b"AMS1"
ANSWER: Final = struct.Struct("<4sIBB")
STILL: Final = struct.Struct("<I")
_WEBP: Final = struct.Struct("<4sI4s4sI3s3sHH")
_KEY_FRAME: Final = b"\x9d\x01\x2a"


@dataclass(frozen=True, slots=True)
class Head:
    """The fixed part of an answer, checked."""

    number: int
    trouble: str | None
    count: int


def clarity_of(magic: bytes) -> Clarity | None:
    """How clear stills are asked for by a question with this magic; None for any other question."""
    return next((clarity for clarity, own in QUESTION_MAGICS.items() if own == magic), None)


def pack_answer(number: int, stills: tuple[bytes, ...], trouble: str | None) -> bytes:
    """The frame that hands over ``stills``, or tells why there are none."""
    head = ANSWER.pack(ANSWER_MAGIC, number, TROUBLES.index(trouble), len(stills))
    return head + b"".join(STILL.pack(len(still)) + still for still in stills)


def read_head(data: bytes) -> Head:
    """The fixed part of an answer. Raises: BadFrame."""
    magic, number, trouble, count = ANSWER.unpack(data)
    if magic != ANSWER_MAGIC or trouble >= len(TROUBLES) or count > STILLS_MAX or bool(trouble) != (count == 0):
        raise BadFrame
    return Head(number, TROUBLES[trouble], count)


def read_length(data: bytes) -> int:
    """The length of the next still. Raises: BadFrame."""
    (length,) = STILL.unpack(data)
    if not _WEBP.size < length <= STILL_BYTES_MAX:
        raise BadFrame
    return int(length)


def check_still(data: bytes) -> bytes:
    """``data`` as it is. Raises: BadFrame for what is no WebP of one lossy chunk, or over SIDE_MAX in width or height.

    Source: RFC 9649 section 2.5 (simple file format, lossy); RFC 6386 section 9.1 (the frame's header).
    """
    riff, whole, webp, kind, length, _, start, width, height = _WEBP.unpack_from(data)
    is_one_chunk = (riff, webp, kind) == (b"RIFF", b"WEBP", b"VP8 ") and start == _KEY_FRAME
    if not is_one_chunk or whole != len(data) - 8 or length + length % 2 != len(data) - 20:
        raise BadFrame
    if not (0 < width <= SIDE_MAX and 0 < height <= SIDE_MAX):  # the two bits above ask a browser to enlarge it
        raise BadFrame
    return data
