"""All SQL on what the figures count: the tables are those of work, decisions and actions. Private to the room."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, case, func, select

from amparo.review.action_rows import action
from amparo.review.second_rows import decision
from amparo.review.work_rows import work, work_copy
from amparo.store.db import AnyRow

COUNTED: Final = ("stands", "undone")
"""States of an answer that decided; others wait for a second, or only agreed with it."""
ROWS_MAX: Final = 500_000
"""Rows of one question; beyond them a figure is of the newest of these."""


def standing(connection: Connection, now_us: int) -> Sequence[AnyRow]:
    """What is not done, by kind, queue and state: how many, how many past due, since when the oldest."""
    overdue = func.sum(case((work.c.due_us < now_us, 1), else_=0)).label("overdue")
    found = select(
        work.c.kind, work.c.queue, work.c.state, func.count().label("number"), overdue,
        func.min(work.c.opened_us).label("oldest_us"),
    )  # fmt: skip
    by = (work.c.kind, work.c.queue, work.c.state)
    return connection.execute(found.where(work.c.state != "done").group_by(*by).order_by(*by)).all()


def opened_since(connection: Connection, since_us: int) -> Sequence[int]:
    """When each work was opened that was since."""
    found = (
        select(work.c.opened_us).where(work.c.opened_us >= since_us).order_by(work.c.opened_us.desc()).limit(ROWS_MAX)
    )
    return connection.execute(found).scalars().all()


def decisions_since(connection: Connection, since_us: int) -> Sequence[AnyRow]:
    """Answer and instant of each decision since that counted, and when its work was opened; not of the rule that an exact copy follows."""
    found = select(decision.c.answer, decision.c.at_us, work.c.opened_us).join(work, work.c.id == decision.c.work_id)
    counted = (decision.c.at_us >= since_us, decision.c.by_id > 0, decision.c.state.in_(COUNTED))
    return connection.execute(found.where(*counted).order_by(decision.c.at_us.desc()).limit(ROWS_MAX)).all()


def actions_since(connection: Connection, since_us: int) -> Sequence[AnyRow]:
    """Action and instant of each that was ordered since, but for what only took another back."""
    found = select(action.c.action, action.c.at_us).where(action.c.at_us >= since_us, action.c.reverses.is_(None))
    return connection.execute(found.order_by(action.c.at_us.desc()).limit(ROWS_MAX)).all()


def hide_waits_since(connection: Connection, since_us: int) -> Sequence[AnyRow]:
    """Of each copy whose first hide or removal was ordered since: when, and when the copy was first told of."""
    first = (
        select(action.c.work_id, action.c.client_id, action.c.item_id, func.min(action.c.at_us).label("at_us"))
        .where(action.c.action.in_(("hide", "remove")), action.c.reverses.is_(None), action.c.work_id.is_not(None))
        .group_by(action.c.work_id, action.c.client_id, action.c.item_id)
        .having(func.min(action.c.at_us) >= since_us)
        .subquery()
    )
    told = (
        (work_copy.c.work_id == first.c.work_id)
        & (work_copy.c.client_id == first.c.client_id)
        & (work_copy.c.item_id == first.c.item_id)
    )
    found = select(first.c.at_us, func.min(work_copy.c.first_us).label("first_us")).join(work_copy, told)
    return connection.execute(
        found.group_by(first.c.at_us, first.c.work_id, first.c.client_id, first.c.item_id).limit(ROWS_MAX)
    ).all()
