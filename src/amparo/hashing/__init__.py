"""Hash kinds: from a picture's pixels or a file's bytes to a code. Knows no file format, no bank and no index."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from amparo.errors import BadInput
from amparo.hashing import kinds, pdq_kernel, vectors
from amparo.hashing.kind import Hashed, HashKind, Pixels
from amparo.hashing.pixels import as_pixels

__all__ = [
    "KINDS",
    "PROFILE",
    "HashKind",
    "Hashed",
    "PixelHash",
    "Pixels",
    "hash_pixels",
    "kernel",
    "kind_of",
    "parse_value",
    "self_test",
]

PROFILE = "px1"
"""Name of the pixel profile (docs/pixel-profile.md), stored with every pixel signal made here."""

KINDS: Mapping[str, HashKind] = MappingProxyType(kinds.KINDS)
_HEX = re.compile("[0-9a-f]*")


@dataclass(frozen=True, slots=True)
class PixelHash:
    """pdq: 32 bytes. quality: 0-100; under 50 the picture has too little detail to be matched."""

    pdq: bytes
    quality: int


def kind_of(name: str) -> HashKind:
    """The kind of that name. Raises: BadInput (unknown_kind)."""
    kind = KINDS.get(name)
    if kind is None:
        raise BadInput("unknown_kind", "there is no such hash kind", f"Known kinds: {', '.join(KINDS)}.")
    return kind


def parse_value(kind_name: str, text: str) -> bytes:
    """The code in ``text``, lower-case hex of exactly the kind's length. Raises: BadInput (unknown_kind, bad_value)."""
    kind = kind_of(kind_name)
    digits = kind.bits // 4
    if len(text) != digits or not _HEX.fullmatch(text):
        raise BadInput(
            "bad_value",
            f"a value of {kind.name} is malformed ({len(text)} characters)",
            f"Write {digits} lower-case hexadecimal digits.",
        )
    return bytes.fromhex(text)


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
