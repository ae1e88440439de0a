"""Interim hides end by themselves when the time of their ground is over and nobody confirmed. Decides nothing else."""

from dataclasses import dataclass
from typing import Final

from amparo.review import action_rows as rows
from amparo.review.actions import Actions
from amparo.review.model import Wanted
from amparo.terms.clock import to_us

AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Hides:
    """Watches the clock over what is hidden."""

    actions: Actions

    def end_due(self) -> int:
        """Restore what was hidden for a time that is over now; how many, at most AT_ONCE in one commit."""
        now_us = to_us(self.actions.clock.now())
        with self.actions.db.read() as connection:
            if not rows.due(connection, now_us, 1):
                return 0
        with self.actions.db.write() as connection:
            over = rows.due(connection, now_us, AT_ONCE)
            for row in over:
                back = Wanted(row.client_id, row.item_id, "restore", row.ground, "clock", reverses=row.action_id)
                self.actions.order(connection, back)
        return len(over)
