"""Somebody holds many requests open, or many of her like come at once: others are served all the same."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from starlette.types import ASGIApp, Message

from amparo.portal.application import application
from tests.intake_twin import IntakeTwin
from tests.person import QUICK, doors_of

pytestmark = pytest.mark.once

FORM = b"form=&step=language&in=en&language=ko"
BUSY, OTHER = "192.0.2.7", "198.51.100.7"


class Sender:
    """One request, its body in pieces that are sent when the test says so."""

    def __init__(self, portal: ASGIApp, peer: str, method: str = "POST") -> None:
        self._portal, self._peer, self._method = portal, peer, method
        self._pieces: asyncio.Queue[Message] = asyncio.Queue()
        self.status = 0

    async def run(self) -> int:
        headers = [(b"host", b"localhost"), (b"content-type", b"application/x-www-form-urlencoded")]
        scope: dict[str, Any] = {
            "type": "http", "method": self._method, "path": "/", "raw_path": b"/", "query_string": b"", "headers": headers,
            "client": (self._peer, 1), "server": ("localhost", 80), "scheme": "http", "http_version": "1.1",
        }  # fmt: skip
        await self._portal(scope, self._pieces.get, self._told)
        return self.status

    def send(self, body: bytes, *, is_last: bool = False) -> None:
        self._pieces.put_nowait({"type": "http.request", "body": body, "more_body": not is_last})

    async def _told(self, message: Message) -> None:
        self.status = message.get("status", self.status)


@asynccontextmanager
async def slow(portal: ASGIApp, peer: str, count: int) -> AsyncIterator[list[asyncio.Task[int]]]:
    """So many who began to send a form and send no more."""
    senders = [Sender(portal, peer) for _ in range(count)]
    tasks = [asyncio.create_task(sender.run()) for sender in senders]
    for sender in senders:
        sender.send(b"form=")
    await asyncio.sleep(0.1)
    yield tasks
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_forms_that_never_end_shut_nobody_out() -> None:
    """As many as are worked on at once, each with a body that does not come, held the portal for two minutes at a time."""
    portal = application(doors_of(IntakeTwin(), replace(QUICK, in_flight_max=4, turn_ms_max=500)))
    async with slow(portal, BUSY, 40) as tasks:
        assert not any(task.done() for task in tasks)
        assert await asyncio.wait_for(Sender(portal, OTHER, "GET").run(), 5) == 200
        person = Sender(portal, OTHER)
        person.send(FORM, is_last=True)
        assert await asyncio.wait_for(person.run(), 5) == 303


async def test_over_the_bound_the_place_that_sends_most_makes_room() -> None:
    portal = application(doors_of(IntakeTwin(), replace(QUICK, bodies_max=8)))
    person = Sender(portal, OTHER)
    hers = asyncio.create_task(person.run())
    person.send(FORM[:10])
    await asyncio.sleep(0.05)
    async with slow(portal, BUSY, 40) as tasks:
        gone = await asyncio.wait_for(asyncio.gather(*tasks[:33]), 10)  # one is hers, seven are left
        assert gone == [408] * 33
        assert [task.done() for task in tasks][-7:] == [False] * 7, "the oldest go"
        assert not hers.done()
        person.send(FORM[10:], is_last=True)
        assert await asyncio.wait_for(hers, 5) == 303


async def test_turns_are_given_back_however_it_ends() -> None:
    portal = application(doors_of(IntakeTwin(), replace(QUICK, in_flight_max=1, turn_ms_max=5_000)))
    for _ in range(3):
        async with slow(portal, BUSY, 3):
            pass
    for peer in (BUSY, OTHER):
        both = await asyncio.gather(*(Sender(portal, peer, "GET").run() for _ in range(5)))
        assert both == [200] * 5
