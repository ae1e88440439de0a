"""Ordinary pictures made by code, and altered copies of a picture, for `amparo demo`. Runs in a child process only.

Not a test of any picture's content, and nothing is kept: what comes in and goes out stands in memory.
"""

import asyncio
import io
import random
import struct
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance

from amparo.errors import Unavailable
from amparo.media.child import give_up
from amparo.media.decode import Undecodable, decode, prepare
from amparo.media.model import DECODE_LIMIT, UNDECODABLE, trouble_of
from amparo.media.pool import ENVIRONMENT
from amparo.media.settings import LIMITS, MediaSettings
from amparo.terms.signal import IDENTITY

WIDTH, HEIGHT = 960, 720
FILES_MAX = 32
HEAD = struct.Struct(">BI")  # length of the name, length of the file
MAIN = "from amparo.media.copies import main; main()"


async def made_picture(number: int, settings: MediaSettings) -> bytes:
    """A PNG that code draws, the same for the same ``number`` (from 1), unlike that of any other."""
    return (await _ask(number, b"", settings))["picture"]


async def altered_copies(data: bytes, settings: MediaSettings) -> dict[str, bytes]:
    """Files by what was done to the picture: written anew, resized, slightly edited.

    Raises: Unreadable (undecodable, pixels_limit, decode_limit), Unavailable (no_decoder).
    """
    return await _ask(0, data, settings)


async def _ask(number: int, data: bytes, settings: MediaSettings) -> dict[str, bytes]:
    limits = [str(getattr(settings, name)) for name in LIMITS]
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-c", MAIN, str(number), *limits,
            stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=ENVIRONMENT, close_fds=True, start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        raise Unavailable("no_decoder", "no decoder could be started", "Look at memory and process limits.") from error
    try:
        async with asyncio.timeout((settings.start_ms_max + settings.wall_ms_max) / 1000):
            told, _ = await process.communicate(data)
    except TimeoutError as error:
        process.kill()
        await process.wait()
        raise trouble_of(DECODE_LIMIT) from error
    return unpack(told)


def pack(files: dict[str, bytes]) -> bytes:
    """Files by name as one run of bytes."""
    parts = [HEAD.pack(len(name.encode()), len(data)) + name.encode() + data for name, data in files.items()]
    return b"".join(parts)


def unpack(told: bytes) -> dict[str, bytes]:
    """What a child packed; it may say anything. Raises: Unreadable (a slug of the room, else undecodable)."""
    files: dict[str, bytes] = {}
    place = 0
    while len(files) < FILES_MAX and place + HEAD.size <= len(told):
        of_name, of_data = HEAD.unpack_from(told, place)
        name = told[place + HEAD.size : place + HEAD.size + of_name].decode("ascii", "replace")
        place += HEAD.size + of_name + of_data
        files[name] = told[place - of_data : place]
    if place != len(told) or not files:
        raise trouble_of(UNDECODABLE)
    return files


def main() -> None:
    """One picture in, its copies out; or one picture made."""
    number, *limits = map(int, sys.argv[1:])
    settings = MediaSettings(**dict(zip(LIMITS, limits, strict=True)))
    prepare()
    give_up(settings)
    if number:
        sys.stdout.buffer.write(pack({"picture": _png(_drawn(number))}))
        return
    try:
        _, forms = decode(sys.stdin.buffer.read(settings.file_bytes_max), settings.pixels_max, settings.jpeg_scans_max)
    except (Undecodable, MemoryError):
        return
    picture = Image.fromarray(forms[IDENTITY]).convert("RGB")
    sys.stdout.buffer.write(pack({name: alter(picture) for name, alter in ALTERATIONS.items()}))


def _drawn(number: int) -> Image.Image:
    """Soft hills of colour with hard shapes on them: detail at every scale, as photographs have."""
    chance = random.Random(number)  # noqa: S311  # a drawing, no secret
    layers = np.zeros((HEIGHT, WIDTH, 3))
    for cells in (3, 6, 12, 24, 48):
        coarse = Image.frombytes("RGB", (cells, cells), chance.randbytes(cells * cells * 3))
        layers += np.asarray(coarse.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC), np.float64) / cells**0.7
    layers -= layers.min()
    picture = Image.fromarray((layers * (255 / layers.max())).astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    for _ in range(14):
        x, y, size = chance.randrange(WIDTH), chance.randrange(HEIGHT), chance.randrange(30, 200)
        shape = chance.choice((draw.ellipse, draw.rectangle))
        shape((x, y, x + size, y + size // 2), fill=tuple(chance.randbytes(3)))
    return picture


def _png(picture: Image.Image) -> bytes:
    return _saved(picture, "PNG")


def _saved(picture: Image.Image, form: str, **options: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def _resized(picture: Image.Image, factor: float) -> Image.Image:
    size = (max(1, round(picture.width * factor)), max(1, round(picture.height * factor)))
    return picture.resize(size, Image.Resampling.LANCZOS)


def _trimmed(picture: Image.Image) -> Image.Image:
    cut = min(picture.size) // 100
    return picture.crop((cut, cut, picture.width - cut, picture.height - cut))


def _captioned(picture: Image.Image) -> Image.Image:
    marked = picture.copy()
    draw = ImageDraw.Draw(marked)
    wide, high = marked.width // 6, max(8, marked.height // 30)
    place = (marked.width - wide - high, marked.height - 2 * high)
    draw.rectangle((*place, place[0] + wide, place[1] + high), fill=(255, 255, 255))
    draw.text((place[0] + 4, place[1]), "@somebody", fill=(0, 0, 0))
    return marked


ALTERATIONS: dict[str, Callable[[Image.Image], bytes]] = {
    "PNG again": _png,
    "JPEG, quality 50": lambda picture: _saved(picture, "JPEG", quality=50),
    "WebP, quality 50": lambda picture: _saved(picture, "WEBP", quality=50),
    "half the size": lambda picture: _saved(_resized(picture, 0.5), "JPEG", quality=80),
    "a thumbnail": lambda picture: _saved(_resized(picture, 0.2), "JPEG", quality=80),
    "one and a half the size": lambda picture: _saved(_resized(picture, 1.5), "JPEG", quality=80),
    "brighter": lambda picture: _saved(ImageEnhance.Brightness(picture).enhance(1.25), "JPEG", quality=80),
    "black and white": lambda picture: _saved(picture.convert("L"), "JPEG", quality=80),
    "1 % cut off each side": lambda picture: _saved(_trimmed(picture), "JPEG", quality=80),
    "a caption in a corner": lambda picture: _saved(_captioned(picture), "JPEG", quality=80),
}
