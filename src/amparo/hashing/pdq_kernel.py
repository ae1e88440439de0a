"""Which code computes PDQ here: the C kernel in its fastest variant, else numpy. All give the same bits."""

from collections.abc import Callable
from types import ModuleType

import numpy as np

from amparo.hashing import pdq_numpy
from amparo.hashing.kind import Hashed, Pixels

try:
    from amparo.hashing import _pdq

    EXTENSION: ModuleType | None = _pdq
except ImportError:
    EXTENSION = None

Compute = Callable[[Pixels], Hashed]
Forms = Callable[[Pixels], tuple[Hashed, ...]]
ThumbForms = Callable[[pdq_numpy.Floats], tuple[Hashed, ...]]


def kernels(extension: ModuleType | None = EXTENSION) -> dict[str, Compute]:
    """Everything this machine can run, by name, slowest first: numpy, c, c-avx2, c-avx512.

    Each takes uint8[H, W, 3] or [H, W] without gaps between rows. Raises: MemoryError.
    """
    found: dict[str, Compute] = {"numpy": pdq_numpy.compute}
    if extension is not None:
        for place, name in enumerate(extension.variants()):
            found[name] = _in_c(extension, place)
    return found


def forms_kernels(extension: ModuleType | None = EXTENSION) -> dict[str, Forms]:
    """As ``kernels``, for the codes of all eight turns and mirrors, in the order of `views.FORMS`."""
    found: dict[str, Forms] = {"numpy": pdq_numpy.forms}
    if extension is not None:
        for place, name in enumerate(extension.variants()):
            found[name] = _forms_in_c(extension, place)
    return found


def thumb_kernels(extension: ModuleType | None = EXTENSION) -> dict[str, ThumbForms]:
    """The same from a thumbnail, float32[64, 64], made elsewhere: numpy, c."""
    found: dict[str, ThumbForms] = {"numpy": pdq_numpy.thumb_forms}
    if extension is not None:
        c = extension
        found["c"] = lambda thumb: _split(*c.thumb_forms(np.ascontiguousarray(thumb)))
    return found


def _forms_in_c(extension: ModuleType, variant: int) -> Forms:
    def forms(pixels: Pixels) -> tuple[Hashed, ...]:
        height, width = pixels.shape[:2]
        channels = 1 if pixels.ndim == 2 else 3
        return _split(*extension.forms(pixels, width, height, channels, variant))

    return forms


def _split(codes: bytes, quality: int) -> tuple[Hashed, ...]:
    return tuple(Hashed(codes[at : at + 32], quality) for at in range(0, len(codes), 32))


def _in_c(extension: ModuleType, variant: int) -> Compute:
    def compute(pixels: Pixels) -> Hashed:
        height, width = pixels.shape[:2]
        channels = 1 if pixels.ndim == 2 else 3
        code, quality = extension.pdq(pixels, width, height, channels, variant)
        return Hashed(code, quality)

    return compute


NAME, COMPUTE = list(kernels().items())[-1]
FORMS = list(forms_kernels().values())[-1]
THUMB_FORMS = list(thumb_kernels().values())[-1]
