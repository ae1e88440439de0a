"""The service killed around a look, and asked by two browsers at once: what was granted stays counted, and the limit holds."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from amparo.app.review import reviewing
from amparo.app.rooms import SECTIONS, open_rooms
from amparo.app.settings import load
from amparo.banks.model import BankPolicy, Listing
from amparo.hashing import KINDS
from amparo.review.asking import Filter
from amparo.review.queue import Queue
from amparo.terms.signal import Signal
from amparo.web.session import form_token
from tests.fault.killing import STEP_S, Service
from tests.integration.looks import PICTURE
from tests.integration.staffing import SECRET, office
from tests.ledgers import LEDGERS

pytestmark = pytest.mark.enable_socket
LIMITS = {"AMPARO_REVIEW_MEDIA": "sealed", "AMPARO_REVIEW_LOOKS_DAY": "1", "AMPARO_CONSOLE_KEY": SECRET.hex()}


NAMES = ("before", "after", "twice")


@dataclass
class Running:
    """The service, the reviewers' sessions by name, and the key of a platform."""

    service: Service
    folder: Path
    sessions: dict[str, str]
    key: dict[str, str]

    def browser(self, name: str) -> httpx.Client:
        headers = {
            "cookie": f"staff={self.sessions[name]}",
            "accept": "application/json",
            "sec-fetch-site": "same-origin",
        }
        return httpx.Client(base_url=f"http://localhost:{self.service.base + 2}", headers=headers, timeout=STEP_S)

    def ask(self, browser: httpx.Client, name: str, work: tuple[int, str]) -> httpx.Response:
        fields = {"amparo-form": form_token(self.sessions[name]), "copy": work[1], "reason": "near_threshold"}
        return browser.post(f"/work/{work[0]}/look", data=fields)

    def cover(self, browser: httpx.Client, name: str, address: str) -> None:
        fields = {"amparo-form": form_token(self.sessions[name]), "shown_ms": "100"}
        assert browser.post(f"{address}/covered", data=fields).json() == {"covered": True}


def until(holds: Callable[[], object]) -> None:
    """Wait for it; a service that is just being started again is not there yet."""
    end = time.monotonic() + STEP_S
    while True:
        try:
            if holds():
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    folder = tmp_path / "var"
    variables = {**LEDGERS.variables(folder, is_new=True), **LIMITS}
    rooms = open_rooms(load(folder / "amparo.toml", variables, SECTIONS, data=folder))
    rooms.banks.new_bank("A", BankPolicy())
    md5 = KINDS["md5"].hash(PICTURE)
    rooms.banks.list_contents("A", "partner", [Listing((Signal("md5", md5.code),), "c1")])
    rooms.access.new_client("forum")
    _, key = rooms.access.new_key("k", "platform", client="forum")
    staff = office(rooms.db, rooms.clock)
    for name in NAMES:
        staff.join("reviewer", name)
    rooms.close()
    service = Service(folder, variables)
    try:
        service.start()
        yield Running(service, folder, staff.tokens, {"Authorization": f"Bearer {key}"})
    finally:
        service.kill("all")


def arrived(running: Running) -> tuple[int, str]:
    """An upload that meets; the work that came of it, and the name of its copy."""
    headers = {**running.key, "amparo-item-id": "post-1", "content-type": "image/jpeg"}
    answer = httpx.post(f"{running.service.url}/v1/match", content=PICTURE, headers=headers, timeout=STEP_S)
    assert answer.json()["suggested_action"] == "review"
    found: list[tuple[int, str]] = []
    given = {**LEDGERS.variables(running.folder), **LIMITS}
    rooms = open_rooms(load(running.folder / "amparo.toml", given, SECTIONS, data=running.folder))
    principal = office(rooms.db, rooms.clock).staff.principal(running.sessions[NAMES[0]])
    queue: Queue = reviewing(rooms).queue

    def taken() -> bool:
        card = queue.next(principal, Filter())
        if card is not None:
            found.append((card.work.id, f"{card.copies[0].client_id}:{card.copies[0].item_id}"))
        return card is not None

    until(taken)
    rooms.close()
    return found[0]


def test_what_was_granted_stays_counted_whatever_becomes_of_it(running: Running) -> None:
    """One service, for a start costs more than all of this: each part has a reviewer of its own, who may look once a day."""
    work = arrived(running)
    killed_at_a_look(running, "before", work, is_fetched=False)
    killed_at_a_look(running, "after", work, is_fetched=True)
    two_browsers_at_once(running, "twice", work)
    assert running.service.stop() == 0
    running.service.start()
    for name in NAMES:
        with running.browser(name) as browser:
            assert running.ask(browser, name, work).json()["slug"] == "exposure_reached"


def killed_at_a_look(running: Running, name: str, work: tuple[int, str], *, is_fetched: bool) -> None:
    with running.browser(name) as browser:
        granted = running.ask(browser, name, work)
        assert granted.status_code == 201, granted.text
        address = granted.json()["address"]
        if is_fetched:
            assert browser.get(address).content[8:12] == b"WEBP"
    assert running.service.kill("amparo.app.console")
    with running.browser(name) as browser:
        until(lambda: browser.get("/livez").status_code == 200)
        assert running.ask(browser, name, work).json()["slug"] == "look_open"
        assert browser.get(address).status_code == (410 if is_fetched else 200)
        running.cover(browser, name, address)
        assert running.ask(browser, name, work).json()["slug"] == "exposure_reached"


def two_browsers_at_once(running: Running, name: str, work: tuple[int, str]) -> None:
    start, told = threading.Barrier(2), []

    def ask() -> None:
        with running.browser(name) as browser:
            start.wait()
            told.append(running.ask(browser, name, work))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in told) == [201, 409]
    address = next(answer.json()["address"] for answer in told if answer.status_code == 201)
    with running.browser(name) as browser:
        assert browser.get(address).status_code == 200
        running.cover(browser, name, address)
        assert running.ask(browser, name, work).json()["slug"] == "exposure_reached"
