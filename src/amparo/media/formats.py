"""Which format a file is, by its first bytes. Decodes nothing, trusts no name and no declared type."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Format:
    """name: as the decoder calls it. media_type: as HTTP does (RFC 9110 section 8.3)."""

    name: str
    media_type: str


JPEG = Format("JPEG", "image/jpeg")
PNG = Format("PNG", "image/png")
GIF = Format("GIF", "image/gif")
WEBP = Format("WEBP", "image/webp")
BMP = Format("BMP", "image/bmp")
TIFF = Format("TIFF", "image/tiff")
AVIF = Format("AVIF", "image/avif")
HEIC = Format("HEIF", "image/heic")

FORMATS = (JPEG, PNG, GIF, WEBP, BMP, TIFF, AVIF, HEIC)

_STARTS = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"BM", BMP),
    (b"II*\0", TIFF),
    (b"MM\0*", TIFF),
    (b"II+\0", TIFF),
    (b"MM\0+", TIFF),
)
_AVIF_BRANDS = (b"avif", b"avis")
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs")
_OPEN_BRANDS = (b"mif1", b"msf1")  # these say only "some still picture": the compatible brands decide


def format_of(data: bytes) -> Format | None:
    """The format of a file, None where its first bytes are of none we read.

    Source: the magic numbers of the WHATWG MIME Sniffing standard; brands of ISO/IEC 23008-12 and AV1 Image File Format.
    """
    for start, found in _STARTS:
        if data.startswith(start):
            return found
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return WEBP
    if data[4:8] == b"ftyp":
        return _by_brand(data)
    return None


def _by_brand(data: bytes) -> Format | None:
    """AVIF and HEIC share a container; the major brand decides, else the list of compatible ones."""
    major = data[8:12]
    if major in _AVIF_BRANDS:
        return AVIF
    if major in _HEIC_BRANDS:
        return HEIC
    if major not in _OPEN_BRANDS:
        return None
    end = min(int.from_bytes(data[:4]), 256)
    brands = {data[at : at + 4] for at in range(16, end, 4)}
    return AVIF if brands.intersection(_AVIF_BRANDS) else HEIC
