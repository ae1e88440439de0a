"""Reports of platforms become work. Opens no words: they are sealed to staff before they come here.

A report of an item that waits already joins its work; one of an item that was decided opens new work, since somebody says otherwise.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from amparo.errors import BadInput
from amparo.review import work_rows as rows
from amparo.review.effects import Effects, Item
from amparo.review.joining import Coming, Seen, count, joined, opened
from amparo.review.minor import Minors
from amparo.review.urgency import Urgency
from amparo.store.db import Database
from amparo.terms.clock import Clock, to_us

REASONS: Final[dict[str, Urgency]] = {
    "intimate": "report",
    "under_18": "under_18",
    "threat": "urgent_report",
    "spreading": "urgent_report",
    "other": "report",
}
"""Why something is reported, and how urgent that is. under_18 sets the switch, as one of the staff would."""
URGENT: Final = frozenset({"under_18", "urgent_report"})
ITEM_CHARS_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Report:
    """One report. item_id: the platform's. reason: one of REASONS. sealed: JSON ``{"words", "where", "reported_by"}`` sealed to staff, or None."""

    item_id: str
    reason: str
    sealed: bytes | None = None


@dataclass(frozen=True, slots=True)
class Reports:
    """The verb over one ledger."""

    db: Database
    clock: Clock
    minors: Minors
    effects: Effects

    def take(self, client_id: int, client: str, report: Report) -> int:
        """Keep a report in the name of a client; its number. Durable when this returns.

        Raises: BadInput (bad_item_id, unknown_reason).
        """
        if not 0 < len(report.item_id) <= ITEM_CHARS_MAX or not report.item_id.isprintable():
            raise BadInput(
                "bad_item_id", f"an item's id is 1 to {ITEM_CHARS_MAX} characters on one line", "Send yours."
            )
        if report.reason not in REASONS:
            raise BadInput("unknown_reason", "this is no reason of a report", f"One of: {', '.join(REASONS)}.")
        is_minor = report.reason == "under_18"
        if is_minor:
            self.minors.cases.prepare()
        with self.db.write() as connection:
            return self._take(connection, Seen(client_id, client, report.item_id, to_us(self.clock.now())), report)

    def _take(self, connection: Connection, seen: Seen, report: Report) -> int:
        is_minor = report.reason == "under_18"
        was_minor = rows.is_minor_item(connection, seen.client_id, seen.item_id)
        coming = Coming("report", [REASONS[report.reason]], is_minor or was_minor)
        work = rows.undecided_of_item(connection, seen.client_id, seen.item_id)
        work = joined(connection, work, coming, seen.at_us) if work else opened(connection, coming, seen.at_us)
        values = {"client_id": seen.client_id, "item_id": seen.item_id, "reason": report.reason}
        told = {"sealed": report.sealed, "at_us": seen.at_us, "work_id": work.id}
        report_id = rows.add_report(connection, values | told)
        of_report = Seen(seen.client_id, seen.client, seen.item_id, seen.at_us, report_id=report_id)
        count(connection, work, of_report)
        if is_minor:
            self.minors.set_within(connection, work, f"report:{report_id}")
        hides = self.effects.settings.hide_reports
        if hides == "all" or (hides == "urgent" and REASONS[report.reason] in URGENT):
            self.effects.hide_reported(connection, work, Item(seen.client_id, seen.client, seen.item_id))
        return report_id
