"""The server of one process: an application over bounded connections. Binds no socket and knows no route."""

from collections.abc import Callable
from functools import partial
from typing import Any, cast

import uvicorn
from starlette.responses import Response
from starlette.types import ASGIApp

from amparo.doorway.protocol import BoundedProtocol, Limits
from amparo.errors import AmparoError


def server_for(
    application: ASGIApp, limits: Limits, tell: Callable[[AmparoError], Response], *, grace_s: int
) -> uvicorn.Server:
    """The server, not yet started: it logs nothing, believes no proxy, and answers what is no request by ``tell``.

    grace_s: what requests under way are given when it is stopped.
    """
    protocol = cast("Any", partial(BoundedProtocol, limits, tell))
    config = uvicorn.Config(
        application, http=protocol, loop="none", lifespan="off", log_config=None,
        access_log=False, server_header=False, date_header=False, proxy_headers=False, timeout_graceful_shutdown=grace_s,
        ws="none",
    )  # fmt: skip
    return uvicorn.Server(config)
