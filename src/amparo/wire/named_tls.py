"""Connections that go to an address already checked while TLS is held to the name it was checked for. Resolves nothing.

The library takes the name for TLS from where the connection goes; through a proxy it cannot be told another.
"""

import ssl
from collections.abc import Iterable
from typing import Any

import httpcore


class NamedTLS(httpcore.AsyncNetworkBackend):
    """Connections to ``address`` whose TLS asks for the certificate of ``name``; a proxy's own TLS is left as it is."""

    def __init__(self, address: str, name: str) -> None:
        self._inner = httpcore.AnyIOBackend()
        self._address = address
        self._name = name

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection."""
        stream = await self._inner.connect_tcp(host, port, timeout, local_address, socket_options)
        return _Stream(stream, self._address, self._name)


class _Stream(httpcore.AsyncNetworkStream):
    """One connection."""

    def __init__(self, inner: httpcore.AsyncNetworkStream, address: str, name: str) -> None:
        self._inner = inner
        self._address = address
        self._name = name

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Some bytes."""
        return await self._inner.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """All bytes."""
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        """The end."""
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """TLS; a proxy on the way has a host of its own."""
        name = self._name if server_hostname == self._address else server_hostname
        stream = await self._inner.start_tls(ssl_context, name, timeout)
        return _Stream(stream, self._address, self._name)

    def get_extra_info(self, info: str) -> Any:
        """What the connection is."""
        return self._inner.get_extra_info(info)
