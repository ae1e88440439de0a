"""kill -9 of any process during adds, withdrawals and imports: all that was acknowledged is there, nothing twice or half."""

import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from amparo.app.rooms import SECTIONS, open_rooms
from amparo.app.settings import load
from amparo.banks.model import BankPolicy
from tests.fault.killing import Client, Service, events, everything
from tests.ledgers import LEDGERS

pytestmark = pytest.mark.enable_socket
CHANGES, CHANGES_ON_POSTGRES, CHANGES_LONG = 1_500, 700, 10_000
CLIENTS = 4
SEED = 20261158  # of its 13 kills some are of each sort
VICTIMS = {"amparo.app.api": 4, "amparo.app.worker": 1, "supervisor": 2, "all": 1}
LIMIT_S = 1_800
SAMPLE = 60


@pytest.fixture
def key(tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "var"
    rooms = open_rooms(load(folder / "amparo.toml", LEDGERS.variables(folder, is_new=True), SECTIONS, data=folder))
    rooms.banks.new_bank("A", BankPolicy())
    _, text = rooms.access.new_key("test", "admin")
    rooms.close()
    return {"Authorization": f"Bearer {text}"}


@pytest.fixture
def service(tmp_path: Path, key: dict[str, str]) -> Iterator[Service]:
    service = Service(tmp_path / "var", LEDGERS.variables(tmp_path / "var"))
    try:
        service.start()
        yield service
    finally:
        service.kill("all")


def killed_meanwhile(service: Service, clients: list[Client], wanted: int, draw: random.Random) -> Counter:
    """Kill a process every hundred changes or so until ``wanted`` are acknowledged; which died how often."""
    kills: Counter = Counter()
    until, next_at = time.monotonic() + LIMIT_S, draw.randint(20, 120)
    while (changes := sum(one.changes for one in clients)) < wanted:
        assert time.monotonic() < until, f"only {changes} changes"
        if failed := [one.error for one in clients if one.error]:
            raise failed[0]
        if changes < next_at:
            time.sleep(0.005)
            continue
        time.sleep(draw.uniform(0, 0.03))
        victim = draw.choices(list(VICTIMS), list(VICTIMS.values()))[0]
        if service.kill(victim):
            kills[victim] += 1
            next_at = changes + draw.randint(40, 180)
        if service.process.poll() is not None:
            service.start()
    return kills


def test_all_that_was_acknowledged_survives(
    service: Service, key: dict[str, str], request: pytest.FixtureRequest
) -> None:
    is_long = request.config.getoption("--long")
    seed = random.SystemRandom().getrandbits(32) if is_long else SEED
    clients = [Client(service, key, number, seed) for number in range(CLIENTS)]
    began = time.monotonic()
    for client in clients:
        client.start()
    wanted = CHANGES_ON_POSTGRES if LEDGERS.is_postgres else CHANGES
    try:
        kills = killed_meanwhile(service, clients, CHANGES_LONG if is_long else wanted, random.Random(seed))
    finally:
        for client in clients:
            client.enough.set()
        for client in clients:
            client.join(120)
    assert not [client.error for client in clients if client.error]
    done = sum((client.book.done for client in clients), Counter())
    lost = sum(client.lost for client in clients)
    print(
        f"seed {seed}; killed {dict(kills)}; acknowledged {dict(done)}; {sum(len(client.book.met) for client in clients)} matches; {lost} answers lost; {time.monotonic() - began:.0f} s"
    )
    assert kills.total() >= 5
    assert lost, "no kill met a request: nothing was tried"

    service.kill("all")
    service.start()
    there = everything(service, key)
    for client in clients:
        check_book(client, there)
    check_events([item for client in clients for item in client.book.met], events(service, key))
    check_verdicts(service, key, clients, there)
    check_doctor(service, "workers", "service")
    assert service.stop() == 0
    check_doctor(service, "service")


def check_book(client: Client, there: dict[str, list[dict]]) -> None:
    """What the client knows is so, each content is whole and there once."""
    book = client.book
    for name, may_be in book.may_be.items():
        found = there.get(name, [])
        assert len(found) <= 1, f"{name} is there twice"
        assert ("there" if found else "gone") in may_be, (
            f"{name}: {'there' if found else 'gone'}, acknowledged {may_be}"
        )
        for one in found:
            assert {each["kind"]: each["value"] for each in one["signals"]} == book.signals[name], (
                f"{name} is not whole"
            )
            assert book.ids.get(name, one["content_id"]) == one["content_id"]
    for batch in book.batches:
        assert len({name in there for name in batch}) == 1, "half of an import's one commit"
    own = {name for name in there if name.startswith(f"c{client.number}-")}
    assert own <= book.may_be.keys(), "contents nobody sent"


def check_verdicts(service: Service, key: dict[str, str], clients: list[Client], there: dict[str, list[dict]]) -> None:
    """What is there matches, and what is gone does not."""
    draw = random.Random(SEED)
    values = {name: value["md5"] for client in clients for name, value in client.book.signals.items()}
    with httpx.Client(base_url=service.url, headers=key, timeout=30) as http:
        for name in draw.sample(sorted(values), SAMPLE):
            asked = {"signals": [{"kind": "md5", "value": values[name]}]}
            verdict = http.post("/v1/match", json=asked).raise_for_status().json()["verdict"]
            assert verdict == ("match" if name in there else "no_match"), name


def check_events(answered: list[str], kept: Counter) -> None:
    """A match that was answered has its event, once."""
    assert len(answered) >= 10
    assert {item: kept[item] for item in answered} == dict.fromkeys(answered, 1)
    assert max(kept.values()) == 1


def check_doctor(service: Service, *more: str) -> None:
    told = service.doctor()
    assert told.returncode == 0, told.stdout + told.stderr
    states = {one["check"]: one["state"] for one in map(json.loads, told.stdout.splitlines())}
    wanted = ("database", "withdrawals", "in_force", "index", *more)
    assert {states.get(name) for name in wanted} == {"ok"}, told.stdout
    assert "stale_words" not in states, told.stdout


THERE = {"content_id": 7, "signals": [{"kind": "md5", "value": "ab"}]}


@pytest.mark.once
@pytest.mark.parametrize(
    ("there", "may_be", "wrong"),
    [
        ({"c0-1": [THERE]}, {"there"}, None),
        ({"c0-1": [THERE]}, {"there", "gone"}, None),
        ({}, {"there", "gone"}, None),
        ({}, {"there"}, "gone, acknowledged"),
        ({"c0-1": [THERE]}, {"gone"}, "there, acknowledged"),
        ({"c0-1": [THERE, THERE]}, {"there"}, "twice"),
        ({"c0-1": [THERE | {"signals": []}]}, {"there", "gone"}, "not whole"),
        ({"c0-1": [THERE], "c0-2": [THERE]}, {"there"}, "nobody sent"),
    ],
)
def test_the_check_sees_what_it_is_for(there: dict, may_be: set[str], wrong: str | None) -> None:
    client = Client(Service(Path("/nowhere")), {}, 0, SEED)
    client.book.may_be["c0-1"] = may_be
    client.book.signals["c0-1"] = {"md5": "ab"}
    if wrong is None:
        check_book(client, there)
    else:
        with pytest.raises(AssertionError, match=wrong):
            check_book(client, there)
