"""The PostgreSQL server itself is killed, with all its processes, under a running service: it says 503 meanwhile and goes on by itself;
what was acknowledged is there.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from amparo.app.rooms import SECTIONS, open_rooms
from amparo.app.settings import load
from amparo.banks.model import BankPolicy
from tests.fault.killing import Client, Service, events, everything
from tests.fault.test_killed import SEED, check_book, check_doctor, check_verdicts
from tests.postgres import Server

pytestmark = [pytest.mark.enable_socket, pytest.mark.postgresql]
CLIENTS, BEFORE, AFTER = 3, 80, 80
LIMIT_S = 120


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    server.start()
    yield server
    server.remove()


def changes_of(clients: list[Client], wanted: int) -> None:
    """Wait until so many are acknowledged."""
    until = time.monotonic() + LIMIT_S
    while sum(one.changes for one in clients) < wanted:
        assert time.monotonic() < until, f"only {sum(one.changes for one in clients)} changes"
        assert not [one.error for one in clients if one.error]
        time.sleep(0.01)


def test_what_was_acknowledged_before_the_server_was_killed_is_there(server: Server, tmp_path: Path) -> None:
    folder, url = tmp_path / "var", server.url(server.new_database(), over_tcp=True)
    variables = {"AMPARO_DATABASE_URL": url}
    rooms = open_rooms(load(folder / "amparo.toml", variables, SECTIONS, data=folder))
    rooms.banks.new_bank("A", BankPolicy())
    _, text = rooms.access.new_key("test", "admin")
    rooms.close()
    key = {"Authorization": f"Bearer {text}"}
    service = Service(folder, variables)
    service.start()
    clients = [Client(service, key, number, SEED) for number in range(CLIENTS)]
    try:
        for client in clients:
            client.start()
        changes_of(clients, BEFORE)
        before = service.pids()
        server.kill()
        with httpx.Client(base_url=service.url, headers=key, timeout=20) as http:
            answer = http.post("/v1/match", json={"signals": [{"kind": "md5", "value": "00" * 16}]})
            assert (answer.status_code, answer.json()["slug"]) == (503, "database_unreachable")
            assert int(answer.headers["Retry-After"]) >= 1
            assert http.get("/readyz").status_code == 503
            assert http.get("/livez").status_code == 200
        server.start()
        changes_of(clients, sum(one.changes for one in clients) + AFTER)
        assert service.pids() == before, "a process of ours ended because the database did"
    finally:
        for client in clients:
            client.enough.set()
        for client in clients:
            client.join(60)
    try:
        assert not [client.error for client in clients if client.error]
        assert sum(client.lost for client in clients), "no request met the gap: nothing was tried"
        there = everything(service, key)
        for client in clients:
            check_book(client, there)
        assert (
            max(events(service, key).values()) == 1
        )  # the server's last moments of events may be gone, none is there twice
        check_verdicts(service, key, clients, there)
        assert service.stop() == 0
        service.start()  # a withdrawal that reached the file alone is set right here (or within a minute)
        check_doctor(service, "workers", "service", "durability")
        assert service.stop() == 0
    finally:
        service.kill("all")
    said = (tmp_path / "log").read_text()
    assert server.password not in said
