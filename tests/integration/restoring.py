"""Data folders to back up and bring back, and who matches in them. Tests nothing itself."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from amparo.access.model import OPERATOR
from amparo.app.backup import backup
from amparo.app.clock import SystemClock
from amparo.app.restore import Restored, restore
from amparo.app.rooms import SECTIONS, Rooms, open_rooms
from amparo.app.settings import Settings, load
from amparo.banks.model import BankPolicy, Listing
from amparo.match.service import Question
from amparo.terms.signal import Signal
from tests.ledgers import LEDGERS

CLOCK = SystemClock()
SEED = 20260519


def settings(folder: Path, **variables: str) -> Settings:
    environ = LEDGERS.variables(folder) | {f"AMPARO_{name}": value for name, value in variables.items()}
    return load(folder / "amparo.toml", environ, SECTIONS, data=folder)


@contextlib.contextmanager
def opened(folder: Path, **variables: str) -> Iterator[Rooms]:
    rooms = open_rooms(settings(folder, **variables))
    try:
        yield rooms
    finally:
        rooms.close()


def listing(number: int) -> Listing:
    code = number.to_bytes(4, "big")
    return Listing((Signal("md5", code * 4), Signal("sha256", code * 8)), f"x{number}")


def add(rooms: Rooms, origin: str, *numbers: int) -> dict[int, int]:
    listed = rooms.banks.list_contents("A", origin, [listing(number) for number in numbers])
    return {number: one.content_id for number, one in zip(numbers, listed, strict=True)}


def origins_met(folder: Path, number: int, **variables: str) -> set[str]:
    """Whose listings of this number's hash match."""
    with opened(folder, **variables) as rooms:
        verdict = rooms.matcher.judge(OPERATOR, "r", listing(number).signals, Question())
        return {one.origin for one in verdict.matches}


def furnished(data: Path) -> Path:
    """A data folder: numbers 1 to 3 listed by two origins, of one of them number 3 withdrawn."""
    with opened(data) as rooms:
        bank = rooms.banks.new_bank("A", BankPolicy())
        ids = add(rooms, "one", 1, 2, 3)
        add(rooms, "two", 1, 2, 3)
        rooms.banks.withdraw(bank, ids[3])
    return data


def withdraw(folder: Path, number: int, origin: str = "one") -> None:
    with opened(folder) as rooms:
        bank = rooms.banks.bank("A")
        found = [
            one
            for one in rooms.banks.contents(bank, 0, 1000)
            if (one.external_id, one.origin) == (f"x{number}", origin)
        ]
        rooms.banks.withdraw(bank, found[0].id)


def bring_back(folder: Path, file: Path, given: Path | None = None, **variables: str) -> Restored:
    LEDGERS.renew(folder)
    return restore(settings(folder, **variables), file, given, CLOCK)


def make(folder: Path, file: Path, **variables: str) -> Path:
    backup(settings(folder, **variables).deployment, file, CLOCK)
    return file
