"""Reads how a picture is to be turned from its EXIF block. Reads nothing else of it; what is damaged counts as upright."""

import struct

UPRIGHT = 1
_TAG = 0x0112
_SHORT = 3
_PREFIX = b"Exif\0\0"


def orientation_of(exif: bytes) -> int:
    """The orientation 1-8 in the first directory of an EXIF block (with or without its prefix), 1 where there is none.

    Source: CIPA DC-008 (EXIF 2.32) section 4.6.4, TIFF 6.0 section 2. The entry must be one SHORT.
    """
    try:
        return _read(exif.removeprefix(_PREFIX))
    except struct.error:
        return UPRIGHT


def _read(block: bytes) -> int:
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None:
        return UPRIGHT
    magic, at = struct.unpack_from(order + "HI", block, 2)
    if magic != 42:
        return UPRIGHT
    (entries,) = struct.unpack_from(order + "H", block, at)
    for entry in range(at + 2, at + 2 + 12 * entries, 12):
        tag, kind, count, value = struct.unpack_from(order + "HHIH", block, entry)
        if tag == _TAG:
            sound = kind == _SHORT and count == 1 and 1 <= value <= 8
            return value if sound else UPRIGHT
    return UPRIGHT
