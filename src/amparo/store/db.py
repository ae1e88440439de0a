"""One database: connections for reading, writing and durable writing, and its errors in our words. Knows no table.

What SQLite and PostgreSQL do each in its own way stands in `store.sqlite` and `store.postgres`. On both there is one writer of a
sort at a time: whoever leaves ``write`` or ``write_soon`` has been seen by whoever enters it next.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, TypeAlias

from sqlalchemy import BigInteger, Connection, Dialect, Engine, Integer, MetaData, Row, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as NoFreeConnection

from amparo.errors import Misconfigured
from amparo.store import postgres, sqlite
from amparo.store.ways import Kind, Limits, Way, busy

# A row of any query, its columns read by name.
AnyRow: TypeAlias = Row[*tuple[Any, ...]]

_NAMES: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# The ledger's tables; each room adds its own in its rows.py. INTAKE: those of the database of what persons send, which is another.
LEDGER = MetaData(naming_convention=_NAMES)
INTAKE = MetaData(naming_convention=_NAMES)

ROW_ID: Final = BigInteger().with_variant(Integer, "sqlite")
"""An id that the database gives: 64 bits on both (an INTEGER key of SQLite has them)."""

SQLITE: Final = "sqlite:///"
POSTGRES: Final = "postgresql+psycopg://"


class Database:
    """The ways into one database; each is a transaction that commits on leaving and rolls back on an error."""

    def __init__(self, url: str, *, busy_timeout_ms: int = 15_000, connections_max: int = 8) -> None:
        """connections_max: for reading; 4 more serve writing. Raises: Misconfigured (misconfigured)."""
        check_url(url)
        self.url = url
        self._kind = _kind_of(url)
        self._ways = self._kind.opened(url, Limits(busy_timeout_ms, connections_max))

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view; nothing may be written through it."""
        with self._transaction(self._ways.read) as connection:
            yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """Durable through power loss once this has been left without an error. One writer at a time."""
        with self._transaction(self._ways.write) as connection:
            yield connection

    @contextlib.contextmanager
    def write_soon(self) -> Iterator[Connection]:
        """Durable through a killed process, for what is many and small. One such writer at a time."""
        with self._transaction(self._ways.soon) as connection:
            yield connection

    @contextlib.contextmanager
    def alter(self) -> Iterator[Connection]:
        """As ``write``, for a change of the schema: a table may be made anew under rows that point to it.

        Others that alter, on any machine, wait. Raises: Tampered (database_damaged) when a row points to nothing at the end;
        then nothing was changed.
        """
        with self._translated(), self._kind.altered(self._ways) as connection:
            yield connection

    @property
    def is_file(self) -> bool:
        """Whether the database is a file of this machine, and reading it no trip."""
        return self._ways.read.engine.dialect.name == "sqlite"

    @property
    def driver_error(self) -> type[Exception]:
        """What the database's driver raises."""
        found: type[Exception] = self._ways.read.engine.dialect.loaded_dbapi.Error
        return found

    def kept(self) -> tuple[Dialect, Any]:
        """A driver's own connection out of the pool, each statement a transaction of its own, and what it speaks.

        It waits for no lock (SQLite). Raises: the driver's errors.
        """
        engine = self._ways.read.engine
        pooled = engine.raw_connection()
        connection: Any = pooled.driver_connection
        pooled.detach()
        if self.is_file:
            connection.execute("PRAGMA busy_timeout=0")
        else:
            connection.prepare_threshold = 0  # prepared at its first use
        return engine.dialect, connection

    def check_writable(self) -> None:
        """Raises: Misconfigured (database_refused) where nothing can ever be written: a standby."""
        with self.read() as connection:
            self._kind.check_writable(connection)

    def empty_log(self) -> bool:
        """Bring what a log beside the database holds of deleted rows into it and empty the log; False when others were in the way."""
        return self._kind.emptied_log(self.url)

    def close(self) -> None:
        """Give all connections back."""
        for way in (self._ways.read, self._ways.write, self._ways.soon):
            way.engine.dispose()

    @contextlib.contextmanager
    def _transaction(self, way: Way) -> Iterator[Connection]:
        with way.turn(), self._translated():
            connection = _begun(way.engine)
            with contextlib.closing(connection):
                transaction = connection.get_transaction()
                assert transaction is not None
                with transaction:
                    yield connection

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise self._kind.our_error(error) from error
        except NoFreeConnection as error:
            raise busy() from error


def _begun(engine: Engine) -> Connection:
    """A connection whose transaction has begun. One found dead is left for a new one: nothing was asked through it yet."""
    for attempt in range(2):
        connection = engine.connect()
        try:
            connection.begin()
        except DBAPIError as error:
            connection.close()
            if not error.connection_invalidated or attempt:
                raise
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise AssertionError("left by return or raise")


def _kind_of(url: str) -> Kind:
    return postgres if is_postgres(url) else sqlite


def is_postgres(url: str) -> bool:
    """Whether the URL names a PostgreSQL database."""
    return url.startswith(POSTGRES)


def sqlite_url(path: Path) -> str:
    """The URL of the SQLite file at ``path``."""
    return f"{SQLITE}{path}"


def sqlite_path(url: str) -> Path:
    """The file behind a SQLite URL."""
    return Path(make_url(url).database or "")


def check_url(url: str) -> None:
    """Raises Misconfigured (misconfigured) for a database this version cannot use; the URL, which may hold a password, is not repeated."""
    if not url.startswith((SQLITE, POSTGRES)):
        raise Misconfigured(
            "misconfigured",
            "the database's URL is neither of SQLite nor of PostgreSQL",
            "Unset AMPARO_DATABASE_URL, or use postgresql+psycopg://USER:PASSWORD@HOST/DATABASE.",
        )
    try:
        is_whole = bool(make_url(url).database)
    except (ArgumentError, ValueError):
        is_whole = False
    if not is_whole:
        raise Misconfigured(
            "misconfigured",
            "the database's URL is malformed, or names no database",
            "Write postgresql+psycopg://USER:PASSWORD@HOST/DATABASE; %-encode what is no letter or digit.",
        )
