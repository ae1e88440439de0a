"""The console's process: `python -m amparo.app.console`. Opens the ledger and serves pages for staff; it has not the database of what persons send."""

import argparse
import asyncio
import signal
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import structlog
import uvloop

from amparo.app.banking import bank_doors
from amparo.app.casework import case_doors, tip_doors
from amparo.app.doctor.model import Installation
from amparo.app.health import health_of
from amparo.app.lifeline import die_with_parent, leave_no_core
from amparo.app.logs import log_to_stderr
from amparo.app.looks import looking_of, looks_of
from amparo.app.review import reviewing
from amparo.app.rooms import Rooms, open_rooms, settings_of
from amparo.app.staff import signing_of, staff_with_secret
from amparo.app.word import READY, leave, place_of, starting
from amparo.cases.service import Cases
from amparo.console.application import application, common
from amparo.console.doors import Doors
from amparo.console.pages import WORDS, pages
from amparo.console.settings import ConsoleSettings
from amparo.doorway.listening import Listening, bind
from amparo.doorway.serving import server_for
from amparo.errors import AmparoError
from amparo.match.by_bank import ByBank
from amparo.media.pool import MediaPool
from amparo.media.settings import MediaSettings
from amparo.review.figures import Bookkeeping
from amparo.review.item_entry import ItemEntry
from amparo.review.settings import ReviewSettings
from amparo.web import places
from amparo.web.addresses import is_secure
from amparo.web.guard import unasked
from amparo.web.place import Networks
from amparo.web.session import Cookies

NAME: Final = "console"
COOKIE: Final = "staff"
GRACE_S: Final = 4


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="amparo.app.console")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--watch-fd", type=int)
    wanted = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the supervisor tells us when
    signal.signal(signal.SIGTERM, _leave)
    die_with_parent(wanted.watch_fd)
    leave_no_core()
    log_to_stderr()
    with starting(wanted.data, NAME):
        rooms = open_rooms(settings_of(wanted.data))
        try:
            media = MediaPool(replace(rooms.settings.section(MediaSettings), children=1))  # looks are few
            doors = doors_over(rooms, media, wanted.port)
            bound = bind(wanted.host, wanted.port)
            uvloop.run(_serve(doors, media, bound, place_of(wanted.data, NAME), rooms.matcher.lookup.renew))
        finally:
            rooms.close()


def doors_over(rooms: Rooms, media: MediaPool, port: int) -> Doors:
    """The console's doors over those rooms. media: draws what is looked at. port: where it listens.

    Raises: Misconfigured (bad_setting, bad_language, secret_missing, secret_damaged).
    """
    settings = rooms.settings.section(ConsoleSettings)
    staff = staff_with_secret(rooms)
    looks = looks_of(rooms, looking_of(rooms), media)
    room = reviewing(rooms, looks)
    banking = bank_doors(rooms, room.seconds)
    return Doors(
        staff=staff,
        signing=signing_of(rooms, staff, port),
        desk_folder=rooms.data / "secrets",
        pages=pages(WORDS.load(pseudo=settings.pseudo_languages), settings),
        cookies=Cookies(COOKIE, is_secure=is_secure(settings.public_url)),
        networks=Networks(settings.proxies, rooms.clock, "console.proxies"),
        clock=rooms.clock,
        settings=settings,
        rules=rooms.settings.section(ReviewSettings),
        ready=rooms.access.clients,
        looks=looks,
        item_entry=ItemEntry(looks, banking.acts),
        exposures=looks.exposures,
        figures=Bookkeeping(rooms.db, rooms.clock),
        by_bank=ByBank(rooms.db, rooms.clock),
        health=health_of(Installation(rooms.settings, rooms.data, rooms.clock)),
        casework=case_doors(rooms, room),
        tips=tip_doors(rooms, room),
        places=places.load(),
        queue=room.queue,
        deciding=room.deciding,
        minors=room.minors,
        seconds=room.seconds,
        cases=Cases(rooms.db, rooms.clock),
        banking=banking,
        webhooks=rooms.webhooks,
        clients=rooms.access.clients,
    )


async def _serve(doors: Doors, media: MediaPool, bound: Listening, place: Path, renew: Callable[[], object]) -> None:
    server = server_for(application(doors), doors.settings, partial(unasked, ours=common(doors)), grace_s=GRACE_S)
    telling = asyncio.create_task(
        asyncio.to_thread(leave, place, READY, dict(zip(("host", "port"), bound.getsockname()[:2], strict=True)))
    )
    renewing = asyncio.create_task(_every_minute(renew))
    try:
        await server.serve(sockets=[bound])
    finally:
        renewing.cancel()
        await telling
        await media.stop()
    structlog.get_logger().info("console ended")


async def _every_minute(renew: Callable[[], object]) -> None:
    """Stand on the newest snapshot of the index, once it was read."""
    while True:
        await asyncio.sleep(60)
        try:
            await asyncio.to_thread(renew)
        except AmparoError as error:  # the old one goes on; the next minute tries again
            structlog.get_logger().warning("index not renewed", slug=error.slug)


def _leave(_number: int, _frame: object) -> None:
    """End with all clean-up done. The server catches the signal itself while it serves and raises it again when it is done."""
    raise SystemExit(0)


if __name__ == "__main__":
    main()
