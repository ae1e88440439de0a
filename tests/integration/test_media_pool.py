"""The pool with real children: crash, hang, bomb and lie cost one request; a child holds nothing it could give away."""

import asyncio
import hashlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from amparo.errors import TooLarge, Unavailable, Unreadable
from amparo.hashing import KINDS
from amparo.media import frames, pool
from amparo.media.formats import format_of
from amparo.media.pool import MediaPool
from amparo.media.settings import MediaSettings
from tests.hostile import bombs_of, drawing, good_files, scans
from tests.pictures import saved
from tests.signals import picture_kinds

pytestmark = pytest.mark.once

ONE = MediaSettings(children=1, wall_ms_max=60_000, start_ms_max=120_000)
PICTURE = saved(drawing((300, 200)), "PNG")
BYTES_ONLY = {name for name, kind in KINDS.items() if kind.over == "bytes"}
KINDS_OF = picture_kinds()


@asynccontextmanager
async def running(settings: MediaSettings = ONE) -> AsyncIterator[MediaPool]:
    made = MediaPool(settings)
    try:
        yield made
    finally:
        await made.stop()


def slug(reading: object) -> str | None:
    trouble = getattr(reading, "trouble", None)
    return None if trouble is None else str(trouble.slug)


def kinds(reading: object) -> set[str]:
    return {one.kind for one in getattr(reading, "signals", ())}


async def still_reads(media: MediaPool) -> None:
    reading = await media.read(PICTURE)
    assert (slug(reading), kinds(reading)) == (None, KINDS_OF)
    assert (reading.media_type, reading.width, reading.height) == ("image/png", 300, 200)


async def test_every_format_is_read_by_one_child():
    async with running() as media:
        for name, data in good_files().items():
            reading = await media.read(data)
            assert slug(reading) is None, name
            assert reading.media_type == format_of(data).media_type
            assert kinds(reading) == KINDS_OF, name
            assert {hashlib.md5(data).digest(), hashlib.sha256(data).digest()} <= {one.code for one in reading.signals}
        assert len(media.pids()) == 1


async def test_what_is_to_be_shown_is_known_by_its_pixels_a_video_by_its_bytes_and_trouble_is_told():
    async with running() as media:
        assert {one.kind for one in await media.known_by(PICTURE)} == KINDS_OF
        film = b"\0\0\0\x18ftypisom\0\0\0\0isommp42 and then nothing a decoder could read"
        assert {one.code for one in await media.known_by(film)} == {
            hashlib.md5(film).digest(), hashlib.sha256(film).digest()
        }  # fmt: skip
        with pytest.raises(Unreadable) as told:
            await media.known_by(PICTURE[:60])
        assert told.value.slug == "undecodable"


async def test_a_stopped_child_is_killed_and_replaced():
    async with running(replace(ONE, wall_ms_max=3_000)) as media:
        await still_reads(media)
        (before,) = media.pids()
        os.kill(before, signal.SIGSTOP)  # hangs, as far as the pool can see
        reading = await media.read(PICTURE)
        assert (slug(reading), kinds(reading), reading.media_type) == ("decode_limit", BYTES_ONLY, "image/png")
        await still_reads(media)
        assert before not in media.pids()
        assert len(media.pids()) == 1


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
async def test_a_child_that_dies_over_a_file_costs_that_file(number):
    async with running() as media:
        await still_reads(media)
        (before,) = media.pids()
        os.kill(before, signal.SIGSTOP)
        asking = asyncio.create_task(media.read(PICTURE))
        await asyncio.sleep(0)
        os.kill(before, number)
        os.kill(before, signal.SIGCONT)
        reading = await asking
        assert (slug(reading), kinds(reading)) == ("decode_limit", BYTES_ONLY)
        await still_reads(media)
        assert media.pids() != [before]


async def test_bombs_meet_the_limit_meant_for_them():
    bombs = dict(bombs_of(good_files()))
    async with running(replace(ONE, memory_bytes_max=700 << 20)) as media:
        for name, expected in (
            ("pixel bomb over it", "pixels_limit"),
            ("JPEG of one huge colour", "pixels_limit"),
            ("JPEG scans of a large picture", "decode_limit"),
            ("pixel bomb within the limit", "decode_limit"),  # of memory, here
        ):
            reading = await media.read(bombs[name])
            assert (slug(reading), kinds(reading)) == (expected, BYTES_ONLY), name
        await still_reads(media)


async def test_time_on_the_processor_is_bounded():
    flat = saved(Image.new("RGB", (4_000, 3_000)), "JPEG", progressive=True)
    slow = scans(flat, 5_000)
    async with running(replace(ONE, cpu_ms_max=1_000, jpeg_scans_max=10_000)) as media:
        await still_reads(media)
        (before,) = media.pids()
        reading = await media.read(slow)
        assert (slug(reading), kinds(reading)) == ("decode_limit", BYTES_ONLY)
        await still_reads(media)
        assert before not in media.pids()


async def test_a_child_is_replaced_after_its_files():
    async with running(replace(ONE, child_items_max=3)) as media:
        seen = []
        for _ in range(7):
            await still_reads(media)
            seen += media.pids()
        assert len(seen) - 2 == len(set(seen)) == 3  # the third of each is answered and the child ended at once
        await still_reads(media)


async def test_more_than_may_wait_are_told_to_come_back():
    async with running(replace(ONE, queue_max=2)) as media:
        asked = await asyncio.gather(*(media.read(PICTURE) for _ in range(8)), return_exceptions=True)
        refused = [one for one in asked if isinstance(one, Unavailable)]
        assert {(one.slug, one.retry_after_s) for one in refused} == {("saturated", 1)}
        assert len(refused) == 5
        assert all(slug(one) is None for one in asked if one not in refused)
        await still_reads(media)


async def test_an_asker_who_leaves_takes_no_child_along():
    async with running() as media:
        await still_reads(media)
        for _ in range(3):
            asking = asyncio.create_task(media.read(PICTURE))
            await asyncio.sleep(0)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
        await still_reads(media)
        assert len(media.pids()) == 1


async def test_nothing_and_too_much_are_refused_without_a_child():
    async with running(replace(ONE, file_bytes_max=10)) as media:
        with pytest.raises(Unreadable) as empty:
            await media.read(b"")
        with pytest.raises(TooLarge) as large:
            await media.read(bytes(11))
        assert (empty.value.slug, large.value.slug) == ("empty_file", "too_large")
        assert media.pids() == []


async def test_a_child_inherits_nothing_and_gives_up_what_it_can(monkeypatch):
    monkeypatch.setenv("AMPARO_TEST_SECRET", "not for children")
    kept = os.open("/proc/self/status", os.O_RDONLY)
    os.set_inheritable(kept, True)
    try:
        async with running() as media:
            await still_reads(media)
            (pid,) = media.pids()
            await asyncio.to_thread(holds_nothing, pid)
    finally:
        os.close(kept)


def holds_nothing(pid: int) -> None:
    process = Path(f"/proc/{pid}")
    words = (process / "status").read_text()
    told = dict(line.split(":\t", 1) for line in words.splitlines() if ":\t" in line)
    assert told["NoNewPrivs"] == "1"
    if os.geteuid() == 0:
        assert set(told["Uid"].split()) == {"65534"}
        assert set(told["Gid"].split()) == {"65534"}
        assert int(told["CapEff"], 16) == 0
        environment = (process / "environ").read_bytes().split(b"\0")
        names = {entry.partition(b"=")[0].decode() for entry in environment if entry}
        assert names == set(pool.ENVIRONMENT)
        targets = {str(one.readlink()).partition(":")[0] for one in (process / "fd").iterdir()}
        assert targets <= {"/dev/null", "pipe"}, targets
    limits = {line[:26].strip(): line[26:].split()[1] for line in (process / "limits").read_text().splitlines()}
    assert limits["Max address space"] == str(ONE.memory_bytes_max)
    assert limits["Max file size"] == limits["Max core file size"] == "0"


def answer_of(number: int = 1, count: int = 0, magic: bytes = frames.ANSWER_MAGIC) -> bytes:
    return frames.ANSWER.pack(magic, number, 0, 1, 300, 200, 0, 0, 0, count)


LIES: dict[str, Callable[[], bytes]] = {
    "another magic": lambda: answer_of(magic=b"EVIL"),
    "another number": lambda: answer_of(number=2),
    "more signals than there are": lambda: answer_of(count=frames.SIGNALS_MAX + 1),
    "a kind that is none": lambda: answer_of(count=1) + frames.SIGNAL.pack(b"photodna", 0, -1, 144),
    "a code too long": lambda: answer_of(count=1) + frames.SIGNAL.pack(b"pdq", 0, 100, 65_535),
    "a quality over all": lambda: answer_of(count=1) + frames.SIGNAL.pack(b"pdq", 0, 127, 32) + bytes(32),
    "less than promised": lambda: answer_of(count=2) + frames.SIGNAL.pack(b"pdq", 0, 100, 32) + bytes(32),
    "words": lambda: b"Traceback (most recent call last):\n" * 9,
    "nothing": lambda: b"",
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_child_that_lies_is_not_believed(lie, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(pool, "MAIN", f"import os; os.read(0, 1 << 20); os.write(1, {LIES[lie]()!r})")
        async with running() as media:
            reading = await media.read(PICTURE)
            assert (slug(reading), kinds(reading)) == ("decode_limit", BYTES_ONLY)
            assert media.pids() == []
            patched.undo()
            await still_reads(media)


async def test_no_interpreter_is_told_so(monkeypatch):
    async with running() as media:
        with monkeypatch.context() as patched:
            patched.setattr(sys, "executable", "/nowhere/python")
            with pytest.raises(Unavailable) as told:
                await media.read(PICTURE)
        assert told.value.slug == "no_decoder"
        await still_reads(media)
