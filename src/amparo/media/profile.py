"""Pixel profile px1: from a decoded picture to the 8-bit RGB forms that are hashed (docs/pixel-profile.md).

Not a decoder, and no colour management: descriptions of colour are ignored on purpose, as a browser can be told to.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from amparo.hashing import Pixels
from amparo.media.model import NO_ALPHA, OVER_BLACK, UNDECODABLE, trouble_of
from amparo.terms.signal import IDENTITY

STRIP_PIXELS = 4 * 1024 * 1024
"""Pixels that are laid out at a time, so that a large picture is not held three times."""

OPAQUE = 255
_WHITE = (255, 255, 255, 255)
_BLACK = (0, 0, 0, 255)
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_Layer = Callable[[Image.Image], Image.Image]


def turned(picture: Image.Image, orientation: int) -> Image.Image:
    """The picture as EXIF orientation 1-8 wants it shown."""
    turn = _TURNS.get(orientation)
    return picture if turn is None else picture.transpose(turn)


def to_rgb(picture: Image.Image) -> Image.Image:
    """A loaded picture of any mode as "RGB", or as "RGBA" where it has transparency of any kind.

    Raises: Unreadable (undecodable) for colour spaces without a fixed way to RGB, CIE Lab first.
    """
    mode = picture.mode
    if mode == "RGBA" or (mode == "RGB" and "transparency" not in picture.info):
        return picture
    if mode.startswith("I;16"):
        return grey_16(picture)
    if mode in ("I", "F"):
        scale = _scaled_integer if mode == "I" else _scaled_float
        return Image.fromarray(scale(np.asarray(picture))).convert("RGB")
    if mode == "La":  # Pillow goes from La to LA only
        return picture.convert("LA").convert("RGBA")
    if mode in ("LA", "PA", "RGBa") or (mode in ("1", "L", "P", "RGB") and "transparency" in picture.info):
        return picture.convert("RGBA")
    if mode in ("1", "L", "P", "RGBX", "CMYK", "YCbCr"):
        return picture.convert("RGB")
    raise trouble_of(UNDECODABLE)


def grey_16(picture: Image.Image, bits: int = 16) -> Image.Image:
    """Grey of up to 16 bits by its top 8; a transparent value in ``picture.info`` is met by all bits."""
    samples = np.asarray(picture)
    grey = Image.fromarray(np.minimum(samples >> (bits - 8), 255).astype(np.uint8))
    key = picture.info.get("transparency")
    if not isinstance(key, int):
        return grey.convert("RGB")
    alpha = Image.fromarray(np.where(samples == key, 0, OPAQUE).astype(np.uint8))
    return Image.merge("LA", (grey, alpha)).convert("RGBA")


def forms(picture: Image.Image) -> Iterator[tuple[str, Pixels]]:
    """Each form of an "RGB" or "RGBA" picture: its view and uint8[H, W, 3].

    The array belongs to the iterator and is written over by the next form.
    """
    if picture.mode == "RGB":
        yield IDENTITY, _laid_out(picture, None, _as_is)
        return
    transparent = _alpha_min(picture) < OPAQUE
    pixels = _laid_out(picture, None, _over(_WHITE) if transparent else _drop_alpha)
    yield IDENTITY, pixels
    if transparent:
        yield OVER_BLACK, _laid_out(picture, pixels, _over(_BLACK))
        yield NO_ALPHA, _laid_out(picture, pixels, _drop_alpha)


def _alpha_min(picture: Image.Image) -> int:
    low, _ = picture.getchannel("A").getextrema()
    assert isinstance(low, int), "an 8-bit band has whole extremes"
    return low


def _laid_out(picture: Image.Image, into: Pixels | None, layer: _Layer) -> Pixels:
    """The picture's pixels after ``layer``, in one array; small pictures in one go, large ones strip by strip."""
    width, height = picture.size
    rows = max(1, STRIP_PIXELS // width)
    if into is None and rows >= height:
        return np.asarray(layer(picture))
    pixels = np.empty((height, width, 3), np.uint8) if into is None or not into.flags.writeable else into
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        pixels[top:bottom] = np.asarray(layer(picture.crop((0, top, width, bottom))))
    return pixels


def _as_is(strip: Image.Image) -> Image.Image:
    return strip


def _drop_alpha(strip: Image.Image) -> Image.Image:
    return strip.convert("RGB")


def _over(ground: tuple[int, int, int, int]) -> _Layer:
    """Lay a strip over one colour: (c * a + ground * (255 - a)) / 255, rounded half up, for each sample."""

    def lay(strip: Image.Image) -> Image.Image:
        return Image.alpha_composite(Image.new("RGBA", strip.size, ground), strip).convert("RGB")

    return lay


def _scaled_integer(samples: NDArray[np.int32]) -> NDArray[np.uint8]:
    """32-bit grey: as it is up to 255, else the high byte of 16 bits, else the top 8 of 31; below 0 is 0."""
    most = int(samples.max())
    shift = 0 if most <= 0xFF else 8 if most <= 0xFFFF else 23
    return (np.maximum(samples, 0) >> shift).astype(np.uint8)


def _scaled_float(samples: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Floating grey: times 255 where nothing is above 1, else as it is; cut to 0-255, rounded half up, not a number is 0."""
    sound = np.nan_to_num(samples, nan=0.0, posinf=np.inf, neginf=0.0)
    factor = np.float32(255 if sound.max() <= 1 else 1)
    return np.floor(np.clip(sound * factor, 0, 255) + np.float32(0.5)).astype(np.uint8)
