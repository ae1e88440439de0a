"""SQLite's way: WAL mode, one writer at a time, errors told by their text. Knows no table.

``write`` commits with synchronous=FULL (what is acknowledged survives power loss), ``soon`` with NORMAL (survives a killed
process; power loss may take the last moments). Source: https://www.sqlite.org/pragma.html#pragma_synchronous
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from amparo.errors import AmparoError, Misconfigured
from amparo.store.durable import no_room
from amparo.store.ways import Limits, Way, Ways, busy, damaged

LOG_WAIT_S = 0.2
POOL, OVERFLOW = 8, 32  # an open file is cheap


def opened(url: str, limits: Limits) -> Ways:
    """The ways in."""
    wait = limits.busy_timeout_ms
    return Ways(
        Way(_engine(url, "BEGIN", "NORMAL", wait)),
        Way(_engine(url, "BEGIN IMMEDIATE", "FULL", wait)),
        Way(_engine(url, "BEGIN IMMEDIATE", "NORMAL", wait)),
    )


@contextlib.contextmanager
def altered(ways: Ways) -> Iterator[Connection]:
    """A transaction in which the schema may change.

    Raises: Tampered (database_damaged) when a row points to nothing at the end.
    Source: https://www.sqlite.org/lang_altertable.html section 7 (foreign keys are switched outside a transaction).
    """
    with ways.write.engine.connect() as connection:
        connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                yield connection
                if connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                    raise damaged()
        finally:
            connection.connection.cursor().execute("PRAGMA foreign_keys=ON")


def check_writable(connection: Connection) -> None:
    """A file that cannot be written says so itself."""
    del connection


def emptied_log(url: str) -> bool:
    """Bring the write-ahead log into the database file and cut it to nothing; False when others were in the way.

    Until then the log holds what was deleted: a withdrawn hash, its note. Waits LOG_WAIT_S at most, as writers do for it.
    Source: https://www.sqlite.org/pragma.html#pragma_wal_checkpoint
    """
    try:
        with contextlib.closing(sqlite3.connect(make_url(url).database or "", timeout=LOG_WAIT_S)) as connection:
            (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return bool(busy == 0)
    except sqlite3.DatabaseError:  # locked, no room, damaged: whoever reads or writes next says it in our words
        return False


def our_error(error: DBAPIError) -> AmparoError:
    """The driver's error in our words."""
    text = str(error.orig).lower()
    if "locked" in text or "busy" in text:
        return busy()
    if "full" in text or "disk i/o" in text:
        return no_room("the database")
    if "malformed" in text or "not a database" in text:
        return damaged()
    if "readonly" in text or "unable to open" in text:
        return Misconfigured(
            "database_refused",
            "the database file cannot be opened for writing",
            "Check owner and mode of the data folder.",
        )
    return Misconfigured(
        "database_failed", f"the database refused a statement ({type(error.orig).__name__})", "Run `amparo doctor`."
    )


def _engine(url: str, begin: str, synchronous: str, busy_timeout_ms: int) -> Engine:
    engine = create_engine(url, connect_args={"timeout": busy_timeout_ms / 1000}, pool_size=POOL, max_overflow=OVERFLOW)

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
