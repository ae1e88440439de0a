"""Posts a message to an address that a client named: bounded in size and time, to public addresses by https alone unless the operator
listed the host, no redirect followed.

Every name is resolved once, all its addresses are checked, and the connection goes to the checked address itself, so that no second
answer counts. No cookies, no credentials, nothing kept open. Of the answer its status counts; a little of its body is read and thrown away.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import httpcore
import httpx

from amparo.errors import BadInput
from amparo.wire.allowed import PORTS, Host, entry_for, hosts_of, reach_of
from amparo.wire.fetch import ADDRESSES_MAX, Resolve, system_addresses
from amparo.wire.named_tls import NamedTLS
from amparo.wire.settings import WireSettings

URL_CHARS_MAX: Final = 2_048
ANSWER_BYTES_MAX: Final = 64 * 1024
ANSWER_S_MAX: Final = 1.0
RETRY_AFTER_S_MAX: Final = 3_600
HEADERS: Final = {
    "Content-Type": "application/json",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "User-Agent": "amparo",
}


@dataclass(frozen=True, slots=True)
class Posted:
    """How it ended. status: 0 where there was none. outcome: the status as text, or why there was none: ``no_address``,
    ``not_allowed``, ``not_reached``, ``broken``, ``too_slow``. retry_after_s: what the other side asks for, bounded.
    """

    status: int
    outcome: str
    retry_after_s: int = 0

    @property
    def is_taken(self) -> bool:
        """Whether the other side took the message."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class _Target:
    url: httpx.URL
    name: str
    port: int
    host: Host | None


class _Failed(Exception):
    def __init__(self, outcome: str) -> None:
        super().__init__()
        self.outcome = outcome


class Poster:
    """Posts for one process, from one event loop. resolve, trust: as for `Fetcher`. Raises: Misconfigured (bad_setting)."""

    def __init__(
        self, settings: WireSettings, resolve: Resolve = system_addresses, trust: ssl.SSLContext | None = None
    ) -> None:
        self._settings = settings
        self._hosts = hosts_of(settings.post_hosts, "wire.post_hosts")
        self._resolve = resolve
        self._trust = trust

    def check(self, url: str) -> None:
        """Raises: BadInput (bad_post_url): malformed, plain http or a private address though not listed; nothing is resolved."""
        self._target(url)

    async def post(self, url: str, headers: Mapping[str, str], body: bytes, timeout_ms: int) -> Posted:
        """Post once. timeout_ms: for all of it. Raises nothing of the other side's: the outcome says it."""
        try:
            async with asyncio.timeout(timeout_ms / 1000):
                return await self._once(self._target(url), headers, body)
        except BadInput:
            return Posted(0, "not_allowed")  # it was when it was given: the operator's list changed
        except TimeoutError:
            return Posted(0, "too_slow")
        except _Failed as failed:
            return Posted(0, failed.outcome)

    def _target(self, text: str) -> _Target:
        try:
            url = httpx.URL(text) if len(text) <= URL_CHARS_MAX and text.isprintable() else httpx.URL("")
            name, port = url.raw_host.decode("ascii").lower(), url.port or PORTS.get(url.scheme, 0)
        except (httpx.InvalidURL, UnicodeError):
            url, name, port = httpx.URL(""), "", 0
        host = entry_for(self._hosts, url.scheme, name, port) if name else None
        is_open = url.scheme == "https" and not (_is_address(name) and reach_of(name) != "public")
        if not name or url.scheme not in PORTS or url.userinfo or url.fragment or (host is None and not is_open):
            raise BadInput(
                "bad_post_url",
                "nothing may be sent to this address",
                "https at a public host; others the operator lists in wire.post_hosts.",
            )
        return _Target(url, name, port, host)

    async def _once(self, target: _Target, headers: Mapping[str, str], body: bytes) -> Posted:
        """To the first checked address that answers."""
        for address in (await self._checked(target))[:ADDRESSES_MAX]:
            try:
                return await self._send(target, address, headers, body)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
            except httpcore.TimeoutException:
                raise _Failed("too_slow") from None
            except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError):
                raise _Failed("broken") from None
        raise _Failed("not_reached")

    async def _checked(self, target: _Target) -> list[str]:
        try:
            found = [target.name] if _is_address(target.name) else await self._resolve(target.name, target.port)
        except (OSError, UnicodeError):
            raise _Failed("no_address") from None
        allowed = {"public", "private"} if target.host is not None and target.host.allow_private else {"public"}
        if not found:
            raise _Failed("no_address")
        if any(reach_of(address) not in allowed for address in found):
            raise _Failed("not_allowed")
        return list(found)

    async def _send(self, target: _Target, address: str, headers: Mapping[str, str], body: bytes) -> Posted:
        said = {"Host": target.url.netloc.decode("ascii"), **HEADERS, **headers, "Content-Length": str(len(body))}
        silence_s = self._settings.connect_ms_max / 1000
        limits = {"connect": silence_s}  # the whole has a limit of its own
        host = f"[{address}]" if ":" in address and self._settings.proxy else address  # a proxy reads it as text
        there = httpcore.URL(
            scheme=target.url.raw_scheme, host=host.encode("ascii"), port=target.port, target=target.url.raw_path
        )
        async with (
            self._pool(host, target.name) as pool,
            pool.stream(
                "POST", there, headers=list(said.items()), content=body, extensions={"timeout": limits}
            ) as answer,
        ):
            told = {name.lower(): value for name, value in answer.headers}
            await _passed_over(answer)
        retry = told.get(b"retry-after", b"")
        seconds = min(int(retry[:9]), RETRY_AFTER_S_MAX) if retry.isdigit() else 0
        return Posted(answer.status, str(answer.status), seconds)

    def _pool(self, host: str, name: str) -> httpcore.AsyncConnectionPool:
        """For one message, as `Fetcher` has it."""
        self._trust = self._trust or httpx.create_ssl_context(trust_env=False)
        backend = NamedTLS(host, name)
        if self._settings.proxy:
            return httpcore.AsyncHTTPProxy(self._settings.proxy, ssl_context=self._trust, network_backend=backend)
        return httpcore.AsyncConnectionPool(ssl_context=self._trust, network_backend=backend)


async def _passed_over(answer: httpcore.Response) -> None:
    """Read a little of the body, so that a usual answer's sender sees it taken; its status stands whatever comes of this."""
    size = 0
    with contextlib.suppress(TimeoutError, httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException):
        async with asyncio.timeout(ANSWER_S_MAX):
            async for chunk in answer.aiter_stream():
                size += len(chunk)
                if size > ANSWER_BYTES_MAX:
                    return


def _is_address(name: str) -> bool:
    """A name is no address, and so "never" until it is resolved; so are addresses of everybody and nobody, which go nowhere."""
    return reach_of(name) != "never"
