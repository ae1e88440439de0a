"""vPDQ: PDQ of a video's frames, one a second; two videos meet when enough of their frames do. The rule stands in `match`.

Source: facebook/ThreatExchange, vpdq/README.md and python-threatexchange, extensions/vpdq/vpdq_util.py: frame distance 31,
frame quality 50. Which frames, and their pixels: docs/video-profile.md.
"""

from collections.abc import Mapping

from amparo.hashing import pdq_kernel, video
from amparo.hashing.kind import Frames, Hashed, HashKind
from amparo.hashing.pixels import as_pixels
from amparo.hashing.views import FORMS, NEGATIVE, complement


def _hash(frames: Frames) -> Hashed:
    return video.pack((ms, pdq_kernel.COMPUTE(as_pixels(pixels))) for ms, pixels in frames)


def _views(frames: Frames) -> Mapping[str, Hashed]:
    """Every frame turned, mirrored and inverted alike: a whole film is, or none of it."""
    rows: dict[str, list[tuple[int, Hashed]]] = {name: [] for name in (*FORMS, NEGATIVE)}
    for ms, pixels in frames:
        forms = pdq_kernel.FORMS(as_pixels(pixels))
        for name, hashed in zip(rows, (*forms, complement(forms[0])), strict=True):
            rows[name].append((ms, hashed))
    return {name: video.pack(each) for name, each in rows.items()}


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
