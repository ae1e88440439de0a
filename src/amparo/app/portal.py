"""The portal's process: `python -m amparo.app.portal`. Opens the intake and nothing else: no ledger, no bank, no decoder, no key of a platform.

What it may not even load is held to by a contract (pyproject.toml, portal-closure) and tried on the running process.
"""

import argparse
import asyncio
import signal
from functools import partial
from pathlib import Path
from secrets import token_bytes
from typing import Final

import structlog
import uvloop

from amparo.app.clock import SystemClock
from amparo.app.intake import intake_of, receipts_of, secrets_of
from amparo.app.lifeline import die_with_parent
from amparo.app.logs import log_to_stderr
from amparo.app.settings import Settings, environment, read
from amparo.app.word import READY, leave, place_of, starting
from amparo.doorway.listening import Listening, bind
from amparo.doorway.serving import server_for
from amparo.intake.sealed_to import SealTo
from amparo.intake.service import Intake
from amparo.intake.settings import IntakeSettings
from amparo.portal.application import application
from amparo.portal.doors import Doors
from amparo.portal.limits import Limits
from amparo.portal.pages import WORDS, pages
from amparo.portal.settings import LimitSettings, PortalSettings
from amparo.portal.work import Work
from amparo.sealing.keys import desk_recipient, tips_recipient
from amparo.store.db import Database, is_postgres, sqlite_path
from amparo.store.durable import make_private_file
from amparo.store.schema import migrate
from amparo.web import places
from amparo.web.addresses import is_secure
from amparo.web.guard import unasked
from amparo.web.place import Networks
from amparo.web.policy import headers

NAME: Final = "portal"
GRACE_S: Final = 4
WORK_KEY_BYTES: Final = 32
SECTIONS: Final = {"intake": IntakeSettings, "portal": PortalSettings, "portal_limits": LimitSettings}
ELSEWHERE: Final = frozenset({"access", "api", "cases", "console", "match", "media", "review", "uploads", "wire"})
"""Sections that other processes read (app/rooms.py); this one passes over them, since reading them would load their rooms."""


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="amparo.app.portal")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--watch-fd", type=int)
    wanted = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the supervisor tells us when
    signal.signal(signal.SIGTERM, _leave)
    die_with_parent(wanted.watch_fd)
    log_to_stderr()
    with starting(wanted.data, NAME):
        settings = read(wanted.data, environment(), SECTIONS, elsewhere=ELSEWHERE)
        db = intake_of(settings.deployment)
        try:
            doors = doors_over(db, settings)
            bound = bind(wanted.host, wanted.port)
            uvloop.run(_serve(doors, bound, place_of(wanted.data, NAME)))
        finally:
            db.close()


def doors_over(db: Database, settings: Settings) -> Doors:
    """The portal's doors over that intake, brought to this version's schema.

    Raises: Misconfigured (secret_missing, secret_damaged, receipts_differ, bad_setting, bad_route, database_newer, database_other).
    """
    if not is_postgres(db.url):
        make_private_file(sqlite_path(db.url))
    migrate(db, settings.deployment.data_dir.absolute() / "run" / "migrate-intake.lock", "intake")
    clock, portal = SystemClock(), settings.section(PortalSettings)
    folder = secrets_of(settings.deployment)
    to = SealTo(desk_recipient(folder), lambda: tips_recipient(folder))
    intake = Intake(db, clock, settings.section(IntakeSettings), receipts_of(settings), to)
    intake.check()
    languages, limits = WORDS.load(pseudo=portal.pseudo_languages), settings.section(LimitSettings)
    toll = Limits(limits, clock), Work(limits, clock, token_bytes(WORK_KEY_BYTES))
    networks = Networks(portal.proxies, clock, "portal.proxies")
    return Doors(intake, pages(languages, portal), networks, places.load(), clock, portal, *toll)


async def _serve(doors: Doors, bound: Listening, place: Path) -> None:
    tell = partial(unasked, ours=headers(is_secure=is_secure(doors.settings.public_url)))
    server = server_for(application(doors), doors.settings, tell, grace_s=GRACE_S)
    telling = asyncio.create_task(asyncio.to_thread(leave, place, READY, {"host": bound.getsockname()[0]}))
    try:
        await server.serve(sockets=[bound])
    finally:
        await telling
    structlog.get_logger().info("portal ended")


def _leave(_number: int, _frame: object) -> None:
    """End with all clean-up done. The server catches the signal itself while it serves and raises it again when it is done."""
    raise SystemExit(0)


if __name__ == "__main__":
    main()
