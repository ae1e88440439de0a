"""All SQL on what the figures count: the tables are those of work, decisions and actions. Private to the room."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, case, exists, func, literal_column, select

from amparo.review.action_rows import action
from amparo.review.second_rows import decision
from amparo.review.work_rows import work, work_copy
from amparo.store.db import AnyRow

COUNTED: Final = ("stands", "undone")
"""States of an answer that decided; others wait for a second, or only agreed with it."""
DAY_US: Final = 86_400_000_000
WAITS_MAX: Final = 100_000
"""Waits a median is made of; of more, the newest of these."""


def standing(connection: Connection, now_us: int) -> Sequence[AnyRow]:
    """What is not done, by kind, queue and state: how many, how many past due, since when the oldest."""
    overdue = func.sum(case((work.c.due_us < now_us, 1), else_=0)).label("overdue")
    found = select(
        work.c.kind, work.c.queue, work.c.state, func.count().label("number"), overdue,
        func.min(work.c.opened_us).label("oldest_us"),
    )  # fmt: skip
    by = (work.c.kind, work.c.queue, work.c.state)
    return connection.execute(found.where(work.c.state.in_(("open", "second"))).group_by(*by).order_by(*by)).all()


def opened_by_day(connection: Connection, since_us: int) -> Sequence[AnyRow]:
    """Day (since 1970) and number of works that were opened since."""
    day = _day(work.c.opened_us)
    found = select(day, func.count().label("number")).where(work.c.opened_us >= since_us)
    return connection.execute(found.group_by(day)).all()


def decided_by_day(connection: Connection, since_us: int) -> Sequence[AnyRow]:
    """Day, whether it took one back, and number of decisions that counted; not of the rule that an exact copy follows."""
    day, is_undo = _day(decision.c.at_us), case((decision.c.answer == "undo", 1), else_=0).label("is_undo")
    found = select(day, is_undo, func.count().label("number")).where(*_counted(since_us))
    return connection.execute(found.group_by(day, is_undo)).all()


def ordered_by_day(connection: Connection, since_us: int) -> Sequence[AnyRow]:
    """Day, action and number of those ordered since, but for what only took another back."""
    day = _day(action.c.at_us)
    found = select(day, action.c.action, func.count().label("number"))
    found = found.where(action.c.at_us >= since_us, action.c.reverses.is_(None))
    return connection.execute(found.group_by(day, action.c.action)).all()


def decision_waits(connection: Connection, since_us: int) -> Sequence[AnyRow]:
    """Day of each decision and the microseconds since its work was opened."""
    found = select(_day(decision.c.at_us), (decision.c.at_us - work.c.opened_us).label("waited_us"))
    found = found.join(work, work.c.id == decision.c.work_id).where(*_counted(since_us), decision.c.answer != "undo")
    return connection.execute(found.order_by(decision.c.id.desc()).limit(WAITS_MAX)).all()


def hide_waits(connection: Connection, since_us: int) -> Sequence[AnyRow]:
    """Day of each first hide or removal of a copy since, and the microseconds since the copy was first told of."""
    before = action.alias("before")
    is_first = ~exists().where(
        before.c.client_id == action.c.client_id,
        before.c.item_id == action.c.item_id,
        before.c.id < action.c.id,
        before.c.work_id == action.c.work_id,
        before.c.action.in_(HIDING),
    )
    told = (
        (work_copy.c.work_id == action.c.work_id)
        & (work_copy.c.client_id == action.c.client_id)
        & (work_copy.c.item_id == action.c.item_id)
    )
    found = select(_day(action.c.at_us), (action.c.at_us - work_copy.c.first_us).label("waited_us"))
    found = found.join(work_copy, told).where(
        action.c.at_us >= since_us, action.c.action.in_(HIDING), action.c.reverses.is_(None), is_first
    )
    return connection.execute(found.order_by(action.c.id.desc()).limit(WAITS_MAX)).all()


HIDING: Final = ("hide", "remove")


def _day(instant_us: ColumnElement[int]) -> ColumnElement[Any]:
    """The day of an instant, counted from 1970; written out, so that it is the same where it is selected and grouped by."""
    return (instant_us // literal_column(str(DAY_US))).label("day")


def _counted(since_us: int) -> tuple[ColumnElement[bool], ...]:
    return (decision.c.at_us >= since_us, decision.c.by_id > 0, decision.c.state.in_(COUNTED))
