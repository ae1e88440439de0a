"""When the portal is killed, or its database takes no writes: what was acknowledged is there once, and she is told the truth."""

import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from amparo.intake.desk_side import DeskSide
from amparo.intake.settings import IntakeSettings
from amparo.portal.notices import NOTICES
from amparo.store.db import Database
from tests.conftest import SetClock
from tests.integration.intake import opened
from tests.integration.portal import at
from tests.ledgers import LEDGERS
from tests.person import Person, Shown, doors_of, read
from tests.portal_process import folder_of, free_port, running

FORM = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}
ROUNDS = 6


class Visitor:
    """A person at a real process, over HTTP."""

    def __init__(self, port: int) -> None:
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", follow_redirects=True, timeout=30)
        self.at = Shown()

    def look(self) -> Shown:
        self.at = read(self.client.get("/").text)
        return self.at

    def send(self, **typed: str) -> Shown:
        fields = {**dict(self.at.fields), **typed}
        self.at = read(self.client.post("/", content=str(httpx.QueryParams(fields)), headers=FORM).text)
        return self.at

    def to_consent(self) -> None:
        self.look()
        self.send(language="en")
        self.send(safe="yes")
        self.send(age="adult")
        for _ in ("happened", "files", "where"):
            self.send(act="skip")
        assert self.at.step == "consent"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return folder_of(tmp_path)


def envelopes(folder: Path, clock: SetClock) -> int:
    db = Database(LEDGERS.intake_url(folder))
    try:
        return len(DeskSide(db, clock, IntakeSettings()).envelopes_after(0, 100))
    finally:
        db.close()


def test_killed_right_after_the_answer_all_is_there(folder: Path, clock: SetClock) -> None:
    port = free_port()
    with running(folder, port) as process:
        visitor = Visitor(port)
        visitor.to_consent()
        number = visitor.send(consent="match").receipt
        assert number
        process.kill()
        process.wait()
    (folder / "run" / "portal.json").unlink()
    with running(folder, port):
        assert visitor.look().receipt == number
        assert visitor.send(last_four=number[-4:]).step == "sent"
    assert envelopes(folder, clock) == 1


def test_killed_while_it_is_handed_in_it_is_one_case_or_none(folder: Path, clock: SetClock) -> None:
    """At moments drawn by chance: sent again after the restart, there is one case for each number she was shown."""
    draw, port, shown = random.Random(5), free_port(), set()
    for number in range(ROUNDS):
        with running(folder, port) as process:
            visitor = Visitor(port)
            visitor.to_consent()
            form = str(httpx.QueryParams({**dict(visitor.at.fields), "consent": "match"}))
            killer = threading.Timer(draw.uniform(0.0, 0.4), process.kill)
            killer.start()
            with suppress(httpx.HTTPError):
                visitor.client.post("/", content=form, headers=FORM, follow_redirects=False)
            killer.join()
            process.wait()
        (folder / "run" / "portal.json").unlink()
        with running(folder, port):
            visitor.client.post("/", content=form, headers=FORM)
            visitor.look()
            assert visitor.at.step == "receipt", f"round {number}"
            shown.add(visitor.at.receipt)
        (folder / "run" / "portal.json").unlink()
    assert len(shown) == ROUNDS
    assert envelopes(folder, clock) == ROUNDS


@contextmanager
def taking_no_writes(db: Database) -> Iterator[None]:
    """Another writer that does not end."""
    other = Database(db.url)
    try:
        with other.write():
            yield
    finally:
        other.close()


async def test_while_no_write_is_taken_nothing_is_lost_and_nothing_promised(tmp_path: Path, clock: SetClock) -> None:
    db = Database(LEDGERS.intake_url(tmp_path), busy_timeout_ms=300)
    with opened(tmp_path, clock, db) as lobby:
        async with at(doors_of(lobby.portal, clock=clock)) as persons:
            person: Person = persons()
            await person.to("where")
            typed = "https://kept.example/\nand one more"
            with taking_no_writes(db):
                for _ in range(2):
                    await person.press("next", addresses=typed)
                    assert person.answer.status_code == 503
                    assert person.at.notice == NOTICES["not_now"]
                    assert ("addresses", typed) in person.at.fields
                await person.client.get("/exit")
            await person.press("next")
            assert (person.at.step, person.at.notice) == ("safe", NOTICES["expired"])
            await person.to("where")
            assert ("addresses", typed) in person.at.fields
            await person.to("consent", places=typed)
            form = person.filled(person.button("next"), consent=["match"])
            with taking_no_writes(db):
                await person.send(form)
                assert person.at.notice == NOTICES["not_now"]
                assert not person.at.receipt
            assert (await person.send(form)).step == "receipt"
        assert len(lobby.desk.envelopes_after(0, 10)) == 1


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 20_000 + b"\r\n\r\n", b"431"),
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"431"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n", b"400"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", b"400"),
    ],
)
def test_what_is_no_request_is_refused_with_the_same_headers(portal_port: int, sent: bytes, status: bytes) -> None:
    with socket.create_connection(("127.0.0.1", portal_port), timeout=20) as line:
        line.sendall(sent)
        told = b""
        while piece := line.recv(65_536):
            told += piece
    assert told.startswith(b"HTTP/1.1 " + status)
    for header in (
        b"cache-control: no-store",
        b"content-security-policy: default-src 'none'",
        b"x-frame-options: DENY",
    ):
        assert header in told


def test_a_slow_sender_is_hung_up_on_and_others_are_served(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder, port = folder_of(tmp_path_factory.mktemp("slow")), free_port()
    with running(folder, port, AMPARO_PORTAL_HEADER_MS_MAX="500", AMPARO_PORTAL_BODY_MS_MAX="1000"):
        with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
            line.sendall(b"GET / HTTP/1.1\r\nHost:")
            assert httpx.get(f"http://127.0.0.1:{port}/livez").status_code == 200
            assert line.recv(100).startswith(b"HTTP/1.1 408")
        with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
            head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 99\r\n\r\n"
            line.sendall(head + b"step=")
            begun = time.monotonic()
            assert line.recv(100).startswith(b"HTTP/1.1 408")
            assert time.monotonic() - begun < 10


@pytest.fixture(scope="module")
def portal_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    port = free_port()
    with running(folder_of(tmp_path_factory.mktemp("portal")), port):
        yield port
