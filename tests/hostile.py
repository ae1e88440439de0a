"""Hostile files for tests: broken, lying, bombs; made by code from a seed, the same each time. Not a test; none is a known exploit."""

import random
import struct
import zlib
from collections.abc import Callable, Iterator

from PIL import Image

from tests.pictures import chunk, exif_of, heic, saved

WIDTH, HEIGHT = 96, 72
PNG_START = b"\x89PNG\r\n\x1a\n"
HUGE = (0, 1, 12_300, 65_535, 1 << 24, 0x7FFFFFFF, 0xFFFFFFFF)
TEXTS = (
    b"<?xml version='1.0'?><svg/>",
    b"<html><script>1</script>",
    b"%PDF-1.7\n",
    b"PK\3\4",
    b"\x7fELF",
    b"#!/bin/sh\n",
)

Maker = Callable[[random.Random, dict[str, bytes]], bytes]


def hostile_files(count: int, seed: int = 3) -> Iterator[tuple[str, bytes]]:
    """``count`` pairs of what it is and the file. The bombs stand spread among the others."""
    chance, good = random.Random(seed), good_files()
    bombs = list(bombs_of(good))
    every = max(1, count // len(bombs))
    makers = list(MAKERS.items())
    for number in range(count):
        if number % every == 0 and number // every < len(bombs):
            yield bombs[number // every]
        else:
            name, maker = makers[number % len(makers)]
            yield name, maker(chance, good)


def drawing(size: tuple[int, int] = (WIDTH, HEIGHT), seed: int = 1) -> Image.Image:
    """A picture with detail at several scales."""
    chance = random.Random(seed)
    coarse = Image.frombytes("RGB", (8, 6), chance.randbytes(8 * 6 * 3))
    return coarse.resize(size, Image.Resampling.BICUBIC)


def good_files() -> dict[str, bytes]:
    """A sound file of every format, in the codings decoders treat apart."""
    picture = drawing()
    frames = {"save_all": True, "append_images": [drawing(seed=number) for number in (2, 3)]}
    made = {
        "jpeg": saved(picture, "JPEG", quality=90),
        "progressive": saved(picture, "JPEG", progressive=True, exif=exif_of(6)),
        "cmyk": saved(picture.convert("CMYK"), "JPEG"),
        "png": saved(picture, "PNG"),
        "palette": saved(picture.convert("P"), "PNG", transparency=3),
        "apng": saved(picture, "PNG", **frames),
        "gif": saved(picture.quantize(64), "GIF", **frames),
        "webp": saved(picture, "WEBP", quality=80),
        "lossless": saved(picture, "WEBP", lossless=True, **frames),
        "bmp": saved(picture, "BMP"),
        "avif": saved(picture, "AVIF", quality=80),
        "heic": heic(picture),
    }
    for coding in ("raw", "tiff_lzw", "tiff_adobe_deflate", "jpeg", "packbits"):
        made[f"tiff-{coding}"] = saved(picture, "TIFF", compression=coding)
    return made


def png(width: int, height: int, *chunks: bytes, depth: int = 8, colour: int = 2, interlaced: int = 0) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    return PNG_START + chunk(b"IHDR", head) + b"".join(chunks) + chunk(b"IEND", b"")


def zeros(size: int) -> bytes:
    """``size`` zero bytes, deflated: about a thousandth."""
    packer = zlib.compressobj(9)
    block = bytes(1 << 20)
    return (
        b"".join(packer.compress(block[: min(len(block), size - at)]) for at in range(0, size, len(block)))
        + packer.flush()
    )


def bombs_of(good: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Small files that ask for much."""
    yield "empty", b""
    yield "pixel bomb within the limit", png(12_000, 12_000, chunk(b"IDAT", zeros(12_000 * 1_501)), depth=1, colour=0)
    yield "pixel bomb over it", png(40_000, 40_000, chunk(b"IDAT", zeros(40_000 * 5_001)), depth=1, colour=0)
    yield "interlaced pixel bomb", png(11_000, 11_000, chunk(b"IDAT", zeros(11_000 * 11_100)), colour=0, interlaced=1)
    for name, head in ((b"iTXt", b"a\0\1\0\0\0"), (b"zTXt", b"a\0\0"), (b"iCCP", b"a\0\0")):
        packed = chunk(name, head + zeros(200 << 20))
        yield f"{name.decode()} bomb", good["png"][:33] + packed + good["png"][33:]
        yield f"many {name.decode()}", good["png"][:33] + chunk(name, head + zeros(1 << 20)) * 300 + good["png"][33:]
    yield "small chunks", good["png"][:33] + chunk(b"tEXt", b"a\0b") * 100_000 + good["png"][33:]
    yield "APNG frames", apng_of_frames(20_000)
    yield "GIF frames", gif_of_frames(good["gif"], 20_000)
    yield "GIF extensions", good["gif"][:13] + b"!\xfe\x01a\0" * 200_000 + good["gif"][13:]
    yield (
        "WebP frames",
        saved(
            Image.new("RGB", (16, 16)), "WEBP", save_all=True, append_images=[drawing((16, 16), n) for n in range(600)]
        ),
    )
    yield "JPEG scans", scans(good["progressive"], 5_000)
    yield "JPEG scans of a large picture", scans(saved(drawing((4_000, 3_000)), "JPEG", progressive=True), 3_000)
    yield "JPEG scans at the limit", scans(saved(drawing((2_000, 1_500)), "JPEG", progressive=True), 85)
    yield "JPEG markers", good["jpeg"][:2] + b"\xff\xfe\0\2" * 500_000 + good["jpeg"][2:]
    yield "JPEG of one huge colour", patched_jpeg(good["jpeg"], 65_500, 65_500)
    yield "JPEG large with little data", patched_jpeg(good["jpeg"], 12_000, 12_000)
    yield "TIFF pages in a ring", tiff_ring()
    yield (
        "TIFF strips",
        tiff(
            [
                (256, 4, 1, 60_000),
                (257, 4, 1, 60_000),
                (258, 3, 1, 8),
                (262, 3, 1, 1),
                (273, 4, 1 << 28, 8),
                (279, 4, 1 << 28, 8),
            ]
        ),
    )
    yield "TIFF deflate bomb", tiff_deflated(12_000, 12_000)
    yield (
        "EXIF in a ring",
        saved(drawing(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\x87\x69\0\4\0\0\0\1\0\0\0\x08" * 5_000),
    )
    yield "ICC of nothing", saved(drawing(), "JPEG", icc_profile=b"\0" * 1_000_000)
    yield (
        "nested boxes",
        good["heic"][:24] + b"".join(struct.pack(">I", 800_000 - 8 * n) + b"meta" for n in range(50_000)),
    )
    yield (
        "AVIF of nested boxes",
        good["avif"][:32] + b"".join(struct.pack(">I", 800_000 - 8 * n) + b"iprp" for n in range(50_000)),
    )
    yield "one colour, all of it", saved(Image.new("RGB", (9_000, 9_000)), "WEBP", lossless=True, method=0)
    yield "noise of a MiB", random.Random(5).randbytes(1 << 20)


def apng_of_frames(count: int) -> bytes:
    row = zlib.compress(bytes(16 * 49))
    control = struct.pack(">IIIIHHBB", 16, 16, 0, 0, 1, 100, 0, 0)
    parts = [chunk(b"acTL", struct.pack(">II", count, 0)), chunk(b"IDAT", row)]
    for number in range(count):
        parts.append(chunk(b"fcTL", struct.pack(">I", 2 * number) + control))
        parts.append(chunk(b"fdAT", struct.pack(">I", 2 * number + 1) + row))
    return png(16, 16, *parts)


def gif_of_frames(data: bytes, count: int) -> bytes:
    at = data.index(b"\x2c", 13)
    return data[:at] + data[at:-1] * min(count, (8 << 20) // (len(data) - at)) + b";"


def scans(data: bytes, count: int) -> bytes:
    """A progressive JPEG whose last scan stands ``count`` times more."""
    at = data.rindex(b"\xff\xda")
    return data[:-2] + data[at:-2] * min(count, (16 << 20) // (len(data) - at)) + data[-2:]


def patched_jpeg(data: bytes, width: int, height: int) -> bytes:
    at = max(data.find(b"\xff\xc0"), data.find(b"\xff\xc2"))
    return data[: at + 5] + struct.pack(">HH", height & 0xFFFF, width & 0xFFFF) + data[at + 9 :]


def tiff(entries: list[tuple[int, int, int, int]], after: int = 0, body: bytes = b"") -> bytes:
    rows = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + rows + struct.pack("<I", after) + body


def tiff_ring() -> bytes:
    strip = [
        (256, 4, 1, 8),
        (257, 4, 1, 8),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (273, 4, 1, 0),
        (279, 4, 1, 64),
    ]
    return tiff(strip, after=8, body=bytes(64))


def tiff_deflated(width: int, height: int) -> bytes:
    body = zeros(width * height)
    at = 8 + 2 + 12 * 8 + 4
    entries = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 8), (262, 3, 1, 1), (273, 4, 1, at)]
    return tiff([*entries, (278, 4, 1, height), (279, 4, 1, len(body))], body=body)


def any_good(chance: random.Random, good: dict[str, bytes]) -> bytes:
    return good[chance.choice(sorted(good))]


def cut(chance: random.Random, good: dict[str, bytes]) -> bytes:
    data = any_good(chance, good)
    return data[: chance.randrange(1, len(data))]


def flipped(chance: random.Random, good: dict[str, bytes]) -> bytes:
    data = bytearray(any_good(chance, good))
    for _ in range(chance.choice((1, 4, 40))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data)


def flipped_head(chance: random.Random, good: dict[str, bytes]) -> bytes:
    data = bytearray(any_good(chance, good))
    for _ in range(chance.randrange(1, 5)):
        data[chance.randrange(4, min(300, len(data)))] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
    return bytes(data)


def lying_numbers(chance: random.Random, good: dict[str, bytes]) -> bytes:
    data = bytearray(any_good(chance, good))
    order = chance.choice("<>")
    at = chance.randrange(4, max(5, min(len(data), 400) - 4))
    data[at : at + 4] = struct.pack(order + "I", chance.choice(HUGE))
    return bytes(data)


def wiped(chance: random.Random, good: dict[str, bytes]) -> bytes:
    data = any_good(chance, good)
    at = chance.randrange(len(data))
    length = chance.randrange(1, 200)
    return (
        data[:at]
        + chance.choice((bytes(length), b"\xff" * length, b"", chance.randbytes(length)))
        + data[at + length :]
    )


def spliced(chance: random.Random, good: dict[str, bytes]) -> bytes:
    one, other = any_good(chance, good), any_good(chance, good)
    return one[: chance.randrange(8, len(one))] + other[chance.randrange(len(other)) :]


def polyglot(chance: random.Random, good: dict[str, bytes]) -> bytes:
    one, text = any_good(chance, good), chance.choice(TEXTS)
    return chance.choice((text + one, one + text, one + any_good(chance, good), one[:30] + text + one[30:]))


def text(chance: random.Random, _: dict[str, bytes]) -> bytes:
    return chance.choice(TEXTS) + " ".join(str(chance.random()) for _ in range(50)).encode()


def magic_and_noise(chance: random.Random, good: dict[str, bytes]) -> bytes:
    return any_good(chance, good)[: chance.randrange(2, 40)] + chance.randbytes(chance.randrange(1, 3_000))


def sized_png(chance: random.Random, _: dict[str, bytes]) -> bytes:
    width, height = chance.choice(HUGE), chance.choice(HUGE)
    kind = {"depth": chance.choice((1, 2, 8, 16, 255)), "colour": chance.choice((0, 2, 3, 4, 6, 9))}
    return png(width, height, chunk(b"IDAT", zlib.compress(bytes(1_000))), interlaced=chance.randrange(3), **kind)


def sized_jpeg(chance: random.Random, good: dict[str, bytes]) -> bytes:
    return patched_jpeg(good[chance.choice(("jpeg", "progressive", "cmyk"))], chance.choice(HUGE), chance.choice(HUGE))


def chunked(chance: random.Random, good: dict[str, bytes]) -> bytes:
    name = chance.choice(
        (b"tRNS", b"PLTE", b"eXIf", b"iCCP", b"acTL", b"fcTL", b"gAMA", b"IHDR", b"IDAT", b"sBIT", b"bKGD")
    )
    extra = chunk(name, chance.randbytes(chance.choice((0, 1, 4, 26, 700))))
    data = good[chance.choice(("png", "palette", "apng"))]
    return data[:33] + extra + data[33:]


def tagged(chance: random.Random, _: dict[str, bytes]) -> bytes:
    sound = [
        (256, 4, 1, 16),
        (257, 4, 1, 16),
        (258, 3, 1, 8),
        (259, 3, 1, chance.choice((1, 5, 6, 7, 8, 32773, 34712))),
        (262, 3, 1, chance.randrange(9)),
    ]
    wild = [
        (chance.randrange(250, 350), chance.randrange(15), chance.choice(HUGE), chance.choice((0, 8, 200, 1 << 31)))
        for _ in range(chance.randrange(12))
    ]
    return tiff(sorted(sound + wild), after=chance.choice((0, 8, 9, 1 << 30)), body=chance.randbytes(400))


def exif_bomb(chance: random.Random, good: dict[str, bytes]) -> bytes:
    entries = b"".join(
        struct.pack(
            ">HHII",
            chance.choice((0x112, 0x8769, 0x8825, 0x201)),
            chance.randrange(15),
            chance.choice(HUGE),
            chance.choice(HUGE),
        )
        for _ in range(20)
    )
    block = (
        b"Exif\0\0MM\0*"
        + struct.pack(">IH", chance.choice((0, 8, 9, 0xFFFFFFF0)), chance.choice((0, 20, 65_535)))
        + entries
    )
    return good["jpeg"][:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + good["jpeg"][2:]


def boxed(chance: random.Random, good: dict[str, bytes]) -> bytes:
    """A HEIC or AVIF with lying sizes of boxes, or of the picture."""
    data = bytearray(good[chance.choice(("heic", "avif"))])
    names = (b"meta", b"iloc", b"ispe", b"ipma", b"iinf", b"pitm", b"mdat", b"hvcC", b"av1C", b"ipco", b"iprp", b"hdlr")
    found = [at for name in names if (at := data.find(name)) > 0]
    at = chance.choice(found) + chance.choice((-4, 4, 8, 12))
    data[at : at + 4] = struct.pack(">I", chance.choice((*HUGE, 8, 16)))
    return bytes(data)


MAKERS: dict[str, Maker] = {
    "cut": cut, "flipped": flipped, "flipped head": flipped_head, "lying numbers": lying_numbers, "wiped": wiped,
    "spliced": spliced, "polyglot": polyglot, "text": text, "magic and noise": magic_and_noise, "sized PNG": sized_png,
    "sized JPEG": sized_jpeg, "chunked": chunked, "tagged": tagged, "EXIF bomb": exif_bomb, "boxed": boxed,
}  # fmt: skip
