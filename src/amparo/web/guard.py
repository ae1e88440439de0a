"""The gate before every page: headers, bounds, and errors as answers without detail. Knows no page and no person.

Nothing leaves without the headers of the process (policy.py); what fails inside is logged by slug and place in our code, never with the address that was
asked for, a header or a word of hers.
"""

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from pathlib import PurePath
from typing import Protocol, TypeAlias

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from amparo.errors import AmparoError, BadInput, Unavailable

View: TypeAlias = Callable[[Request], Awaitable[Response]]
Teller: TypeAlias = Callable[[Request, AmparoError], Awaitable[Response]]

LOG = structlog.get_logger()


class MethodNotAllowed(BadInput):
    """A known address, another method (RFC 9110 section 15.5.6)."""

    http_status = 405


class Bounds(Protocol):
    """What all requests together are held to; sections of settings have these fields."""

    @property
    def in_flight_max(self) -> int:
        """Requests read or worked on at the same time."""
        ...

    @property
    def turn_ms_max(self) -> int:
        """Time a request waits for its turn."""
        ...


class Guard:
    """ASGI around a view of every request. tell: makes the answer of an error. ours: headers of every answer that has not its own."""

    def __init__(self, view: View, tell: Teller, bounds: Bounds, ours: Mapping[str, str]) -> None:
        self._view = view
        self._tell = tell
        self._bounds = bounds
        self._ours = ours
        self._free = asyncio.Semaphore(bounds.in_flight_max)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            raise AssertionError("nothing but HTTP is served here")
        turn = _Turn(self._free, self._bounds.turn_ms_max / 1000, receive)
        request, sent = Request(scope, turn.receive), _Sent(send, self._ours, is_head=scope["method"] == "HEAD")
        try:
            await (await self._answer(request, turn))(scope, receive, sent)
        except ClientDisconnect:
            pass
        except asyncio.CancelledError:  # the server is being stopped, and this took too long
            if not sent.has_begun:
                stopping = Unavailable("not_now", "this service is being stopped", "Send it again.", retry_after_s=5)
                await unasked(stopping)(scope, receive, sent)
            raise

    async def _answer(self, request: Request, turn: "_Turn") -> Response:
        try:
            async with turn:
                return await self._view(request)
        except ClientDisconnect:
            raise
        except Exception as error:  # noqa: BLE001  # nothing may leave as a traceback
            return await self._told(request, error)

    async def _told(self, request: Request, error: Exception) -> Response:
        ours = error if isinstance(error, AmparoError) else AmparoError("internal", "something failed here")
        note(ours, error)
        try:
            return await self._tell(request, ours)
        except Exception as again:  # noqa: BLE001  # the page of the error failed too
            note(ours, again)
            return unasked(ours)


def unasked(error: AmparoError, ours: Mapping[str, str] | None = None) -> Response:
    """The answer where no page can be made, and to what was no whole request. ours: headers of it, where the guard puts none."""
    text = f"{error.http_status} {HTTPStatus(error.http_status).phrase}\n"
    told = PlainTextResponse(text, error.http_status, ours)
    if error.retry_after_s is not None:
        told.headers["Retry-After"] = str(error.retry_after_s)
    return told


def note(ours: AmparoError, error: BaseException) -> None:
    """Log a failure of ours by slug and place; what a person did wrong is no event."""
    if ours.http_status >= 500:
        LOG.error("page failed", slug=ours.slug, error=type(error).__name__, place=_place(error))


def _place(error: BaseException) -> str:
    """Where it failed, as file:line: never a message or a value, which may hold what nobody may read."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""


class _Turn:
    """One of the turns there are at once. While its sender is waited for it is another's: who sends slowly holds up nobody."""

    def __init__(self, free: asyncio.Semaphore, patience_s: float, receive: Receive) -> None:
        self._free = free
        self._patience_s = patience_s
        self._receive = receive
        self._is_held = False

    async def __aenter__(self) -> None:
        """Raises: Unavailable (not_now)."""
        try:
            async with asyncio.timeout(self._patience_s):
                await self._take()
        except TimeoutError:
            raise Unavailable(
                "not_now", "too many requests at once", "Come back in a moment.", retry_after_s=5
            ) from None

    async def __aexit__(self, *_: object) -> None:
        self._give()

    async def receive(self) -> Message:
        """What the sender sends next."""
        self._give()
        message = await self._receive()
        await self._take()
        return message

    async def _take(self) -> None:
        await self._free.acquire()
        self._is_held = True

    def _give(self) -> None:
        if self._is_held:
            self._is_held = False
            self._free.release()


class _Sent:
    """Passes an answer on with our headers, without its body where only the head was asked for."""

    def __init__(self, send: Send, ours: Mapping[str, str], *, is_head: bool) -> None:
        self._send = send
        self._ours = [(name.encode(), value.encode()) for name, value in ours.items()]
        self._is_head = is_head
        self.has_begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_begun = True
            told: list[tuple[bytes, bytes]] = [(name.lower(), value) for name, value in message.get("headers", ())]
            there = {name for name, _ in told}
            message["headers"] = [*told, *((name, value) for name, value in self._ours if name not in there)]
        elif self._is_head:
            message = {**message, "body": b""}
        await self._send(message)
