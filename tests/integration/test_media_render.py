"""What is shown of a file at a look: small, grey, without anything of the file but its picture; hostile files cost one request."""

import io
import os
import signal
import struct
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from amparo.errors import TooLarge, Unreadable
from amparo.media import frames, pool, stills
from amparo.media.model import Rendered
from tests.hostile import drawing, good_files, hostile_files
from tests.integration.test_media_pool import ONE, running
from tests.pictures import exif_of, saved
from tests.videos import Form, film

pytestmark = pytest.mark.once

SCENES = [np.asarray(drawing((480, 360), seed)) for seed in range(1, 21)]
SLOW = Form(rate=Fraction(5))
SECRET = b"taken at 3.1390 N, 101.6869 E"


def opened(still: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(still))
    picture.load()
    return picture


def check(still: bytes) -> Image.Image:
    """It holds a small grey picture and nothing else."""
    picture = opened(still)
    assert picture.format == "WEBP"
    assert max(picture.size) <= 320
    assert set(picture.info) <= {"loop", "background", "timestamp", "duration"}, "no EXIF, profile, XMP"
    assert not getattr(picture, "is_animated", False)
    pixels = np.asarray(picture.convert("RGB")).astype(int)
    assert (pixels.max(axis=2) - pixels.min(axis=2)).max() <= 3, "grey"
    assert still[12:16] == b"VP8 "
    assert len(still) == 20 + struct.unpack_from("<I", still, 16)[0] + struct.unpack_from("<I", still, 16)[0] % 2
    return picture


def detail(still: bytes) -> float:
    pixels = np.asarray(opened(still).convert("L")).astype(int)
    return float(np.abs(np.diff(pixels, axis=1)).mean())


async def test_every_format_comes_out_small_and_grey():
    async with running() as media:
        for name, data in good_files().items():
            rendered = await media.render(data, 2)
            assert rendered.media_type == "image/webp", name
            (still,) = rendered.stills
            assert still != data
            check(still)


async def test_a_large_picture_is_made_small_and_turned_and_what_hung_on_it_is_gone():
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (1_000, 1_600, 3), np.uint8))
    data = saved(noise, "JPEG", exif=exif_of(6) + SECRET, comment=SECRET)
    assert SECRET in data
    async with running() as media:
        for clarity in (1, 2):
            (still,) = (await media.render(data, clarity)).stills
            assert check(still).size == (200, 320)
            assert SECRET not in still
            assert len(still) <= stills.STILL_BYTES_MAX


async def test_the_first_look_is_blurred():
    stripes = Image.fromarray(np.tile(np.repeat(np.array([0, 255], np.uint8), 8), (320, 20)))
    async with running() as media:
        (blurred,) = (await media.render(saved(stripes, "PNG"), 1)).stills
        (clear,) = (await media.render(saved(stripes, "PNG"), 2)).stills
    assert detail(blurred) < detail(clear) / 10


async def test_thin_pictures_keep_a_pixel_across():
    async with running() as media:
        (still,) = (await media.render(saved(drawing((4_000, 3)), "PNG"), 2)).stills
        assert check(still).size == (320, 1)


async def test_of_a_video_there_are_stills_spread_over_it():
    async with running() as media:
        rendered = await media.render(film(SCENES, 40, SLOW), 2)
        assert len(rendered.stills) == stills.STILLS_MAX
        for still in rendered.stills:
            check(still)
        assert len(set(rendered.stills)) == stills.STILLS_MAX
        short = await media.render(film(SCENES, 2, SLOW), 1)
        assert 1 <= len(short.stills) <= 3


async def outcome(media: pool.MediaPool, data: bytes) -> tuple[Rendered | None, str]:
    try:
        return await media.render(data, 2), ""
    except Unreadable as error:
        return None, error.slug


async def test_hostile_files_give_a_still_or_a_trouble_and_the_child_goes_on():
    async with running() as media:
        made = 0
        for name, data in hostile_files(260):
            rendered, slug = await outcome(media, data)
            assert (rendered is None) == (slug in {"empty_file", *filter(None, frames.TROUBLES)}), name
            for still in () if rendered is None else rendered.stills:
                check(still)
                made += 1
        assert made >= 20
        check((await media.render(saved(drawing(), "PNG"), 1)).stills[0])


async def test_nothing_and_too_much_are_refused():
    async with running() as media:
        with pytest.raises(Unreadable) as told:
            await media.render(b"", 1)
        assert told.value.slug == "empty_file"
        with pytest.raises(TooLarge):
            await media.render(bytes(ONE.file_bytes_max + 1), 1)
        assert media.pids() == []


async def test_a_child_that_dies_over_a_picture_shows_nothing():
    picture = saved(drawing(), "PNG")
    async with running() as media:
        await media.render(picture, 1)
        (before,) = media.pids()
        os.kill(before, signal.SIGKILL)
        with pytest.raises(Unreadable) as told:
            await media.render(picture, 1)
        assert told.value.slug == "decode_limit"
        check((await media.render(picture, 1)).stills[0])
        assert media.pids() != [before]


def vp8x(still: bytes) -> bytes:
    """The same with a chunk of EXIF behind it."""
    body = (
        b"VP8X"
        + struct.pack("<II", 10, 8)
        + struct.pack("<IH", 15, 0)
        + still[12:]
        + b"EXIF"
        + struct.pack("<I", 4)
        + b"here"
    )
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def lies() -> dict[str, bytes]:
    small = saved(drawing((32, 32)), "WEBP")
    large = saved(drawing((400, 100)), "WEBP")

    def told(
        *files: bytes, magic: bytes = stills.ANSWER_MAGIC, number: int = 1, trouble: int = 0, count: int | None = None
    ) -> bytes:
        head = stills.ANSWER.pack(magic, number, trouble, len(files) if count is None else count)
        return head + b"".join(stills.STILL.pack(len(one)) + one for one in files)

    return {
        "another magic": told(small, magic=b"EVIL"),
        "another number": told(small, number=2),
        "seven stills": told(*[small] * 7),
        "none and no trouble": told(),
        "a trouble and a still": told(small, trouble=1),
        "a trouble that is none": told(trouble=99),
        "over the size": told(count=1) + stills.STILL.pack(stills.STILL_BYTES_MAX + 1),
        "less than promised": told(small, count=2),
        "the file itself": told(saved(drawing((32, 32)), "PNG")),
        "a JPEG": told(saved(drawing((32, 32)), "JPEG")),
        "a larger picture": told(large),
        "asks to be enlarged": told(small[:26] + struct.pack("<H", 0x4000 | 32) + small[28:]),
        "metadata": told(vp8x(small)),
        "something behind it": told(small + b"more"),
        "lossless": told(saved(drawing((32, 32)), "WEBP", lossless=True)),
    }


@pytest.mark.parametrize("lie", lies())
async def test_a_child_that_lies_shows_nothing(lie, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(pool, "MAIN", f"import os; os.read(0, 1 << 20); os.write(1, {lies()[lie]!r})")
        async with running() as media:
            with pytest.raises(Unreadable) as told:
                await media.render(saved(drawing(), "PNG"), 1)
            assert told.value.slug == "decode_limit"
            assert media.pids() == []
            patched.undo()
            check((await media.render(saved(drawing(), "PNG"), 1)).stills[0])
