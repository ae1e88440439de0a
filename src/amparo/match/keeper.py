"""Keeps the snapshots of the index: when a new one is written, and that withdrawn codes leave them in time. For the background
worker alone; searches nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass

from amparo.banks.feed import changed_since, last_signal
from amparo.match.lookup import Lookup
from amparo.match.settings import MatchSettings
from amparo.match.snapshots import Snapshot, Snapshots
from amparo.store.db import Database
from amparo.terms.clock import Clock, to_us

MINUTE_US = 60_000_000
SHARE = 10
END_SHARE = 5
END_CHANGED_MAX, END_SIGNALS_MAX = 200_000, 2_000_000
"""Over these a snapshot is not written while the service stops: it would be ended before it was done."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """One a machine. afresh: makes a lookup that knows nothing yet and starts from the snapshots."""

    db: Database
    clock: Clock
    snapshots: Snapshots
    settings: MatchSettings
    afresh: Callable[[], Lookup]

    def keep(self, *, is_end: bool = False) -> bool:
        """Write a snapshot where one is due, and delete those that are not kept; whether one was written.

        Due: as many signals changed as ``snapshot_signals_min``, and a tenth of all; or one holds, for ``snapshot_minutes``
        or longer, what was withdrawn since. is_end: the process stops, so a fifth of that is enough.
        Raises: those of ``Database.read``, ``Snapshots.write``.
        """
        newest = next(iter(self.snapshots.found()), None)
        is_due = self._is_due(newest, is_end=is_end)
        if is_due:
            lookup = self.afresh()
            try:
                generation, _ = lookup.refresh()
                self.snapshots.write(lookup.mapped(), generation, last_signal(self.db))
            finally:
                lookup.close()
        self.snapshots.tidy(self._holds_withdrawn)
        return is_due

    def _is_due(self, newest: Snapshot | None, *, is_end: bool) -> bool:
        least = max(self.settings.snapshot_signals_min, 0 if newest is None else newest.signals // SHARE)
        if is_end:
            least = max(1, least // END_SHARE)
        if newest is None:
            given = last_signal(self.db)
            return least <= given and not (is_end and given > END_CHANGED_MAX)
        changed, has_old = changed_since(self.db, newest.generation, newest.signal_last)
        if is_end and (changed > END_CHANGED_MAX or newest.signals > END_SIGNALS_MAX):
            return False
        age_us = to_us(self.clock.now()) - newest.made_us
        is_young = 0 <= age_us < self.settings.snapshot_minutes * MINUTE_US  # a clock set back is no reason to wait
        return (has_old and not is_young) or changed >= least

    def _holds_withdrawn(self, one: Snapshot) -> bool:
        return changed_since(self.db, one.generation, one.signal_last)[1]
