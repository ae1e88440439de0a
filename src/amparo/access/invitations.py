"""Links of invitations that can still be used: told without their tokens, and taken back. Makes none (staff.py)."""

from dataclasses import dataclass

from sqlalchemy import Connection

from amparo.access import staff_rows as rows
from amparo.access.record import StaffRecord
from amparo.access.staff_model import Invited, StaffPrincipal, check_staff_role
from amparo.errors import Gone
from amparo.store.db import AnyRow, Database
from amparo.terms.clock import Clock, from_us, to_us


@dataclass(frozen=True, slots=True)
class Invitations:
    """The verbs over one ledger."""

    db: Database
    clock: Clock

    def open(self) -> list[Invited]:
        """Those that can still be used, oldest first."""
        with self.db.read() as connection:
            return [invited_of(row) for row in self._open(connection)]

    def take_back(self, by: StaffPrincipal, handle: str) -> None:
        """The link opens nothing any more, and the keys it held are deleted. Raises: Refused (staff_role), Gone (invite_over)."""
        by.may("staff.manage")
        with self.db.write() as connection:
            found = [row for row in self._open(connection) if invited_of(row).handle == handle]
            if not found:
                raise invite_over()
            rows.use_invite(connection, found[0].digest, to_us(self.clock.now()))
            StaffRecord(self.db, self.clock).note_change(
                connection, "link_taken_back", by.id, found[0].staff_id, found[0].role
            )

    def _open(self, connection: Connection) -> list[AnyRow]:
        return list(rows.open_invites(connection, to_us(self.clock.now())))


def invited_of(row: AnyRow) -> Invited:
    """An invitation as it is told."""
    handle = row.digest.hex()[:16]
    return Invited(check_staff_role(row.role), row.name, row.staff_id, handle, from_us(row.until_us))


def invite_over() -> Gone:
    """The error for a link that is used, taken back, late or was never made: all alike."""
    return Gone("invite_over", "this link is used, too old or unknown", "Ask for another: `amparo staff invite`.")
