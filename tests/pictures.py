"""Writes files that the picture library cannot: deep, interlaced, turned. Not a test and no general encoder."""

import io
import struct
import subprocess
import tempfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

PASSES = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
"""Adam7: first row, first column, steps (PNG, section 8.2)."""

Samples = NDArray[np.uint8] | NDArray[np.uint16]


def saved(pixels: NDArray[np.uint8] | Image.Image, form: str, **options: object) -> bytes:
    """A file by the picture library."""
    picture = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def heic(picture: Image.Image, *options: str) -> bytes:
    """A HEIC file by heif-enc (requirements/debian.txt)."""
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder, "a.png"), Path(folder, "a.heic")
        picture.save(source)
        subprocess.run(["heif-enc", *options, source, "-o", made], check=True, capture_output=True)
        return made.read_bytes()


def png(samples: Samples, *, interlaced: bool = False) -> bytes:
    """[H, W] grey or [H, W, 3] RGB, 8 or 16 bits a sample, without filters."""
    height, width = samples.shape[:2]
    colour = 0 if samples.ndim == 2 else 2
    head = struct.pack(">IIBBBBB", width, height, samples.itemsize * 8, colour, 0, 0, int(interlaced))
    parts = [samples[row::down, column::right] for row, column, down, right in PASSES] if interlaced else [samples]
    rows = zlib.compress(b"".join(map(_rows, parts)), 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def _rows(samples: Samples) -> bytes:
    if not samples.size:
        return b""
    whole = samples.astype(samples.dtype.newbyteorder(">")).reshape(len(samples), -1)
    flat = np.frombuffer(whole.tobytes(), np.uint8).reshape(len(samples), -1)
    return np.hstack([np.zeros((len(flat), 1), np.uint8), flat]).tobytes()


def chunk(name: bytes, data: bytes) -> bytes:
    """A PNG chunk with its right checksum."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def deep(pixels: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """16 bits whose high byte is the pixel; the low byte is noise, which must not count."""
    noise = np.random.default_rng(7).integers(0, 256, pixels.shape, np.uint16)
    return (pixels.astype(np.uint16) << 8) | noise


def exif_of(orientation: int) -> bytes:
    """An EXIF block with an orientation alone."""
    return b"Exif\0\0MM\0*\0\0\0\x08\0\1" + struct.pack(">HHIHHI", 0x112, 3, 1, orientation, 0, 0)


def stored(shown: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """The pixels as they stand in a file that is shown right once ``orientation`` is applied (CIPA DC-008, 4.6.4)."""
    transposed = shown.swapaxes(0, 1)
    return np.ascontiguousarray(
        {
            1: shown,
            2: shown[:, ::-1],
            3: shown[::-1, ::-1],
            4: shown[::-1],
            5: transposed,
            6: np.rot90(shown, 1),
            7: transposed[::-1, ::-1],
            8: np.rot90(shown, -1),
        }[orientation]
    )
