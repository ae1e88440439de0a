"""One API worker: `python -m amparo.app.api`. Binds its own socket on the shared port; the kernel shares out connections."""

import argparse
import asyncio
import contextlib
import gc
import itertools
import os
import resource
import signal
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import structlog
import uvloop

from amparo import hashing
from amparo.api.bell import Bell
from amparo.api.doors import Doors
from amparo.api.problems import unasked
from amparo.api.pulse import Pulse
from amparo.api.routes import application
from amparo.api.settings import APISettings
from amparo.app.lifeline import die_with_parent, leave_no_core
from amparo.app.logs import log_to_stderr
from amparo.app.looks import held_media, looking_of
from amparo.app.review import report_readers, reviewing
from amparo.app.rooms import Rooms, open_rooms, settings_of
from amparo.app.word import READY, leave, place_of, starting
from amparo.doorway.listening import Listening, bind
from amparo.doorway.serving import server_for
from amparo.media.pool import MediaPool
from amparo.media.settings import MediaSettings
from amparo.terms.clock import to_us
from amparo.wire import Fetcher, WireSettings

FLUSH_S = 1.0
RENEW_ROUNDS = 5
GC_OBJECTS = 50_000
SWITCH_S = 0.0005  # a thread that reads the ledger asks for the interpreter ten times a hit: at the usual 5 ms it waits 50 beside a busy loop
GRACE_S = 5
FILES_MAX = 65_536


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="amparo.app.api")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--number", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--watch-fd", type=int)
    wanted = parser.parse_args()
    sys.setswitchinterval(SWITCH_S)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the supervisor tells us when
    signal.signal(signal.SIGTERM, _leave)
    die_with_parent(wanted.watch_fd)
    leave_no_core()
    log_to_stderr()
    _allow_many_files()
    with starting(wanted.data, f"api-{wanted.number}"):
        hashing.self_test()
        rooms = open_rooms(settings_of(wanted.data))
        try:
            bound = bind(wanted.host, wanted.port)
            uvloop.run(_serve(rooms, bound, wanted.number, wanted.workers))
        finally:
            rooms.close()


def media_share(settings: MediaSettings, workers: int) -> MediaSettings:
    """The media settings of one of ``workers`` on this machine: where they name no number of children, its share of cores."""
    cores = os.cpu_count() or 1
    return settings if settings.children else replace(settings, children=max(1, -(-cores // workers)))


async def _serve(rooms: Rooms, bound: Listening, number: int, workers: int) -> None:
    media = MediaPool(media_share(rooms.settings.section(MediaSettings), workers))
    name, limits = f"api-{number}", rooms.settings.section(APISettings)
    worker = f"{name}-{os.getpid()}"
    bell = Bell(rooms.actions.newest, limits.in_flight_max // 4)
    fetcher = Fetcher(rooms.settings.section(WireSettings))
    doors = Doors(
        rooms.access, rooms.banks, rooms.matcher, media, rooms.limits, rooms.clock, limits, worker,
        Pulse(rooms.matcher.lookup, limits.lag_ms_max), rooms.uploads,
        rooms.actions, rooms.webhooks, bell, reviewing(rooms).reports, report_readers(rooms), fetcher,
        held_media(rooms, looking_of(rooms)),
    )  # fmt: skip
    await asyncio.to_thread(rooms.matcher.lookup.refresh)
    gc.freeze()  # what is loaded stays: looking through it for cycles again and again took a third of an import's time
    gc.set_threshold(GC_OBJECTS)
    server = server_for(application(doors), limits, partial(unasked, worker=worker), grace_s=GRACE_S)
    telling = asyncio.create_task(_tell(rooms, place_of(rooms.data, name), bound.getsockname()[0]))
    following = asyncio.create_task(doors.pulse.follow())
    bell.ends_with(lambda: server.should_exit)
    try:
        await server.serve(sockets=[bound])
    finally:
        telling.cancel()
        following.cancel()
        await media.stop()
        rooms.matcher.recorder.flush(to_us(rooms.clock.now()))


async def _tell(rooms: Rooms, place: Path, host: str) -> None:
    """Every second: write out counters, stand on a newer snapshot where it is worth it, and leave word of what the index holds (`amparo doctor` reads it)."""
    told = None
    for round_ in itertools.count(1):
        try:
            await asyncio.to_thread(rooms.matcher.recorder.flush, to_us(rooms.clock.now()))
            if round_ % RENEW_ROUNDS == 0:
                await asyncio.to_thread(rooms.matcher.lookup.renew)
            figures = await asyncio.to_thread(rooms.matcher.lookup.figures)
            if figures != told:
                await asyncio.to_thread(leave, place, READY, {"host": host, **figures})
                told = figures
        except Exception as error:  # noqa: BLE001  # a worker that cannot tell still serves; /readyz says the rest
            structlog.get_logger().warning("worker word not written", error=type(error).__name__)
        await asyncio.sleep(FLUSH_S)


def _leave(_number: int, _frame: object) -> None:
    """End with all clean-up done. The server catches the signal itself while it serves and raises it again when it is done."""
    raise SystemExit(0)


def _allow_many_files() -> None:
    """Every connection is an open file; a low soft limit is raised to what the hard one allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = FILES_MAX if hard == resource.RLIM_INFINITY else min(hard, FILES_MAX)
    if soft != resource.RLIM_INFINITY and soft < most:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


if __name__ == "__main__":
    main()
