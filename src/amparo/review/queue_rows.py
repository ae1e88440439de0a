"""The SQL of the queue: what comes next, who holds it, who would rather not, lists and counts. Private to the room."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Select, Table, delete, exists, func, insert, or_, select, update

from amparo.review.asking import Cursor, Filter
from amparo.review.work_rows import UNDECIDED, work, work_content, work_copy
from amparo.store.db import LEDGER, AnyRow

# Who was offered a work and went on. until_us: null for good.
work_skip = Table(
    "work_skip",
    LEDGER,
    Column("work_id", BigInteger, primary_key=True, autoincrement=False),
    Column("staff_id", BigInteger, primary_key=True, autoincrement=False),
    Column("until_us", BigInteger),
)


def heads(connection: Connection, wanted: Filter, staff_id: int, now_us: int, limit: int) -> list[AnyRow]:
    """The most urgent works that this person may be given. Each queue and kind is asked by itself: then an index has the order."""
    found: list[AnyRow] = []
    for queue in (wanted.queue,) if wanted.queue else ("under_18", "adult"):
        for kind in wanted.kinds:
            query = _narrowed(select(work), wanted).where(work.c.queue == queue, work.c.kind == kind)
            found += connection.execute(
                _free_for(query, staff_id, now_us).order_by(work.c.due_us, work.c.id).limit(limit)
            ).all()
    return sorted(found, key=lambda row: (row.due_us, row.id))[:limit]


def held_by(connection: Connection, wanted: Filter, staff_id: int, now_us: int) -> AnyRow | None:
    """The most urgent work of the filter that this person has open already."""
    query = _narrowed(select(work), wanted).where(work.c.locked_by == staff_id, work.c.locked_until_us > now_us)
    query = query.where(work.c.kind.in_(wanted.kinds), ~_has_skipped(staff_id, now_us))
    return connection.execute(query.order_by(work.c.due_us, work.c.id).limit(1)).first()


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


def drop_skips(connection: Connection, work_id: int) -> None:
    """It is decided: nobody needs to be spared it."""
    connection.execute(delete(work_skip).where(work_skip.c.work_id == work_id))


def listed(connection: Connection, wanted: Filter, after: Cursor | None, limit: int) -> Sequence[AnyRow]:
    """Works of the filter past ``after``, the most urgent first."""
    found: list[AnyRow] = []
    for queue in (wanted.queue,) if wanted.queue else ("under_18", "adult"):
        for kind in wanted.kinds:
            query = _narrowed(select(work), wanted).where(work.c.queue == queue, work.c.kind == kind)
            if after is not None:
                due_us, work_id = after
                query = query.where(work.c.due_us >= due_us)
                query = query.where(or_(work.c.due_us > due_us, work.c.id > work_id))
            found += connection.execute(query.order_by(work.c.due_us, work.c.id).limit(limit)).all()
    return sorted(found, key=lambda row: (row.due_us, row.id))[:limit]


def counts(connection: Connection, kinds: Sequence[str]) -> list[AnyRow]:
    """How many undecided works there are, and since when, by state and queue."""
    query = select(work.c.state, work.c.queue, func.count().label("number"), func.min(work.c.opened_us).label("oldest"))
    query = query.where(work.c.state.in_(UNDECIDED), work.c.kind.in_(kinds)).group_by(work.c.state, work.c.queue)
    return list(connection.execute(query).all())


def _narrowed(query: Select[Any], wanted: Filter) -> Select[Any]:
    query = query.where(work.c.state == wanted.state)
    if wanted.assigned_to is not None:
        query = query.where(work.c.assigned_to == wanted.assigned_to)
    if wanted.bank:
        met = select(work_content.c.work_id).where(
            work_content.c.work_id == work.c.id, func.lower(work_content.c.bank) == wanted.bank.lower()
        )
        query = query.where(exists(met))
    if wanted.client:
        there = select(work_copy.c.work_id).where(work_copy.c.work_id == work.c.id, work_copy.c.client == wanted.client)
        query = query.where(exists(there))
    return query


def _free_for(query: Select[Any], staff_id: int, now_us: int) -> Select[Any]:
    return query.where(
        or_(work.c.locked_by.is_(None), work.c.locked_by == staff_id, work.c.locked_until_us <= now_us),
        or_(work.c.assigned_to.is_(None), work.c.assigned_to == staff_id),
        or_(work.c.barred_id.is_(None), work.c.barred_id != staff_id),
        ~_has_skipped(staff_id, now_us),
    )


def _has_skipped(staff_id: int, now_us: int) -> Any:
    spared = select(work_skip.c.work_id).where(work_skip.c.work_id == work.c.id, work_skip.c.staff_id == staff_id)
    return exists(spared.where(or_(work_skip.c.until_us.is_(None), work_skip.c.until_us > now_us)))
