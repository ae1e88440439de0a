"""What a hash kind is. The kinds themselves stand one to a file in `kinds/`; this knows none of them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Frames = Iterable[tuple[int, Pixels]]
"""Milliseconds since the first frame, and the frame: uint8[H, W] luma of the profile in docs/video-profile.md."""


@dataclass(frozen=True, slots=True)
class Hashed:
    """code: ``bits // 8`` bytes, over frames a packed list. quality: 0-100, None where the kind has no such figure."""

    code: bytes
    quality: int | None = None


@dataclass(frozen=True, slots=True)
class HashKind:
    """One way to make a code from a picture's pixels, from a video's frames or from a file's bytes.

    name: lower-case, as in the API. bits: length of a code, a multiple of 64.
    over: "pixels" (uint8[H, W, 3] RGB or [H, W] grey, of the profile in docs/pixel-profile.md), "frames" or "bytes".
    Over frames a code is a packed list (hashing/video.py) and ``bits`` and thresholds are those of one frame's code.
    threshold_bits: default radius, 0 for exact kinds; threshold_bits_max: the widest a bank may ask for.
    quality_min: under it a picture has too little detail for this kind; None where the kind has no quality.
    views: the codes of a picture's forms by their names, `identity` first, for a kind that knows altered copies; else None.
    Over frames those of one frame, to be packed by name.
    """

    name: str
    bits: int
    over: Literal["pixels", "frames", "bytes"]
    threshold_bits: int
    threshold_bits_max: int
    quality_min: int | None
    hash: Callable[[Pixels], Hashed] | Callable[[Frames], Hashed] | Callable[[bytes], Hashed]
    views: Callable[[Pixels], Mapping[str, Hashed]] | None = None

    @property
    def is_exact(self) -> bool:
        """Codes meet only when equal."""
        return self.threshold_bits_max == 0
