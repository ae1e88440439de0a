"""An intake whose durable steps fail, or kill their process, as told: before a statement, before the commit, after it. Tests nothing itself.

As a program, ``python -m tests.fault.lobby URL FOLDER VERB TOKEN NUMBER FAULT``, it does one thing and dies on the way.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import event

from amparo.intake.model import CaseView, Contact, DeskMessage, State
from amparo.intake.receipts import Receipts
from amparo.intake.settings import IntakeSettings
from amparo.store.db import INTAKE
from amparo.store.durable import no_room
from tests.conftest import SetClock
from tests.fault.house import FailingDatabase
from tests.integration.intake import CHEAP, PEPPER, Lobby, answered, opened, picture, video

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
STATEMENT = "statement-"
SIDES = ("submit_case", "submit_tip", "add_files", "save", "write_message", "withdraw", "set_contact")
DESKS = ("taken", "show", "set_helpers", "forget", "renew_epoch")


class StoppingDatabase(FailingDatabase):
    """It also fails, or kills, before the n-th statement of a durable step: ``failed-statement-3``, ``killed-statement-3``."""

    statements = 0

    def __init__(self, url: str) -> None:
        super().__init__(url)
        event.listen(self._ways.write.engine, "before_cursor_execute", self._before)

    @contextlib.contextmanager
    def write(self) -> Iterator:
        self.statements = 0
        with super().write() as connection:
            self.statements = 0  # what began the transaction does not count
            yield connection

    def _before(self, *_: object) -> None:
        self.statements += 1
        how, _, at = self.fault.partition(f"-{STATEMENT}")
        if at and self.statements == int(at):
            if how == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            raise no_room("the database")


@contextlib.contextmanager
def lobby_at(url: str, folder: Path, fault: str = "") -> Iterator[Lobby]:
    db = StoppingDatabase(url)
    with opened(folder, SetClock(NOW), db) as lobby:
        db.fault = fault
        yield lobby


def verbs(lobby: Lobby, token: str, number: str) -> dict[str, Callable[[], object]]:
    """Each durable step. token: of a session with a draft and a file. number: of a case that was sent."""
    portal, desk = lobby.portal, lobby.desk
    draft = portal.draft(token)
    back = portal.open(number)
    assert draft is not None
    assert back is not None
    tip = answered(case_uid=draft.case_uid, tip={"words": "They sell them."})
    receipt = Receipts(PEPPER, IntakeSettings(**CHEAP)).new(back.case_uid, 1, 7).receipt
    view = CaseView(
        back.case_uid,
        3,
        (State("file", 1, "listed", 5, "content:1"),),
        (DeskMessage("d" * 32, b"sealed", 9),),
        receipt,
    )
    return {
        "submit_case": lambda: portal.submit_case(token, draft),
        "submit_tip": lambda: portal.submit_tip(token, tip),
        "add_files": lambda: portal.add_files(token, [picture(1), video(2, range(5)), picture(3)]),
        "save": lambda: portal.save(token, answered(case_uid=draft.case_uid, names="another")),
        "write_message": lambda: portal.write_message(back, "hello"),
        "withdraw": lambda: portal.withdraw(back, [1]),
        "set_contact": lambda: portal.set_contact(back, Contact(channel="Signal")),
        "taken": lambda: desk.taken(1),
        "show": lambda: desk.show(view),
        "set_helpers": lambda: desk.set_helpers({2: b"h" * 32}),
        "forget": desk.forget,
        "renew_epoch": desk.renew_epoch,
    }


def everything(lobby: Lobby) -> dict[str, list]:
    """All rows of all tables."""
    with lobby.db.read() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(table.select())), key=repr)
            for table in INTAKE.sorted_tables
        }


def counts(lobby: Lobby) -> dict[str, int]:
    """How many rows each table has."""
    return {name: len(found) for name, found in everything(lobby).items()}


if __name__ == "__main__":
    url, folder, verb, token, number, fault = sys.argv[1:]
    with lobby_at(url, Path(folder), fault) as lobby:
        verbs(lobby, token, number)[verb]()
