"""A ledger and a withdrawals file whose durable steps fail, or kill their process, as told; and what must hold whatever happened.

As a program, ``python -m tests.fault.house URL FOLDER VERB NUMBER WHERE FAULT``, it does one thing and dies on the way.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from amparo.banks.model import BankPolicy, Listing
from amparo.banks.replay import disagreements, replay
from amparo.banks.service import Banks
from amparo.banks.withdrawals import Head, WithdrawalsFile
from amparo.match.lookup import Lookup
from amparo.store.db import Database, is_postgres, sqlite_path
from amparo.store.durable import no_room
from amparo.store.schema import migrate
from amparo.store.snapshot import faults
from amparo.terms.signal import Signal
from tests.conftest import SetClock

KEY = b"k" * 32
ORIGIN = "site"
UNWRITTEN, WRITTEN = "failed-unwritten", "failed-but-written"
KILLED_UNWRITTEN, KILLED_HALF, KILLED_WRITTEN = "killed-unwritten", "killed-half-way", "killed-but-written"


def strike(fault: str, moment: str, what: str) -> None:
    """End the step, or the process, when this is the moment."""
    if fault == f"failed-{moment}":
        raise no_room(what)
    if fault == f"killed-{moment}":
        os.kill(os.getpid(), signal.SIGKILL)


class FailingDatabase(Database):
    """The real one, whose durable commit fails as told: before it, or after it when nobody can know any more."""

    fault = ""

    @contextlib.contextmanager
    def write(self) -> Iterator:
        with super().write() as connection:
            yield connection
            strike(self.fault, "unwritten", "the database")
        strike(self.fault, "but-written", "the database")


class FailingFile(WithdrawalsFile):
    """The real one, whose append fails as told."""

    fault = ""

    def append(self, records, known: Head | None = None) -> Head:
        strike(self.fault, "unwritten", "the withdrawals")
        if self.fault == KILLED_HALF:
            before = self.path.read_bytes()
            super().append(records, known)
            whole = self.path.read_bytes()
            self.path.write_bytes(whole[: len(before) + (len(whole) - len(before)) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        head = super().append(records, known)
        strike(self.fault, "but-written", "the withdrawals")
        return head


@dataclass
class House:
    """Bank A, and a follower of its feed."""

    banks: Banks
    db: FailingDatabase
    file: FailingFile
    follower: Lookup

    @classmethod
    def at(cls, url: str, folder: Path) -> "House":
        db, clock = FailingDatabase(url), SetClock(datetime(2026, 1, 1, tzinfo=UTC))
        migrate(db, folder / "lock")
        file = FailingFile(folder / "withdrawals.log", KEY)
        return cls(Banks(db, clock, KEY, file), db, file, Lookup(db))

    def settle(self) -> None:
        """Three contents, one of them withdrawn."""
        self.banks.new_bank("A", BankPolicy())
        self.add(1, 2, 3)
        self.withdraw(3)
        self.follower.refresh()

    def listing(self, number: int) -> Listing:
        code = number.to_bytes(2, "big")
        return Listing((Signal("pdq", code * 16, 100), Signal("md5", code * 8)), f"x{number}")

    def add(self, *numbers: int) -> set[str]:
        return self._list(numbers, relist=False)

    def relist(self, *numbers: int) -> set[str]:
        return self._list(numbers, relist=True)

    def withdraw(self, number: int) -> None:
        self.banks.withdraw(self.banks.bank("A"), self.live()[f"x{number}"])

    def live(self) -> dict[str, int]:
        """Ids by external id; each content whole and there once."""
        contents = self.banks.contents(self.banks.bank("A"), 0, 1000)
        assert all(len(one.signals) == 2 for one in contents), "a content stands with part of its signals"
        assert len({one.external_id for one in contents}) == len(contents), "a content stands twice"
        return {one.external_id: one.id for one in contents}

    def check_everything(self) -> None:
        """File, ledger and index say the same, after what every start does."""
        assert is_postgres(self.db.url) or faults(sqlite_path(self.db.url)) == []
        replay(self.banks)
        assert disagreements(self.banks) == (set(), set())
        self.follower.refresh()
        afresh = Lookup(self.db)
        afresh.refresh()
        assert self.follower.figures() == afresh.figures(), "who followed the feed knows something else than the ledger"
        assert afresh.figures()["kinds"]["md5"]["count"] == len(self.live())

    def _list(self, numbers: tuple[int, ...], *, relist: bool) -> set[str]:
        listings = [self.listing(number) for number in numbers]
        return {one.outcome for one in self.banks.list_contents("A", ORIGIN, listings, relist=relist)}


if __name__ == "__main__":
    url, folder, verb, number, where, fault = sys.argv[1:]
    house = House.at(url, Path(folder))
    getattr(house, where).fault = fault
    getattr(house, verb)(int(number))
