"""Hash kinds: from a picture's pixels, a video's frames or a file's bytes to a code. Knows no file format, no bank and no index."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from amparo.errors import BadInput
from amparo.hashing import kinds, pdq_kernel, vectors, video
from amparo.hashing.kind import Frames, Hashed, HashKind, Pixels
from amparo.hashing.pixels import as_pixels
from amparo.terms.signal import Signal

__all__ = [
    "KINDS",
    "PROFILE",
    "VIDEO_PROFILE",
    "Frames",
    "HashKind",
    "Hashed",
    "PixelHash",
    "Pixels",
    "codes_in",
    "hash_pixels",
    "kernel",
    "kind_of",
    "parse_signal",
    "parse_value",
    "self_test",
    "value_of",
]

PROFILE = "px1"
"""Name of the pixel profile (docs/pixel-profile.md), stored with every pixel signal made here."""

VIDEO_PROFILE = "vx1"
"""Name of the video profile (docs/video-profile.md), stored with every frame signal made here."""

KINDS: Mapping[str, HashKind] = MappingProxyType(kinds.KINDS)
_HEX = re.compile("[0-9a-f]*")


@dataclass(frozen=True, slots=True)
class PixelHash:
    """pdq: 32 bytes. quality: 0-100; under `views.QUALITY_MIN` the picture has too little detail to be matched."""

    pdq: bytes
    quality: int


def kind_of(name: str) -> HashKind:
    """The kind of that name. Raises: BadInput (unknown_kind)."""
    kind = KINDS.get(name)
    if kind is None:
        raise BadInput("unknown_kind", "there is no such hash kind", f"Known kinds: {', '.join(KINDS)}.")
    return kind


def parse_value(kind_name: str, text: str) -> bytes:
    """The code in ``text``: lower-case hex of exactly the kind's length, or the text of a video's code (hashing/video.py).

    Raises: BadInput (unknown_kind, bad_value).
    """
    kind = kind_of(kind_name)
    if kind.over == "frames":
        return video.from_text(text)
    digits = kind.bits // 4
    if len(text) != digits or not _HEX.fullmatch(text):
        raise BadInput(
            "bad_value",
            f"a value of {kind.name} is malformed ({len(text)} characters)",
            f"Write {digits} lower-case hexadecimal digits.",
        )
    return bytes.fromhex(text)


def parse_signal(kind_name: str, text: str) -> Signal:
    """The signal of which ``text`` is the value, as lists and questions tell it. Raises: BadInput (unknown_kind, bad_value)."""
    code = parse_value(kind_name, text)
    quality = video.quality_of(code) if KINDS[kind_name].over == "frames" else None  # else nobody said it
    return Signal(kind_name, code, quality)


def value_of(signal: Signal) -> str:
    """The signal's code in the form in which signals travel: lower-case hex, of a video the text of its frames."""
    return video.as_text(signal.code) if KINDS[signal.kind].over == "frames" else signal.code.hex()


def codes_in(signals: Iterable[Signal]) -> int:
    """How many codes a search for ``signals`` asks for: a video has one a frame."""
    return sum(
        len(signal.code) // video.FRAME.itemsize if KINDS[signal.kind].over == "frames" else 1 for signal in signals
    )


def hash_pixels(pixels: NDArray[np.uint8]) -> PixelHash:
    """PDQ and quality of uint8[H, W, 3] RGB or [H, W] grey, any strides. Releases the GIL while the C kernel works.

    Raises: BadInput (bad_pixels), MemoryError.
    """
    hashed = pdq_kernel.COMPUTE(as_pixels(pixels))
    assert hashed.quality is not None, "PDQ always has a quality"
    return PixelHash(hashed.code, hashed.quality)


def kernel() -> str:
    """What computes PDQ here: c-avx512, c-avx2, c or numpy."""
    return pdq_kernel.NAME


def self_test() -> dict[str, int]:
    """Check every kind against its start vectors; gives how many ran, by kind. Raises: Tampered (self_test)."""
    return vectors.self_test(KINDS.values())
