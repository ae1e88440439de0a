"""At every step of the portal the connection is lost, or its process killed, while a form is on its way; the form sent again has one effect."""

import asyncio
import contextlib
import random
import socket
import struct
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from amparo.app.clock import SystemClock
from amparo.intake.desk_side import DeskSide
from amparo.intake.settings import IntakeSettings
from amparo.store.db import Database, sqlite_url
from tests.ledgers import LEDGERS
from tests.person import Person
from tests.portal_process import folder_of, free_port, running

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: an end without a farewell
SOON_S = 0.03
FILE = {"number": 1, "medium": "picture", "signals": [{"kind": "md5", "value": "0123456789abcdef" * 2}]}
Trouble = Callable[[Person, list[tuple[str, str]]], Awaitable[None]]


class Portal:
    """Its process, which can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.chance = random.Random(20261127)
        self.kills = 0
        self._stack = contextlib.ExitStack()
        self.start()

    def start(self) -> None:
        (self.folder / "run" / "portal.json").unlink(missing_ok=True)
        self._stack = contextlib.ExitStack()
        self.process = self._stack.enter_context(running(self.folder, self.port, AMPARO_PORTAL_OPEN_MS_MIN="10"))

    def stop(self) -> None:
        self._stack.close()

    async def lost(self, person: Person, fields: list[tuple[str, str]]) -> None:
        """Her connection is gone before an answer comes: at once, or a moment later."""
        with sent(person, fields) as line:
            await asyncio.sleep(self.chance.uniform(0, SOON_S))
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        await asyncio.sleep(SOON_S)  # for what it may still do with it

    async def killed(self, person: Person, fields: list[tuple[str, str]]) -> None:
        """The process dies over it, and is started again."""
        with sent(person, fields):
            await asyncio.sleep(self.chance.uniform(0, SOON_S))
            self.process.kill()
            self.kills += 1
        await asyncio.to_thread(self.stop)
        await asyncio.to_thread(self.start)

    def taken(self) -> Counter[str]:
        """What went to the desk, by kind."""
        url = LEDGERS.intake_url(self.folder) if LEDGERS.is_postgres else sqlite_url(self.folder / "intake.sqlite")
        db = Database(url)
        try:
            desk = DeskSide(db, SystemClock(), IntakeSettings())
            return Counter(envelope.kind for envelope in desk.envelopes_after(0, 1_000))
        finally:
            db.close()


@contextlib.contextmanager
def sent(person: Person, fields: list[tuple[str, str]]) -> Iterator[socket.socket]:
    """Her form, sent whole on a connection of its own; nobody has read an answer."""
    address = urlsplit(str(person.client.base_url))
    assert address.hostname
    body = str(httpx.QueryParams(fields)).encode()
    cookie = "; ".join(f"{one.name}={one.value}" for one in person.client.cookies.jar)
    head = (
        f"POST / HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Sec-Fetch-Site: same-origin\r\nCookie: {cookie}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port)) as line:
        line.sendall(head.encode() + body)
        yield line


@pytest.fixture(params=["lost", "killed"])
async def portal(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Portal, Trouble]]:
    serving = Portal(folder_of(tmp_path))
    try:
        yield serving, getattr(serving, request.param)
    finally:
        serving.stop()


@asynccontextmanager
async def at(url: str) -> AsyncIterator[Person]:
    async with httpx.AsyncClient(base_url=url, follow_redirects=True, timeout=30) as client:
        yield Person(client)


async def again(person: Person, trouble: Trouble, act: str, value: str = "", **typed: str | list[str]) -> None:
    """Press it in the midst of trouble, and once more."""
    fields = person.filled(person.button(act, value), **typed)
    await trouble(person, fields)
    await person.send(fields)


async def test_a_case_a_message_and_a_withdrawal_are_each_taken_once(portal: tuple[Portal, Trouble]) -> None:
    serving, trouble = portal
    async with at(serving.url) as person:
        await person.look()
        await again(person, trouble, "next", "en")
        seen = [person.at.step]
        await again(person, trouble, "next", "yes")
        seen.append(person.at.step)
        await again(person, trouble, "next", "adult")
        seen.append(person.at.step)
        await again(person, trouble, "next", happened=["shared"])
        seen.append(person.at.step)
        part = {"form": person.form_token, "files": [FILE]}
        for _ in range(2):  # its script sends it again too
            told = await person.client.post("/files", json=part, headers={"sec-fetch-site": "same-origin"})
            assert (told.status_code, told.json()) == (200, {"held": 1})
        await again(person, trouble, "next")
        seen.append(person.at.step)
        await again(person, trouble, "next", addresses="https://one.example/", names="a group")
        seen.append(person.at.step)
        await again(person, trouble, "next", consent=["match", "desk"])
        seen.append(person.at.step)
        number = person.at.number
        await again(person, trouble, "next", last_four=number[-4:])
        seen.append(person.at.step)
        assert seen == ["safe", "age", "happened", "files", "where", "consent", "receipt", "sent"]
        assert serving.taken() == {"case": 1}
        await again(person, trouble, "open")
        assert person.at.step == "home"
        await again(person, trouble, "open", number=number)
        assert person.at.step == "case"
        assert person.at.marked("data-state").count("received") == 3  # the file and two places
        await again(person, trouble, "write", message="once and no more")
        assert person.at.text.count("once and no more") == 1
        await again(person, trouble, "contact", channel="by mail")
        assert dict(person.at.fields)["channel"] == "by mail"
        await again(person, trouble, "withdraw", "1")
        assert person.at.step == "withdraw"
        await again(person, trouble, "next")
        assert person.at.step == "case"
        assert person.at.marked("data-state").count("withdrawing") == 1
        assert serving.taken() == {"case": 1, "message": 1, "contact": 1, "withdraw": 1}


async def test_a_tip_is_taken_once(portal: tuple[Portal, Trouble]) -> None:
    serving, trouble = portal
    async with at(serving.url) as person:
        await person.look()
        await again(person, trouble, "tip")
        assert person.at.step == "tip"
        await again(person, trouble, "next", words="what I saw", names_child="no")
        assert person.at.step == "tip-receipt"
        number = person.at.number
        await again(person, trouble, "next", last_four=number[-4:])
        assert person.at.step == "sent"
        assert serving.taken() == {"tip": 1}
        await person.opens(number)
        assert person.at.step == "case", "and its number opens it"
