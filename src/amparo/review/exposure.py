"""What looking has cost each of the staff, and how much more is allowed: in 24 hours and in 28 days. Grants no look and judges nobody.

Four limits stand over each other, and the strictest counts: the operator's (settings), the desk's, the person's own, and that of
the one carer the person named. A person's figures are told to that person and that carer; to nobody else, and in no statistic.
"""

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from datetime import date
from typing import Final

from sqlalchemy import Connection

from amparo.access.staff_model import StaffMember, StaffPrincipal
from amparo.errors import BadInput, LimitReached, Refused
from amparo.review import look_rows as rows
from amparo.review.settings import ReviewSettings
from amparo.store.db import AnyRow, Database
from amparo.terms.clock import Clock, from_us, to_us

DAY_US: Final = 86_400_000_000
LOOSER_AFTER_US: Final = DAY_US
"""A limit of one's own that is raised counts a day later: not in the hour in which it was reached."""
SECONDS_MIN: Final = 3
"""A look shorter than that is not granted: the limit is reached."""
SEVERITY_MAX: Final = 4
NUMBER_MAX: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Bounds:
    """Looks and seconds, in 24 hours and in 28 days: how many there were, or may be."""

    looks_day: int
    seconds_day: int
    looks_28: int
    seconds_28: int

    def within(self, other: "Bounds") -> "Bounds":
        """The stricter of both, figure by figure."""
        return Bounds(*(min(pair) for pair in zip(astuple(self), astuple(other), strict=True)))

    def is_looser(self, other: "Bounds") -> bool:
        """Whether any figure is over the other's."""
        return any(one > that for one, that in zip(astuple(self), astuple(other), strict=True))


@dataclass(frozen=True, slots=True)
class Day:
    """What one day cost. heavy: how many looks were called 3 or 4 of 4."""

    on: date
    looks: int
    seconds: int
    heavy: int


@dataclass(frozen=True, slots=True)
class Exposure:
    """One person's figures. limit: what counts. desk, own, carer: the limits it is made of; None where none was set."""

    used: Bounds
    limit: Bounds
    desk: Bounds
    own: Bounds | None
    carer: Bounds | None
    days: tuple[Day, ...]


@dataclass(frozen=True, slots=True)
class Exposures:
    """members: all of the staff, to know who is whose carer."""

    db: Database
    clock: Clock
    settings: ReviewSettings
    members: Callable[[], Sequence[StaffMember]]

    def own(self, principal: StaffPrincipal) -> Exposure:
        """One's own figures."""
        return self._told(principal.id)

    def of(self, principal: StaffPrincipal, staff_id: int) -> Exposure:
        """The figures of somebody who named the asker as carer. Raises: Refused (not_carer), whoever else asks."""
        self._check_carer(principal, staff_id)
        return self._told(staff_id)

    def in_care(self, principal: StaffPrincipal) -> list[StaffMember]:
        """Who named the asker as carer."""
        named = (one for one in self.members() if one.carer_id == principal.id and one.ended_at is None)
        return [one for one in named if one.id != principal.id]

    def desk(self) -> Bounds:
        """The limits of the whole desk."""
        with self.db.read() as connection:
            return self._layers(connection, rows.DESK, to_us(self.clock.now())).desk

    def set_desk(self, principal: StaffPrincipal, wanted: Bounds) -> None:
        """Limits for everybody, at once; never over the operator's. Raises: Refused (staff_role), BadInput (over_limit)."""
        principal.may("settings.manage")
        _check(wanted, self._operator())
        self._set(rows.DESK, principal.id, wanted, 0)

    def set_own(self, principal: StaffPrincipal, wanted: Bounds) -> None:
        """One's own limits: stricter ones at once, looser ones a day later. Raises: BadInput (over_limit) over the desk's."""
        with self.db.read() as connection:
            layers = self._layers(connection, principal.id, to_us(self.clock.now()))
        _check(wanted, layers.desk)
        was = layers.own or layers.desk
        self._set(principal.id, principal.id, wanted, LOOSER_AFTER_US if wanted.is_looser(was) else 0)

    def set_as_carer(self, principal: StaffPrincipal, staff_id: int, wanted: Bounds) -> None:
        """Limits by the carer, at once. Raises: Refused (not_carer), BadInput (over_limit) over the desk's."""
        self._check_carer(principal, staff_id)
        _check(wanted, self.desk())
        self._set(staff_id, principal.id, wanted, 0)

    def seconds_within(self, connection: Connection, staff_id: int, now_us: int) -> int:
        """How long a look of this person may last now. Raises: LimitReached (exposure_reached)."""
        used, limit = self._used(connection, staff_id, now_us), self._layers(connection, staff_id, now_us).limit
        left = min(limit.seconds_day - used.seconds_day, limit.seconds_28 - used.seconds_28)
        if used.looks_day >= limit.looks_day or used.looks_28 >= limit.looks_28 or left < SECONDS_MIN:
            raise LimitReached(
                "exposure_reached",
                "as much was looked at as is good for one person; no picture is shown now",
                "Go on with the facts, skip it, or pass it on; no reason is asked.",
            )
        return min(self.settings.look_seconds, left)

    def forget(self) -> int:
        """Forget looks of more than five weeks ago; how many."""
        with self.db.write_soon() as connection:
            return rows.drop_looks(connection, to_us(self.clock.now()) - rows.LOOK_KEPT_US)

    def _told(self, staff_id: int) -> Exposure:
        now_us = to_us(self.clock.now())
        with self.db.read() as connection:
            used, layers = self._used(connection, staff_id, now_us), self._layers(connection, staff_id, now_us)
            days = _days(rows.looks_after(connection, staff_id, now_us - 28 * DAY_US))
        return Exposure(used, layers.limit, layers.desk, layers.own, layers.carer, days)

    def _used(self, connection: Connection, staff_id: int, now_us: int) -> Bounds:
        looks_day, ms_day = rows.used(connection, staff_id, now_us - DAY_US)
        looks_28, ms_28 = rows.used(connection, staff_id, now_us - 28 * DAY_US)
        return Bounds(looks_day, -(-ms_day // 1000), looks_28, -(-ms_28 // 1000))

    def _operator(self) -> Bounds:
        own = self.settings
        return Bounds(own.looks_day, own.look_seconds_day, own.looks_28_days, own.look_seconds_28_days)

    def _layers(self, connection: Connection, staff_id: int, now_us: int) -> "_Layers":
        """What a carer set stays in force when another is named: naming another frees nobody."""
        set_ = [row for row in rows.limits(connection, staff_id) if row.from_us <= now_us or row.by_id != row.staff_id]
        desk = next((_bounds(row) for row in set_ if row.staff_id == rows.DESK), None)
        own = next((_bounds(row) for row in set_ if row.staff_id == row.by_id == staff_id), None)
        carer = next((_bounds(row) for row in set_ if row.staff_id == staff_id != row.by_id), None)
        whole = self._operator() if desk is None else self._operator().within(desk)
        return _Layers(whole, own, carer)

    def _set(self, staff_id: int, by_id: int, wanted: Bounds, later_us: int) -> None:
        with self.db.write() as connection:
            now_us = to_us(self.clock.now())
            figures = dict(zip(Bounds.__dataclass_fields__, astuple(wanted), strict=True))
            from_us = now_us + later_us if later_us else 0  # at once, whatever becomes of the clock
            whose = {"staff_id": staff_id, "by_id": by_id, "set_us": now_us, "from_us": from_us}
            rows.add_limit(connection, whose | figures)

    def _check_carer(self, principal: StaffPrincipal, staff_id: int) -> None:
        if staff_id not in {one.id for one in self.in_care(principal)}:
            raise Refused(
                "not_carer",
                "this is told to the person and the carer the person named, to nobody else",
                "Who wants you as carer names you in their own settings.",
            )


@dataclass(frozen=True, slots=True)
class _Layers:
    desk: Bounds
    own: Bounds | None
    carer: Bounds | None

    @property
    def limit(self) -> Bounds:
        found = self.desk
        for one in (self.own, self.carer):
            found = found if one is None else found.within(one)
        return found


def _bounds(row: AnyRow) -> Bounds:
    return Bounds(row.looks_day, row.seconds_day, row.looks_28, row.seconds_28)


def _check(wanted: Bounds, most: Bounds) -> None:
    if min(astuple(wanted)) < 0 or wanted.is_looser(most):
        raise BadInput("over_limit", "these limits are over those above them", "Limits are only made stricter.")


def _days(looks: Sequence[AnyRow]) -> tuple[Day, ...]:
    """By day of UTC, the newest first."""
    by_day: dict[date, list[AnyRow]] = {}
    for row in looks:
        by_day.setdefault(from_us(row.at_us).date(), []).append(row)
    return tuple(
        Day(
            on,
            len(found),
            -(-sum(row.counted_ms for row in found) // 1000),
            sum(row.severity >= SEVERITY_MAX - 1 for row in found),
        )
        for on, found in sorted(by_day.items(), reverse=True)
    )
