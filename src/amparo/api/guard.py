"""The gate before every route: request id, saturation, key, rate, and errors as problems. Grants no permission itself.

Default deny: without a good key nothing answers but the open paths; what a key may do each route states (routes.py).
"""

import asyncio
import functools
import secrets
import time
import traceback
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import PurePath
from typing import Any

import structlog
from anyio.to_thread import run_sync
from prometheus_client import Counter, Gauge, Histogram
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from amparo.access.model import OPERATOR, Principal
from amparo.api.doors import Doors
from amparo.api.hma import paths
from amparo.api.hma.words import refusal
from amparo.api.keyring import Keyring
from amparo.api.problems import problem
from amparo.errors import AmparoError, BadInput, NotFound, Unauthenticated, Unavailable

OPEN_PATHS = frozenset({"/livez", "/readyz", "/openapi.json"}) | paths.OPEN_PATHS
OPERATOR_SCOPE = "amparo.operator"  # set by the in-process transport alone; no server puts it into a scope

LOG = structlog.get_logger()
REQUESTS = Counter("amparo_requests", "Requests by route and status", ["route", "status"])
SECONDS = Histogram("amparo_request_seconds", "Time to answer, by route", ["route"])
IN_FLIGHT = Gauge("amparo_requests_in_flight", "Requests being worked on", multiprocess_mode="livesum")


class Guard:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, doors: Doors, methods: Mapping[str, str]) -> None:
        """methods: the methods of each path template, as the header Allow names them."""
        self._app = app
        self._methods = methods
        self._doors = doors
        self._in_flight = 0
        self._keyring = Keyring()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; everything that goes wrong becomes a problem document."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # before anything else: from here on a key that stood in the path is in nothing that is told
        key = paths.settle(scope)
        request_id, begun, sent = secrets.token_hex(8), time.perf_counter(), _Sent(send, self._doors.worker)
        sent.request_id = request_id
        scope.setdefault("state", {})["request_id"] = request_id
        scope["app"] = self  # so that the router raises for an unknown route in the place of answering itself
        self._in_flight += 1
        IN_FLIGHT.inc()
        try:
            await self._answer(scope, receive, sent, key)
        except ClientDisconnect:
            sent.status = 499
        except asyncio.CancelledError:  # the server is being stopped, and this took too long
            stopping = Unavailable("stopping", "the service is being stopped", "Send it again.", retry_after_s=5)
            await self._tell(stopping, scope, receive, sent)
            raise
        except Exception as error:  # noqa: BLE001  # nothing may leave as a traceback
            await self._tell(error, scope, receive, sent)
        finally:
            self._in_flight -= 1
            IN_FLIGHT.dec()
            _note(scope, sent.status, time.perf_counter() - begun)

    async def _answer(self, scope: Scope, receive: Receive, sent: "_Sent", key: str | None) -> None:
        if key is not None and not self._doors.settings.hma_key_in_path:
            raise NotFound("unknown_route", "there is no such route", "See /openapi.json.")
        if scope["path"] not in OPEN_PATHS:
            if self._in_flight > self._doors.settings.in_flight_max:
                raise Unavailable(
                    "saturated", "this worker has all it can do", "Come back in a moment.", retry_after_s=1
                )
            seen = scope["state"]["seen"] = await self._doors.pulse.look()
            scope["state"]["principal"] = await self._principal(scope, key, seen.newest_policy)
        await self._app(scope, receive, sent)

    async def _principal(self, scope: Scope, key: str | None, newest_policy: int) -> Principal:
        if scope.get(OPERATOR_SCOPE) is True:
            return OPERATOR
        text = _bearer(scope) if key is None else key
        if not text:
            raise Unauthenticated("no_key", "this door opens with a key only", "Send `Authorization: Bearer KEY`.")
        principal = self._keyring.holder(text, newest_policy)
        if principal is None:
            principal = await run_sync(self._doors.access.principal, text)
            self._keyring.keep(text, newest_policy, principal)
        self._doors.limits.take(principal)
        return principal

    async def _tell(self, error: Exception, scope: Scope, receive: Receive, sent: "_Sent") -> None:
        ours = _ours(error)
        if ours.http_status >= 500 and not isinstance(error, Unavailable):
            LOG.error(
                "request failed",
                slug=ours.slug,
                error=type(error).__name__,
                place=_place(error),
                request_id=sent.request_id,
            )
        if sent.status == 0:
            told = refusal(ours) if paths.is_hma(scope["path"]) else problem(ours, sent.request_id)
            if isinstance(ours, MethodNotAllowed):
                told.headers["Allow"] = self._methods[scope["route"].path]
            await told(scope, receive, sent)


class _Sent:
    """Passes messages on with our headers added, and remembers the status."""

    def __init__(self, send: Send, worker: str) -> None:
        self._send = send
        self._worker = worker.encode()
        self.status = 0
        self.request_id = ""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            ours = [(b"amparo-worker", self._worker), (b"amparo-request-id", self.request_id.encode())]
            message["headers"] = [*message.get("headers", ()), *ours, (b"cache-control", b"no-store")]
        await self._send(message)


def _bearer(scope: Scope) -> str:
    """The key in the headers, "" where there is none."""
    header = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
    scheme, _, text = header.decode("latin-1").partition(" ")
    return text.strip() if scheme.lower() == "bearer" else ""


def _ours(error: Exception) -> AmparoError:
    if isinstance(error, AmparoError):
        return error
    if isinstance(error, HTTPException):
        if error.status_code == 405:
            return MethodNotAllowed("wrong_method", "this route does not take this method", "See /openapi.json.")
        if error.status_code == 404:
            return NotFound("unknown_route", "there is no such route", "See /openapi.json.")
        return BadInput("bad_request", "the request is malformed", "See /openapi.json.")
    return AmparoError("internal", "something failed here", "Tell the operator the request id.")


class MethodNotAllowed(BadInput):
    """A known route, another method (RFC 9110 section 15.5.6)."""

    http_status = 405


def _place(error: Exception) -> str:
    """Where it failed, as file:line: never a message or a value, which may hold what nobody may read."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""


def _note(scope: MutableMapping[str, Any], status: int, seconds: float) -> None:
    name = getattr(scope.get("route"), "path", "none")  # the template, so no bank or content is named
    count, observe = _counters(name, status)
    count()
    observe(seconds)


@functools.cache
def _counters(name: str, status: int) -> tuple[Callable[[], None], Callable[[float], None]]:
    """Looked up once for each route and status: as many as there are."""
    return REQUESTS.labels(name, str(status)).inc, SECONDS.labels(name).observe
