"""Videos through the real pool: every container and codec, the frames that are chosen, and hostile files bounded."""

import asyncio
import io
import os
import struct
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from skimage import data

from amparo.errors import Unavailable
from amparo.hashing import KINDS, video, views
from amparo.media import video as media_video
from amparo.media.formats import MATROSKA, MP4, VIDEOS, format_of
from amparo.media.model import VIEWS_MADE, Reading
from amparo.media.settings import MediaSettings
from tests.hostile import drawing
from tests.integration.test_media_pool import BYTES_ONLY, ONE, kinds, running, slug, still_reads
from tests.videos import Form, decoded, film, scene, written

pytestmark = pytest.mark.once

SCENES = [data.chelsea(), data.coffee(), data.rocket()]
VIDEO_KINDS = BYTES_ONLY | {"vpdq"}
SHORT = film(SCENES, 4)
REALTIME = {"deadline": "realtime", "cpu-used": "8"}
FORMS = [
    Form(), Form("mov", "libx265"), Form("mp4", "libsvtav1", options={"preset": "13"}), Form("mp4", "mpeg4"),
    Form("mp4", "libx264", pixels="yuv422p10le"), Form("matroska", "libvpx-vp9", options=REALTIME),
    Form("webm", "libvpx", options=REALTIME), Form("avi", "mpeg4"), Form("avi", "mjpeg", pixels="yuvj420p"),
    Form("flv", "flv"), Form("asf", "wmv2"), Form("mpeg", "mpeg2video"), Form("mpegts", "mpeg2video"),
    Form("matroska", "ffv1"), Form("mov", "prores", pixels="yuv422p10le"), Form("3gp", "mpeg4"),
]  # fmt: skip
NOT_READ = {"ffv1"}


def codes(reading: Reading) -> np.ndarray:
    (signal,) = [one for one in reading.signals if one.kind == "vpdq" and one.view == "identity"]
    assert signal.profile == "vx1"
    return video.frames_of(signal.code)


def apart(left: np.ndarray, right: np.ndarray) -> int:
    """The most bits in which frames told at the same place differ."""
    assert len(left) == len(right)
    return max(int(np.bitwise_count(a ^ b).sum()) for a, b in zip(left["code"], right["code"], strict=True))


# --- containers, codecs, pixels


async def test_every_container_and_codec_is_read_and_says_the_same():
    async with running() as media:
        first = codes(await media.read(SHORT))
        for form in FORMS:
            sent = film(SCENES, 4, form)
            reading = await media.read(sent)
            name = f"{form.container} {form.codec} {form.pixels}"
            assert reading.media_type == format_of(sent).media_type, name
            if form.codec in NOT_READ:
                assert (slug(reading), kinds(reading)) == ("undecodable", BYTES_ONLY), name
                continue
            assert (slug(reading), kinds(reading)) == (None, VIDEO_KINDS), name
            assert (reading.width, reading.height) == form.size, name
            assert reading.video.cut is None, name
            assert codes(reading)["ms"].tolist() == [0, 1000, 2000, 3000], name
            assert apart(codes(reading), first) <= 31, name
        assert len(media.pids()) == 1


@pytest.mark.parametrize("degrees", [90, 180, 270])
async def test_a_film_turned_by_its_container_is_hashed_as_it_is_shown(degrees: int):
    size = (270, 480) if degrees % 180 else (480, 270)

    def at(number: int) -> Image.Image:
        return Image.fromarray(np.rot90(np.asarray(scene(SCENES, number / 25)), -degrees // 90))

    sent = written(((number, at(number)) for number in range(60)), Form(size=size, turned=degrees))
    async with running() as media:
        reading, upright = await media.read(sent), await media.read(film(SCENES, 2.4))
    assert (reading.width, reading.height) == (480, 270)
    assert apart(codes(reading), codes(upright)) <= 31


async def test_the_signals_are_those_of_the_chosen_frames():
    lumas = [(int(frame.time * 1000), media_video.luma_of(frame)) for frame in decoded(SHORT)]
    async with running() as media:
        reading = await media.read(SHORT)
    told = {one.view: one.code for one in reading.signals if one.kind == "vpdq"}
    assert told.keys() == {*views.FORMS, views.NEGATIVE, *(one for one in VIEWS_MADE if "/" in one)}
    for name, code in told.items():
        phase, _, form = name.rpartition("/")
        first = {"": 0, "later_250": 7, "later_500": 13, "later_750": 19}[
            phase
        ]  # of 25 a second, the first from there on
        chosen = [(ms, KINDS["vpdq"].views(luma)[form]) for ms, luma in lumas[first::25]]
        assert code == video.pack(chosen).code, name


# --- one a second


def at_times(times_ms: list[int], form: Form | None = None) -> bytes:
    pictures = ((ms, Image.fromarray(SCENES[number % 3])) for number, ms in enumerate(times_ms))
    return written(pictures, form or Form("matroska", options={"bf": "0"}), tick=Fraction(1, 1000))


TIMES = [
    ([0], [0]),
    ([0, 999], [0]),
    ([0, 1000, 1001], [0, 1000]),
    ([0, 999, 1001, 1999, 2000], [0, 1001, 2000]),
    ([0, 500, 7300, 7900, 8100], [0, 7300, 8100]),  # seconds without a frame have none
    ([0, 10_000, 20_000], [0, 10_000, 20_000]),
    ([300, 1200, 1300, 2299, 2300], [0, 1000, 2000]),  # counted from the first frame
    ([0, *range(20, 2_100, 20)], [0, 1000, 2000]),
]


@pytest.mark.parametrize(("times", "chosen"), TIMES, ids=range(len(TIMES)))
async def test_the_first_frame_of_each_second_is_chosen(times: list[int], chosen: list[int]):
    async with running() as media:
        reading = await media.read(at_times(times))
    assert codes(reading)["ms"].tolist() == chosen
    assert reading.video.hashed_ms == times[-1] - times[0]


@pytest.mark.parametrize(
    "rate", [Fraction(24), Fraction(24_000, 1001), Fraction(30_000, 1001), Fraction(60), Fraction(5)]
)
async def test_another_rate_chooses_nearly_the_same_moments(rate: Fraction):
    async with running() as media:
        ms = codes(await media.read(film(SCENES, 5, Form(rate=rate, size=(160, 90)))))["ms"]
    assert len(ms) == 5
    assert all(0 <= one - 1000 * second < 1000 / rate + 1 for second, one in enumerate(ms.tolist()))


async def test_an_edit_list_leaves_out_what_is_not_shown():
    whole = film(SCENES, 4, Form(options={"bf": "0", "g": "10"}))
    at = whole.index(b"elst")
    entry = struct.pack(">II", 2_000, 25_600)  # two seconds, from the second one on (12,800 ticks a second)
    cut = whole[: at + 12] + entry + whole[at + 20 :]
    async with running() as media:
        all_of_it, shown = await media.read(whole), await media.read(cut)
    assert codes(shown)["ms"].tolist() == [0, 1000]
    assert apart(codes(shown), codes(all_of_it)[2:]) == 0


# --- limits


@pytest.mark.parametrize(
    ("limit", "cut", "frames"),
    [({"video_seconds_max": 2}, "seconds_limit", 2), ({"video_frames_max": 30}, "frames_limit", 2)],
)
async def test_a_long_video_is_hashed_so_far_and_says_so(limit: dict, cut: str, frames: int):
    async with running(replace(ONE, **limit)) as media:
        reading = await media.read(SHORT)
    assert (slug(reading), reading.video.cut, len(codes(reading))) == (None, cut, frames)
    assert reading.video.hashed_ms < 2_000
    assert reading.video.told_ms == 4_000


async def test_time_is_a_limit_that_is_said():
    async with running(replace(ONE, video_cpu_ms_max=1)) as media:
        reading = await media.read(film(SCENES, 20, Form(size=(1280, 720))))
        assert (slug(reading), reading.video.cut) == (None, "time_limit")
        assert 1 <= len(codes(reading)) < 20
        await still_reads(media)


async def test_large_frames_and_files_of_many_streams_are_bounded():
    async with running(replace(ONE, video_pixels_max=480 * 270 - 1, video_streams_max=3)) as media:
        assert (slug(await media.read(SHORT)), kinds(await media.read(SHORT))) == ("pixels_limit", BYTES_ONLY)
        reading = await media.read(streams("matroska", 0, 40))
        assert slug(reading) in {None, "undecodable"}
        await still_reads(media)


@pytest.mark.parametrize("most", [3, 32])
def test_streams_over_the_limit_are_not_read(most: int):
    made = media_video.Film(streams("matroska", 0, 40), MATROSKA, MediaSettings(video_streams_max=most))
    with made._opened() as container:
        assert len(container.streams) == most


async def test_videos_wait_in_their_own_line():
    limits = replace(ONE, video_queue_max=1)
    async with running(limits) as media:
        asked = [asyncio.create_task(media.read(SHORT)) for _ in range(5)]
        await still_reads(media)
        done = await asyncio.gather(*asked, return_exceptions=True)
        assert [one.slug for one in done if isinstance(one, Unavailable)] == ["saturated"] * 3
        assert sum(isinstance(one, Reading) for one in done) == 2
        assert len(media.pids()) == 2


# --- hostile


def streams(container: str, sounds: int, pictures: int, shown_as: int = 0) -> bytes:
    """A file of streams of a second of silence, and of one picture each with that disposition."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as made:
        silent = [made.add_stream("aac", rate=44_100) for _ in range(sounds)]
        seen = [made.add_stream("mjpeg", rate=1) for _ in range(pictures)]
        for stream in seen:
            stream.width, stream.height, stream.pix_fmt = 64, 64, "yuvj420p"
            stream.disposition = shown_as
        for stream in seen:
            picture = av.VideoFrame.from_image(drawing((64, 64)))
            picture.pts = 0
            made.mux(stream.encode(picture))
            made.mux(stream.encode(None))
        for stream in silent:
            silence = av.AudioFrame.from_ndarray(np.zeros((1, 44_100), np.float32), format="fltp", layout="mono")
            silence.sample_rate = 44_100
            made.mux(stream.encode(silence))
            made.mux(stream.encode(None))
    return buffer.getvalue()


def no_frames() -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        container.start_encoding()
    return buffer.getvalue()


def changing_size() -> bytes:
    """Two films of two sizes, one after the other in one transport stream."""
    form = Form("mpegts", "mpeg2video", (320, 180))
    later = ((number, scene(SCENES, number / 25)) for number in range(50, 100))
    return film(SCENES, 2, form) + written(later, replace(form, size=(640, 360)))


def huge_in_its_header() -> bytes:
    """A sound film whose sequence header tells 4095 x 4095 (ISO/IEC 13818-2, 6.2.2.1) and whose packets do not hold it."""
    sent = bytearray(film(SCENES, 2, Form("mpegts", "mpeg2video", (64, 64))))
    for at in range(len(sent) - 8):
        if sent[at : at + 4] == b"\0\0\1\xb3":
            sent[at + 4 : at + 7] = b"\xff\xff\xff"
    return bytes(sent)


def patched(sent: bytes, box: bytes, offset: int, value: bytes) -> bytes:
    at = sent.index(box) + 4 + offset
    return sent[:at] + value + sent[at + len(value) :]


HLS = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n%b\n#EXT-X-ENDLIST\n"
HOSTILE: dict[str, tuple[bytes, str | None]] = {
    "sound alone": (streams("mp4", 1, 0), "no_video"),
    "a cover": (streams("mp4", 1, 1, av.stream.Disposition.attached_pic), "no_video"),
    "no frame": (no_frames(), "no_video"),
    "only its first bytes": (SHORT[:64], "undecodable"),
    "without its index": (SHORT[: SHORT.index(b"moov")], "undecodable"),
    "its end alone": (b"\0\0\0\x20ftypisom" + SHORT[-2_000:], "undecodable"),
    "zeros": (SHORT[:32] + bytes(100_000), "undecodable"),
    "streams without number": (streams("matroska", 0, 40), None),
    "larger in its container than in its codec": (patched(SHORT, b"avc1", 24, b"\x10\0\x10\0"), None),
    "huge in its codec": (huge_in_its_header(), None),  # 4095 x 4095 is within the limit
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_what_is_no_film_costs_one_answer(name: str):
    sent, expected = HOSTILE[name]
    async with running(replace(ONE, memory_bytes_max=1 << 30)) as media:
        reading = await media.read(sent)
        assert slug(reading) == expected
        assert kinds(reading) == (BYTES_ONLY if expected else VIDEO_KINDS)
        await still_reads(media)


async def test_a_codec_that_says_more_pixels_than_its_container_is_held_to_the_limit():
    async with running(replace(ONE, video_pixels_max=1_000_000)) as media:
        reading = await media.read(huge_in_its_header())
        assert (slug(reading), kinds(reading)) == ("pixels_limit", BYTES_ONLY)
        await still_reads(media)


async def test_a_film_cut_short_is_hashed_as_far_as_it_goes():
    fast = film(SCENES, 8, Form("matroska", options={"g": "25"}))
    async with running() as media:
        reading = await media.read(fast[: len(fast) * 2 // 3])
        assert slug(reading) is None
        assert 2 <= len(codes(reading)) < 8
        assert reading.video.told_ms == 8_000
        damaged = bytearray(fast)
        for at in range(len(fast) // 2, len(fast) // 2 + 3_000):
            damaged[at] ^= 0x5A
        assert slug(await media.read(bytes(damaged))) is None
        await still_reads(media)


async def test_times_that_lie_are_taken_as_told_and_bounded():
    async with running() as media:
        lie = patched(SHORT, b"mdhd", 16, b"\x7f\xff\xff\xff")
        assert codes(await media.read(lie))["ms"].tolist() == [0, 1000, 2000, 3000]
        everything_late = at_times([0, 3_599_000, 3_600_000, 3_700_000])
        reading = await media.read(everything_late)
        assert (codes(reading)["ms"].tolist(), reading.video.cut) == ([0, 3_599_000], "seconds_limit")
        every_second = at_times([1000 * number for number in range(400)])
        assert len(codes(await media.read(every_second))) == 400


async def test_a_million_frames_a_second_are_one_second():
    frames = ((number, Image.fromarray(SCENES[0][:32, :32])) for number in range(3_000))
    sent = written(frames, Form(size=(32, 32), options={"bf": "0"}), tick=Fraction(1, 1_000_000))
    async with running(replace(ONE, video_frames_max=2_000)) as media:
        reading = await media.read(sent)
        assert (len(codes(reading)), reading.video.cut, reading.video.hashed_ms) == (1, "frames_limit", 1)


async def test_a_size_that_changes_is_hashed_frame_by_frame():
    async with running() as media:
        reading = await media.read(changing_size())
        assert slug(reading) is None
        assert (reading.width, reading.height) == (320, 180)
        assert codes(reading)["ms"].tolist() == [0, 1000, 2000, 3000]
        await still_reads(media)


async def test_a_size_that_grows_over_the_limit_is_not_decoded():
    async with running(replace(ONE, video_pixels_max=320 * 180 * 2)) as media:
        reading = await media.read(changing_size())
    assert (slug(reading), codes(reading)["ms"].tolist()) == (None, [0, 1000])


async def test_lists_of_other_files_open_nothing(tmp_path: Path):
    other = tmp_path / "other.mp4"
    other.write_bytes(SHORT)
    lists = [
        HLS % str(other).encode(),
        b"ffconcat version 1.0\nfile %b\n" % str(other).encode(),
        b"RTSPtext\n" + bytes(99),
    ]
    async with running() as media:
        for sent in lists:
            assert format_of(sent) is None
            assert (slug(await media.read(sent)), kinds(await media.read(sent))) == ("undecodable", BYTES_ONLY)
        for container in VIDEOS:  # though they begin as the container does
            start = film(SCENES, 0.2)[:40] if container is MP4 else b"\x1a\x45\xdf\xa3"
            assert slug(await media.read(start + lists[0])) in {"undecodable", "no_video"}
        await still_reads(media)


def test_no_demuxer_opens_a_second_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """In this very process, where nothing else forbids it, and even were the demuxers of lists among those allowed."""
    other = tmp_path / "other.ts"
    other.write_bytes(film(SCENES, 1, Form("mpegts", "mpeg2video")))
    monkeypatch.chdir(tmp_path)  # a name without a folder is the one that the concat demuxer holds safe
    opening = {"hls": HLS % str(other).encode(), "concat": b"ffconcat version 1.0\nfile other.ts\n"}
    for name, sent in opening.items():
        with av.open(io.BytesIO(sent), format=name) as container:  # the library by itself follows it
            assert next(container.decode(video=0))
    for name in ("hls", "concat", "dash", "sdp", "image2"):
        made = media_video.Film(opening.get(name, opening["hls"]), replace(MP4, name=name), MediaSettings())
        with pytest.raises(media_video.Undecodable):
            list(made.frames())


async def test_changed_films_cost_their_own_answer():
    chance = np.random.default_rng(5)
    small = Form(size=(96, 64))
    good = [film(SCENES, 2, small), film(SCENES, 2, replace(small, container="matroska", codec="libvpx", options=REALTIME)),
            film(SCENES, 2, replace(small, container="avi", codec="mpeg4")), film(SCENES, 2, replace(small, container="mpegts", codec="mpeg2video"))]  # fmt: skip
    async with running(replace(ONE, memory_bytes_max=1 << 30, video_wall_ms_max=30_000)) as media:
        for number in range(120):
            sent = bytearray(good[number % 4])
            for at in chance.integers(0, len(sent), int(chance.integers(1, 200))):
                sent[at] = chance.integers(0, 256)
            reading = await media.read(bytes(sent))
            assert slug(reading) in {None, "undecodable", "no_video", "pixels_limit", "decode_limit"}
        await still_reads(media)
        assert len(media.pids()) <= 2
        assert os.getpid() not in media.pids()
