"""The tables of what staff read and what was done to their accounts and to banks, and all SQL on them. Private to the room."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import BigInteger, Column, ColumnElement, Connection, Table, Text, and_, insert, select

from amparo.access.staff_model import CHANGES_OF, ChangeFilter, DoerKind
from amparo.access.staff_rows import staff
from amparo.store.db import LEDGER, ROW_ID, AnyRow

staff_read = Table(
    "staff_read",
    LEDGER,
    Column("id", ROW_ID, primary_key=True),
    Column("staff_id", BigInteger, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("what", Text, nullable=False),
    Column("subject", Text, nullable=False),
    sqlite_autoincrement=True,
)

staff_change = Table(
    "staff_change",
    LEDGER,
    Column("id", ROW_ID, primary_key=True),
    Column("at_us", BigInteger, nullable=False),
    Column("what", Text, nullable=False),
    Column("by_id", BigInteger),  # nobody: the command line
    Column("staff_id", BigInteger),  # nobody: not signed up yet, or done to a bank
    Column("detail", Text, nullable=False),
    Column("by_client", Text),  # whose key did it
    Column("changed", Text, nullable=False, server_default="[]"),  # of a bank's policy: setting, before, after
    sqlite_autoincrement=True,
)


_BY: Final[Mapping[DoerKind, ColumnElement[bool]]] = {
    "staff": staff_change.c.by_id.is_not(None),
    "key": staff_change.c.by_client.is_not(None),
    "command": and_(staff_change.c.by_id.is_(None), staff_change.c.by_client.is_(None)),
}


def add_reads(connection: Connection, values: Sequence[Mapping[str, Any]]) -> None:
    """Keep that somebody read something; at least one."""
    connection.execute(insert(staff_read), [*values])


def reads_before(connection: Connection, before: int | None, limit: int) -> Sequence[AnyRow]:
    """What was read, newest first, with who read it."""
    query = select(staff_read, staff.c.name).join(staff, staff.c.id == staff_read.c.staff_id)
    if before is not None:
        query = query.where(staff_read.c.id < before)
    return connection.execute(query.order_by(staff_read.c.id.desc()).limit(limit)).all()


def add_change(connection: Connection, values: Mapping[str, Any]) -> None:
    """Keep what is done to an account or a bank."""
    connection.execute(insert(staff_change).values(**values))


def changes_before(connection: Connection, wanted: ChangeFilter, before: int | None, limit: int) -> Sequence[AnyRow]:
    """What was done to accounts and banks, newest first, with who did it and whose account it is."""
    by, whose = staff.alias(), staff.alias()
    query = select(staff_change, by.c.name.label("by_name"), whose.c.name.label("member_name")).select_from(
        staff_change.outerjoin(by, by.c.id == staff_change.c.by_id).outerjoin(
            whose, whose.c.id == staff_change.c.staff_id
        )
    )
    if before is not None:
        query = query.where(staff_change.c.id < before)
    if wanted.of is not None:
        query = query.where(staff_change.c.what.in_(CHANGES_OF[wanted.of]))
    if wanted.by is not None:
        query = query.where(_BY[wanted.by])
    return connection.execute(query.order_by(staff_change.c.id.desc()).limit(limit)).all()
