"""The pixel profile px1 (docs/pixel-profile.md): from a decoded picture to the RGB pixels that are hashed. Opens no file."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from amparo.media.model import NO_ALPHA, OVER_BLACK
from amparo.terms.signal import IDENTITY

Pixels = NDArray[np.uint8]

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ALPHA_MODES = {"RGBA", "LA", "PA", "La", "RGBa"}


def turned(picture: Image.Image, orientation: int) -> Image.Image:
    """The picture as EXIF ``orientation`` 1-8 wants it shown."""
    turn = _TURNS.get(orientation)
    return picture if turn is None else picture.transpose(turn)


def forms_of(picture: Image.Image) -> dict[str, Pixels]:
    """uint8[H, W, 3] RGB by view: `identity` (over white), and where a pixel is not opaque `over_black` and `no_alpha`.

    Raises: ValueError for colour models that have no way to RGB.
    """
    picture = _eight_bit(picture)
    if picture.mode not in _ALPHA_MODES and "transparency" not in picture.info:
        return {IDENTITY: _rgb(picture)}
    if picture.mode == "La":
        picture = picture.convert("LA")
    rgba = picture if picture.mode == "RGBA" else picture.convert("RGBA")
    pixels = np.asarray(rgba)
    bare = np.ascontiguousarray(pixels[..., :3])
    if pixels[..., 3].min() == 255:
        return {IDENTITY: bare}
    return {IDENTITY: _over(rgba, 255), OVER_BLACK: _over(rgba, 0), NO_ALPHA: bare}


def _rgb(picture: Image.Image) -> Pixels:
    return np.asarray(picture if picture.mode == "RGB" else picture.convert("RGB"))


def _over(rgba: Image.Image, level: int) -> Pixels:
    ground = Image.new("RGBA", rgba.size, (level, level, level, 255))
    return np.ascontiguousarray(np.asarray(Image.alpha_composite(ground, rgba))[..., :3])


def _eight_bit(picture: Image.Image) -> Image.Image:
    """Deep grey by its high byte: the library's own conversion clips instead."""
    if picture.mode.startswith("I;16"):
        deep = np.asarray(picture)
        grey = Image.fromarray((deep >> 8).astype(np.uint8))
        clear = picture.info.get("transparency")
        if isinstance(clear, int):
            grey.putalpha(Image.fromarray(np.where(deep == clear, 0, 255).astype(np.uint8)))
        return grey
    if picture.mode == "I":
        return Image.fromarray((np.clip(np.asarray(picture), 0, 65_535) >> 8).astype(np.uint8))
    return picture
