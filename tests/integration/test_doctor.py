"""The doctor over real data folders: healthy says so, and each illness is seen, named, and weighs what it should."""

import contextlib
import fcntl
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from amparo.app.backup import backup
from amparo.app.clock import SystemClock
from amparo.app.doctor.examination import ON_DATA
from amparo.app.doctor.model import Finding, Installation, checked
from amparo.app.rooms import SECTIONS, Rooms, open_rooms
from amparo.app.settings import load
from amparo.banks.model import BankPolicy, Listing
from amparo.banks.withdrawals import Record
from amparo.cli.main import main
from amparo.terms.signal import Signal
from tests.conftest import SetClock

pytestmark = pytest.mark.once
CLOCK = SystemClock()


def opened(folder: Path) -> Rooms:
    return open_rooms(load(folder / "amparo.toml", {}, SECTIONS, data=folder))


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A data folder with three contents, one of them withdrawn."""
    rooms = opened(tmp_path / "data")
    bank = rooms.banks.new_bank("A", BankPolicy())
    listings = [
        Listing((Signal("md5", bytes([n]) * 16), Signal("pdq", bytes([n]) * 32, 100)), f"x{n}") for n in range(3)
    ]
    listed = rooms.banks.list_contents("A", "one", listings)
    rooms.banks.withdraw(bank, listed[2].content_id)
    rooms.close()
    return tmp_path / "data"


@pytest.fixture
def child(house: Path) -> Iterator[None]:
    """A process of the service lives: this one."""
    fd = os.open(house / "run" / "children.lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(fd, fcntl.LOCK_EX)
    yield
    os.close(fd)


def findings(folder: Path, clock: object = CLOCK, **variables: str) -> dict[str, Finding]:
    """All that is not ok in the data folder, by check; what needs the machine alone is left out."""
    environ = {f"AMPARO_{name}": value for name, value in variables.items()}
    installation = Installation(load(folder / "amparo.toml", environ, SECTIONS, data=folder), folder, clock)
    found = [one for name, check in ON_DATA.items() for one in checked(name, check, installation)]
    return {one.check: one for one in found if one.state != "ok"}


def sql(folder: Path, *statements: str) -> None:
    connection = sqlite3.connect(folder / "ledger.sqlite")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_a_healthy_installation(house: Path, tmp_path: Path, capfd: pytest.CaptureFixture) -> None:
    assert main(["doctor", "--data", str(house), "--jsonl"]) == 0
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert {one["check"] for one in lines if one["state"] != "ok"} <= {"backup", "kernels", "disk"}
    wanted = {
        "self_test",
        "decoders",
        "decoder_child",
        "database",
        "schema",
        "withdrawals",
        "in_force",
        "clock",
        "index",
    }
    assert wanted <= {one["check"] for one in lines if one["state"] == "ok"}
    backup(load(house / "amparo.toml", {}, SECTIONS, data=house).deployment, tmp_path / "b", CLOCK)
    assert "backup" not in findings(house)


def test_it_changes_nothing(house: Path) -> None:
    def state() -> dict[str, bytes]:
        """Files and contents; the shared memory of SQLite is no content."""
        return {
            str(one): one.read_bytes()
            for one in house.rglob("*")
            if one.is_file() and not one.name.endswith(("-shm", "-wal"))
        }

    before = state()
    findings(house)
    assert state() == before


def test_without_a_folder(tmp_path: Path, capfd: pytest.CaptureFixture) -> None:
    assert main(["doctor", "--data", str(tmp_path / "none")]) == 0
    assert "no data folder yet" in capfd.readouterr().out
    assert not (tmp_path / "none").exists()


def test_an_old_backup_is_told(house: Path, tmp_path: Path, clock: SetClock) -> None:
    backup(load(house / "amparo.toml", {}, SECTIONS, data=house).deployment, tmp_path / "b", clock)
    clock.set(SystemClock().now() + timedelta(days=1))
    assert findings(house, clock)["backup"].state == "warn"


def damage_pages(folder: Path) -> None:
    path = folder / "ledger.sqlite"
    raw = bytearray(path.read_bytes())
    raw[4096:] = bytes(byte ^ 0x5A for byte in raw[4096:])
    path.write_bytes(raw)


def damage_head(folder: Path) -> None:
    (folder / "ledger.sqlite").write_bytes(b"no database" * 1000)


def damage_log(folder: Path) -> None:
    path = folder / "withdrawals.log"
    path.write_bytes(path.read_bytes().replace(b"withdraw ", b"relist ", 1))


def word(folder: Path, pid: int, **changes: object) -> None:
    rooms = opened(folder)
    rooms.matcher.lookup.refresh()
    told = {"pid": pid, "state": "ready", "host": "127.0.0.1", **rooms.matcher.lookup.figures(), **changes}
    rooms.close()
    (folder / "run" / "api-0.json").write_text(json.dumps(told))


WRONG_DIGEST = {"kinds": {"pdq": {"count": 2, "digest": "0" * 16}}}
REVIVED = "INSERT INTO signal (id, content_id, kind, code, profile) VALUES (99, 3, 'md5', zeroblob(16), '')"
ASTRAY = "INSERT INTO signal (id, content_id, kind, code, profile) VALUES (99, 77, 'md5', zeroblob(16), '')"
TOO_SHORT = "INSERT INTO signal (id, content_id, kind, code, profile) VALUES (99, 1, 'md5', zeroblob(15), '')"
UNKNOWN = "INSERT INTO signal (id, content_id, kind, code, profile) VALUES (99, 1, 'crc', zeroblob(4), '')"


@pytest.mark.parametrize(
    ("harm", "check"),
    [
        (damage_pages, "database"),
        (damage_head, "database"),
        (lambda folder: sql(folder, ASTRAY), "database"),
        (lambda folder: sql(folder, REVIVED), "left_behind"),
        (lambda folder: sql(folder, TOO_SHORT), "index"),
        (lambda folder: sql(folder, UNKNOWN), "index"),
        (damage_log, "withdrawals"),
        (lambda folder: word(folder, os.getpid(), **WRONG_DIGEST), "workers"),
    ],
)
@pytest.mark.usefixtures("child")
def test_damage_is_seen(house: Path, harm: Callable[[Path], None], check: str) -> None:
    harm(house)
    found = findings(house)[check]
    assert (found.state, found.is_damage) == ("bad", True), found
    assert main(["doctor", "--data", str(house)]) == 20


def late_record(folder: Path) -> None:
    """A withdrawal that reached the file but not the database."""
    rooms = opened(folder)
    with contextlib.closing(sqlite3.connect(folder / "ledger.sqlite")) as connection:
        (identity,) = connection.execute("SELECT identity FROM content WHERE id = 1").fetchone()
    rooms.banks.withdrawals.append([Record("withdraw", CLOCK.now(), identity)])
    rooms.close()


def no_key(folder: Path) -> None:
    (folder / "secrets" / "withdrawals.key").unlink()


@pytest.mark.parametrize(
    ("harm", "check"),
    [
        (late_record, "in_force"),
        (no_key, "withdrawals"),
        (lambda folder: (folder / "ledger.sqlite").unlink(), "database"),
        (lambda folder: folder.chmod(0o755), "modes"),
        (lambda folder: (folder / "secrets" / "withdrawals.key").chmod(0o640), "modes"),
        (lambda folder: sql(folder, "UPDATE alembic_version SET version_num = '9999'"), "schema"),
        (lambda folder: sql(folder, "UPDATE content SET created_us = 4102444800000000 WHERE id = 1"), "clock"),
        (lambda folder: word(folder, os.getpid()), "service"),
        (
            lambda folder: (folder / "run" / "worker.json").write_text('{"pid": 1, "state": "failed", "text": "t"}'),
            "failed",
        ),
    ],
)
@pytest.mark.usefixtures("child")
def test_what_is_wrong_but_not_damaged(house: Path, harm: Callable[[Path], None], check: str) -> None:
    harm(house)
    found = findings(house)[check]
    assert (found.state, found.is_damage) == ("bad", False), found
    assert found.hint or check == "failed"
    assert main(["doctor", "--data", str(house)]) == 3


@pytest.fixture
def dead_pid() -> Iterator[int]:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return pid


def test_a_word_of_a_service_that_is_gone_counts_as_dead_though_its_number_is_taken(house: Path) -> None:
    word(house, os.getpid())
    assert findings(house)["stale_words"].state == "warn"
    assert "service" not in findings(house)


@pytest.mark.usefixtures("child")
def test_what_is_only_told(house: Path, dead_pid: int) -> None:
    word(house, dead_pid)
    assert findings(house)["stale_words"].state == "warn"
    word(house, os.getpid(), host="0.0.0.0")
    assert findings(house)["plain_http"].state == "warn"
    (house / "run" / "api-0.json").unlink()
    assert "plain_http" not in findings(house)
    assert findings(house, API_URL="http://far.example")["plain_http"].state == "warn"
    assert "plain_http" not in findings(house, API_URL="https://far.example")
    assert "plain_http" not in findings(house, API_URL="http://localhost:8800")
    sql(house, "UPDATE alembic_version SET version_num = '0000'")
    assert findings(house)["schema"].state == "warn"


def test_a_dead_workers_last_word_is_compared_too(house: Path, dead_pid: int) -> None:
    word(house, dead_pid, **WRONG_DIGEST)
    assert findings(house)["workers"].is_damage
