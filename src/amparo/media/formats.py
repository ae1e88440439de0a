"""Which format a file is, by its first bytes: pictures, and containers of video. Decodes nothing, trusts no name and no declared type."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Format:
    """name: as the decoder (of a container: the demuxer) calls it. media_type: as HTTP does (RFC 9110 section 8.3)."""

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
"""Still pictures, and animations of which the first is read."""

MP4 = Format("mov", "video/mp4")
QUICKTIME = Format("mov", "video/quicktime")
THREE_GP = Format("mov", "video/3gpp")
WEBM = Format("matroska", "video/webm")
MATROSKA = Format("matroska", "video/matroska")
AVI = Format("avi", "video/x-msvideo")
FLV = Format("flv", "video/x-flv")
OGG = Format("ogg", "video/ogg")
ASF = Format("asf", "video/x-ms-asf")
MPEG_PS = Format("mpeg", "video/mpeg")
MPEG_TS = Format("mpegts", "video/mp2t")

VIDEOS = (MP4, QUICKTIME, THREE_GP, WEBM, MATROSKA, AVI, FLV, OGG, ASF, MPEG_PS, MPEG_TS)

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
    (b"FLV\x01", FLV),
    (b"OggS", OGG),
    (b"\0\0\x01\xba", MPEG_PS),
    (bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"), ASF),
)
_AVIF_BRANDS = (b"avif", b"avis")
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs")
_MOVIE_BRANDS = (
    b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"iso7", b"iso8", b"iso9", b"mp41", b"mp42", b"mp71", b"avc1",
    b"hvc1", b"av01", b"dash", b"msdh", b"cmfc", b"M4V ", b"M4VH", b"M4VP", b"MSNV", b"mmp4", b"f4v ", b"XAVC",
)  # fmt: skip
_MOVIE_BOXES = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")  # QuickTime files from before there were brands
_EBML = b"\x1a\x45\xdf\xa3"
_OPEN_BRANDS = (b"mif1", b"msf1")  # these say only "some still picture": the compatible brands decide


def format_of(data: bytes) -> Format | None:
    """The format of a file, None where its first bytes are of none we read.

    Source: the magic numbers of the WHATWG MIME Sniffing standard; brands of ISO/IEC 23008-12, AV1 Image File Format and
    mp4ra.org; RFC 8794 section 11 (EBML); ISO/IEC 13818-1 section 2.4.3 (transport packets).
    """
    for start, found in _STARTS:
        if data.startswith(start):
            return found
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return WEBP
    if data[:4] == b"RIFF" and data[8:12] == b"AVI ":
        return AVI
    if data[:4] == _EBML:
        return WEBM if b"\x42\x82\x84webm" in data[:256] else MATROSKA
    if data[4:8] == b"ftyp":
        return _by_brand(data) or _movie_by_brand(data)
    if data[4:8] in _MOVIE_BOXES:
        return QUICKTIME
    is_transport = any(data[at : at + 2 * step + 1 : step] == b"GGG" for at, step in ((0, 188), (4, 192)))
    return MPEG_TS if is_transport else None


def is_video(data: bytes) -> bool:
    """Whether the first bytes say that this is a video."""
    return format_of(data) in VIDEOS


def _movie_by_brand(data: bytes) -> Format | None:
    """The major brand decides, else any compatible one that is of a movie."""
    major = data[8:12]
    if major == b"qt  ":
        return QUICKTIME
    if major[:2] == b"3g":
        return THREE_GP
    end = min(int.from_bytes(data[:4]), 256)
    return MP4 if any(data[at : at + 4] in _MOVIE_BRANDS for at in range(8, end, 4)) else None


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
