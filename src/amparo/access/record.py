"""What staff read, and what was done to their accounts and to banks: kept, and told page by page, newest first. Judges nothing and forgets nothing."""

import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Final

from sqlalchemy import Connection

from amparo.access import record_rows as rows
from amparo.access.staff_model import (
    Changed,
    ChangeFilter,
    Doer,
    ReadMade,
    StaffChange,
    StaffChangeName,
    StaffPrincipal,
)
from amparo.store.db import AnyRow, Database
from amparo.terms.clock import Clock, from_us, to_us

PAGE_MAX: Final = 200
ALL_CHANGES: Final = ChangeFilter()


@dataclass(frozen=True, slots=True)
class StaffRecord:
    """The verbs over one ledger."""

    db: Database
    clock: Clock

    def log_read(self, principal: StaffPrincipal, what: str, subject: str) -> None:
        """Keep that a case was read or a search made, before it is answered. subject: an id, never words."""
        self.log_reads(principal, [(what, subject)])

    def log_reads(self, principal: StaffPrincipal, reads: Sequence[tuple[str, str]]) -> None:
        """As ``log_read`` of several, what and subject of each, in one commit."""
        values = {"staff_id": principal.id, "at_us": to_us(self.clock.now())}
        with self.db.write_soon() as connection:
            rows.add_reads(connection, [values | {"what": what, "subject": subject} for what, subject in reads])

    def reads(self, before: int | None, limit: int) -> list[ReadMade]:
        """What was read, newest first, with ids under ``before``."""
        with self.db.read() as connection:
            return [
                ReadMade(row.id, row.name, from_us(row.at_us), row.what, row.subject)
                for row in rows.reads_before(connection, before, min(limit, PAGE_MAX))
            ]

    def note_change(
        self, connection: Connection, what: StaffChangeName, by_id: int | None, member_id: int | None, detail: str
    ) -> None:
        """Keep what is done to an account, in the transaction that does it. by_id: None for the command line."""
        values = {"what": what, "by_id": by_id, "staff_id": member_id, "detail": detail}
        rows.add_change(connection, values | {"at_us": to_us(self.clock.now())})

    def note_bank(
        self, connection: Connection, what: StaffChangeName, by: Doer, bank: str, changed: Sequence[Changed]
    ) -> None:
        """Keep what is done to the bank of that name, in the transaction that does it."""
        values = {"what": what, "by_id": by.staff_id, "by_client": by.client or None, "detail": bank}
        told = json.dumps([astuple(one) for one in changed])
        rows.add_change(connection, values | {"changed": told, "at_us": to_us(self.clock.now())})

    def changes(self, before: int | None, limit: int, wanted: ChangeFilter = ALL_CHANGES) -> list[StaffChange]:
        """What was done to accounts and banks, newest first, with ids under ``before``."""
        with self.db.read() as connection:
            return [_change_of(row) for row in rows.changes_before(connection, wanted, before, min(limit, PAGE_MAX))]


def _change_of(row: AnyRow) -> StaffChange:
    changed = tuple(Changed(*one) for one in json.loads(row.changed))
    names = (row.by_name or "", row.by_client or "", row.member_name or "")
    return StaffChange(row.id, from_us(row.at_us), row.what, *names, row.detail, changed)
