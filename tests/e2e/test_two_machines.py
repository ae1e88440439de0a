"""Two separately started services on one PostgreSQL database, each with its own data folder, behave as one: what one acknowledged
counts in the other's next answer.
"""

import json
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.e2e.running import Service, free_ports, run_command, started, until
from tests.postgres import FAST, Server

pytestmark = pytest.mark.enable_socket
KEY = "5b" * 32
ROWS = 2_500
OLD_EVENTS = 5_500
WORD_OF_TROUBLE = ("background work failed", "request failed", "child ended", "not written")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server(FAST)
    server.start()
    yield server
    server.remove()


@dataclass
class Pair:
    """Two services, what they share, and an admin's key made on the first."""

    one: Service
    other: Service
    server: Server
    database: str
    shared: dict[str, str]
    key: dict[str, str]
    http: httpx.Client

    def both(self) -> tuple[Service, Service]:
        return self.one, self.other

    def match(self, service: Service, number: int, **more: str) -> dict:
        body = {"signals": [{"kind": "md5", "value": f"{number:032x}"}], **more}
        return self.ask("POST", service, "/v1/match", json=body).json()

    def verdicts(self, number: int) -> list[str]:
        return [self.match(service, number)["verdict"] for service in self.both()]

    def list_one(self, service: Service, number: int, bank: str = "A") -> int:
        body = {"signals": [{"kind": "md5", "value": f"{number:032x}"}], "external_id": f"x{number}"}
        return self.ask("POST", service, f"/v1/banks/{bank}/contents", json=body).json()["content_id"]

    def ask(self, method: str, service: Service, path: str, **more: object) -> httpx.Response:
        return self.http.request(method, f"{service.url}{path}", **{"headers": self.key, **more}).raise_for_status()

    def sql(self, statement: str) -> list[tuple]:
        with self.server.connect(self.database) as connection:
            found = connection.execute(statement)
            return found.fetchall() if found.description else []


@pytest.fixture(scope="module")
def pair(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder, database = tmp_path_factory.mktemp("machines"), server.new_database()
    shared = {
        "AMPARO_DATABASE_URL": server.url(database, over_tcp=True),
        "AMPARO_WITHDRAWALS_FILE": str(folder / "shared" / "withdrawals.log"),
        "AMPARO_WITHDRAWALS_KEY": KEY,
    }
    for name in ("one", "other"):
        (folder / name).mkdir()
    first = free_ports()
    with (
        started(folder / "one", "--workers", "2", base=first, **shared) as one,
        started(folder / "other", "--workers", "1", base=first + 10, **shared) as other,  # both migrate at once
    ):
        one.ready_line()
        other.ready_line()
        with httpx.Client(
            timeout=60, limits=httpx.Limits(max_keepalive_connections=0)
        ) as http:  # each request may meet another worker
            made = Pair(one, other, server, database, shared, one.key("admin"), http)
            made.ask("POST", one, "/v1/banks", json={"name": "A"})
            yield made
        assert (one.stop(), other.stop()) == (0, 0)
    for service in (one, other):
        said = service.log.read_text()
        assert not [words for words in WORD_OF_TROUBLE if words in said], said
        assert server.password not in said
        assert KEY not in said


def test_what_one_lists_or_withdraws_counts_in_the_other_at_once(pair: Pair) -> None:
    for number in range(1, 21):
        giver, taker = pair.both() if number % 2 else reversed(pair.both())
        content_id = pair.list_one(giver, number)
        met = pair.match(taker, number)
        assert [one["content_id"] for one in met["matches"]] == [content_id]
        pair.ask("DELETE", taker, f"/v1/banks/A/contents/{content_id}")
        assert pair.verdicts(number) == ["no_match"] * 2
    lines = Path(pair.shared["AMPARO_WITHDRAWALS_FILE"]).read_bytes().count(b"\n")
    assert lines == 20
    assert not (pair.one.folder / "withdrawals.log").exists()
    assert not (pair.other.folder / "withdrawals.log").exists()


def test_keys_policies_and_switches_are_everybodys(pair: Pair) -> None:
    one, other = pair.both()
    made = pair.ask("POST", one, "/v1/keys", json={"name": "site", "role": "platform"}).json()
    theirs = {"Authorization": f"Bearer {made['key']}"}
    body = {"signals": [{"kind": "md5", "value": f"{1000:032x}"}]}
    assert pair.http.post(f"{other.url}/v1/match", json=body, headers=theirs).status_code == 200
    pair.ask("DELETE", other, f"/v1/keys/{made['key_id']}")
    assert pair.http.post(f"{one.url}/v1/match", json=body, headers=theirs).status_code == 401

    content_id = pair.list_one(one, 1000)
    place = f"/v1/banks/A/contents/{content_id}"
    for service, changes, verdict in (
        (other, {"disable_until": "forever"}, "no_match"),
        (one, {"disable_until": None}, "match"),
    ):
        pair.ask("PATCH", service, place, json=changes)
        assert pair.verdicts(1000) == [verdict] * 2
    for service, changes, verdict in ((one, {"paused": True}, "no_match"), (other, {"paused": False}, "match")):
        pair.ask("PATCH", service, "/v1/banks/A", json=changes)
        assert pair.verdicts(1000) == [verdict] * 2


def test_each_lists_the_events_of_both_in_one_order(pair: Pair) -> None:
    pair.list_one(pair.one, 2000)
    after = max([0, *(row[0] for row in pair.sql("SELECT max(id) FROM match_event") if row[0])])
    for number in range(10):
        assert pair.match(pair.both()[number % 2], 2000, item_id=f"item-{number}")["verdict"] == "match"
    told = [pair.ask("GET", service, f"/v1/matches?after={after}").json()["events"] for service in pair.both()]
    assert told[0] == told[1]
    assert [one["item_id"] for one in told[0]] == [f"item-{number}" for number in range(10)]


def test_imports_on_both_at_once_double_nothing(pair: Pair) -> None:
    """Half of each list is the other's too."""
    pair.ask("POST", pair.one, "/v1/banks", json={"name": "Lists"})
    summaries: list[dict] = []

    def take_in(service: Service, first: int) -> None:
        rows = [
            {"kind": "md5", "value": f"{number:032x}", "external_id": f"x{number}"}
            for number in range(first, first + ROWS)
        ]
        body = "".join(json.dumps(row) + "\n" for row in rows).encode()
        answer = pair.ask(
            "POST",
            service,
            "/v1/banks/Lists/import",
            content=body,
            headers=pair.key | {"Content-Type": "application/jsonl"},
        )
        summaries.append(json.loads(answer.text.splitlines()[-1])["summary"])

    threads = [
        threading.Thread(target=take_in, args=(service, 10_000 + at * ROWS // 2))
        for at, service in enumerate(pair.both())
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sum(one["added"] for one in summaries) == ROWS + ROWS // 2
    assert sum(one["already"] for one in summaries) == ROWS // 2
    counted = "SELECT count(*), count(DISTINCT c.id), count(DISTINCT c.external_id), count(DISTINCT s.id) FROM content c JOIN signal s ON s.content_id = c.id JOIN bank b ON b.id = c.bank_id WHERE b.name = 'Lists'"  # fmt: skip
    assert pair.sql(counted) == [(ROWS + ROWS // 2,) * 4]
    figures = [pair.ask("GET", service, "/v1/status").json() for service in pair.both()]
    assert figures[0]["generation"] == figures[1]["generation"]
    assert figures[0]["kinds"] == figures[1]["kinds"]


def test_both_background_workers_forget_and_clear_without_getting_in_each_others_way(pair: Pair) -> None:
    pair.ask("DELETE", pair.other, "/v1/banks/Lists")
    kept = pair.sql("SELECT count(*) FROM match_event")[0][0]
    pair.sql(
        "INSERT INTO match_event (at_us, request_id, client_id, client, suggested_action, policy, generation, matches)"
        f" SELECT 1000000::bigint * n, 'old', 1, 'c', 'none', 'p', 1, '[]' FROM generate_series(1, {OLD_EVENTS}) AS n"
    )
    until(
        lambda: pair.sql("SELECT count(*) FROM match_event WHERE request_id = 'old'") == [(0,)], "old events forgotten"
    )
    until(lambda: pair.sql("SELECT count(*) FROM signal s JOIN content c ON c.id = s.content_id JOIN bank b ON b.id = c.bank_id WHERE b.deleted_us IS NOT NULL") == [(0,)], "a deleted bank cleared")  # fmt: skip
    assert pair.sql("SELECT count(*) FROM match_event")[0][0] == kept
    assert pair.verdicts(10_001) == ["no_match"] * 2


def test_each_machine_is_healthy_and_says_so(pair: Pair) -> None:
    for service in pair.both():
        told = [json.loads(line) for line in doctor(service).splitlines()]
        states = {one["check"]: one["state"] for one in told}
        assert {name for name, state in states.items() if state == "bad"} == {"durability"}, (
            told
        )  # the tests' server does not sync
        wanted = (
            "database",
            "database_clock",
            "connections",
            "schema",
            "same_file",
            "in_force",
            "index",
            "workers",
            "service",
        )
        assert {states[name] for name in wanted} == {"ok"}, told
        shown = service.command("settings", "show")
        assert pair.server.password not in shown
        assert "postgresql+psycopg://amparo:***@127.0.0.1" in shown


def doctor(service: Service) -> str:
    command = [*run_command(service.folder, 0)[:3], "doctor", "--jsonl", "--data", str(service.folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=service.environ).stdout


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"AMPARO_WITHDRAWALS_FILE": ""}, "withdrawals file is not the one"),
        ({"AMPARO_WITHDRAWALS_KEY": "6c" * 32}, "key set here is not the one"),
        ({"AMPARO_WITHDRAWALS_KEY": ""}, "key set here is not the one"),
    ],
)
def test_a_third_machine_with_a_file_or_key_of_its_own_does_not_start(
    pair: Pair, tmp_path: Path, changes: dict[str, str], words: str
) -> None:
    environ = {**pair.one.environ, **changes}
    command = run_command(tmp_path / "var", free_ports(), "--workers", "1")
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ, timeout=60)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert "ready" not in done.stdout
    assert pair.server.password not in done.stderr


def test_one_goes_and_the_other_serves_on(pair: Pair) -> None:
    number = 3000
    pair.list_one(pair.other, number)
    assert pair.match(pair.one, number)["verdict"] == "match"
    assert pair.other.stop() == 0
    assert pair.match(pair.one, number)["verdict"] == "match"
    with started(pair.other.folder.parent, "--workers", "1", base=pair.other.base, **pair.shared) as again:
        again.ready_line()
        assert pair.match(again, number)["verdict"] == "match"
        assert again.stop() == 0
