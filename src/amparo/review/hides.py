"""Interim hides end by themselves when the time of their ground is over and nobody confirmed. Decides nothing else.

Where somebody may be under 18 and nobody has decided yet, time alone shows nothing again: it stays hidden, a day at a time.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from amparo.cases.model import Outcome
from amparo.cases.outcomes import note_outcome_within, standing_within
from amparo.review import action_rows as rows
from amparo.review import work_rows
from amparo.review.actions import Actions
from amparo.review.model import Wanted
from amparo.store.db import AnyRow
from amparo.terms.clock import to_us

AT_ONCE: Final = 200
DAY_US: Final = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Hides:
    """Watches the clock over what is hidden."""

    actions: Actions

    def end_due(self) -> int:
        """Restore what was hidden for a time that is over now; how many were looked at, at most AT_ONCE in one commit."""
        now_us = to_us(self.actions.clock.now())
        with self.actions.db.read() as connection:
            if not rows.due(connection, now_us, 1):
                return 0
        with self.actions.db.write() as connection:
            over = rows.due(connection, now_us, AT_ONCE)
            for row in over:
                self._end(connection, row, now_us)
        return len(over)

    def _end(self, connection: Connection, row: AnyRow, now_us: int) -> None:
        hidden = rows.one(connection, row.action_id)
        work = None if hidden is None or hidden.work_id is None else work_rows.work_by_id(connection, hidden.work_id)
        if work is not None and work.minor_possible and work.state in work_rows.UNDECIDED:
            rows.put_off(connection, row, now_us + DAY_US)
            return
        back = Wanted(
            row.client_id,
            row.item_id,
            "restore",
            row.ground,
            "clock",
            work_id=None if work is None else work.id,
            reverses=row.action_id,
        )
        action_id = self.actions.order(connection, back)
        if work is None or hidden is None:
            return
        for content_id in sorted(standing_within(connection, work_rows.contents_of(connection, [work.id]))):
            told = Outcome(content_id, "restored", hidden.client, f"action:{action_id}", now_us, "clock")
            note_outcome_within(connection, told)
