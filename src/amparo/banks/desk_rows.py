"""The SQL of what staff see of banks, and the table of who may take a list away. Private to the room."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    Table,
    case,
    func,
    insert,
    literal,
    select,
    update,
)

from amparo.banks.rows import content
from amparo.store.db import LEDGER, ROW_ID, AnyRow

# Leave to take a bank's list away, given by two of the staff, for a while and for these two. taken: how often it was.
bank_export = Table(
    "bank_export",
    LEDGER,
    Column("id", ROW_ID, primary_key=True),
    Column("bank_id", BigInteger, nullable=False),
    Column("first_id", BigInteger, nullable=False),
    Column("second_id", BigInteger, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("until_us", BigInteger, nullable=False),
    Column("taken", Integer, nullable=False),
    Index(None, "bank_id", "id"),
    sqlite_autoincrement=True,
)
DAY_US = 86_400_000_000


def flooded_after(connection: Connection, bank_id: int, after: int, limit: int) -> Sequence[AnyRow]:
    """Live contents of a bank that are guarded, with ids over ``after``, by id."""
    query = select(content).where(content.c.bank_id == bank_id, content.c.flooded_us.is_not(None))
    query = query.where(content.c.id > after, content.c.withdrawn_us.is_(None))
    return connection.execute(query.order_by(content.c.id).limit(limit)).all()


def count_flooded(connection: Connection, bank_id: int) -> int:
    """How many live contents of a bank are guarded."""
    query = select(func.count()).select_from(content).where(content.c.bank_id == bank_id)
    query = query.where(content.c.flooded_us.is_not(None), content.c.withdrawn_us.is_(None))
    return int(connection.execute(query).scalar_one())


def counts(connection: Connection) -> dict[int, tuple[int, int]]:
    """Live contents of each bank that holds any, and how many of them are guarded."""
    guarded = func.count(content.c.flooded_us)
    query = select(content.c.bank_id, func.count(), guarded).where(content.c.withdrawn_us.is_(None))
    found = connection.execute(query.group_by(content.c.bank_id))
    return {int(bank_id): (int(number), int(flooded)) for bank_id, number, flooded in found}


def withdrawn(connection: Connection, bank_id: int) -> tuple[int, int | None]:
    """How many contents left a bank, and when the last did."""
    query = select(func.count(), func.max(content.c.withdrawn_us)).where(content.c.bank_id == bank_id)
    number, last = connection.execute(query.where(content.c.withdrawn_us.is_not(None))).one()
    return int(number), last


def withdrawn_by_day(connection: Connection, bank_id: int, since_us: int) -> Sequence[AnyRow]:
    """day (microseconds at its start, UTC) and number of the contents that left since then, newest day first."""
    day = (content.c.withdrawn_us - content.c.withdrawn_us % DAY_US).label("day")
    query = select(day, func.count().label("number")).where(content.c.bank_id == bank_id)
    query = query.where(content.c.withdrawn_us >= since_us, content.c.withdrawn_us.is_not(None))
    return connection.execute(query.group_by(day).order_by(day.desc())).all()


def origins(connection: Connection, bank_id: int, joined: str, limit: int) -> Sequence[AnyRow]:
    """Origins of a bank's live contents and how many of each, most first; all that begin with ``joined`` count as one."""
    named = case((content.c.origin.startswith(joined, autoescape=True), literal(joined)), else_=content.c.origin)
    name = named.label("name")
    query = select(name, func.count().label("number")).where(content.c.bank_id == bank_id)
    query = query.where(content.c.withdrawn_us.is_(None)).group_by(name)
    return connection.execute(query.order_by(func.count().desc(), name).limit(limit)).all()


def add_export(connection: Connection, values: Mapping[str, Any]) -> int:
    """The id of the new leave."""
    return int(connection.execute(insert(bank_export).values(**values).returning(bank_export.c.id)).scalar_one())


def exports(connection: Connection, bank_id: int, limit: int) -> Sequence[AnyRow]:
    """The newest leaves of a bank, newest first."""
    query = select(bank_export).where(bank_export.c.bank_id == bank_id)
    return connection.execute(query.order_by(bank_export.c.id.desc()).limit(limit)).all()


def export_by_id(connection: Connection, export_id: int) -> AnyRow | None:
    """One leave."""
    return connection.execute(select(bank_export).where(bank_export.c.id == export_id)).first()


def count_taken(connection: Connection, export_id: int) -> None:
    """It was taken once more."""
    same = bank_export.c.id == export_id
    connection.execute(update(bank_export).where(same).values(taken=bank_export.c.taken + 1))
