"""The forms of a picture under which it is looked up by PDQ: its turns and mirrors, its negative, the pictures framed in it.

Knows no file and no list. What each form finds and misses: docs/recognition.md; why these: docs/adr/0017.
"""

from collections.abc import Mapping, Sequence

from amparo.hashing import pdq_kernel, windows, windows_numpy
from amparo.hashing.kind import Hashed, Pixels
from amparo.hashing.pixels import as_pixels

FORMS = ("identity", "mirror", "flip", "turn_180", "transpose", "turn_90", "turn_270", "transverse")
"""The picture as it is; left and right changed; top and bottom changed; both; along the falling diagonal; turned clockwise
by 90 and 270 degrees; along the rising diagonal. A view is the form of the upload that met."""
NEGATIVE = "negative"
WHOLE = ""
"""Of no frame."""
FRAMES_MAX = windows_numpy.WINDOWS_MAX
QUALITY_MIN = 20
"""Under it a code says too little of its picture (docs/adr/0008)."""
WINDOW_QUALITY_MIN = 50
"""The same of a window: there are many, and some lie on plain parts of an interface."""


def frame_views(number: int) -> tuple[str, ...]:
    """The names of one window's forms: `frame_1`, `frame_1.mirror`, …, `frame_1.negative`."""
    return (f"frame_{number}", *(f"frame_{number}.{form}" for form in (*FORMS[1:], NEGATIVE)))


VIEWS = (*FORMS, NEGATIVE, *(name for number in range(1, FRAMES_MAX + 1) for name in frame_views(number)))
"""All names there are, in the order in which forms are made and told."""


def frame_of(view: str) -> str:
    """The frame of which a view is a form: `frame_2` of `frame_2.mirror`; WHOLE for forms of the whole picture."""
    return view.partition(".")[0] if view.startswith("frame_") else WHOLE


def views_of(pixels: Pixels) -> Mapping[str, Hashed]:
    """The codes of a picture's forms, by view, and those of up to eight windows in it, each with its own forms and quality.

    pixels: uint8[H, W, 3] RGB or [H, W] grey. The negative's code is the complement of the picture's. Windows under
    WINDOW_QUALITY_MIN are left out. Raises: BadInput (bad_pixels), MemoryError.
    """
    checked = as_pixels(pixels)
    made = _named((*FORMS, NEGATIVE), pdq_kernel.FORMS(checked))
    number = 0
    for thumb in windows.FIND(checked)[1]:
        forms = pdq_kernel.THUMB_FORMS(thumb)
        if (forms[0].quality or 0) >= WINDOW_QUALITY_MIN:
            number += 1
            made |= _named(frame_views(number), forms)
    return made


def _named(names: Sequence[str], forms: Sequence[Hashed]) -> dict[str, Hashed]:
    return dict(zip(names, (*forms, complement(forms[0])), strict=True))


def complement(hashed: Hashed) -> Hashed:
    """What the picture in inverted colours has: as many coefficients lie over the median as under it."""
    return Hashed(bytes(byte ^ 255 for byte in hashed.code), hashed.quality)
