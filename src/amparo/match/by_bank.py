"""How many matches each bank had a day, counted from the match events as they come. Kept in memory by one process; decides nothing."""

import json
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from sqlalchemy import Connection

from amparo.match import rows
from amparo.store.db import AnyRow, Database
from amparo.terms.clock import Clock, from_us, to_us

BATCH: Final = 5_000
ROWS_MAX: Final = 200_000
"""Events read for one answer: where there are more, the next answer goes on."""
SETTLED_US: Final = 10 * 60 * 1_000_000
"""An event older than this is in the ledger for good: no other with a lower number comes any more."""
DAY_US: Final = 86_400 * 1_000_000


@dataclass(slots=True)
class ByBank:
    """Counts over one ledger. An event counts once for each bank that met in it. rows_max: read for one answer, ``batch`` at a time."""

    db: Database
    clock: Clock
    batch: int = BATCH
    rows_max: int = ROWS_MAX
    _settled: Counter[tuple[date, str]] = field(default_factory=Counter)
    _after: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def counts(self, days: int) -> tuple[dict[tuple[date, str], int], bool]:
        """By day (UTC) and bank, for the last ``days``, and whether all events were read; else the next call reads on."""
        now_us = to_us(self.clock.now())
        first = from_us(now_us - (days - 1) * DAY_US).date()
        with self._lock, self.db.read() as connection:
            fresh, is_whole = self._read(connection, now_us)
            for key in [key for key in self._settled if key[0] < first]:
                del self._settled[key]
            both = self._settled + fresh
        return {key: number for key, number in both.items() if key[0] >= first}, is_whole

    def _read(self, connection: Connection, now_us: int) -> tuple[Counter[tuple[date, str]], bool]:
        """Take in what settled since; the counts of what has not yet."""
        fresh: Counter[tuple[date, str]] = Counter()
        after = self._after
        for _ in range(self.rows_max // self.batch):
            found = rows.banks_after(connection, after, self.batch)
            if not found:
                return fresh, True
            after = found[-1].id
            if not fresh and found[-1].at_us < now_us - SETTLED_US:
                self._settled += _counted(found)
                self._after = after
            else:
                fresh += _counted(found)
            if len(found) < self.batch:
                return fresh, True
        return fresh, False


def _counted(found: Iterable[AnyRow]) -> Counter[tuple[date, str]]:
    counted: Counter[tuple[date, str]] = Counter()
    for row in found:
        day = from_us(row.at_us).date()
        counted.update((day, bank) for bank in {str(met["bank"]) for met in json.loads(row.matches)})
    return counted
