"""Calls to one HTTP server, or to an app in this process by the same words: bounded, no redirect, one address.

Not a browser: no cookies, no proxy or certificate out of the environment, nothing retried.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from types import TracebackType
from typing import Any, Self

import httpx
import msgspec

from amparo.errors import AmparoError, BadInput, Misconfigured, Unavailable
from amparo.wire.model import Reply, error_of
from amparo.wire.settings import WireSettings

App = Callable[
    [
        MutableMapping[str, Any],
        Callable[[], Awaitable[MutableMapping[str, Any]]],
        Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ],
    Awaitable[None],
]
Content = bytes | AsyncIterable[bytes]
IN_PROCESS = "http://in-process.invalid"  # never resolved; .invalid by RFC 6761
KEY = re.compile(r"[\x21-\x7e]{1,256}")
HOST = re.compile(rb"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45}")  # a name (IDNA) or an address, IPv6 without brackets
DEFAULTS = WireSettings()


class Wire:
    """One server's door. Use as an async context manager, from one event loop."""

    def __init__(self, client: httpx.AsyncClient, settings: WireSettings) -> None:
        self._client = client
        self._settings = settings

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def request(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        content: Content | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One call, its answer read whole. path: begins with one slash, may hold a query. json or content, not both.

        Raises: the error the other side tells; Unavailable (no_answer, bad_answer, answer_too_large).
        """
        async with self._call(method, path, *_body(json, content, headers)) as answer:
            body = await self._whole(answer)
        return Reply(answer.status_code, _headers(answer), body)

    async def lines(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        content: Content | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncIterator[bytes]:
        """One call, its answer as lines without their ends, none empty, while it comes in; of any length in all.

        Raises: as `request`, before or between lines.
        """
        async with self._call(method, path, *_body(json, content, headers)) as answer:
            rest = b""
            async for chunk in answer.aiter_bytes():
                *whole, rest = (rest + chunk).split(b"\n")
                if len(rest) > self._settings.line_bytes_max:
                    raise _too_large(self._settings.line_bytes_max)
                for line in filter(None, whole):
                    yield line
            if rest:
                yield rest

    @contextlib.asynccontextmanager
    async def _call(
        self, method: str, path: str, content: Content | None, headers: dict[str, str]
    ) -> AsyncIterator[httpx.Response]:
        assert path.startswith("/"), "a path of this server"
        if path.startswith("//") or not path.isprintable():
            raise BadInput(
                "bad_path", "the path of a call is malformed", "One slash at its begin, no control characters."
            )
        try:
            async with (
                asyncio.timeout(self._settings.call_ms_max / 1000),
                self._client.stream(method, path, content=content, headers=headers) as answer,
            ):
                await self._check(answer)
                yield answer
        except (httpx.LocalProtocolError, UnicodeEncodeError):
            raise BadInput("bad_header", "a header of a call is malformed", "Headers are one line of ASCII.") from None
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise _no_answer(error) from None

    async def _check(self, answer: httpx.Response) -> None:
        if answer.is_redirect or answer.status_code < 200:
            raise Unavailable(
                "bad_answer",
                f"the server answered {answer.status_code}",
                "Give its address itself: redirects are not followed.",
            )
        if answer.is_error:
            raise error_of(answer.status_code, _headers(answer), await self._whole(answer))

    async def _whole(self, answer: httpx.Response) -> bytes:
        body = bytearray()
        async for chunk in answer.aiter_bytes():
            body += chunk
            if len(body) > self._settings.answer_bytes_max:
                raise _too_large(self._settings.answer_bytes_max)
        return bytes(body)


def server_client(url: str, key: str = "", settings: WireSettings = DEFAULTS) -> Wire:
    """The server at ``url`` (http or https, a path allowed), asked with the bearer ``key``; "" asks without.

    Raises: Misconfigured (bad_address, bad_key).
    """
    if key and not KEY.fullmatch(key):
        raise Misconfigured("bad_key", "the API key is malformed", "Give it as it was shown, in AMPARO_API_KEY.")
    try:
        client = httpx.AsyncClient(
            base_url=_address(url),
            headers={"Authorization": f"Bearer {key}"} if key else {},
            proxy=settings.proxy or None,
            **_limits(settings),
        )
    except (ValueError, httpx.InvalidURL):
        raise Misconfigured("bad_address", "the proxy's address is malformed", "See `amparo settings show`.") from None
    return Wire(client, settings)


def in_process_client(app: App, settings: WireSettings = DEFAULTS) -> Wire:
    """The ASGI ``app`` in this process; what it raises comes through. Its answers are held in memory whole."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=True, client=("127.0.0.1", 0))
    return Wire(httpx.AsyncClient(transport=transport, base_url=IN_PROCESS, **_limits(settings)), settings)


def _limits(settings: WireSettings) -> dict[str, Any]:
    silence_s = settings.silence_ms_max / 1000
    timeout = httpx.Timeout(silence_s, connect=settings.connect_ms_max / 1000)
    return {"timeout": timeout, "trust_env": False, "follow_redirects": False}


def _address(url: str) -> httpx.URL:
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL:
        address = httpx.URL("")
    if (
        address.scheme not in ("http", "https")
        or not HOST.fullmatch(address.raw_host)
        or address.userinfo
        or address.query
        or address.fragment
    ):
        raise Misconfigured(
            "bad_address", "the server's address is malformed", "For example http://localhost:8800, in AMPARO_API_URL."
        )
    return address


def _body(
    json: object, content: Content | None, headers: Mapping[str, str] | None
) -> tuple[Content | None, dict[str, str]]:
    sent = {"Accept-Encoding": "identity", **(headers or {})}  # so that sizes are what they are
    if json is None:
        return content, sent
    assert content is None, "json or content"
    return msgspec.json.encode(json), {"Content-Type": "application/json", **sent}


def _headers(answer: httpx.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in answer.headers.items()}


def _too_large(most: int) -> AmparoError:
    return Unavailable("answer_too_large", f"the server's answer is over {most} bytes", "Ask for less at a time.")


def _no_answer(error: Exception) -> AmparoError:
    slow = isinstance(error, httpx.TimeoutException | TimeoutError)
    text = "the server did not answer in time" if slow else "the server did not answer"
    return Unavailable("no_answer", text, "Does it run, at this address? See AMPARO_API_URL.")
