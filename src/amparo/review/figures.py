"""Figures of the work of a desk: what is open, and by day what was opened, decided, ordered and taken back. Never of one person."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import median
from typing import Final

from amparo.review import figure_rows as rows
from amparo.review.model import QueueName, WorkKind, WorkState
from amparo.store.db import AnyRow, Database
from amparo.terms.clock import Clock, from_us, to_us

DAYS: Final = 28
EPOCH: Final = date(1970, 1, 1)
FRESH_S: Final = 30
"""Figures are made anew no more often than this: all who look share them."""
SHARE: Final = 20
"""Nor more often than so many times what making them took: a large desk's figures are older, and cost the database a twentieth at most."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Work that is not done, of one kind, queue and state. overdue: of these past their due time."""

    kind: WorkKind
    queue: QueueName
    state: WorkState
    number: int
    overdue: int
    oldest_at: datetime


@dataclass(frozen=True, slots=True)
class Day:
    """One day (UTC). decision_s: the median from a work's opening to its decision; hide_s: from when a copy was told of to its first hide or removal."""

    day: date
    opened: int
    decided: int
    taken_back: int
    hidden: int
    removed: int
    restored: int
    decision_s: float | None
    hide_s: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """All of it at one moment. days: the last 28, the newest last."""

    made_at: datetime
    standing: tuple[Standing, ...]
    days: tuple[Day, ...]
    decision_s: float | None
    hide_s: float | None


@dataclass(slots=True)
class Bookkeeping:
    """Makes the figures of one ledger."""

    db: Database
    clock: Clock
    _last: Figures | None = None
    _fresh: timedelta = timedelta(seconds=FRESH_S)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def now(self) -> Figures:
        """The figures, at most half a minute old; of a large desk, older."""
        with self._lock:
            at = self.clock.now()
            if self._last is None or not timedelta() <= at - self._last.made_at < self._fresh:
                begun = time.monotonic()
                self._last = self._made(at)
                self._fresh = timedelta(seconds=max(FRESH_S, SHARE * (time.monotonic() - begun)))
            return self._last

    def _made(self, at: datetime) -> Figures:
        days = [at.date() - timedelta(days=back) for back in reversed(range(DAYS))]
        since_us = to_us(datetime.combine(days[0], at.time().min, tzinfo=at.tzinfo))
        with self.db.read() as connection:
            standing = tuple(
                Standing(row.kind, row.queue, row.state, row.number, row.overdue, from_us(row.oldest_us))
                for row in rows.standing(connection, to_us(at))
            )
            opened = {_date(row.day): row.number for row in rows.opened_by_day(connection, since_us)}
            decided = {(_date(row.day), row.is_undo): row.number for row in rows.decided_by_day(connection, since_us)}
            ordered = {(_date(row.day), row.action): row.number for row in rows.ordered_by_day(connection, since_us)}
            decisions = _waits(rows.decision_waits(connection, since_us))
            hides = _waits(rows.hide_waits(connection, since_us))
        return Figures(
            at,
            standing,
            tuple(
                Day(
                    day, opened.get(day, 0), decided.get((day, 0), 0), decided.get((day, 1), 0),
                    ordered.get((day, "hide"), 0), ordered.get((day, "remove"), 0), ordered.get((day, "restore"), 0),
                    _middle(decisions[day]), _middle(hides[day]),
                )
                for day in days
            ),
            _middle(_all(decisions)),
            _middle(_all(hides)),
        )  # fmt: skip


def _date(day: int) -> date:
    """The day that was counted from 1970."""
    return EPOCH + timedelta(days=int(day))


def _waits(waited: Iterable[AnyRow]) -> Mapping[date, list[float]]:
    """Seconds waited, by the day on which the waiting ended."""
    by_day: dict[int, list[float]] = defaultdict(list)
    for day, waited_us in waited:
        by_day[day].append(max(0, waited_us) / 1_000_000)
    return defaultdict(list, {_date(day): each for day, each in by_day.items()})


def _all(waits: Mapping[date, Sequence[float]]) -> list[float]:
    return [one for each in waits.values() for one in each]


def _middle(values: Sequence[float]) -> float | None:
    return median(values) if values else None
