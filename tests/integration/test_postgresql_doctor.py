"""The doctor over a ledger in PostgreSQL: what of the server is well, and each illness seen and named, without a password."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from amparo.app.clock import SystemClock
from amparo.app.doctor.examination import ON_DATA
from amparo.app.doctor.model import Finding, Installation, checked
from amparo.app.rooms import SECTIONS, open_rooms
from amparo.app.settings import Settings, load
from amparo.banks.model import BankPolicy, Listing
from amparo.cli.main import main
from amparo.errors import Misconfigured
from amparo.store.db import Database
from amparo.store.schema import migrate
from amparo.terms.signal import Signal
from tests.conftest import SetClock
from tests.ledgers import LEDGERS
from tests.postgres import Server

pytestmark = pytest.mark.postgresql


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server()
    server.start()
    yield server
    server.remove()


@pytest.fixture
def settings(server: Server, tmp_path: Path) -> Iterator[Settings]:
    """A data folder with two contents, one of them withdrawn."""
    name = server.new_database()
    environ = {"AMPARO_DATABASE_URL": server.url(name, over_tcp=True)}
    settings = load(tmp_path / "var" / "amparo.toml", environ, SECTIONS, data=tmp_path / "var")
    rooms = open_rooms(settings)
    bank = rooms.banks.new_bank("A", BankPolicy())
    listings = [Listing((Signal("md5", bytes([number]) * 16),), f"x{number}") for number in range(2)]
    listed = rooms.banks.list_contents("A", "one", listings)
    rooms.banks.withdraw(bank, listed[1].content_id)
    rooms.close()
    yield settings
    server.drop(name)


def findings(settings: Settings, clock: object = None) -> dict[str, Finding]:
    installation = Installation(settings, settings.deployment.data_dir, clock or SystemClock())
    found = [one for name, check in ON_DATA.items() for one in checked(name, check, installation)]
    return {one.check: one for one in found}


def bad(settings: Settings, clock: object = None) -> set[str]:
    return {name for name, one in findings(settings, clock).items() if one.state == "bad"}


def test_a_healthy_one(settings: Settings) -> None:
    found = findings(settings)
    wanted = {"database", "durability", "connections", "database_clock", "schema", "withdrawals", "same_file", "in_force", "clock", "index"}  # fmt: skip
    assert {found[name].state for name in wanted} == {"ok"}, found
    assert "left_behind" not in found


def test_the_command_says_it(settings: Settings, capfd: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMPARO_DATABASE_URL", settings.deployment.database_url)
    assert main(["doctor", "--data", str(settings.deployment.data_dir), "--jsonl"]) == 0
    told = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert not [one for one in told if one["state"] == "bad"]
    assert "PostgreSQL 18 answers" in {one["text"] for one in told}


@pytest.mark.parametrize("hours", [1, -1])
def test_clocks_that_differ(settings: Settings, clock: SetClock, hours: int) -> None:
    clock.set(SystemClock().now() + timedelta(hours=hours))
    assert "database_clock" in bad(settings, clock)


def test_a_server_that_is_down(server: Server, settings: Settings) -> None:
    server.stop()
    try:
        found = findings(settings)
    finally:
        server.start()
    assert (found["database"].state, found["database"].text) == ("bad", "the database cannot be reached")
    assert "schema" not in found
    assert server.password not in repr(found)


def test_a_standby(server: Server, settings: Settings) -> None:
    server.stop()
    (server.data / "standby.signal").touch()
    server.start()
    try:
        assert "standby" in bad(settings)
    finally:
        server.stop()
        (server.data / "standby.signal").unlink()
        server.start()


def test_an_encoding_that_cannot_hold_every_name(server: Server, tmp_path: Path) -> None:
    with server.connect() as connection:
        connection.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    environ = {"AMPARO_DATABASE_URL": server.url("latin")}
    found = findings(load(tmp_path / "amparo.toml", environ, SECTIONS, data=tmp_path))
    assert (found["database"].state, found["database"].text) == ("bad", "the database's encoding is LATIN1")
    db = Database(environ["AMPARO_DATABASE_URL"])
    with pytest.raises(Misconfigured, match="not UTF8"):
        migrate(db, tmp_path / "lock")
    db.close()
    server.drop("latin")


def test_a_server_that_is_crowded(server: Server, settings: Settings) -> None:
    most = 300
    held = [server.connect() for _ in range(int(most * 0.9))]
    try:
        assert findings(settings)["connections"].state == "warn"
    finally:
        for one in held:
            one.close()


def test_a_server_that_does_not_sync(tmp_path: Path) -> None:
    """As the one most tests run on."""
    folder = tmp_path / "var"
    settings = load(folder / "amparo.toml", LEDGERS.variables(folder), SECTIONS, data=folder)
    open_rooms(settings).close()
    found = findings(settings)["durability"]
    assert found.state == "bad"
    assert bad(settings) == {"durability"}


def test_a_signal_left_behind_is_damage(server: Server, settings: Settings) -> None:
    with server.connect(settings.deployment.database_url.rpartition("/")[2]) as connection:
        connection.execute(
            "INSERT INTO signal (id, content_id, kind, code, profile) VALUES (99, 2, 'md5', '\\x00', '')"
        )
    found = findings(settings)["left_behind"]
    assert (found.state, found.is_damage) == ("bad", True)
