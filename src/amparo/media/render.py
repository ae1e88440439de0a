"""Makes of one file the small grey stills that are shown at a look. Runs in the child alone; keeps nothing of the file but its pixels.

Never the file itself, never its size, colours, sound or metadata: a still is drawn anew, at most SIDE_MAX pixels a side.
"""

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from PIL import Image, ImageFilter

from amparo.media.decode import Undecodable, decode
from amparo.media.formats import VIDEOS, format_of
from amparo.media.model import DECODE_LIMIT
from amparo.media.profile import Pixels
from amparo.media.settings import MediaSettings
from amparo.media.stills import SIDE_MAX, STILL_BYTES_MAX, STILLS_MAX, Clarity
from amparo.media.video import Film
from amparo.terms.signal import IDENTITY

BLUR_SHARE: Final = 40  # the blur's radius is this part of the longer side
QUALITIES: Final = (60, 30, 5)
FIRST_PHASE: Final = 0
CPU_MS_MAX: Final = 10_000
"""Somebody waits: of a video that takes longer to decode, the stills are of its beginning."""


def render_file(data: bytes, clarity: Clarity, settings: MediaSettings) -> tuple[tuple[bytes, ...], str | None]:
    """Up to STILLS_MAX stills (WebP) in the order of a video's frames, one of a picture; or none, and the slug of its trouble."""
    try:
        return tuple(_written(small, clarity) for small in _smalls(data, settings)), None
    except Undecodable as error:
        return (), error.slug
    except MemoryError:
        return (), DECODE_LIMIT


def _smalls(data: bytes, settings: MediaSettings) -> "list[Image.Image]":
    found = format_of(data)
    if found in VIDEOS:
        film = Film(data, found, replace(settings, video_cpu_ms_max=min(settings.video_cpu_ms_max, CPU_MS_MAX)))
        return _spread(_small(pixels) for phases, _, pixels in film.frames() if FIRST_PHASE in phases)
    _, forms = decode(data, settings.pixels_max, settings.jpeg_scans_max)
    return [_small(forms[IDENTITY])]


def _small(pixels: Pixels) -> Image.Image:
    """Grey, at most SIDE_MAX a side; a thin picture keeps at least one pixel across."""
    picture = Image.fromarray(pixels)
    factor = min(1.0, SIDE_MAX / max(picture.size))
    size = (max(1, int(picture.width * factor)), max(1, int(picture.height * factor)))
    return picture.convert("L").resize(size, Image.Resampling.BOX)


def _spread(frames: "Iterator[Image.Image]") -> "list[Image.Image]":
    """Up to STILLS_MAX of them, spread over all: each time too many are held every second one goes."""
    held: list[Image.Image] = []
    step = 1
    for number, frame in enumerate(frames):
        if number % step:
            continue
        held.append(frame)
        if len(held) > 2 * STILLS_MAX:
            held, step = held[::2], 2 * step
    most = min(STILLS_MAX, len(held))
    return [held[place * len(held) // most] for place in range(most)]


def _written(small: Image.Image, clarity: Clarity) -> bytes:
    if clarity == 1:
        small = small.filter(ImageFilter.GaussianBlur(max(2, max(small.size) / BLUR_SHARE)))
    bare = Image.frombytes("L", small.size, small.tobytes())  # nothing that hung on the picture comes along
    for quality in QUALITIES:
        buffer = io.BytesIO()
        bare.save(buffer, "WEBP", quality=quality, method=4)
        if len(buffer.getvalue()) <= STILL_BYTES_MAX:
            break
    return buffer.getvalue()
