"""PDQ: a perceptual hash of 256 bits of a picture's pixels, with a quality. The arithmetic stands in the kernels.

Source: Facebook, 2019, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm" (threshold 31, quality
50); numbers as the `pdqhash` package gives them at full size.
"""

from amparo.hashing.kind import Hashed, HashKind, Pixels
from amparo.hashing.pdq_kernel import COMPUTE
from amparo.hashing.pixels import as_pixels
from amparo.hashing.views import QUALITY_MIN, views_of


def _hash(pixels: Pixels) -> Hashed:
    return COMPUTE(as_pixels(pixels))


KIND = HashKind(
    name="pdq",
    bits=256,
    over="pixels",
    threshold_bits=31,
    threshold_bits_max=64,
    quality_min=QUALITY_MIN,
    hash=_hash,
    views=views_of,
)
