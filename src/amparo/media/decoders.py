"""Which formats can be decoded here, for `amparo doctor`. Decodes nothing."""

from PIL import Image, features

from amparo.media.formats import FORMATS, HEIC
from amparo.media.video import LIBRARY

BUILT_IN = {"JPEG": "jpg", "PNG": "zlib", "WEBP": "webp", "AVIF": "avif", "TIFF": "libtiff"}
"""What Pillow must be built with for a format (https://pillow.readthedocs.io, module PIL.features)."""


def decoders() -> dict[str, bool]:
    """Every format by its name, and whether its decoder is here."""
    Image.init()
    found = {one.name: one.name in Image.OPEN for one in FORMATS if one is not HEIC}
    for name, feature in BUILT_IN.items():
        found[name] = found[name] and bool(features.check(feature))
    return found | {HEIC.name: _has_heif()}


def has_video() -> bool:
    """Whether the extra `video` is installed; without it a video meets by its bytes alone."""
    return LIBRARY is not None


def _has_heif() -> bool:
    try:
        import pi_heif  # noqa: PLC0415  # its absence is an answer here
    except ImportError:
        return False
    return bool(pi_heif.libheif_version())
