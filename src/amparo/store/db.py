"""One database: connections for reading, writing and durable writing, and its errors in our words. Knows no table.

SQLite in WAL mode. ``write`` commits with synchronous=FULL (what is acknowledged survives power loss),
``write_soon`` with NORMAL (survives a killed process; power loss may take the last moments).
Source: https://www.sqlite.org/pragma.html#pragma_synchronous
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import Connection, Engine, MetaData, Row, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from amparo.errors import AmparoError, Misconfigured, Tampered, Unavailable
from amparo.store.durable import no_room

# A row of any query, its columns read by name.
AnyRow: TypeAlias = Row[*tuple[Any, ...]]

# The ledger's tables; each room adds its own in its rows.py.
LEDGER = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


LOG_WAIT_S = 0.2


class Database:
    """The ways into one database; each is a transaction that commits on leaving and rolls back on an error."""

    def __init__(self, url: str, *, busy_timeout_ms: int = 15_000) -> None:
        self.url = url
        self._reader = _engine(url, "BEGIN", "NORMAL", busy_timeout_ms)
        self._writer = _engine(url, "BEGIN IMMEDIATE", "FULL", busy_timeout_ms)
        self._soon = _engine(url, "BEGIN IMMEDIATE", "NORMAL", busy_timeout_ms)

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view; nothing may be written through it."""
        with _translated(), self._reader.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """Durable through power loss once this has been left without an error."""
        with _translated(), self._writer.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def write_soon(self) -> Iterator[Connection]:
        """Durable through a killed process, for what is many and small."""
        with _translated(), self._soon.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def alter(self) -> Iterator[Connection]:
        """As ``write``, for a change of the schema: a table may be made anew under rows that point to it.

        Raises: Tampered (database_damaged) when a row points to nothing at the end; then nothing was changed.
        Source: https://www.sqlite.org/lang_altertable.html section 7 (foreign keys are switched outside a transaction).
        """
        with _translated(), self._writer.connect() as connection:
            connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
            try:
                with connection.begin():
                    yield connection
                    if connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                        raise _damaged()
            finally:
                connection.connection.cursor().execute("PRAGMA foreign_keys=ON")

    def empty_log(self) -> bool:
        """Bring the write-ahead log into the database file and cut it to nothing; False when others were in the way.

        Until then the log holds what was deleted: a withdrawn hash, its note. Waits LOG_WAIT_S at most, as writers do for it.
        Source: https://www.sqlite.org/pragma.html#pragma_wal_checkpoint
        """
        try:
            with contextlib.closing(sqlite3.connect(sqlite_path(self.url), timeout=LOG_WAIT_S)) as connection:
                (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                return bool(busy == 0)
        except sqlite3.DatabaseError:  # locked, no room, damaged: whoever reads or writes next says it in our words
            return False

    def close(self) -> None:
        """Give all connections back."""
        for engine in (self._reader, self._writer, self._soon):
            engine.dispose()


def sqlite_url(path: Path) -> str:
    """The URL of the SQLite file at ``path``."""
    return f"sqlite:///{path}"


def sqlite_path(url: str) -> Path:
    """The file behind a SQLite URL."""
    return Path(make_url(url).database or "")


def check_url(url: str) -> None:
    """Raises Misconfigured (misconfigured) for a database this version cannot use."""
    if not url.startswith("sqlite:///"):
        raise Misconfigured(
            "misconfigured",
            "this version keeps its data in SQLite only",
            "Unset AMPARO_DATABASE_URL, or use sqlite:///PATH.",
        )


def _engine(url: str, begin: str, synchronous: str, busy_timeout_ms: int) -> Engine:
    check_url(url)
    engine = create_engine(url, connect_args={"timeout": busy_timeout_ms / 1000}, pool_size=8, max_overflow=32)

    @event.listens_for(engine, "connect")
    def on_connect(dbapi_connection: Any, _entry: ConnectionPoolEntry) -> None:
        dbapi_connection.isolation_level = None  # the driver's own BEGIN is off: ours stands below
        for pragma in (
            "journal_mode=WAL",
            f"synchronous={synchronous}",
            "foreign_keys=ON",
            "secure_delete=ON",  # a withdrawn hash is overwritten, not only unlinked
            "temp_store=MEMORY",
            "cache_size=-65536",
        ):
            dbapi_connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise _our_error(error) from error


def _damaged() -> Tampered:
    return Tampered("database_damaged", "the database file is damaged", "Stop, keep a copy, restore the last backup.")


def _our_error(error: DBAPIError) -> AmparoError:
    text = str(error.orig).lower()
    if "locked" in text or "busy" in text:
        return Unavailable("database_busy", "the database is busy", "Try again in a moment.", retry_after_s=1)
    if "full" in text or "disk i/o" in text:
        return no_room("the database")
    if "malformed" in text or "not a database" in text:
        return _damaged()
    if "readonly" in text or "unable to open" in text:
        return Misconfigured(
            "database_refused",
            "the database file cannot be opened for writing",
            "Check owner and mode of the data folder.",
        )
    return Misconfigured(
        "database_failed", f"the database refused a statement ({type(error.orig).__name__})", "Run `amparo doctor`."
    )
