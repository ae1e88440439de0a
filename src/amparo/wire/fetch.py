"""Fetches a file from an address that a client named: only from hosts the operator listed, bounded in size and time.

Every name is resolved once, all its addresses are checked, and the connection goes to the checked address itself, so that
no second answer counts; so again after each redirect. No cookies, no credentials, nothing decompressed, nothing kept
open. Whatever goes wrong at the other side is one and the same error: it tells no open or closed port.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import httpcore
import httpx

from amparo.errors import BadInput, Refused, TooLarge, Unavailable
from amparo.wire.allowed import PORTS, Host, entry_for, hosts_of, reach_of
from amparo.wire.named_tls import NamedTLS
from amparo.wire.settings import WireSettings

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

ADDRESSES_MAX: Final = 4  # of one name that are tried, one after the other
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
URL_CHARS_MAX: Final = 8_192
HEADERS: Final = {"Accept": "image/*, video/*, */*", "Accept-Encoding": "identity", "User-Agent": "amparo"}


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file. media_type: what its server calls it, "" when it says nothing; nobody has checked it."""

    data: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class _Target:
    """Where one request goes: the URL and the entry that allows it. headers: what is said there beside the usual."""

    url: httpx.URL
    name: str
    port: int
    host: Host
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


class _Moved(Exception):
    """No error: the answer was a redirect."""

    def __init__(self, location: str) -> None:
        super().__init__()
        self.location = location


class _Failed(Exception):
    """What went wrong is told to nobody."""


async def system_addresses(name: str, port: int) -> Sequence[str]:
    """All addresses the system's resolver gives for ``name``. Raises: OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


class Fetcher:
    """Fetches for one process. resolve: gives the addresses of a name. trust: whom TLS believes, None for the usual roots.

    Raises: Misconfigured (bad_setting).
    """

    def __init__(
        self, settings: WireSettings, resolve: Resolve = system_addresses, trust: ssl.SSLContext | None = None
    ) -> None:
        self._settings = settings
        self._hosts = hosts_of(settings.fetch_hosts)
        self._resolve = resolve
        self._trust = trust
        self._running = 0

    async def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> Fetched:
        """The file at ``url``. headers: further ones, as a signature; they go to that address alone, to none it redirects to.

        Raises: Refused (fetch_off), BadInput (bad_url, not_fetched), TooLarge (too_large), Unavailable (saturated).
        """
        if not self._hosts:
            raise Refused(
                "fetch_off",
                "nothing is fetched by address here",
                "Send the file itself; or the operator lists its host in wire.fetch_hosts.",
            )
        target = replace(self._target(url), headers=headers or {})
        if self._running >= self._settings.fetch_at_once_max:
            text = "this worker fetches all the files it can at once"
            raise Unavailable("saturated", text, "Come back in a moment.", retry_after_s=1)
        self._running += 1
        try:
            async with asyncio.timeout(self._settings.fetch_ms_max / 1000):
                return await self._follow(target)
        except (TimeoutError, _Failed):
            raise BadInput(
                "not_fetched",
                "the file could not be fetched from its address",
                "Can it be had there? Or send the file.",
            ) from None
        finally:
            self._running -= 1

    def _target(self, text: str) -> _Target:
        """Raises: BadInput (bad_url): malformed, or not listed."""
        try:
            url = httpx.URL(text) if len(text) <= URL_CHARS_MAX else httpx.URL("")
            name, port = url.raw_host.decode("ascii").lower(), url.port or PORTS.get(url.scheme, 0)
        except (httpx.InvalidURL, UnicodeError):
            url, name, port = httpx.URL(""), "", 0
        host = entry_for(self._hosts, url.scheme, name, port) if url.scheme in PORTS and not url.userinfo else None
        if host is None:
            raise BadInput(
                "bad_url", "this address may not be fetched", "http or https, at a host the operator listed."
            )
        return _Target(url, name, port, host)

    async def _follow(self, target: _Target) -> Fetched:
        for _ in range(self._settings.fetch_redirects_max + 1):
            try:
                return await self._once(target)
            except _Moved as moved:
                target = self._next(target, moved.location)
        raise _Failed

    def _next(self, before: _Target, location: str) -> _Target:
        try:
            target = self._target(str(before.url.join(location)))
        except (BadInput, httpx.InvalidURL):
            raise _Failed from None
        if before.url.scheme == "https" and target.url.scheme != "https":
            raise _Failed
        return target

    async def _once(self, target: _Target) -> Fetched:
        """One request, to the first checked address that answers. Raises: _Moved, _Failed, TooLarge (too_large)."""
        for address in (await self._checked(target))[:ADDRESSES_MAX]:
            try:
                return await self._ask(target, address)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
            except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, httpcore.ProxyError):
                break
        raise _Failed

    async def _checked(self, target: _Target) -> Sequence[str]:
        """The addresses of the target's name, all of them checked. Raises: _Failed."""
        try:
            # a name is no address, so it is "never" until it is resolved
            found = [target.name] if reach_of(target.name) != "never" else await self._resolve(target.name, target.port)
        except (OSError, UnicodeError):
            raise _Failed from None
        allowed = {"public", "private"} if target.host.allow_private else {"public"}
        if not found or any(reach_of(address) not in allowed for address in found):
            raise _Failed
        return found

    async def _ask(self, target: _Target, address: str) -> Fetched:
        headers = {"Host": target.url.netloc.decode("ascii"), **HEADERS, **target.headers}
        silence_s = self._settings.connect_ms_max / 1000
        limits = {"connect": silence_s, "read": silence_s, "write": silence_s, "pool": silence_s}
        host = f"[{address}]" if ":" in address and self._settings.proxy else address  # a proxy reads it as text
        there = httpcore.URL(
            scheme=target.url.raw_scheme, host=host.encode("ascii"), port=target.port, target=target.url.raw_path
        )
        async with (
            self._pool(host, target.name) as pool,
            pool.stream("GET", there, headers=list(headers.items()), extensions={"timeout": limits}) as answer,
        ):
            told = {name.lower(): value for name, value in answer.headers}
            if answer.status in REDIRECTS and b"location" in told:
                raise _Moved(told[b"location"].decode("latin-1"))
            if answer.status != httpx.codes.OK or told.get(b"content-encoding", b"identity") != b"identity":
                raise _Failed
            data = await self._whole(answer, told.get(b"content-length", b""))
        return Fetched(data, told.get(b"content-type", b"").decode("latin-1").partition(";")[0].strip().lower())

    async def _whole(self, answer: httpcore.Response, declared: bytes) -> bytes:
        most, data = self._settings.fetch_bytes_max, bytearray()
        if declared.isdigit() and int(declared[:18]) > most:
            raise _too_large(most)
        async for chunk in answer.aiter_stream():
            data += chunk
            if len(data) > most:
                raise _too_large(most)
        return bytes(data)

    def _pool(self, host: str, name: str) -> httpcore.AsyncConnectionPool:
        """For one request: a connection kept open would be taken again for another name at the same address."""
        self._trust = self._trust or httpx.create_ssl_context(trust_env=False)
        backend = NamedTLS(host, name)
        if self._settings.proxy:
            return httpcore.AsyncHTTPProxy(self._settings.proxy, ssl_context=self._trust, network_backend=backend)
        return httpcore.AsyncConnectionPool(ssl_context=self._trust, network_backend=backend)


def _too_large(most: int) -> TooLarge:
    return TooLarge("too_large", f"the file at this address is over {most} bytes", "Send a smaller copy.")
