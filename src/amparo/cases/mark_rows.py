"""How far the desk is: in the queue of each intake, with match events, and what it had to set aside; tables and SQL. Private to the room."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, Table, Text, delete, func, insert, select, update

from amparo.cases.model import Aside
from amparo.store.db import LEDGER
from amparo.terms.clock import from_us

case_aside = Table(
    "case_aside",
    LEDGER,
    Column("epoch", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("envelope_uid", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("slug", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Index(None, "envelope_uid"),
)
# How far the desk is in the queue of each intake database there was.
desk_mark = Table(
    "desk_mark",
    LEDGER,
    Column("epoch", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
)
# How far match events are counted. One row.
desk_events = Table(
    "desk_events",
    LEDGER,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("last_event_id", BigInteger, nullable=False),
)


def mark(connection: Connection, epoch: str) -> int | None:
    """How far the queue of this epoch is taken, None for one never seen."""
    found: int | None = connection.execute(select(desk_mark.c.seq).where(desk_mark.c.epoch == epoch)).scalar()
    return found


def begin_epoch(connection: Connection, epoch: str) -> None:
    """A queue never seen: nothing of it is taken."""
    connection.execute(insert(desk_mark).values(epoch=epoch, seq=0))


def set_mark(connection: Connection, epoch: str, seq: int) -> None:
    """The queue is taken up to ``seq``."""
    connection.execute(update(desk_mark).where(desk_mark.c.epoch == epoch, desk_mark.c.seq < seq).values(seq=seq))


def set_aside(connection: Connection, values: Mapping[str, Any]) -> None:
    """One that could not be taken; once more, or out of a restored queue, it takes the place of what stood there."""
    drop_aside(connection, values["envelope_uid"])
    connection.execute(insert(case_aside).values(**values))


def drop_aside(connection: Connection, envelope_uid: str) -> None:
    """It is taken after all."""
    connection.execute(delete(case_aside).where(case_aside.c.envelope_uid == envelope_uid))


def is_aside(connection: Connection, envelope_uid: str) -> bool:
    """Whether it stands aside."""
    query = select(case_aside.c.slug).where(case_aside.c.envelope_uid == envelope_uid)
    return connection.execute(query).first() is not None


def asides(connection: Connection) -> list[Aside]:
    """What stands aside, in the order in which it came."""
    found = connection.execute(select(case_aside).order_by(case_aside.c.epoch, case_aside.c.seq))
    return [Aside(row.epoch, row.seq, row.envelope_uid, row.kind, row.slug, from_us(row.at_us)) for row in found]


def events_counted(connection: Connection) -> int:
    """How far match events are counted."""
    return int(connection.execute(select(func.coalesce(func.max(desk_events.c.last_event_id), 0))).scalar_one())


def set_events_counted(connection: Connection, event_id: int) -> None:
    """Match events are counted up to this one."""
    connection.execute(delete(desk_events))
    connection.execute(insert(desk_events).values(id=1, last_event_id=event_id))
