"""The fixed binary frames between the pool and its children, both sides. Pure: no pipe, no process, no decoder.

Request and answer begin with the same header: magic, number of the request, length of what follows. An answer about a
picture holds one record for each form and kind. What comes from a child is hostile: every field is checked, anything
unexpected is a BadFrame.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from amparo.hashing import PROFILE, Hashed, HashKind
from amparo.media.model import DECODE_LIMIT, PIXELS_LIMIT, UNDECODABLE, VIEWS
from amparo.terms.signal import Signal

READY = 0
"""The number in the frame by which a child says that it has started; requests count from 1."""
ANSWER_BYTES_MAX = 64 * 1024
HEADER = struct.Struct(">4sQI")
_MAGIC = b"AMP1"
_ANSWER = struct.Struct(">BIIH")
_RECORD = struct.Struct(">16s24sBH")
_NO_QUALITY = 255
_STATUSES = ("", UNDECODABLE, PIXELS_LIMIT, DECODE_LIMIT)


class BadFrame(Exception):  # noqa: N818  it is caught in this room
    """The other side said something no honest side says."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a child found: a trouble's slug, or the turned picture's size and its signals over pixels."""

    slug: str = ""
    width: int = 0
    height: int = 0
    signals: tuple[Signal, ...] = ()


def header(number: int, length: int) -> bytes:
    """The bytes before ``length`` bytes of request or answer ``number``."""
    return HEADER.pack(_MAGIC, number, length)


def parse_header(data: bytes, length_max: int) -> tuple[int, int]:
    """Number and length from a header. Raises: BadFrame."""
    if len(data) != HEADER.size:
        raise BadFrame
    magic, number, length = HEADER.unpack(data)
    if magic != _MAGIC or length > length_max:
        raise BadFrame
    return number, length


def pack_trouble(slug: str) -> bytes:
    """The answer that there is no picture, and why."""
    return _ANSWER.pack(_STATUSES.index(slug), 0, 0, 0)


def pack_signals(width: int, height: int, found: Sequence[tuple[str, str, Hashed]]) -> bytes:
    """The answer about a picture: for each record its view, its kind and the hash."""
    parts = [_ANSWER.pack(0, width, height, len(found))]
    for view, kind, hashed in found:
        quality = _NO_QUALITY if hashed.quality is None else hashed.quality
        parts += (_RECORD.pack(view.encode("ascii"), kind.encode("ascii"), quality, len(hashed.code)), hashed.code)
    return b"".join(parts)


def parse_answer(data: bytes, kinds: Mapping[str, HashKind], pixels_max: int) -> Answer:
    """What a child said. kinds: those over pixels; each must stand once for each view. Raises: BadFrame."""
    if not _ANSWER.size <= len(data) <= ANSWER_BYTES_MAX:
        raise BadFrame
    status, width, height, count = _ANSWER.unpack_from(data)
    if status >= len(_STATUSES):
        raise BadFrame
    if status:
        if (width, height, count, len(data)) != (0, 0, 0, _ANSWER.size):
            raise BadFrame
        return Answer(_STATUSES[status])
    if count not in (len(kinds), len(kinds) * len(VIEWS)) or not 1 <= width * height <= pixels_max:
        raise BadFrame
    signals = []
    at = _ANSWER.size
    for place in range(count):
        signal, at = _parse_record(data, at, kinds)
        if signal.view != VIEWS[place // len(kinds)]:
            raise BadFrame
        signals.append(signal)
    if at != len(data) or len({(signal.view, signal.kind) for signal in signals}) != count:
        raise BadFrame
    return Answer("", width, height, tuple(signals))


def _parse_record(data: bytes, at: int, kinds: Mapping[str, HashKind]) -> tuple[Signal, int]:
    end = at + _RECORD.size
    if end > len(data):
        raise BadFrame
    view_field, kind_field, quality, length = _RECORD.unpack_from(data, at)
    view = _name(view_field, VIEWS)
    kind = kinds[_name(kind_field, kinds)]
    code = data[end : end + length]
    has_quality = quality != _NO_QUALITY
    if length != kind.bits // 8 or len(code) != length or has_quality != (kind.quality_min is not None):
        raise BadFrame
    if has_quality and quality > 100:
        raise BadFrame
    return Signal(kind.name, code, quality if has_quality else None, view, PROFILE), end + length


def _name(field: bytes, known: Sequence[str] | Mapping[str, HashKind]) -> str:
    """The known name in a fixed field; the rest of the field must be zeros."""
    for name in known:
        if field == name.encode("ascii").ljust(len(field), b"\0"):
            return name
    raise BadFrame
