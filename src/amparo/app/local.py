"""The API in this process, for commands over a data folder: the same doors as over HTTP, no socket. Serves nobody else."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.types import ASGIApp, Receive, Scope, Send

from amparo import hashing
from amparo.api.bell import Bell
from amparo.api.doors import Doors
from amparo.api.guard import OPERATOR_SCOPE
from amparo.api.pulse import Pulse
from amparo.api.routes import application
from amparo.api.settings import APISettings
from amparo.app.review import report_readers, reviewing
from amparo.app.rooms import open_rooms
from amparo.app.settings import Settings
from amparo.media.pool import MediaPool
from amparo.media.settings import MediaSettings
from amparo.terms.clock import to_us


@contextlib.asynccontextmanager
async def local_api(settings: Settings) -> AsyncIterator[ASGIApp]:
    """The application over the data folder of ``settings``, asked by the operator: who can read the files needs no key.

    Raises: those of open_rooms; Tampered (self_test).
    """
    hashing.self_test()
    rooms = await asyncio.to_thread(open_rooms, settings)
    media = MediaPool(settings.section(MediaSettings))
    limits = settings.section(APISettings)
    doors = Doors(
        rooms.access, rooms.banks, rooms.matcher, media, rooms.limits, rooms.clock,
        limits, "local", Pulse(rooms.matcher.lookup, limits.lag_ms_max), rooms.uploads,
        rooms.actions, rooms.webhooks, Bell(rooms.actions.newest, 1), reviewing(rooms).reports, report_readers(rooms),
    )  # fmt: skip
    app = application(doors)

    async def as_operator(scope: Scope, receive: Receive, send: Send) -> None:
        """One request in the operator's name."""
        await app({**scope, OPERATOR_SCOPE: True}, receive, send)

    try:
        yield as_operator
    finally:
        await media.stop()
        rooms.matcher.recorder.flush(to_us(rooms.clock.now()))
        rooms.close()
