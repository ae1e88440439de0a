"""Each durable step fails before it is written, or after: nothing is half there, and trying again comes to the same end."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from amparo.banks.model import BankPolicy, Listing
from amparo.banks.replay import disagreements, replay
from amparo.banks.service import Banks
from amparo.banks.withdrawals import Record, WithdrawalsFile
from amparo.errors import NoRoom, Tampered
from amparo.match.lookup import Lookup
from amparo.store.db import Database, sqlite_url
from amparo.store.durable import no_room
from amparo.store.schema import migrate
from amparo.store.snapshot import faults
from amparo.terms.signal import Signal
from tests.conftest import SetClock

KEY = b"k" * 32
ORIGIN = "site"
UNWRITTEN, WRITTEN = "failed-unwritten", "failed-but-written"


class FailingDatabase(Database):
    """The real one, whose durable commit fails as told: before it, or after it when nobody can know any more."""

    fault = ""

    @contextlib.contextmanager
    def write(self) -> Iterator:
        with super().write() as connection:
            yield connection
            if self.fault == UNWRITTEN:
                raise no_room("the database")
        if self.fault == WRITTEN:
            raise no_room("the database")


class FailingFile(WithdrawalsFile):
    """The real one, whose append fails as told."""

    fault = ""

    def append(self, records) -> None:
        if self.fault == UNWRITTEN:
            raise no_room("the withdrawals")
        super().append(records)
        if self.fault == WRITTEN:
            raise no_room("the withdrawals")


@dataclass
class House:
    banks: Banks
    db: FailingDatabase
    file: FailingFile
    follower: Lookup

    def listing(self, number: int) -> Listing:
        return Listing((Signal("pdq", bytes([number]) * 32, 100), Signal("md5", bytes([number]) * 16)), f"x{number}")

    def add(self, number: int, *, relist: bool = False) -> str:
        return self.banks.list_contents("A", ORIGIN, [self.listing(number)], relist=relist)[0].outcome

    def live(self) -> dict[str, int]:
        contents = self.banks.contents(self.banks.bank("A"), 0, 1000)
        assert all(len(one.signals) == 2 for one in contents), "a content stands with part of its signals"
        assert len({one.external_id for one in contents}) == len(contents), "a content stands twice"
        return {one.external_id: one.id for one in contents}

    def withdraw(self, number: int) -> None:
        self.banks.withdraw(self.banks.bank("A"), self.live()[f"x{number}"])

    def check_everything(self) -> None:
        assert faults(Path(self.db.url.removeprefix("sqlite:///"))) == []
        replay(self.banks)
        assert disagreements(self.banks) == (set(), set())
        self.follower.refresh()
        afresh = Lookup(self.db)
        afresh.refresh()
        assert self.follower.figures() == afresh.figures(), "who followed the feed knows something else than the ledger"
        assert afresh.figures()["kinds"]["md5"]["count"] == len(self.live())


@pytest.fixture
def house(tmp_path: Path, clock: SetClock) -> Iterator[House]:
    db = FailingDatabase(sqlite_url(tmp_path / "ledger.sqlite"))
    migrate(db, tmp_path / "lock")
    file = FailingFile(tmp_path / "withdrawals.log", KEY)
    house = House(Banks(db, clock, KEY, file), db, file, Lookup(db))
    house.banks.new_bank("A", BankPolicy())
    for number in (1, 2, 3):
        house.add(number)
    house.withdraw(3)
    house.follower.refresh()
    yield house
    db.close()


@pytest.mark.parametrize("fault", [UNWRITTEN, WRITTEN])
def test_a_listing(house: House, fault: str) -> None:
    house.db.fault = fault
    with pytest.raises(NoRoom):
        house.add(4)
    house.db.fault = ""
    house.check_everything()
    assert ("x4" in house.live()) == (fault == WRITTEN)
    assert house.add(4) == ("already" if fault == WRITTEN else "added")
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
    assert house.add(2) == "withdrawn"


@pytest.mark.parametrize("where", ["file", "db"])
@pytest.mark.parametrize("fault", [UNWRITTEN, WRITTEN])
def test_a_relisting(house: House, where: str, fault: str) -> None:
    getattr(house, where).fault = fault
    with pytest.raises(NoRoom):
        house.add(3, relist=True)
    getattr(house, where).fault = ""
    house.check_everything()
    assert ("x3" in house.live()) == ((where, fault) == ("db", WRITTEN))
    assert house.add(3, relist=True) in {"added", "already"}
    house.check_everything()
    assert set(house.live()) == {"x1", "x2", "x3"}


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


def test_a_changed_byte_anywhere_is_seen(tmp_path: Path, clock: SetClock) -> None:
    file = WithdrawalsFile(tmp_path / "log", KEY)
    file.append(Record("withdraw", clock.forward(seconds=1), bytes([number]) * 32) for number in range(3))
    raw = file.path.read_bytes()
    for at in range(len(raw) - 1):  # the last newline lost is a torn line, told above
        file.path.write_bytes(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
        with pytest.raises(Tampered):
            list(file.read())
