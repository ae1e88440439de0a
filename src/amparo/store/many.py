"""Many rows or values at once, in any database and any table. Knows no table."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, insert
from sqlalchemy.sql.compiler import SQLCompiler

IN_LIST_MAX = 10_000
T = TypeVar("T")


def parts(values: Sequence[T], size: int = IN_LIST_MAX) -> Iterable[Sequence[T]]:
    """``values`` in runs short enough for one statement."""
    return (values[at : at + size] for at in range(0, len(values), size))


def insert_many(connection: Connection, table: Table, values: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that name the same columns. Straight to the driver: a long list's cost is not in its statement."""
    if not values:
        return
    compiled = insert(table).compile(dialect=connection.dialect, column_keys=list(values[0]))
    assert isinstance(compiled, SQLCompiler)
    if compiled.positional:
        names = compiled.positiontup or []
        connection.exec_driver_sql(compiled.string, [tuple([row[name] for name in names]) for row in values])
    else:
        connection.exec_driver_sql(compiled.string, [dict(row) for row in values])
