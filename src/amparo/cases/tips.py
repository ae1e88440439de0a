"""Sealed tips: counted by everybody, opened by two of the staff together, and then for a while readable by those two alone.

Who asked and who agreed, and that they are two, is the room of decisions' to say; here stands for whom a tip is open, and until when.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from amparo.cases import reading_rows, rows
from amparo.cases.model import CaseRecord, Summary
from amparo.cases.service import Cases
from amparo.errors import NotFound, Refused
from amparo.intake.texts import bounded
from amparo.store.db import AnyRow
from amparo.terms.clock import from_us, to_us

OPEN_US: Final = 30 * 60 * 1_000_000
"""How long an opened tip stays readable for the two who opened it."""


@dataclass(frozen=True, slots=True)
class Tips:
    """The verbs over one ledger. to: to whom is sealed what is written under a sealed tip."""

    cases: Cases
    to: Callable[[], str]

    def listed(self, before: int | None, limit: int) -> list[Summary]:
        """Sealed tips, newest first: when they came and in which language, nothing of what they hold."""
        return self.cases.sealed(before, limit)

    def open_until(self, staff_id: int) -> dict[str, datetime]:
        """The tips that are open for one of the staff now, by uid, with the end."""
        now_us = to_us(self.cases.clock.now())
        with self.cases.db.read() as connection:
            return {row.uid: from_us(row.until_us) for row in reading_rows.openings_of(connection, staff_id, now_us)}

    def check(self, uid: str) -> None:
        """That there is such a sealed tip. Raises: NotFound (unknown_case)."""
        with self.cases.db.read() as connection:
            _sealed_tip(connection, uid)

    def open_within(self, connection: Connection, uid: str, staff_ids: Sequence[int], cause: str) -> None:
        """From now on, for OPEN_US, these may read it: those who agreed on it. cause: as ``second:7``.

        Raises: NotFound (unknown_case).
        """
        tip, now_us = _sealed_tip(connection, uid), to_us(self.cases.clock.now())
        for staff_id in staff_ids:
            rows.open_tip(connection, tip.id, staff_id, now_us + OPEN_US)
        who = " and ".join(f"staff:{one}" for one in staff_ids)
        rows.log(connection, tip.id, now_us, f"opened for 30 minutes by {who}", cause)

    def tip(self, uid: str, staff_id: int) -> CaseRecord:
        """All of a sealed tip. Raises: NotFound (unknown_case), Refused (tip_closed) where it is not open for them now."""
        self._check_open(uid, staff_id)
        return self.cases.case(uid)

    def reply(self, uid: str, staff_id: int, text: str) -> str:
        """Leave the one who told it a message, sealed as the tip is; its uid. Raises: as ``tip``, BadInput (bad_text), TooLarge."""
        words = bounded(text)
        self._check_open(uid, staff_id)
        return self.cases.reply(uid, words, self.to(), f"staff:{staff_id}")

    def _check_open(self, uid: str, staff_id: int) -> None:
        self.check(uid)
        if uid not in self.open_until(staff_id):
            raise Refused(
                "tip_closed", "this tip is sealed", "Ask for it to be opened; another of the staff must agree."
            )


def _sealed_tip(connection: Connection, uid: str) -> AnyRow:
    row = rows.case_by_uid(connection, uid)
    if row is None or not row.is_sealed_tip:
        raise NotFound("unknown_case", "there is no such case", "Open the list of sealed tips.")
    return row
