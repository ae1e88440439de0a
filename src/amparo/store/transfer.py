"""A ledger from PostgreSQL into a SQLite file, and back: all rows, at one moment, under the same schema. Knows no table by name.

So one kind of backup serves both databases, and is the road from one to the other.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData, Table, func, inspect, select, text
from sqlalchemy.exc import DBAPIError

from amparo.errors import Conflict, NotFound
from amparo.store.db import Database, is_postgres, sqlite_path, sqlite_url
from amparo.store.durable import make_private_file
from amparo.store.many import insert_many
from amparo.store.schema import Ladder, climb, head_of, version_in
from amparo.store.snapshot import snapshot

BATCH = 5_000
OWN = "alembic_version"  # written by the ladder itself


def copied_to_file(db: Database, path: Path) -> None:
    """Write the ledger, as it is at one moment, to the new SQLite file ``path``, under the schema it has; not yet synced.

    Others write meanwhile. Raises: NotFound (no_ledger), NoRoom, Tampered (database_damaged), Unavailable.
    """
    if not is_postgres(db.url):
        snapshot(sqlite_path(db.url), path)
        return
    make_private_file(path)
    copy = Database(sqlite_url(path))
    try:
        with db.read() as source:
            version = version_in(source)
            if version is None:
                raise NotFound(
                    "no_ledger", "there is no ledger in the database", "Name the database of a service that ran."
                )
            with copy.alter() as target:
                climb(target, version)
                _copy_rows(source, target)
    finally:
        copy.close()


def filled_from_file(db: Database, path: Path, ladder: Ladder = "ledger") -> None:
    """Put the ledger in the SQLite file ``path``, which is at HEAD, into the empty PostgreSQL database; all or nothing, durable.

    Raises: Conflict (database_not_empty), NoRoom, Unavailable, Misconfigured (database_refused).
    """
    file = Database(sqlite_url(path))
    try:
        with file.read() as source, db.alter() as target:
            _check_empty(target)
            climb(target, head_of(ladder))
            _copy_rows(source, target)
            target.exec_driver_sql("ANALYZE")
    finally:
        file.close()


def check_empty(db: Database) -> None:
    """Raises: Conflict (database_not_empty) when there is a table in the database."""
    with db.read() as connection:
        _check_empty(connection)


def _check_empty(connection: Connection) -> None:
    if inspect(connection).get_table_names():
        raise Conflict("database_not_empty", "the database is not empty", "Restore into a new one (CREATE DATABASE).")


def _copy_rows(source: Connection, target: Connection) -> None:
    there = MetaData()
    there.reflect(target)
    tables = [table for table in there.sorted_tables if table.name != OWN]
    for table in reversed(tables):
        target.execute(table.delete())  # what a new schema comes with
    for table in tables:
        pour = _pour_postgres if target.dialect.name == "postgresql" else _pour_sqlite
        pour(target, table, _rows(source, table))
        _go_on(source, target, table)


def _rows(source: Connection, table: Table) -> Iterator[Sequence[tuple[Any, ...]]]:
    """All rows, by primary key, in runs; the database sends them as they are taken."""
    found = source.execution_options(yield_per=BATCH).execute(select(table).order_by(*table.primary_key))
    for part in found.partitions():
        yield [tuple(row) for row in part]


def _pour_sqlite(target: Connection, table: Table, runs: Iterator[Sequence[tuple[Any, ...]]]) -> None:
    names = [column.name for column in table.columns]
    for run in runs:
        insert_many(target, table, [dict(zip(names, row, strict=True)) for row in run])


def _pour_postgres(target: Connection, table: Table, runs: Iterator[Sequence[tuple[Any, ...]]]) -> None:
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    driver: Any = target.connection.driver_connection
    driver_error: type[Exception] = target.dialect.loaded_dbapi.Error
    try:
        with driver.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
            for run in runs:
                for row in run:
                    copy.write_row(row)
    except driver_error as error:
        raise DBAPIError.instance("COPY", None, error, driver_error) from error


def _go_on(source: Connection, target: Connection, table: Table) -> None:
    """No id that the database gave is given twice, though its row may be gone."""
    keys = list(table.primary_key)
    if len(keys) != 1:
        return
    place = {"table": table.name, "key": keys[0].name}
    if target.dialect.name == "postgresql":
        sequence = target.execute(text("SELECT pg_get_serial_sequence(quote_ident(:table), :key)"), place).scalar()
        last = _last_given(source, table) if sequence else 0
        if last:
            target.execute(
                text("SELECT setval(CAST(:sequence AS regclass), :last)"), {"sequence": sequence, "last": last}
            )
        return
    remembers = target.execute(text("SELECT sql LIKE '%AUTOINCREMENT%' FROM sqlite_master WHERE name = :table"), place)
    last = _last_given(source, table) if remembers.scalar() else 0
    if last:
        target.execute(text("DELETE FROM sqlite_sequence WHERE name = :table"), place)
        target.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:table, :last)"), place | {"last": last})


def _last_given(source: Connection, table: Table) -> int:
    """The highest id the database has given in this table, 0 when none."""
    (key,) = table.primary_key
    place = {"table": table.name, "key": key.name}
    if source.dialect.name == "postgresql":
        sequence = "CAST(pg_get_serial_sequence(quote_ident(:table), :key) AS regclass)"
        last = source.execute(text(f"SELECT pg_sequence_last_value({sequence})"), place).scalar()
        return int(last or 0)
    highest = source.execute(select(func.coalesce(func.max(key), 0))).scalar_one()
    told = source.execute(text("SELECT seq FROM sqlite_sequence WHERE name = :table"), place).scalar()
    return max(int(highest), int(told or 0))
