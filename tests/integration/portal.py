"""The portal in this process, over an intake in memory or a real one, and persons at it. Tests nothing itself."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx

from amparo.portal.application import application
from amparo.portal.doors import Doors
from tests.person import HERE, Person


@asynccontextmanager
async def at(doors: Doors, url: str = HERE, peer: str = "127.0.0.1") -> AsyncIterator[Callable[[], Person]]:
    """Persons at that portal, each with a browser of her own."""
    transport, clients = httpx.ASGITransport(application(doors), client=(peer, 50_000)), []

    def person() -> Person:
        clients.append(httpx.AsyncClient(transport=transport, base_url=url, follow_redirects=True))
        return Person(clients[-1])

    try:
        yield person
    finally:
        for client in clients:
            await client.aclose()
