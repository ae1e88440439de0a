"""The table of what was asked of other thresholds, and the SQL on it and on the events it reads. Private to the room."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, Table, Text, delete, func, insert, select, update

from amparo.match.rows import match_event
from amparo.store.db import LEDGER, ROW_ID, AnyRow

# One question: what would these thresholds have done? Worked off in slices; each slice saves how far it came and what it counted.
what_if = Table(
    "what_if",
    LEDGER,
    Column("id", ROW_ID, primary_key=True),
    Column("bank_id", BigInteger, nullable=False),
    Column("thresholds", Text, nullable=False),
    Column("days", Integer, nullable=False),
    Column("staff_id", BigInteger, nullable=False),
    Column("asked_us", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("signal_last", BigInteger, nullable=False),
    Column("slice", BigInteger, nullable=False),
    Column("place", Text, nullable=False),
    Column("lost", Text, nullable=False),
    Column("gained", Text, nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Index(None, "bank_id", "id"),
    sqlite_autoincrement=True,
)
OPEN = ("waiting", "running")


def add(connection: Connection, values: Mapping[str, Any]) -> int:
    """The id of the new question."""
    return int(connection.execute(insert(what_if).values(**values).returning(what_if.c.id)).scalar_one())


def one(connection: Connection, number: int) -> AnyRow | None:
    """One question."""
    return connection.execute(select(what_if).where(what_if.c.id == number)).first()


def of_bank(connection: Connection, bank_id: int, limit: int) -> Sequence[AnyRow]:
    """Those of a bank, newest first."""
    query = select(what_if).where(what_if.c.bank_id == bank_id).order_by(what_if.c.id.desc()).limit(limit)
    return connection.execute(query).all()


def oldest_open(connection: Connection) -> AnyRow | None:
    """The next to be worked at."""
    return connection.execute(select(what_if).where(what_if.c.state.in_(OPEN)).order_by(what_if.c.id).limit(1)).first()


def count_open(connection: Connection) -> int:
    """How many are not done."""
    return int(
        connection.execute(select(func.count()).select_from(what_if).where(what_if.c.state.in_(OPEN))).scalar_one()
    )


def save(connection: Connection, number: int, seen: int, values: Mapping[str, Any]) -> bool:
    """Put in what the slice after ``seen`` came to; False where another worker was first, or it was ended meanwhile."""
    same = (what_if.c.id == number, what_if.c.slice == seen, what_if.c.state.in_(OPEN))
    return bool(connection.execute(update(what_if).where(*same).values(slice=seen + 1, **values)).rowcount)


def end(connection: Connection, number: int) -> None:
    """It is not worked at any more."""
    connection.execute(update(what_if).where(what_if.c.id == number, what_if.c.state.in_(OPEN)).values(state="ended"))


def drop_old(connection: Connection, kept: int) -> None:
    """Forget all but the newest ``kept`` that are done."""
    newest = select(what_if.c.id).order_by(what_if.c.id.desc()).limit(1).offset(kept)
    limit = connection.execute(newest).scalar()
    if limit is not None:
        connection.execute(delete(what_if).where(what_if.c.id <= limit, what_if.c.state.not_in(OPEN)))


def event_span(connection: Connection, since_us: int, until_us: int) -> tuple[int, int]:
    """The lowest and the highest id of events of that time; (0, 0) where there is none."""
    query = select(func.min(match_event.c.id), func.max(match_event.c.id))
    low, high = connection.execute(query.where(match_event.c.at_us >= since_us, match_event.c.at_us <= until_us)).one()
    return int(low or 0), int(high or 0)


def events_between(connection: Connection, after: int, last: int, limit: int) -> Sequence[AnyRow]:
    """Up to ``limit`` events with ids over ``after`` and not over ``last``, by id."""
    query = select(match_event).where(match_event.c.id > after, match_event.c.id <= last)
    return connection.execute(query.order_by(match_event.c.id).limit(limit)).all()


def newest_that_met(connection: Connection, content_id: int, depth: int, limit: int) -> Sequence[AnyRow]:
    """The newest events, among the last ``depth`` of all, that a content met."""
    last = connection.execute(select(func.max(match_event.c.id))).scalar() or 0
    named = match_event.c.matches.like(f'%"content_id": {int(content_id)},%')
    query = select(match_event).where(match_event.c.id > last - depth, named)
    return connection.execute(query.order_by(match_event.c.id.desc()).limit(limit)).all()
