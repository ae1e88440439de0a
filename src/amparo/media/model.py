"""What a reading of a file is, and which forms of a picture are hashed. No decoder and no process here."""

from dataclasses import dataclass

from amparo.errors import AmparoError, Unreadable
from amparo.hashing.views import VIEWS as FORMS
from amparo.terms.signal import Signal

OVER_BLACK = "over_black"
NO_ALPHA = "no_alpha"
VIEWS = (*FORMS, OVER_BLACK, NO_ALPHA)
"""Names of all views. The last two exist only where some pixel is not opaque."""

PROFILE_BYTES = "bytes"
"""The profile of signals made over the file's bytes."""

UNDECODABLE = "undecodable"
PIXELS_LIMIT = "pixels_limit"
DECODE_LIMIT = "decode_limit"

_TROUBLES = {
    UNDECODABLE: (
        "no decoder could read this file as a picture",
        "Send a whole JPEG, PNG, GIF, WebP, BMP, TIFF, AVIF or HEIC file.",
    ),
    PIXELS_LIMIT: ("the picture has more pixels than are read here", "Send a smaller copy of it."),
    DECODE_LIMIT: (
        "decoding this file took more time or memory than one file may cost",
        "Save the picture anew in an ordinary form and send that.",
    ),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """All that was learnt from one file.

    media_type: by the file's first bytes, None where they say nothing. width, height: of the turned picture in pixels,
    0 where it was not decoded. signals: of every kind, "identity" first, low quality included.
    trouble: why there are no signals over pixels (Unreadable: undecodable, pixels_limit, decode_limit), else None.
    """

    media_type: str | None
    width: int
    height: int
    signals: tuple[Signal, ...]
    trouble: AmparoError | None = None


def trouble_of(slug: str) -> Unreadable:
    """The error a slug of this room stands for."""
    text, hint = _TROUBLES[slug]
    return Unreadable(slug, text, hint)
