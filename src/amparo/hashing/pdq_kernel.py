"""Which code computes PDQ here: the C kernel in its fastest variant, else numpy. All give the same bits."""

from collections.abc import Callable
from types import ModuleType

from amparo.hashing import pdq_numpy
from amparo.hashing.kind import Hashed, Pixels

try:
    from amparo.hashing import _pdq

    EXTENSION: ModuleType | None = _pdq
except ImportError:
    EXTENSION = None

Compute = Callable[[Pixels], Hashed]


def kernels(extension: ModuleType | None = EXTENSION) -> dict[str, Compute]:
    """Everything this machine can run, by name, slowest first: numpy, c, c-avx2, c-avx512.

    Each takes uint8[H, W, 3] or [H, W] without gaps between rows. Raises: MemoryError.
    """
    found: dict[str, Compute] = {"numpy": pdq_numpy.compute}
    if extension is not None:
        for place, variant in enumerate(extension.variants()):
            found["c" if variant == "plain" else f"c-{variant}"] = _in_c(extension, place)
    return found


def _in_c(extension: ModuleType, variant: int) -> Compute:
    def compute(pixels: Pixels) -> Hashed:
        height, width = pixels.shape[:2]
        channels = 1 if pixels.ndim == 2 else 3
        code, quality = extension.pdq(pixels, width, height, channels, variant)
        return Hashed(code, quality)

    return compute


NAME, COMPUTE = list(kernels().items())[-1]
