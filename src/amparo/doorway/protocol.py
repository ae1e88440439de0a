"""An HTTP/1.1 connection with bounds the server library has not: headers in time and size, answers taken in time.

Knows no route; limits of bodies are the routes' own (bodies.py). What is refused here was no whole request yet, and how that
is told the process says.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from starlette.responses import Response
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from amparo.errors import AmparoError, BadInput, TooSlow, Unavailable

LINGER_S = 2.0


class HeadersTooLarge(BadInput):
    """The address and headers of a request are over a limit (RFC 6585 section 5)."""

    http_status = 431


class Limits(Protocol):
    """What a connection is held to; sections of settings have these fields."""

    @property
    def connections_max(self) -> int:
        """Connections held open at the same time."""
        ...

    @property
    def header_ms_max(self) -> int:
        """Time for the headers of a request."""
        ...

    @property
    def header_bytes_max(self) -> int:
        """Size of a request's address and headers."""
        ...

    @property
    def stall_ms_max(self) -> int:
        """Time a reader may leave an answer untouched."""
        ...


class BoundedProtocol(HttpToolsProtocol):
    """One connection. While no request is worked on, the headers of the next must be complete within ``header_ms_max``.

    tell: the whole answer to what was no request, made of the error.
    """

    def __init__(self, limits: Limits, tell: Callable[[AmparoError], Response], **server: Any) -> None:
        super().__init__(**server)
        self._limits = limits
        self._tell = tell
        self._headers_due: asyncio.TimerHandle | None = None
        self._reading_due: asyncio.TimerHandle | None = None
        self._header_bytes = 0
        self._unparsed_bytes = 0
        self._has_begun = False
        self._refusal: AmparoError | None = None
        self._is_lingering = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection, or refuse it where there are too many."""
        super().connection_made(transport)
        if len(self.connections) > self._limits.connections_max:
            text = "this worker has all the connections it can hold"
            self._hang_up(Unavailable("saturated", text, "Come back in a moment.", retry_after_s=1))
        else:
            self._expect_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of the timers."""
        _cancel(self._headers_due)
        _cancel(self._reading_due)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser. Bytes that make neither whole headers nor a body count against the limit of headers."""
        if self._is_lingering or self.transport.is_closing():
            return
        self._unparsed_bytes += len(data)
        super().data_received(data)
        if self._unparsed_bytes > self._limits.header_bytes_max:
            self._hang_up(self._too_large())

    def on_message_begin(self) -> None:
        """A request begins."""
        self._header_bytes, self._has_begun = 0, True
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """A piece of the address. Raises: HeadersTooLarge."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer behind a body. Raises: HeadersTooLarge."""
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """A request has begun in earnest."""
        _cancel(self._headers_due)
        self._unparsed_bytes, self._has_begun = 0, False
        super().on_headers_complete()
        if self.cycle is not None:
            self.cycle.transport = _Lingering(self)

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._unparsed_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The end of a request."""
        self._unparsed_bytes = 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """An answer is out: start the next request that is here already, or wait for one."""
        if self._is_lingering:
            self.server_state.total_requests += 1
            return
        super().on_response_complete()
        if self.cycle.response_complete and not self.transport.is_closing():
            self._expect_headers()

    def pause_writing(self) -> None:
        """The reader lags behind; not for ever."""
        super().pause_writing()
        _cancel(self._reading_due)
        self._reading_due = self.loop.call_later(self._limits.stall_ms_max / 1000, self.transport.abort)

    def resume_writing(self) -> None:
        """The reader caught up."""
        _cancel(self._reading_due)
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Tell that what came is no request; msg, the library's, is not told."""
        del msg
        malformed = BadInput("bad_request", "the request is malformed", "See /openapi.json.")
        self._hang_up(self._refusal or malformed)

    def _unsupported_upgrade_warning(self) -> None:
        """Another protocol was asked for: this one answers, and no more can be read behind it."""
        if self.cycle is not None:
            self.cycle.keep_alive = False

    def _expect_headers(self) -> None:
        _cancel(self._headers_due)
        self._headers_due = self.loop.call_later(self._limits.header_ms_max / 1000, self._too_slow)

    def _too_slow(self) -> None:
        if not self._has_begun:  # nobody waits for an answer
            self.transport.close()
            return
        self._hang_up(TooSlow("too_slow", "the headers did not arrive in time", "Send it again over a better line."))

    def _count(self, size: int) -> None:
        self._header_bytes += size
        if self._header_bytes > self._limits.header_bytes_max:
            self._refusal = self._too_large()
            raise self._refusal

    def _too_large(self) -> HeadersTooLarge:
        text = f"the address and headers are over {self._limits.header_bytes_max} bytes"
        return HeadersTooLarge("headers_too_large", text, "Send the long part in the body.")

    def _hang_up(self, error: AmparoError) -> None:
        """Close, and tell why unless an answer is half out. A request that is worked on learns that its sender is gone."""
        if self._is_lingering or self.transport.is_closing():
            return
        working = self.cycle is not None and not self.cycle.response_complete
        if not (working and self.cycle.response_started):
            self.transport.write(_answer(self._tell(error)))
        if working:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.linger()

    def linger(self) -> None:
        """Say that no more will be said, and take in for a moment what the sender still sends. Closing at once would reset
        the line under an unread body, and the answer could be lost on the way (RFC 9112 section 9.6).
        """
        if self._is_lingering or self.transport.is_closing():
            return
        self._is_lingering = True
        _cancel(self._headers_due)
        self._headers_due = self.loop.call_later(LINGER_S, self.transport.close)
        self.flow.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()


class _Lingering(asyncio.Transport):
    """The transport as a request's cycle sees it: its close lets the sender finish."""

    def __init__(self, protocol: BoundedProtocol) -> None:
        super().__init__()
        self._protocol = protocol

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self._protocol.transport.is_closing():  # a line that broke is told of a moment later
            self._protocol.transport.write(data)

    def is_closing(self) -> bool:
        return self._protocol.transport.is_closing()

    def close(self) -> None:
        self._protocol.linger()


def _answer(told: Response) -> bytes:
    """The answer as HTTP/1.1, the last on its connection."""
    headers = [*told.raw_headers, (b"connection", b"close")]
    lines = b"".join(b"%b: %b\r\n" % header for header in headers)
    return STATUS_LINE[told.status_code] + lines + b"\r\n" + bytes(told.body)


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
