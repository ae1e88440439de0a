"""A desk whose durable steps, counted over both databases and the withdrawals file, fail or kill their process as told. Not a test.

As a program, ``python -m tests.fault.desk LEDGER INTAKE FOLDER STEP FAULT``, it works once and is struck on the way.
"""

import contextlib
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from amparo.access.limits import Limits
from amparo.access.model import OPERATOR
from amparo.access.settings import AccessSettings
from amparo.app.clock import SystemClock
from amparo.app.desk import MatchEvents
from amparo.banks.replay import replay
from amparo.banks.service import Banks
from amparo.banks.withdrawals import Head, WithdrawalsFile
from amparo.cases.desk import Desk
from amparo.cases.settings import CasesSettings
from amparo.cases.taking import Taker
from amparo.intake.desk_side import DeskSide
from amparo.intake.home import Opened
from amparo.intake.model import Contact, FileIn
from amparo.intake.receipts import Receipts
from amparo.intake.sealed_to import SealTo
from amparo.intake.service import Intake
from amparo.intake.settings import IntakeSettings
from amparo.match.lookup import Lookup
from amparo.match.recorder import Recorder
from amparo.match.service import Matcher, Question
from amparo.match.settings import MatchSettings
from amparo.store.db import Database
from amparo.store.schema import migrate
from amparo.terms.signal import Signal
from tests.fault.house import KEY, strike
from tests.integration.desk import Workers, code, file
from tests.integration.intake import CHEAP, DESK, PEPPER, answered

TABLES = ("desk_case", "case_item", "case_place", "case_consent", "case_message", "case_contact", "case_match", "case_log", "case_aside", "content", "signal", "tombstone")  # fmt: skip


@dataclass
class Blow:
    """at: which durable step is struck, 0 for none. seen: how many there were."""

    at: int = 0
    fault: str = ""
    seen: int = 0

    @contextlib.contextmanager
    def step(self) -> Iterator[int]:
        """One durable step; its number, by which it is struck before it is written."""
        self.seen += 1
        number = self.seen
        yield number
        if number == self.at:
            strike(self.fault, "but-written", "a step")

    def unwritten(self, number: int) -> None:
        """What strikes at the end of a step that is not written yet."""
        if number == self.at:
            strike(self.fault, "unwritten", "a step")


class StruckDatabase(Database):
    """The real one, whose durable commits are counted."""

    def __init__(self, url: str, blow: Blow) -> None:
        super().__init__(url)
        self.blow = blow

    @contextlib.contextmanager
    def write(self) -> Iterator:
        with self.blow.step() as number, super().write() as connection:
            yield connection
            self.blow.unwritten(number)

    @contextlib.contextmanager
    def write_soon(self) -> Iterator:
        with self.blow.step() as number, super().write_soon() as connection:
            yield connection
            self.blow.unwritten(number)


class StruckFile(WithdrawalsFile):
    """The real one, whose appends are counted."""

    blow = Blow()

    def append(self, records, known: Head | None = None) -> Head:
        with self.blow.step() as number:
            self.blow.unwritten(number)
            return super().append(records, known)


@dataclass
class Place:
    """Both databases of a folder, and who works over them."""

    ledger: StruckDatabase
    intake: StruckDatabase
    blow: Blow
    banks: Banks
    matcher: Matcher
    portal: Intake
    desk: Desk

    @classmethod
    def at(cls, ledger_url: str, intake_url: str, folder: Path) -> "Place":
        blow, clock = Blow(), SystemClock()
        ledger, intake = StruckDatabase(ledger_url, blow), StruckDatabase(intake_url, blow)
        migrate(ledger, folder / "lock")
        migrate(intake, folder / "lock", "intake")
        withdrawals = StruckFile(folder / "withdrawals.log", KEY)
        withdrawals.blow = blow
        banks = Banks(ledger, clock, KEY, withdrawals)
        limits, match = Limits(folder / "limits", AccessSettings(), lambda: 1_000.0), MatchSettings()
        matcher = Matcher(ledger, clock, Lookup(ledger), Recorder(ledger, banks, match), limits, match)
        chosen = IntakeSettings(**CHEAP)
        portal = Intake(intake, clock, chosen, Receipts(PEPPER, chosen), SealTo(DESK.recipient))
        taker = Taker(banks, clock, CasesSettings())
        desk = Desk(ledger, clock, DeskSide(intake, clock, chosen), taker, MatchEvents(matcher), Workers())
        return cls(ledger, intake, blow, banks, matcher, portal, desk)

    def close(self) -> None:
        self.matcher.lookup.close()
        self.matcher.limits.close()
        self.ledger.close()
        self.intake.close()

    # --- persons and platforms

    def sent(self, *files: FileIn) -> Opened:
        draft = answered()
        token = self.portal.begin(draft)
        self.portal.add_files(token, files)
        opened = self.portal.open(self.portal.submit_case(token, draft))
        assert opened is not None
        return opened

    def ask(self, picture: int, client: str) -> set[str]:
        signals = [Signal("pdq", bytes.fromhex(code(picture)), 100)]
        verdict = self.matcher.judge(replace(OPERATOR, client=client), "r", signals, Question())
        return {one.origin for one in verdict.matches}

    def settle(self) -> None:
        """One case that was listed and met; then another, a message, a contact, a tip and a withdrawal wait for the desk."""
        first = self.sent(file(1), file(2, picture=7))
        self.desk.work_once()
        self.ask(7, "site")
        self.ask(7, "forum")
        self.sent(file(1, picture=7), file(2, picture=3))
        self.portal.write_message(first, "please be quick")
        self.portal.set_contact(first, Contact(channel="a friend"))
        draft = answered(tip={"about": "group", "names_child": "no", "words": "there"})
        self.portal.submit_tip(self.portal.begin(draft), draft)
        self.portal.withdraw(first, [2])

    def work(self, rounds: int = 1) -> None:
        for _ in range(rounds):
            self.desk.work_once()

    # --- what came of it

    def outcome(self) -> dict[str, object]:
        """How many rows there are, what persons are shown, who matches: alike whatever was struck."""
        replay(self.banks)
        with self.ledger.read() as connection:
            rows = {name: connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar() for name in TABLES}
        with self.intake.read() as connection:
            shown = connection.exec_driver_sql("SELECT subject, number, name, reason, client, times FROM state").all()
        met = {picture: len(self.ask(picture, "later")) for picture in (1, 3, 7)}
        return {"rows": rows, "shown": Counter(map(tuple, shown)), "met": met}


if __name__ == "__main__":
    ledger_url, intake_url, folder, step, fault = sys.argv[1:]
    place = Place.at(ledger_url, intake_url, Path(folder))
    place.blow.seen, place.blow.at, place.blow.fault = 0, int(step), fault
    place.work(2)
