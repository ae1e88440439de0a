"""vPDQ: PDQ of a video's frames, one a second; two videos meet when enough of their frames do. The rule stands in `match`.

Source: facebook/ThreatExchange, vpdq/README.md and python-threatexchange, extensions/vpdq/vpdq_util.py: frame distance 31,
frame quality 50. Which frames, and their pixels: docs/video-profile.md.
"""

from collections.abc import Mapping

from amparo.hashing import pdq_kernel, video
from amparo.hashing.kind import Frames, Hashed, HashKind, Pixels
from amparo.hashing.pixels import as_pixels
from amparo.hashing.views import FORMS, NEGATIVE, complement


def _hash(frames: Frames) -> Hashed:
    return video.pack((ms, pdq_kernel.COMPUTE(as_pixels(pixels))) for ms, pixels in frames)


def _views(frame: Pixels) -> Mapping[str, Hashed]:
    """Of one frame. A whole film is turned or mirrored, or none of it: each form's codes are packed by themselves."""
    forms = pdq_kernel.FORMS(as_pixels(frame))
    return dict(zip((*FORMS, NEGATIVE), (*forms, complement(forms[0])), strict=True))


KIND = HashKind(
    name="vpdq",
    bits=256,
    over="frames",
    threshold_bits=31,
    threshold_bits_max=64,
    quality_min=50,
    hash=_hash,
    views=_views,
)
