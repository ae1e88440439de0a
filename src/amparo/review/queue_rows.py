"""The SQL of the queue: what comes next, who holds it, who would rather not, lists and counts. Private to the room."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Select,
    Table,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    union_all,
    update,
)

from amparo.review.asking import Cursor, Filter
from amparo.review.work_rows import STATE_OF_FEW, UNDECIDED, work, work_content, work_copy
from amparo.store.db import LEDGER, AnyRow

STAFF_ID: Final = bindparam("staff_id", type_=BigInteger)
NOW_US: Final = bindparam("now_us", type_=BigInteger)
AFTER_US: Final = bindparam("after_us", type_=BigInteger)
AFTER_ID: Final = bindparam("after_id", type_=BigInteger)

# Who was offered a work and went on. until_us: null for good.
work_skip = Table(
    "work_skip",
    LEDGER,
    Column("work_id", BigInteger, primary_key=True, autoincrement=False),
    Column("staff_id", BigInteger, primary_key=True, autoincrement=False),
    Column("until_us", BigInteger),
)


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a statement depends on but for its values: such a statement is made once, for making it costs more than asking it."""

    parts: tuple[tuple[str, str], ...]
    is_assigned: bool
    has_bank: bool
    has_client: bool


def _shape(wanted: Filter) -> _Shape:
    queues = (wanted.queue,) if wanted.queue else ("under_18", "adult")
    parts = tuple((queue, kind) for queue in queues for kind in wanted.kinds)
    return _Shape(parts, wanted.assigned_to is not None, bool(wanted.bank), bool(wanted.client))


def _values(wanted: Filter, **more: object) -> dict[str, object]:
    named = {"assigned_to": wanted.assigned_to, "bank": wanted.bank.lower(), "client": wanted.client}
    return {"state": wanted.state, **named, **more}


def heads(connection: Connection, wanted: Filter, staff_id: int, now_us: int, limit: int) -> list[AnyRow]:
    """The most urgent works that this person may be given. Each queue and kind is asked by itself: then an index has the order."""
    if not wanted.kinds:
        return []
    values = _values(wanted, staff_id=staff_id, now_us=now_us)
    found = connection.execute(_heads_query(_shape(wanted), limit), values).all()
    return sorted(found, key=lambda row: (row.due_us, row.id))[:limit]


@cache
def _heads_query(shape: _Shape, limit: int) -> Any:
    mine = _free_for(_narrowed(select(work), shape))
    return union_all(*(select(one.subquery()) for one in _each(mine, shape, limit)))


def held_by(connection: Connection, wanted: Filter, staff_id: int, now_us: int) -> AnyRow | None:
    """The most urgent work of the filter that this person has open already."""
    held = list(connection.execute(_LOCKED, {"staff_id": staff_id, "now_us": now_us}).scalars())
    if not held or not wanted.kinds:
        return None
    values = _values(wanted, staff_id=staff_id, now_us=now_us, held=held, kinds=list(wanted.kinds))
    return connection.execute(_held_query(_shape(wanted)), values).first()


# by itself: beside a filter, SQLite takes the index of the filter, and reads every open work to find a person's none
_LOCKED: Final = select(work.c.id).where(work.c.locked_by == STAFF_ID, work.c.locked_until_us > NOW_US)


@cache
def _held_query(shape: _Shape) -> Any:
    query = _narrowed(select(work), shape, STATE_OF_FEW).where(work.c.id.in_(bindparam("held", expanding=True)))
    query = query.where(work.c.queue.in_({queue for queue, _ in shape.parts}))
    query = query.where(work.c.kind.in_(bindparam("kinds", expanding=True)), ~_has_skipped())
    return query.order_by(work.c.due_us, work.c.id).limit(1)


def lock(connection: Connection, work_id: int, staff_id: int, now_us: int, until_us: int) -> bool:
    """Give an undecided work to this person; False where another has it."""
    mine = or_(work.c.locked_by.is_(None), work.c.locked_by == staff_id, work.c.locked_until_us <= now_us)
    locked = update(work).where(work.c.id == work_id, work.c.state.in_(UNDECIDED), mine)
    return bool(connection.execute(locked.values(locked_by=staff_id, locked_until_us=until_us)).rowcount)


def unlock(connection: Connection, work_id: int, staff_id: int) -> None:
    """Let go of a work, where this person has it."""
    free: dict[str, Any] = {"locked_by": None, "locked_until_us": None}
    connection.execute(update(work).where(work.c.id == work_id, work.c.locked_by == staff_id).values(**free))


def skip(connection: Connection, work_id: int, staff_id: int, until_us: int | None) -> None:
    """Do not give it to this person until then, None for good."""
    unskip(connection, work_id, staff_id)
    connection.execute(insert(work_skip).values(work_id=work_id, staff_id=staff_id, until_us=until_us))


def unskip(connection: Connection, work_id: int, staff_id: int) -> None:
    """Give it to this person again."""
    connection.execute(delete(work_skip).where(work_skip.c.work_id == work_id, work_skip.c.staff_id == staff_id))


def assigned(connection: Connection) -> Sequence[AnyRow]:
    """Whose undecided works there are, by kind."""
    query = select(work.c.assigned_to, work.c.kind).where(work.c.assigned_to.isnot(None), work.c.state.in_(UNDECIDED))
    return connection.execute(query.distinct()).all()


def unassign(connection: Connection, staff_id: int, kind: str) -> None:
    """Undecided works of that kind are theirs no more."""
    theirs = update(work).where(work.c.assigned_to == staff_id, work.c.kind == kind, work.c.state.in_(UNDECIDED))
    connection.execute(theirs.values(assigned_to=None))


def drop_skips(connection: Connection, work_id: int) -> None:
    """It is decided: nobody needs to be spared it."""
    connection.execute(delete(work_skip).where(work_skip.c.work_id == work_id))


def listed(connection: Connection, wanted: Filter, after: Cursor | None, limit: int) -> Sequence[AnyRow]:
    """Works of the filter past ``after``, the most urgent first."""
    if not wanted.kinds:
        return []
    due_us, work_id = after or (0, 0)
    values = _values(wanted, after_us=due_us, after_id=work_id)
    found = connection.execute(_listed_query(_shape(wanted), limit, is_first=after is None), values).all()
    return sorted(found, key=lambda row: (row.due_us, row.id))[:limit]


@cache
def _listed_query(shape: _Shape, limit: int, *, is_first: bool) -> Any:
    query = _narrowed(select(work), shape)
    if not is_first:
        query = query.where(work.c.due_us >= AFTER_US, or_(work.c.due_us > AFTER_US, work.c.id > AFTER_ID))
    return union_all(*(select(one.subquery()) for one in _each(query, shape, limit)))


def counts(connection: Connection, kinds: Sequence[str]) -> list[AnyRow]:
    """How many undecided works there are, by state and queue."""
    query = select(work.c.state, work.c.queue, func.count().label("number"))
    query = query.where(work.c.state.in_(UNDECIDED), work.c.kind.in_(kinds)).group_by(work.c.state, work.c.queue)
    return list(connection.execute(query).all())


def oldest(connection: Connection, kinds: Sequence[str]) -> int | None:
    """When the oldest open work of these kinds came."""
    query = select(work.c.opened_us).where(work.c.state == "open", work.c.kind.in_(kinds))
    return connection.execute(query.order_by(work.c.opened_us).limit(1)).scalar()


def _each(query: Select[Any], shape: _Shape, limit: int) -> list[Select[Any]]:
    """The query of each queue and kind by itself, the most urgent first."""
    return [
        query.where(work.c.queue == queue, work.c.kind == kind).order_by(work.c.due_us, work.c.id).limit(limit)
        for queue, kind in shape.parts
    ]


def _narrowed(query: Select[Any], shape: _Shape, state: ColumnElement[str] = work.c.state) -> Select[Any]:
    query = query.where(state == bindparam("state"))
    if shape.is_assigned:
        query = query.where(work.c.assigned_to == bindparam("assigned_to"))
    if shape.has_bank:
        met = select(work_content.c.work_id).where(
            work_content.c.work_id == work.c.id, func.lower(work_content.c.bank) == bindparam("bank")
        )
        query = query.where(_one(met))
    if shape.has_client:
        there = select(work_copy.c.work_id).where(
            work_copy.c.work_id == work.c.id, work_copy.c.client == bindparam("client")
        )
        query = query.where(_one(there))
    return query


def _one(query: Select[Any]) -> ColumnElement[bool]:
    """Whether it finds anything, asked of each work in turn: an EXISTS PostgreSQL joins with all that there is before it sorts."""
    return query.limit(1).scalar_subquery().is_not(None)


def _free_for(query: Select[Any]) -> Select[Any]:
    return query.where(
        or_(work.c.locked_by.is_(None), work.c.locked_by == STAFF_ID, work.c.locked_until_us <= NOW_US),
        or_(work.c.assigned_to.is_(None), work.c.assigned_to == STAFF_ID),
        or_(work.c.barred_id.is_(None), work.c.barred_id != STAFF_ID),
        ~_has_skipped(),
    )


def _has_skipped() -> Any:
    spared = select(work_skip.c.work_id).where(work_skip.c.work_id == work.c.id, work_skip.c.staff_id == STAFF_ID)
    return exists(spared.where(or_(work_skip.c.until_us.is_(None), work_skip.c.until_us > NOW_US)))
