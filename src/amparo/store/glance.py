"""One small question to a database, asked thousands of times a second: a kept connection and its prepared statement.

Every look sees what was committed before it began. Knows no table; an error comes by the ordinary way, in our words.
"""

import contextlib
import threading
from typing import Any

from sqlalchemy import Select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.sql.compiler import SQLCompiler

from amparo.store.db import Database


class Glance:
    """``query`` takes one integer, the parameter ``known``, and gives one row."""

    def __init__(self, db: Database, query: Select[*tuple[Any, ...]]) -> None:
        self._db = db
        self._query = query
        self._lock = threading.Lock()
        self._connection: Any = None
        self._sql = ""
        self._by_place = True

    @property
    def is_at_hand(self) -> bool:
        """Whether a look reads this machine's memory and files, so that an event loop may do it itself."""
        return self._db.is_file

    def now(self, known: int) -> tuple[Any, ...] | None:
        """The row, without waiting for anything; None where that cannot be (locked, no connection)."""
        if not self._lock.acquire(blocking=False):
            return None
        try:
            if self._connection is None:
                self._open()
            given = (known,) if self._by_place else {"known": known}
            (row,) = self._connection.execute(self._sql, given).fetchall()
            return tuple(row)
        except (self._db.driver_error, SQLAlchemyError):
            self._drop()
            return None
        finally:
            self._lock.release()

    def look(self, known: int) -> tuple[Any, ...]:
        """The row. Raises: those of ``Database.read``."""
        row = self.now(known)
        if row is not None:
            return row
        with self._db.read() as connection:
            return tuple(connection.execute(self._query, {"known": known}).one())

    def close(self) -> None:
        """Give the connection back."""
        with self._lock:
            self._drop()

    def _open(self) -> None:
        dialect, self._connection = self._db.kept()
        compiled = self._query.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)
        self._sql, self._by_place = compiled.string, compiled.positional

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(self._db.driver_error):  # it may be broken already
                connection.close()
