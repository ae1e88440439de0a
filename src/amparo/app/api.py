"""One API worker: `python -m amparo.app.api`. Binds its own socket on the shared port; the kernel shares out connections."""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import socket
from pathlib import Path

import structlog
import uvicorn
import uvloop

from amparo import hashing
from amparo.api.doors import Doors
from amparo.api.routes import application
from amparo.api.settings import APISettings
from amparo.app.lifeline import die_with_parent
from amparo.app.logs import log_to_stderr
from amparo.app.rooms import Rooms, open_rooms, settings_of
from amparo.media.pool import MediaPool
from amparo.media.settings import MediaSettings
from amparo.store.durable import write_whole
from amparo.terms.clock import to_us

BACKLOG = 1_024
FLUSH_S = 1.0
GRACE_S = 5


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="amparo.app.api")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--number", type=int, default=0)
    parser.add_argument("--watch-fd", type=int)
    wanted = parser.parse_args()
    die_with_parent(wanted.watch_fd)
    log_to_stderr()
    hashing.self_test()
    rooms = open_rooms(settings_of(wanted.data))
    bound = bind(wanted.host, wanted.port)
    try:
        uvloop.run(_serve(rooms, bound, wanted.number))
    finally:
        rooms.close()


def bind(host: str, port: int) -> socket.socket:
    """A listening socket on a port that other workers listen on too."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    bound.bind((host, port))
    bound.listen(BACKLOG)
    return bound


async def _serve(rooms: Rooms, bound: socket.socket, number: int) -> None:
    media = MediaPool(rooms.settings.section(MediaSettings))
    name = f"api-{number}"
    doors = Doors(
        rooms.access, rooms.banks, rooms.matcher, media, rooms.limits, rooms.clock,
        rooms.settings.section(APISettings), f"{name}-{os.getpid()}",
    )  # fmt: skip
    await asyncio.to_thread(rooms.matcher.lookup.refresh)
    config = uvicorn.Config(
        application(doors), http="httptools", loop="none", lifespan="off", log_config=None, access_log=False,
        server_header=False, date_header=False, proxy_headers=False, timeout_graceful_shutdown=GRACE_S, ws="none",
    )  # fmt: skip
    server = uvicorn.Server(config)
    telling = asyncio.create_task(_tell(rooms, rooms.data / "run" / f"{name}.json"))
    try:
        await server.serve(sockets=[bound])
    finally:
        telling.cancel()
        await media.stop()
        rooms.matcher.recorder.flush(to_us(rooms.clock.now()))


async def _tell(rooms: Rooms, path: Path) -> None:
    """Every second: write out counters, follow the ledger, and leave word of what the index holds (`amparo doctor` reads it)."""
    told = None
    while True:
        try:
            await asyncio.to_thread(rooms.matcher.recorder.flush, to_us(rooms.clock.now()))
            await asyncio.to_thread(rooms.matcher.lookup.refresh)
            figures = await asyncio.to_thread(rooms.matcher.lookup.figures)
            if figures != told:
                word = json.dumps({"pid": os.getpid(), "state": "ready", **figures}).encode()
                await asyncio.to_thread(write_whole, path, word)
                told = figures
        except Exception as error:  # noqa: BLE001  # a worker that cannot tell still serves; /readyz says the rest
            structlog.get_logger().warning("worker word not written", error=type(error).__name__)
        await asyncio.sleep(FLUSH_S)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the supervisor tells us when
        main()
