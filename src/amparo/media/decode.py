"""From a file's bytes to the forms of its picture. Runs in a child process only: what it is given is hostile.

It bounds what can be bounded before the pixels are read; memory and time are bounded from outside (confine.py, pool.py).
"""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO

import pi_heif
from PIL import (  # noqa: F401  the plug-ins register themselves; nothing can be loaded once the child is confined
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageOps,
    ImagePalette,
    ImageSequence,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from amparo.hashing import Pixels
from amparo.media import formats, profile
from amparo.media.formats import Format, format_of
from amparo.media.jpeg import scans_of
from amparo.media.model import DECODE_LIMIT, PIXELS_LIMIT, UNDECODABLE, trouble_of
from amparo.media.orientation import UPRIGHT, orientation_of

BITS_16 = 16


@dataclass(frozen=True, slots=True)
class Decoded:
    """width, height: of the turned picture. forms: view and uint8[H, W, 3], to be used one at a time."""

    width: int
    height: int
    forms: Iterator[tuple[str, Pixels]]


class _TolerantExif(Image.Exif):
    """Pillow reads the EXIF block of an AVIF while opening it; a damaged one is no reason not to see the picture."""

    def load(self, data: bytes) -> None:
        try:
            super().load(data)
        except Exception:  # noqa: BLE001  whatever is wrong with it, it is ignored
            self._data.clear()
            self._info = None


def prepare(pixels_max: int) -> None:
    """Set the decoders up, once in a process: no threads, no warnings, no extras, a limit on pixels."""
    warnings.simplefilter("ignore")
    Image.preinit()
    Image.MAX_IMAGE_PIXELS = pixels_max
    Image.Exif = _TolerantExif  # type: ignore[misc]
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    pi_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)


def decode(data: bytes, pixels_max: int, scans_max: int) -> Decoded:
    """The first picture in a file.

    Raises: Unreadable (undecodable, pixels_limit, decode_limit), MemoryError, and whatever a decoder may raise:
    the caller takes any Exception as undecodable.
    """
    found = format_of(data)
    if found is None:
        raise trouble_of(UNDECODABLE)
    if found is formats.JPEG and scans_of(data, scans_max) > scans_max:
        raise trouble_of(DECODE_LIMIT)
    try:
        opened = Image.open(BytesIO(data), formats=[found.name])
    except Image.DecompressionBombError:
        raise trouble_of(PIXELS_LIMIT) from None
    if opened.width * opened.height > pixels_max:
        raise trouble_of(PIXELS_LIMIT)
    picture = _LOADERS.get(found, _load)(opened, data)
    picture = profile.turned(picture, _turn(found, opened))
    return Decoded(picture.width, picture.height, profile.forms(picture))


def _turn(found: Format, opened: Image.Image) -> int:
    """HEIC is turned by its own decoder, AVIF's own turn is put where EXIF's stands; TIFF is turned in loading."""
    if found not in (formats.JPEG, formats.PNG, formats.WEBP, formats.AVIF):
        return UPRIGHT
    exif = opened.info.get("exif")
    return orientation_of(exif) if isinstance(exif, bytes) else UPRIGHT


def _load(opened: Image.Image, _: bytes) -> Image.Image:
    opened.load()
    return profile.to_rgb(opened)


def _load_png(opened: Image.Image, data: bytes) -> Image.Image:
    """Pillow leaves a transparent colour as it stands in the file, whatever the depth of the samples."""
    depth = data[24]
    opened.load()
    key = opened.info.get("transparency")
    if isinstance(key, bytes):
        opened.info["transparency"] = key[:256]
    elif isinstance(key, int) and opened.mode == "L":
        most = (1 << depth) - 1
        opened.info["transparency"] = (key & most) * 255 // most
    elif isinstance(key, tuple) and depth == BITS_16:
        return _keyed_16(opened, data, key)
    elif isinstance(key, tuple):
        opened.info["transparency"] = tuple(sample & 0xFF for sample in key)
    return profile.to_rgb(opened)


def _keyed_16(high: Image.Image, data: bytes, key: tuple[int, ...]) -> Image.Image:
    """16-bit RGB with a transparent colour: all 16 bits must meet, so the low bytes are decoded too."""
    low = Image.open(BytesIO(data), formats=["PNG"])
    assert isinstance(low, PngImagePlugin.PngImageFile), "opened as PNG"
    low.tile = [tile._replace(args="RGB;16L") for tile in low.tile]
    low.load()
    meets = Image.new("L", high.size, 255)
    for picture, shift in ((high, 8), (low, 0)):
        for band, sample in zip(picture.split(), key, strict=True):
            wanted = sample >> shift & 0xFF
            meets.paste(0, mask=band.point([0 if value == wanted else 255 for value in range(256)]))
    del high.info["transparency"]
    picture = high.convert("RGBA")
    picture.putalpha(meets.point([255 - value for value in range(256)]))
    return picture


def _load_gif(opened: Image.Image, _: bytes) -> Image.Image:
    """What the first picture does not cover of the canvas is transparent, as browsers show it."""
    assert isinstance(opened, GifImagePlugin.GifImageFile), "opened as GIF"
    covered = opened.tile[0].extents if opened.tile else None
    opened.load()
    picture = profile.to_rgb(opened)
    if covered is None or covered == (0, 0, *opened.size):
        return picture
    canvas = Image.new("RGBA", opened.size, (0, 0, 0, 0))
    canvas.paste(picture.convert("RGBA").crop(covered), covered)
    return canvas


def _load_bmp(opened: Image.Image, _: bytes) -> Image.Image:
    """An alpha channel that is 0 everywhere was never meant: browsers show such files opaque."""
    opened.load()
    if opened.mode == "RGBA" and opened.getchannel("A").getextrema() == (0, 0):
        return opened.convert("RGB")
    return profile.to_rgb(opened)


def _load_tiff(opened: Image.Image, _: bytes) -> Image.Image:
    assert isinstance(opened, TiffImagePlugin.TiffImageFile), "opened as TIFF"

    def turn() -> None:
        # Pillow would read the EXIF directory here too, and fail where it is damaged.
        ImageOps.exif_transpose(opened, in_place=True)

    opened.info.pop("xmp", None)  # else Pillow would take a turn from there
    opened.load_end = turn  # type: ignore[method-assign]
    bits = opened.tag_v2.get(258)
    opened.load()
    if opened.mode == "I;16" and bits == (12,):
        return profile.grey_16(opened, bits=12)
    return profile.to_rgb(opened)


_LOADERS: dict[Format, Callable[[Image.Image, bytes], Image.Image]] = {
    formats.PNG: _load_png,
    formats.GIF: _load_gif,
    formats.BMP: _load_bmp,
    formats.TIFF: _load_tiff,
}
