"""Picture files of every kind a browser reads, made at test time from pictures that scikit-image ships. Not a test.

tests/pictures.py writes what the picture library cannot; here is added what describes colour: ICC profiles and PNG's gAMA.
"""

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage import data as shipped

from tests.pictures import chunk, deep, exif_of, png, saved, stored

Pixels = NDArray[np.uint8]
PICTURES = ("chelsea", "coffee", "rocket")
SIZES_MP = (0.1, 0.5, 2, 12, 24, 48)
D50 = (0.9642, 1.0, 0.8249)
PRIMARIES = {  # XYZ of red, green, blue under D50, and gamma
    "Adobe RGB": (((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)), 2.19921875),
    "P3": (((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407)), 2.2),
    "far off": (((0.2, 0.6, 0.1), (0.6, 0.2, 0.1), (0.1642, 0.2, 0.6249)), 1.0),
}


@dataclass(frozen=True)
class Made:
    """group: what is special in it."""

    name: str
    group: str
    data: bytes


def profile(name: str) -> bytes:
    """An ICC profile of three primaries and a gamma (ICC.1:2001-04, sections 6.1 to 6.5)."""
    primaries, gamma = PRIMARIES[name]
    text = name.encode() + b"\0"
    fixed = {
        b"desc": b"desc" + struct.pack(">II", 0, len(text)) + text + bytes(4 + 4 + 2 + 1 + 67),
        b"cprt": b"text" + bytes(4) + b"none\0",
        b"wtpt": _xyz(D50),
    }
    curve = b"curv" + struct.pack(">IIH", 0, 1, round(gamma * 256))
    tags = {**fixed}
    for letter, point in zip((b"r", b"g", b"b"), primaries, strict=True):
        tags[letter + b"XYZ"] = _xyz(point)
        tags[letter + b"TRC"] = curve
    at, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for tag, content in tags.items():
        padded = content + bytes(-len(content) % 4)
        table += tag + struct.pack(">II", at + len(body), len(content))
        body += padded
    head = struct.pack(">I4sI4s4s4s", at + len(body), bytes(4), 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + _numbers(D50)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def _numbers(values: tuple[float, ...]) -> bytes:
    return struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))


def _xyz(values: tuple[float, ...]) -> bytes:
    return b"XYZ " + bytes(4) + _numbers(values)


def described(data: bytes, *chunks: bytes) -> bytes:
    """A PNG with those chunks right after its head."""
    return data[:33] + b"".join(chunks) + data[33:]


def picture(name: str, width: int) -> Image.Image:
    """RGB, that wide, without whatever the library carries along."""
    pixels = getattr(shipped, name)()[..., :3]
    return Image.fromarray(pixels).resize((width, round(width * pixels.shape[0] / pixels.shape[1])))


def opaque_files() -> Iterator[Made]:
    """Those that must give the same bits everywhere."""
    for name in PICTURES:
        seen = picture(name, 480)
        for group, data in (*jpegs(seen), *pngs(seen), *others(seen)):
            yield Made(f"{name}, {group}", group, data)
    shown = np.asarray(picture("coffee", 401))
    for turn in range(1, 9):
        turned = stored(shown, turn)
        yield Made(f"JPEG, EXIF {turn}", "EXIF", saved(turned, "JPEG", quality=90, exif=exif_of(turn)))
        yield Made(f"PNG, EXIF {turn}", "EXIF", saved(turned, "PNG", exif=exif_of(turn)))
        yield Made(f"WebP, EXIF {turn}", "EXIF", saved(turned, "WEBP", lossless=True, exif=exif_of(turn)))
    yield from sized()


def jpegs(seen: Image.Image) -> Iterator[tuple[str, bytes]]:
    odd = seen.crop((0, 0, seen.width - 3, seen.height - 5))
    for name, subsampling in (("4:4:4", 0), ("4:2:2", 1), ("4:2:0", 2)):
        yield f"JPEG {name}", saved(seen, "JPEG", quality=88, subsampling=subsampling)
        yield f"JPEG {name}, progressive", saved(seen, "JPEG", quality=75, subsampling=subsampling, progressive=True)
        yield f"JPEG {name}, odd size", saved(odd, "JPEG", quality=60, subsampling=subsampling, optimize=True)
    yield "JPEG, restart markers", saved(seen, "JPEG", quality=80, restart_marker_blocks=4)
    yield "JPEG, grey", saved(seen.convert("L"), "JPEG", quality=85)
    yield "JPEG, CMYK", saved(seen.convert("CMYK"), "JPEG", quality=90)
    for name in PRIMARIES:
        yield f"JPEG, {name}", saved(seen, "JPEG", quality=90, icc_profile=profile(name))


def pngs(seen: Image.Image) -> Iterator[tuple[str, bytes]]:
    pixels = np.asarray(seen)
    grey = np.asarray(seen.convert("L"))
    yield "PNG", png(pixels)
    yield "PNG, interlaced", png(pixels, interlaced=True)
    yield "PNG, 16 bits", png(deep(pixels))
    yield "PNG, 16 bits, interlaced", png(deep(pixels), interlaced=True)
    yield "PNG, grey", png(grey)
    yield "PNG, grey, 16 bits", png(deep(grey))
    yield "PNG, black and white", saved(seen.convert("1"), "PNG")
    yield "PNG, palette", saved(seen.quantize(64), "PNG")
    yield "PNG, palette of 4", saved(seen.quantize(4), "PNG")
    yield "PNG, opaque alpha", saved(seen.convert("RGBA"), "PNG")
    yield "PNG, gAMA", described(png(pixels), chunk(b"gAMA", struct.pack(">I", 100_000)))
    yield "PNG, sRGB and cHRM", described(png(pixels), chunk(b"sRGB", b"\0"), chunk(b"cHRM", bytes(32)))
    for name in PRIMARIES:
        yield f"PNG, {name}", saved(seen, "PNG", icc_profile=profile(name))


def others(seen: Image.Image) -> Iterator[tuple[str, bytes]]:
    second = seen.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    yield "WebP", saved(seen, "WEBP", quality=85)
    yield "WebP, lossless", saved(seen, "WEBP", lossless=True)
    yield "WebP, P3", saved(seen, "WEBP", quality=90, icc_profile=profile("P3"))
    yield "WebP, animated", saved(seen, "WEBP", lossless=True, save_all=True, append_images=[second], duration=100)
    yield "AVIF", saved(seen, "AVIF", quality=80)
    yield "AVIF 4:4:4", saved(seen, "AVIF", quality=85, subsampling="4:4:4")
    yield "AVIF, P3", saved(seen, "AVIF", quality=85, icc_profile=profile("P3"))
    yield "GIF", saved(seen.quantize(128), "GIF")
    yield "GIF, animated", saved(seen.quantize(128), "GIF", save_all=True, append_images=[second], duration=100)
    yield "PNG, animated", saved(seen, "PNG", save_all=True, append_images=[second], duration=100)
    yield (
        "PNG, animated without its first picture",
        saved(seen, "PNG", save_all=True, append_images=[second, seen], default_image=True, duration=100),
    )
    yield "BMP", saved(seen, "BMP")
    yield "BMP, palette", saved(seen.quantize(200), "BMP")
    yield "WebP, EXIF and P3", saved(seen, "WEBP", lossless=True, exif=exif_of(6), icc_profile=profile("P3"))
    yield "JPEG, EXIF and far off", saved(seen, "JPEG", quality=90, exif=exif_of(8), icc_profile=profile("far off"))


def sized() -> Iterator[Made]:
    """From a tenth of a megapixel to 48, and very long ones."""
    for megapixels in SIZES_MP:
        yield Made(f"{megapixels} MP", "size", big(megapixels))
    for width, height in ((20_000, 50), (50, 20_000), (16_385, 64), (5, 5), (64, 64), (65, 63)):
        seen = picture("rocket", 640).resize((width, height))
        yield Made(f"PNG, {width} x {height}", "size", saved(seen, "PNG"))


def big(megapixels: float) -> bytes:
    """A JPEG of that many million pixels, as a phone takes it: 4:3, 4:2:0, turned by EXIF, with a sensor's noise."""
    height = round((megapixels * 1e6 * 3 / 4) ** 0.5)
    width = round(height * 4 / 3)
    seen = np.asarray(picture("coffee", 600).resize((width, height), Image.Resampling.BICUBIC))
    noise = np.random.default_rng(7).normal(0, 4, (512, 512, 1)).astype(np.int16)
    tiled = np.tile(noise, (height // 512 + 1, width // 512 + 1, 1))[:height, :width]
    grainy = np.clip(seen + tiled, 0, 255).astype(np.uint8)
    return saved(grainy, "JPEG", quality=92, exif=exif_of(6))


def clear_files() -> Iterator[Made]:
    """Those some of whose pixels are not opaque."""
    for name in PICTURES:
        seen = picture(name, 480)
        ramp = np.tile(np.linspace(0, 255, seen.width).astype(np.uint8), (seen.height, 1))
        forms = {"partial": ramp, "faint": ramp // 20 + 1, "cut out": np.where(ramp > 100, 255, 0).astype(np.uint8)}
        for form, alpha in forms.items():
            clear = Image.fromarray(np.dstack([np.asarray(seen), alpha]))
            for kind, options in (("PNG", {}), ("WEBP", {"lossless": True}), ("AVIF", {"quality": 90})):
                yield Made(f"{name}, {kind}, {form}", f"{kind}, {form}", saved(clear, kind, **options))
        palette = seen.quantize(32)
        yield Made(f"{name}, palette", "palette with a hole", _with_hole(palette))


def _with_hole(palette: Image.Image) -> bytes:
    buffer = io.BytesIO()
    palette.save(buffer, "PNG", transparency=3)
    return buffer.getvalue()
