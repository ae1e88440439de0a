"""What a file is, by its first bytes; scans and orientation read without a decoder."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amparo.media import formats
from amparo.media.formats import AVIF, BMP, GIF, HEIC, JPEG, PNG, TIFF, WEBP, format_of
from amparo.media.jpeg import scans_of
from amparo.media.orientation import orientation_of
from tests.hostile import drawing, scans
from tests.pictures import exif_of, saved

STARTS = [
    (b"\xff\xd8\xff\xe0", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"BM", BMP),
    (b"II*\0", TIFF),
    (b"MM\0*", TIFF),
    (b"RIFF\0\0\0\0WEBPVP8 ", WEBP),
    (b"\0\0\0\x20ftypavif", AVIF),
    (b"\0\0\0\x20ftypheic", HEIC),
    (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", AVIF),
    (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", HEIC),
    (b"\0\0\0\x14ftypmif1\0\0\0\0mif1avif", HEIC),  # avif stands behind the end of the list
    (b"\0\0\0\x20ftypisom", formats.MP4),
    (b"\0\0\0\x20ftypzzzz\0\0\0\0yyyymp42", formats.MP4),
    (b"\0\0\0\x14ftypzzzz\0\0\0\0yyyymp42", None),  # mp42 stands behind the end of the list
    (b"\0\0\0\x20ftypM4A ", None),
    (b"\0\0\0\x14ftypqt  ", formats.QUICKTIME),
    (b"\0\0\0\x18ftyp3gp5", formats.THREE_GP),
    (b"\0\0\0\x08wide\0\0\0\0mdat", formats.QUICKTIME),
    (b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm", formats.WEBM),
    (b"\x1a\x45\xdf\xa3\x9f\x42\x82\x88matroska", formats.MATROSKA),
    (b"RIFF\0\0\0\0AVI LIST", formats.AVI),
    (b"FLV\1\5", formats.FLV),
    (b"OggS\0", formats.OGG),
    (b"\0\0\1\xba", formats.MPEG_PS),
    ((b"G" + bytes(187)) * 3, formats.MPEG_TS),
    ((bytes(4) + b"G" + bytes(187)) * 3, formats.MPEG_TS),
    ((b"G" + bytes(187)) * 2, None),
    (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", None),
    (b"ffconcat version 1.0\nfile /etc/passwd\n", None),
    (b"\xff\xd8", None),
    (b" GIF89a", None),
    (b"", None),
]


@pytest.mark.parametrize(("start", "found"), STARTS, ids=[repr(start) for start, _ in STARTS])
def test_the_first_bytes_decide(start, found):
    assert format_of(start) is found


@given(st.binary(max_size=200))
def test_any_bytes_are_something_or_nothing(data):
    for read in (data, b"\0\0\0\x40ftypmif1" + data):
        format_of(read)
    assert 0 <= scans_of(b"\xff\xd8" + data, 5) <= 6
    assert 1 <= orientation_of(data) <= 8
    assert 1 <= orientation_of(b"MM\0*" + data) <= 8


def test_scans_are_counted():
    plain = saved(drawing(), "JPEG")
    assert scans_of(plain, 100) == 1
    progressive = saved(drawing(), "JPEG", progressive=True)
    own = scans_of(progressive, 100)
    assert own == progressive.count(b"\xff\xda") > 5
    assert scans_of(scans(progressive, 50), 100) == own + 50
    assert scans_of(scans(progressive, 5_000), 100) == 101
    assert scans_of(scans(plain, 50), 100) == 1  # a decoder stops after the first
    assert scans_of(progressive + plain * 200, 100) == own  # what a camera appends does not count


def test_a_preview_inside_a_segment_does_not_count():
    inside = saved(drawing((16, 16)), "JPEG", progressive=True)
    plain = saved(drawing(), "JPEG")
    segment = b"\xff\xe2" + struct.pack(">H", len(inside) + 2) + inside
    assert scans_of(plain[:2] + segment + plain[2:], 100) == 1


@pytest.mark.parametrize("turn", range(1, 9))
def test_an_orientation_is_read_in_both_byte_orders(turn):
    little = b"II*\0\x08\0\0\0\x01\0" + struct.pack("<HHIHHI", 0x112, 3, 1, turn, 0, 0)
    assert orientation_of(exif_of(turn)) == orientation_of(little) == turn


@pytest.mark.parametrize(
    "entry",
    [(0x112, 3, 1, 0), (0x112, 3, 1, 9), (0x112, 4, 1, 6), (0x112, 3, 2, 6), (0x113, 3, 1, 6), (0x112, 3, 1, 0xFFFF)],
)
def test_what_is_no_orientation_counts_as_upright(entry):
    assert orientation_of(b"MM\0*\0\0\0\x08\0\1" + struct.pack(">HHIHHI", *entry, 0, 0)) == 1
