"""A real ledger in a folder of the test's own, with the rooms over it. Tests nothing itself."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Connection

from amparo.access.limits import Limits
from amparo.access.settings import AccessSettings
from amparo.banks.model import BankPolicy, Content, Listing
from amparo.banks.service import Banks
from amparo.banks.withdrawals import WithdrawalsFile
from amparo.errors import AmparoError, Unavailable
from amparo.match.lookup import Lookup
from amparo.match.recorder import Recorder
from amparo.match.service import Matcher
from amparo.match.settings import MatchSettings
from amparo.store.db import Database
from amparo.store.schema import migrate
from amparo.terms.signal import Signal
from tests.conftest import SetClock
from tests.ledgers import LEDGERS

KEY = b"k" * 32


@dataclass
class House:
    """One data folder, opened."""

    folder: Path
    clock: SetClock
    db: Database
    banks: Banks
    file: WithdrawalsFile

    def matcher(self, settings: MatchSettings | None = None, access: AccessSettings | None = None) -> Matcher:
        """A process of its own: new indexes over the same ledger."""
        chosen = settings or MatchSettings()
        limits = Limits(self.folder / "limits", access or AccessSettings(), lambda: 1_000.0)
        return Matcher(self.db, self.clock, Lookup(self.db), Recorder(self.db, self.banks, chosen), limits, chosen)

    def add(self, bank: str, origin: str, *listings: Listing, relist: bool = False) -> list[tuple[str, int | None]]:
        listed = self.banks.list_contents(bank, origin, listings, relist=relist)
        return [(one.outcome, one.content_id) for one in listed]

    def live(self, bank: str) -> list[Content]:
        return self.banks.contents(self.banks.bank(bank), 0, 1_000)


class Hooked(Database):
    """A database under which something happens just before a read to come; it may raise, and then the read fails so."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._acts: dict[int, Callable[[], None]] = {}
        self._reads = 0

    def before_read(self, number: int, act: Callable[[], None]) -> None:
        """``act`` before the ``number``-th read from now, 1 for the next."""
        self._acts[self._reads + number] = act

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        self._reads += 1
        self._acts.pop(self._reads, lambda: None)()
        with super().read() as connection:
            yield connection


def busy() -> None:
    """What a locked ledger says."""
    raise Unavailable("database_busy", "the database is busy", "Try again.")


@contextlib.contextmanager
def opened(folder: Path, clock: SetClock, key: bytes = KEY) -> Iterator[House]:
    db = Database(LEDGERS.url(folder))
    migrate(db, folder / "lock")
    file = WithdrawalsFile(folder / "withdrawals.log", key)
    try:
        yield House(folder, clock, db, Banks(db, clock, key, file), file)
    finally:
        db.close()


def new_bank(house: House, name: str = "A", **policy) -> None:
    house.banks.new_bank(name, BankPolicy(**policy))


def md5(number: int) -> Signal:
    return Signal("md5", number.to_bytes(16, "big"))


def pdq(number: int, quality: int | None = 100) -> Signal:
    return Signal("pdq", number.to_bytes(32, "big"), quality)


def listing(number: int, external_id: str | None = None, **more) -> Listing:
    return Listing((md5(number),), external_id, **more)


def refused(slug: str, act, *given, **named) -> None:
    """The act raises the error of that slug."""
    with pytest.raises(AmparoError) as caught:
        act(*given, **named)
    assert caught.value.slug == slug
