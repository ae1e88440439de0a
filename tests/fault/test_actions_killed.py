"""kill -9 of workers at random moments while actions are ordered, delivered and read: none is lost, none overtakes another on its item,
each has one key for ever; and the receiver fails now and then too.
"""

import random
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from amparo.access.service import Access
from amparo.app.rooms import SECTIONS, open_rooms
from amparo.app.settings import load
from amparo.banks.listing import tell_policy
from amparo.banks.model import BankPolicy, Listing
from amparo.errors import Unavailable
from amparo.review.actions import Actions
from amparo.review.model import Wanted
from amparo.terms.signal import Signal
from tests.fault.killing import Service
from tests.ledgers import LEDGERS
from tests.receiver import Manner, Message, Receiver
from tests.receiving import receiver_thread

pytestmark = pytest.mark.enable_socket
ITEMS, ITEMS_LONG = 40, 340
"""Three actions each."""
VICTIMS = {"amparo.app.worker": 5, "amparo.app.api": 3, "all": 1}
LIMIT_S = 600
CODE = "c3" * 16 + "3c" * 16


@dataclass
class Platform:
    """What one client sent, and what it read by itself. asked: items whose question was answered."""

    service: Service
    key: dict[str, str]
    asked: list[str] = field(default_factory=list)
    read: list[dict[str, Any]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def upload(self, items: int) -> None:
        """Ask about each item until it is answered."""
        with httpx.Client(base_url=self.service.url, headers=self.key, timeout=20) as http:
            for number in range(items):
                body = {"signals": [{"kind": "pdq", "value": CODE}], "item_id": f"i{number}"}
                while not self._is_done(http, body):
                    time.sleep(0.05)
                self.asked.append(f"i{number}")

    def _is_done(self, http: httpx.Client, body: dict[str, Any]) -> bool:
        try:
            answer = http.post("/v1/match", json=body)
        except httpx.TransportError:
            return False
        return answer.status_code == 200 and answer.json()["suggested_action"] == "hide"

    def follow(self) -> None:
        """Read actions as they come."""
        cursor = 0
        with httpx.Client(base_url=self.service.url, headers=self.key, timeout=20) as http:
            while not self.over.is_set():
                try:
                    answer = http.get("/v1/actions", params={"after": cursor, "wait_s": 2})
                except httpx.TransportError:
                    time.sleep(0.05)
                    continue
                if answer.status_code == 200:
                    page = answer.json()
                    self.read += page["actions"]
                    cursor = page["next"]


@dataclass
class House:
    """One installation, its platform and the receiver of that."""

    service: Service
    platform: Platform
    receiver: Receiver
    client: int
    variables: dict[str, str]

    def decide(self, items: int) -> None:
        """As the console would in a process of its own: remove and restore each item once it is hidden."""
        folder = self.service.folder
        rooms = open_rooms(load(folder / "amparo.toml", self.variables, SECTIONS, data=folder))
        try:
            left = {f"i{number}" for number in range(items)}
            until = time.monotonic() + LIMIT_S
            while left:
                assert time.monotonic() < until, f"{len(left)} items were never hidden"
                for item in sorted(left):
                    with rooms.db.read() as connection:
                        stands = rooms.actions.standing(connection, self.client, item)
                    if stands is not None:
                        self._order(rooms.actions, item, "remove")
                        self._order(rooms.actions, item, "restore")
                        left.discard(item)
                time.sleep(0.05)
        finally:
            rooms.close()

    def _order(self, actions: Actions, item: str, action: Any) -> None:
        while True:
            try:
                with actions.db.write() as connection:
                    actions.order(connection, Wanted(self.client, item, action, "decision", "staff:1"))
            except Unavailable:
                time.sleep(0.05)
            else:
                return


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    folder, draw = tmp_path / "var", random.Random(6)
    with receiver_thread(lambda message: _sometimes(message, draw)) as receiver:
        settings = {
            "AMPARO_WIRE_POST_HOSTS": f"127.0.0.1:{receiver.port} allow_private",
            "AMPARO_REVIEW_WEBHOOK_TIMEOUT_MS": "700",
            "AMPARO_MATCH_FLOOD_MATCHES_MIN": "1000000",
        }
        variables = {**LEDGERS.variables(folder, is_new=True), **settings}
        rooms = open_rooms(load(folder / "amparo.toml", variables, SECTIONS, data=folder))
        rooms.banks.new_bank("A", BankPolicy(action="hide"))
        rooms.banks.list_contents("A", "ngo", [Listing((Signal("pdq", bytes.fromhex(CODE), 100),), "x")])
        access = Access(rooms.db, rooms.clock, tell_policy)
        client = access.new_client("site").id
        _, text = access.new_key("site", "platform", client="site")
        rooms.webhooks.new(client, receiver.url)
        rooms.close()
        service = Service(folder, variables)
        try:
            service.start()
            platform = Platform(service, {"Authorization": f"Bearer {text}"})
            yield House(service, platform, receiver, client, variables)
        finally:
            service.kill("all")


def _sometimes(message: Message, draw: random.Random) -> Manner:
    """A receiver that fails one time in twelve, in one way or another."""
    del message
    return draw.choice((500, "hang", "reset", "half")) if draw.random() < 1 / 12 else 200


def test_no_action_is_lost_and_none_overtakes_another(house: House, request: pytest.FixtureRequest) -> None:
    is_long = request.config.getoption("--long")
    items = ITEMS_LONG if is_long else ITEMS
    draw = random.Random(random.SystemRandom().getrandbits(32) if is_long else 20261127)
    works = [
        threading.Thread(target=house.platform.upload, args=(items,)),
        threading.Thread(target=house.decide, args=(items,)),
        threading.Thread(target=house.platform.follow),
    ]
    for one in works:
        one.start()
    kills = 0
    try:
        until = time.monotonic() + LIMIT_S
        while not _is_whole(house, items):
            assert time.monotonic() < until, f"{len(_taken(house.receiver))} of {3 * items} came after {kills} kills"
            time.sleep(draw.uniform(1, 4))
            if works[0].is_alive() or works[1].is_alive() or draw.random() < 0.2:
                kills += house.service.kill(draw.choices(list(VICTIMS), list(VICTIMS.values()))[0])
            if house.service.process.poll() is not None:
                house.service.start()
    finally:
        house.platform.over.set()
        for one in works:
            one.join(60)
    assert kills >= 3, "nothing was tried"
    _check(house, items)
    print(f"{3 * items} actions, {kills} kills, {len(house.receiver.came)} messages")


def _taken(receiver: Receiver) -> set[str]:
    return {one.id for one in list(receiver.taken)}


def _is_whole(house: House, items: int) -> bool:
    return len(_taken(house.receiver)) >= 3 * items and len(house.platform.read) >= 3 * items


def _check(house: House, items: int) -> None:
    """The record, what was delivered and what was read are the same; nothing comes after a later one on its item."""
    read = house.platform.read
    assert [one["action_id"] for one in read] == sorted({one["action_id"] for one in read}), (
        "read twice, or out of order"
    )
    assert {one["idempotency_key"] for one in read} == _taken(house.receiver)
    assert {one["item_id"] for one in read} == {f"i{number}" for number in range(items)}
    numbers: dict[str, list[int]] = defaultdict(list)
    keys: dict[int, set[str]] = defaultdict(set)
    for message in house.receiver.came:
        numbers[message.data["item_id"]].append(message.data["action_id"])
        keys[message.data["action_id"]].add(message.id)
    assert all(found == sorted(found) for found in numbers.values()), "an action overtook another on its item"
    assert all(len(found) == 1 for found in keys.values()), "an action came with two keys"
    for number in range(items):
        asked = [one["action"] for one in read if one["item_id"] == f"i{number}"]
        assert asked[0] == "hide"
        assert asked[-2:] == ["remove", "restore"]
