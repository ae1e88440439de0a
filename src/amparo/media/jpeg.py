"""Counts the scans of a JPEG without decoding it. Not a check that the file is sound."""

import re

SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
SOS = 0xDA
EOI = 0xD9

# In a scan's own data 0xFF is followed by 0x00 or by a restart marker; anything else is the next marker.
_NEXT_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")


def scans_of(data: bytes, most: int) -> int:
    """How many scans a decoder would run over the picture, at most ``most + 1``.

    A sequential picture whose first scan holds all its components has one: decoders stop there.
    Walks the segments, so that previews and what cameras append behind the picture do not count.
    Source: ITU-T T.81 annex B.
    """
    at = 0
    components = -1
    progressive = False
    scans = 0
    while found := _NEXT_MARKER.search(data, at):
        marker, at = data[found.start() + 1], found.end()
        if marker == EOI:
            break
        length = int.from_bytes(data[at : at + 2])
        if marker in SOF and at + 8 <= len(data):
            progressive, components = marker in PROGRESSIVE, data[at + 7]
        elif marker == SOS:
            scans += 1
            whole = at + 3 <= len(data) and data[at + 2] == components
            if scans > most or (whole and not progressive):
                break
        at += max(length, 2)
    return scans
