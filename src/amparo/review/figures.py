"""Figures of the work of a desk: what is open, and by day what was opened, decided, ordered and taken back. Never of one person."""

import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import median
from typing import Final

from amparo.review import figure_rows as rows
from amparo.review.model import QueueName, WorkKind, WorkState
from amparo.store.db import Database
from amparo.terms.clock import Clock, from_us, to_us

DAYS: Final = 28
FRESH_S: Final = 30
"""Figures are made anew no more often than this: all who look share them."""


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
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def now(self) -> Figures:
        """The figures, at most half a minute old."""
        with self._lock:
            at = self.clock.now()
            if self._last is None or not timedelta() <= at - self._last.made_at < timedelta(seconds=FRESH_S):
                self._last = self._made(at)
            return self._last

    def _made(self, at: datetime) -> Figures:
        days = [at.date() - timedelta(days=back) for back in reversed(range(DAYS))]
        since_us = to_us(datetime.combine(days[0], at.time().min, tzinfo=at.tzinfo))
        with self.db.read() as connection:
            standing = tuple(
                Standing(row.kind, row.queue, row.state, row.number, row.overdue, from_us(row.oldest_us))
                for row in rows.standing(connection, to_us(at))
            )
            opened = _by_day(rows.opened_since(connection, since_us))
            decisions = rows.decisions_since(connection, since_us)
            actions = rows.actions_since(connection, since_us)
            waits = rows.hide_waits_since(connection, since_us)
        decided = _waits((row.at_us, row.at_us - row.opened_us) for row in decisions if row.answer != "undo")
        taken_back = _by_day(row.at_us for row in decisions if row.answer == "undo")
        hides = _waits((row.at_us, max(0, row.at_us - row.first_us)) for row in waits)
        ordered = {
            name: _by_day(row.at_us for row in actions if row.action == name) for name in ("hide", "remove", "restore")
        }
        return Figures(
            at,
            standing,
            tuple(
                Day(
                    day, opened[day], len(decided[day]), taken_back[day],
                    ordered["hide"][day], ordered["remove"][day], ordered["restore"][day],
                    _middle(decided[day]), _middle(hides[day]),
                )
                for day in days
            ),
            _middle(_all(decided)),
            _middle(_all(hides)),
        )  # fmt: skip


def _by_day(instants_us: Iterable[int]) -> Mapping[date, int]:
    counted: dict[date, int] = defaultdict(int)
    for at_us in instants_us:
        counted[from_us(at_us).date()] += 1
    return counted


def _waits(waited: Iterable[tuple[int, int]]) -> Mapping[date, list[float]]:
    """Seconds waited, by the day on which the waiting ended."""
    found: dict[date, list[float]] = defaultdict(list)
    for at_us, waited_us in waited:
        found[from_us(at_us).date()].append(waited_us / 1_000_000)
    return found


def _all(waits: Mapping[date, Sequence[float]]) -> list[float]:
    return [one for each in waits.values() for one in each]


def _middle(values: Sequence[float]) -> float | None:
    return median(values) if values else None
