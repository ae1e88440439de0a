"""Several workers of one service: what is acknowledged by one counts in the very next answer of each, keys' ends too."""

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.running import Service, started, until
from tests.postgres import Server

pytestmark = pytest.mark.enable_socket
WORKERS = 3


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The environment that puts the ledger into either database."""
    if request.param == "sqlite":
        yield {}
        return
    server = Server()
    try:
        server.start()
        yield {"AMPARO_DATABASE_URL": server.url(server.new_database(), over_tcp=True)}
    finally:
        server.remove()


@pytest.fixture
def service(tmp_path: Path, ledger: dict[str, str]) -> Iterator[Service]:
    with started(tmp_path, "--workers", str(WORKERS), **ledger) as running:
        running.ready_line()
        yield running


@contextlib.contextmanager
def lines(service: Service, key: dict[str, str]) -> Iterator[dict[str, httpx.Client]]:
    """A kept connection to each worker, by its name."""
    with contextlib.ExitStack() as stack:
        found: dict[str, httpx.Client] = {}

        def another() -> bool:
            client = stack.enter_context(httpx.Client(base_url=service.url, headers=key, timeout=60))
            found.setdefault(client.get("/livez").headers["amparo-worker"], client)
            return len(found) == WORKERS

        until(another, "a connection to each worker")
        yield found


def signal(number: int) -> dict[str, str]:
    return {"kind": "pdq", "value": hashlib.sha256(number.to_bytes(8, "big")).hexdigest()}


def verdicts(workers: dict[str, httpx.Client], number: int) -> set[str]:
    said = set()
    for name, client in workers.items():
        answer = client.post("/v1/match", json={"signals": [signal(number)]})
        assert answer.headers["amparo-worker"] == name
        said.add(answer.raise_for_status().json()["verdict"])
    return said


def test_every_listing_withdrawal_and_disabling_counts_at_once_in_every_worker(service: Service):
    with lines(service, service.key("admin")) as workers:
        (first, *_) = workers.values()
        first.post("/v1/banks", json={"name": "A"}).raise_for_status()
        for number in range(40):
            listed = first.post("/v1/banks/A/contents", json={"signals": [signal(number)]}).raise_for_status().json()
            assert verdicts(workers, number) == {"match"}
            place = f"/v1/banks/A/contents/{listed['content_id']}"
            if number % 4 == 0:
                first.patch(place, json={"disable_until": "forever"}).raise_for_status()
            else:
                first.delete(place).raise_for_status()
            assert verdicts(workers, number) == {"no_match"}
        first.post("/v1/banks/A/contents", json={"signals": [signal(99)]}).raise_for_status()
        for paused, said in ((True, {"no_match"}), (False, {"match"})):
            first.patch("/v1/banks/A", json={"paused": paused}).raise_for_status()
            assert verdicts(workers, 99) == said


def test_a_key_that_ended_opens_nothing_in_any_worker(service: Service):
    admin = service.key("admin")
    for _ in range(5):
        made = httpx.post(f"{service.url}/v1/keys", json={"name": "site", "role": "platform"}, headers=admin).json()
        with lines(service, {"Authorization": f"Bearer {made['key']}"}) as workers:
            assert verdicts(workers, 1) == {"no_match"}
            httpx.delete(f"{service.url}/v1/keys/{made['key_id']}", headers=admin).raise_for_status()
            for client in workers.values():
                refused = client.post("/v1/match", json={"signals": [signal(1)]})
                assert (refused.status_code, refused.json()["slug"]) == (401, "bad_key")


def test_a_large_list_counts_in_every_worker_once_it_is_acknowledged(service: Service):
    rows = 20_000
    admin = service.key("admin")
    with lines(service, admin) as workers:
        (first, *_) = workers.values()
        first.post("/v1/banks", json={"name": "A"}).raise_for_status()
        body = "".join(f'{{"kind":"pdq","value":"{signal(number)["value"]}"}}\n' for number in range(rows))
        said = first.post("/v1/banks/A/import", content=body, headers={"Content-Type": "application/jsonl"})
        assert '"added":20000' in said.text
    with lines(service, admin) as workers:  # anew: a connection that waited through the import may have been closed
        assert verdicts(workers, rows - 1) == {"match"}
        assert verdicts(workers, 0) == {"match"}


def test_a_service_stopped_and_started_goes_on_from_its_snapshot(tmp_path: Path):
    settings = {"AMPARO_MATCH_SNAPSHOT_SIGNALS_MIN": "100"}
    with started(tmp_path, "--workers", str(WORKERS), **settings) as running:
        running.ready_line()
        admin = running.key("admin")
        httpx.post(f"{running.url}/v1/banks", json={"name": "A"}, headers=admin).raise_for_status()
        body = "".join(f'{{"kind":"pdq","value":"{signal(number)["value"]}"}}\n' for number in range(300))
        headers = admin | {"Content-Type": "application/jsonl"}
        httpx.post(f"{running.url}/v1/banks/A/import", content=body, headers=headers).raise_for_status()
        assert running.stop() == 0
    (snapshot,) = (tmp_path / "var" / "index").iterdir()
    assert (snapshot / "pdq").stat().st_size > 300 * 40
    with started(tmp_path, "--workers", str(WORKERS), **settings) as running:
        running.ready_line()
        for pid in (int(name.rpartition("-")[2]) for name in mapped_by(running, admin)):
            assert str(snapshot) in Path(f"/proc/{pid}/maps").read_text()
        with lines(running, admin) as workers:
            assert verdicts(workers, 7) == {"match"}
            (first, *_) = workers.values()
            found = first.post("/v1/match", json={"signals": [signal(7)]}).json()["matches"]
            first.delete(f"/v1/banks/A/contents/{found[0]['content_id']}").raise_for_status()
            first.post("/v1/banks/A/contents", json={"signals": [signal(1_000)]}).raise_for_status()
            assert (verdicts(workers, 7), verdicts(workers, 1_000)) == ({"no_match"}, {"match"})
        assert "1 snapshots of the index, whole" in running.command("doctor")
        assert running.stop() == 0


def mapped_by(service: Service, key: dict[str, str]) -> list[str]:
    """The names of all workers."""
    with lines(service, key) as workers:
        return list(workers)
