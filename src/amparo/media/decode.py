"""Decodes one file into the pixels to hash. The only module that imports a decoder's opener; runs in the child alone."""

import io
import warnings

import pi_heif
from PIL import Image

from amparo.media.formats import FORMATS, JPEG, TIFF, Format, format_of
from amparo.media.jpeg import scans_of
from amparo.media.model import DECODE_LIMIT, PIXELS_LIMIT, UNDECODABLE
from amparo.media.orientation import orientation_of
from amparo.media.profile import Pixels, forms_of, turned


class Undecodable(Exception):  # named as the field does
    """No pixels came of it. slug: which trouble (media.model)."""

    def __init__(self, slug: str, found: Format | None) -> None:
        super().__init__(slug)
        self.slug = slug
        self.found = found


def prepare() -> None:
    """Load every decoder now: later the process may be unable to read their files."""
    warnings.simplefilter("ignore")
    pi_heif.register_heif_opener(thumbnails=False)
    Image.init()
    Image.MAX_IMAGE_PIXELS = None  # pixels_max below takes its place
    buffer = io.BytesIO()
    for found in FORMATS:
        if found.name in Image.SAVE:
            buffer.seek(0)
            Image.new("RGB", (16, 16)).save(buffer, found.name)
            decode(buffer.getvalue(), 1_000, 10)


def decode(data: bytes, pixels_max: int, jpeg_scans_max: int) -> tuple[Format, dict[str, Pixels]]:
    """The format of a file and its first picture's forms. Raises: Undecodable; MemoryError."""
    found = format_of(data)
    if found is None:
        raise Undecodable(UNDECODABLE, None)
    if found is JPEG and scans_of(data, jpeg_scans_max) > jpeg_scans_max:
        raise Undecodable(DECODE_LIMIT, found)
    try:
        with Image.open(io.BytesIO(data), formats=[found.name]) as picture:
            _check_size(picture, found, pixels_max)
            picture.load()
            upright = picture if found is TIFF else turned(picture, _orientation(picture))
            return found, forms_of(upright)
    except (Undecodable, MemoryError):
        raise
    except Exception as error:  # decoders of hostile files raise anything
        raise Undecodable(UNDECODABLE, found) from error


def _check_size(picture: Image.Image, found: Format, pixels_max: int) -> None:
    if picture.width * picture.height > pixels_max:
        raise Undecodable(PIXELS_LIMIT, found)


def _orientation(picture: Image.Image) -> int:
    exif = picture.info.get("exif", b"")
    return orientation_of(exif) if isinstance(exif, bytes) else 1
