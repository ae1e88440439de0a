"""Each durable step fails before it is written, or after, or its process is killed there: nothing is half there, and
trying again comes to the same end.
"""

import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from amparo.banks.withdrawals import Record, WithdrawalsFile
from amparo.errors import NoRoom, Tampered
from tests.conftest import SetClock
from tests.fault.house import KEY, KILLED_HALF, KILLED_UNWRITTEN, KILLED_WRITTEN, UNWRITTEN, WRITTEN, House

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("fault", [UNWRITTEN, WRITTEN])
def test_a_listing(house: House, fault: str) -> None:
    house.db.fault = fault
    with pytest.raises(NoRoom):
        house.add(4)
    house.db.fault = ""
    house.check_everything()
    assert ("x4" in house.live()) == (fault == WRITTEN)
    assert house.add(4) == {"already" if fault == WRITTEN else "added"}
    house.check_everything()
    assert set(house.live()) == {"x1", "x2", "x4"}


@pytest.mark.parametrize("where", ["file", "db"])
@pytest.mark.parametrize("fault", [UNWRITTEN, WRITTEN])
def test_a_withdrawal(house: House, where: str, fault: str) -> None:
    number = house.live()["x2"]
    getattr(house, where).fault = fault
    with pytest.raises(NoRoom):
        house.withdraw(2)
    getattr(house, where).fault = ""
    house.check_everything()
    came_to_be = (where, fault) != ("file", UNWRITTEN)  # once in the file, it takes effect at the next replay
    assert ("x2" not in house.live()) == came_to_be
    house.banks.withdraw(house.banks.bank("A"), number)
    house.check_everything()
    assert set(house.live()) == {"x1"}
    assert house.add(2) == {"withdrawn"}


@pytest.mark.parametrize("where", ["file", "db"])
@pytest.mark.parametrize("fault", [UNWRITTEN, WRITTEN])
def test_a_relisting(house: House, where: str, fault: str) -> None:
    getattr(house, where).fault = fault
    with pytest.raises(NoRoom):
        house.relist(3)
    getattr(house, where).fault = ""
    house.check_everything()
    assert ("x3" in house.live()) == ((where, fault) == ("db", WRITTEN))
    assert house.relist(3) <= {"added", "already"}
    house.check_everything()
    assert set(house.live()) == {"x1", "x2", "x3"}


# half a commit is the database's own affair: tests/fault/test_killed.py
FILE_STEPS = [
    (verb, "file", fault)
    for verb in ("withdraw", "relist")
    for fault in (KILLED_UNWRITTEN, KILLED_HALF, KILLED_WRITTEN)
]
DB_STEPS = [
    (verb, "db", fault) for verb in ("add", "withdraw", "relist") for fault in (KILLED_UNWRITTEN, KILLED_WRITTEN)
]


@pytest.mark.parametrize(("verb", "where", "fault"), FILE_STEPS + DB_STEPS)
def test_a_process_killed_at_the_step(house: House, tmp_path: Path, verb: str, where: str, fault: str) -> None:
    number = {"add": 4, "withdraw": 2, "relist": 3}[verb]
    command = [sys.executable, "-m", "tests.fault.house", house.db.url, str(tmp_path), verb, str(number), where, fault]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    house.check_everything()
    in_file = where == "db" or fault == KILLED_WRITTEN  # a withdrawal in the file takes effect at the next replay
    in_ledger = where == "db" and fault == KILLED_WRITTEN
    there = {"add": in_ledger, "withdraw": not in_file, "relist": in_ledger}[verb]
    assert (f"x{number}" in house.live()) == there
    if verb != "withdraw" or there:
        getattr(house, verb)(number)
    house.check_everything()
    assert (f"x{number}" in house.live()) == (verb != "withdraw")


@contextmanager
def no_room_over(size: int) -> Iterator[None]:
    """No file of this process grows over ``size`` bytes, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.once
def test_a_full_disk(house: House, tmp_path: Path) -> None:
    size = max(path.stat().st_size for path in tmp_path.iterdir())
    acknowledged = 3

    def fill() -> None:
        nonlocal acknowledged
        for number in range(4, 10_000):
            house.add(number)
            acknowledged = number

    with no_room_over(size + 100_000), pytest.raises(NoRoom):
        fill()
    assert set(house.live()) == {f"x{number}" for number in range(1, acknowledged + 1)} - {"x3"}
    house.check_everything()
    with no_room_over(house.file.path.stat().st_size + 50), pytest.raises(NoRoom):
        house.withdraw(1)
    assert "x1" in house.live()
    assert len(list(house.file.read())) == house.file.path.read_bytes().count(b"\n") == 1
    house.check_everything()
    house.withdraw(1)
    house.add(acknowledged + 1)
    house.check_everything()
    assert set(house.live()) == {f"x{number}" for number in range(2, acknowledged + 2)} - {"x3"}


@pytest.mark.once
def test_a_torn_last_line_counts_for_nothing_wherever_it_is_torn(tmp_path: Path, clock: SetClock) -> None:
    whole = WithdrawalsFile(tmp_path / "whole", KEY)
    records = [Record("withdraw", clock.forward(seconds=1), bytes([number]) * 32) for number in range(3)]
    whole.append(records)
    raw = whole.path.read_bytes()
    start = raw.rindex(b"\n", 0, -1) + 1
    for end in range(start, len(raw)):
        torn = WithdrawalsFile(tmp_path / "torn", KEY)
        torn.path.write_bytes(raw[:end])
        assert list(torn.read()) == records[:2], end
        torn.append(records[2:])
        assert torn.path.read_bytes() == raw, end


@pytest.mark.once
def test_a_changed_byte_anywhere_is_seen(tmp_path: Path, clock: SetClock) -> None:
    file = WithdrawalsFile(tmp_path / "log", KEY)
    file.append(Record("withdraw", clock.forward(seconds=1), bytes([number]) * 32) for number in range(3))
    raw = file.path.read_bytes()
    for at in range(len(raw) - 1):  # the last newline lost is a torn line, told above
        file.path.write_bytes(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
        with pytest.raises(Tampered):
            list(file.read())
