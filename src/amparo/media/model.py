"""What a reading or a rendering of a file is, and which forms of a picture or a video are hashed. No decoder and no process here."""

from dataclasses import dataclass, field

from amparo.errors import AmparoError, Unreadable
from amparo.hashing import views
from amparo.terms.signal import IDENTITY, LATER, Signal

OVER_BLACK = "over_black"
NO_ALPHA = "no_alpha"
PHASES_MS = (0, 250, 500, 750)
"""A film is also asked with its seconds counted from a quarter on, a half and three: a copy may begin between two of them."""
PHASE_FORMS = (IDENTITY, "mirror")


def phase_view(phase: int, form: str) -> str | None:
    """The name of a form of a film whose seconds begin at PHASES_MS[phase]; None where it is not asked."""
    if phase == 0:
        return form
    return f"later_{PHASES_MS[phase]}{LATER}{form}" if form in PHASE_FORMS else None


VIEWS = (*views.VIEWS, OVER_BLACK, NO_ALPHA)
"""Names of all views that are told. The last two exist only where some pixel is not opaque."""
VIEWS_MADE = (*VIEWS, *(f"later_{ms}{LATER}{form}" for ms in PHASES_MS[1:] for form in PHASE_FORMS))
"""The same, and those of films begun later, which stay within."""

PROFILE_BYTES = "bytes"
"""The profile of signals made over the file's bytes."""

UNDECODABLE = "undecodable"
PIXELS_LIMIT = "pixels_limit"
DECODE_LIMIT = "decode_limit"
NO_VIDEO = "no_video"
NO_VIDEO_DECODER = "no_video_decoder"

_TROUBLES = {
    UNDECODABLE: (
        "no decoder could read this file as a picture or a video",
        "Send a whole JPEG, PNG, GIF, WebP, BMP, TIFF, AVIF or HEIC file, or a video as docs/video-profile.md lists them.",
    ),
    PIXELS_LIMIT: ("the picture or frame has more pixels than are read here", "Send a smaller copy of it."),
    DECODE_LIMIT: (
        "decoding this file took more time or memory than one file may cost",
        "Save it anew in an ordinary form and send that.",
    ),
    NO_VIDEO: ("the file holds no moving picture", "Send a video; of sound alone there are only md5 and sha256."),
    NO_VIDEO_DECODER: (
        "videos are not decoded here: the extra `video` is not installed",
        "Install amparo[video]; until then a video meets by md5 and sha256 alone.",
    ),
}


CUTS = ("seconds_limit", "frames_limit", "time_limit", "damaged")
"""Why a video was not read to its end: longer than is read; more frames than are decoded; it took too long; broken there."""


@dataclass(frozen=True, slots=True)
class VideoRead:
    """How much of a video was hashed.

    hashed_ms: time of the last frame read, from the first. told_ms: the length its container tells, None where it does not.
    cut: None where all of it was read, else one of CUTS.
    """

    hashed_ms: int
    told_ms: int | None
    cut: str | None


@dataclass(frozen=True, slots=True)
class Reading:
    """All that was learnt from one file.

    media_type: by the file's first bytes, None where they say nothing. width, height: of the turned picture or first frame in pixels,
    0 where it was not decoded. signals: of every kind, "identity" first, low quality included.
    trouble: why there are no signals over pixels or frames (Unreadable: undecodable, pixels_limit, decode_limit, no_video,
    no_video_decoder), else None. video: of a video that was read.
    """

    media_type: str | None
    width: int
    height: int
    signals: tuple[Signal, ...]
    trouble: AmparoError | None = None
    video: VideoRead | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    """What is shown of a file at a look: up to six small grey WebP stills, in order; one of a picture."""

    stills: tuple[bytes, ...] = field(repr=False)
    media_type: str = "image/webp"


def trouble_of(slug: str) -> Unreadable:
    """The error a slug of this room stands for."""
    text, hint = _TROUBLES[slug]
    return Unreadable(slug, text, hint)
