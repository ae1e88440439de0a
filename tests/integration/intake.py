"""A real intake database in a folder of the test's own, with both its sides, and persons who answer. Tests nothing itself."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from amparo.intake.desk_side import DeskSide
from amparo.intake.home import Opened
from amparo.intake.model import Consent, Draft, FileIn, FrameIn, MD5In, PDQIn, SHA256In, VPDQIn
from amparo.intake.receipts import Receipts
from amparo.intake.sealed_to import SealTo, nobody
from amparo.intake.service import Intake
from amparo.intake.settings import IntakeSettings
from amparo.sealing.age import Identity, new_identity
from amparo.store.db import Database
from amparo.store.schema import migrate
from tests.conftest import SetClock
from tests.ledgers import LEDGERS

PEPPER = b"p" * 32
CHEAP = {"argon2_memory_kib": 64, "argon2_passes": 1}
DESK: Identity = new_identity()


@dataclass
class Lobby:
    """One intake, opened. portal and desk speak to it as their processes do."""

    folder: Path
    clock: SetClock
    db: Database
    portal: Intake
    desk: DeskSide

    def sent(self, **answers: object) -> tuple[str, str]:
        """A case that went the whole way: its uid and its number."""
        draft = answered(**answers)
        token = self.portal.begin(draft)
        self.portal.add_files(token, [picture(1), video(2)])
        number = self.portal.submit_case(token, draft)
        self.portal.end(token)
        return draft.case_uid, number

    def opened(self, number: str) -> Opened:
        opened = self.portal.open(number)
        assert opened is not None
        return opened

    def stored(self) -> str:
        """All that stands in the database, as text."""
        with self.db.read() as connection:
            tables = connection.exec_driver_sql(TABLES_OF[self.db.is_file]).scalars().all()
            return "\n".join(repr(connection.exec_driver_sql(f"SELECT * FROM {name}").all()) for name in tables)


TABLES_OF = {
    True: "SELECT name FROM sqlite_master WHERE type = 'table'",
    False: "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
}


@contextlib.contextmanager
def opened(
    folder: Path, clock: SetClock, db: Database | None = None, tips: Callable[[], str] = nobody, **settings: int
) -> Iterator[Lobby]:
    db = db or Database(LEDGERS.intake_url(folder))
    migrate(db, folder / "lock", "intake")
    chosen = IntakeSettings(**{**CHEAP, **settings})
    receipts = Receipts(PEPPER, chosen)
    try:
        yield Lobby(
            folder,
            clock,
            db,
            Intake(db, clock, chosen, receipts, SealTo(DESK.recipient, tips)),
            DeskSide(db, clock, chosen),
        )
    finally:
        db.close()


def answered(**answers: object) -> Draft:
    """The draft of somebody who answered everything."""
    given = {
        "language": "en",
        "age": "adult_stated",
        "happened": ["shared", "told"],
        "addresses": "https://example.test/a\nhttps://example.test/b",
        "names": "the group",
        "consents": [consent("match"), consent("desk", given=False)],
    }
    return Draft(**{**given, **answers})


def consent(purpose: str, *, given: bool = True) -> Consent:
    return Consent(purpose, given, "match-1", "en", 1_000_000)


def picture(number: int, value: int | None = None) -> FileIn:
    code = number if value is None else value
    signals = [MD5In(f"{code:032x}"), SHA256In(f"{code:064x}"), PDQIn(f"{code:064x}", 80)]
    return FileIn(number, "picture", signals)


def video(number: int, frames: range = range(3)) -> FileIn:
    return FileIn(number, "video", [MD5In(f"{number:032x}"), VPDQIn([frame(at) for at in frames])])


def frame(at: int) -> FrameIn:
    return FrameIn(f"{at:064x}", 70, at * 1_000)
