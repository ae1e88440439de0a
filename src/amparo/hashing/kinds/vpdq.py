"""vPDQ: PDQ of a video's frames, one a second; two videos meet when enough of their frames do. The rule stands in `match`.

Source: facebook/ThreatExchange, vpdq/README.md and python-threatexchange, extensions/vpdq/vpdq_util.py: frame distance 31,
frame quality 50. Which frames, and their pixels: docs/video-profile.md.
"""

from amparo.hashing import video
from amparo.hashing.kind import Frames, Hashed, HashKind
from amparo.hashing.pdq_kernel import COMPUTE
from amparo.hashing.pixels import as_pixels


def _hash(frames: Frames) -> Hashed:
    return video.pack((ms, COMPUTE(as_pixels(pixels))) for ms, pixels in frames)


KIND = HashKind(
    name="vpdq", bits=256, over="frames", threshold_bits=31, threshold_bits_max=64, quality_min=50, hash=_hash
)
