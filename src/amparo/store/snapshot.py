"""A consistent copy of a SQLite file while others write to it, and what SQLite itself finds wrong with one. Knows no table.

Source: https://www.sqlite.org/lang_vacuum.html (VACUUM INTO reads one moment, blocks no writer, leaves deleted rows behind).
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from amparo.errors import Misconfigured, Tampered
from amparo.store.durable import no_room

FAULTS_MAX = 20
BUSY_S = 15.0


def snapshot(path: Path, to: Path) -> None:
    """Write the database at ``path``, as it is at one moment, to the new file ``to``; not yet synced.

    Raises: NoRoom (disk_full), Tampered (database_damaged), Misconfigured (database_refused).
    """
    with _opened(path) as connection:
        connection.execute("VACUUM INTO ?", (str(to),))


def faults(path: Path) -> list[str]:
    """What is wrong with the file, in SQLite's words, at most FAULTS_MAX lines; empty when nothing is. Names no value.

    Raises: Misconfigured (database_refused).
    """
    try:
        with _opened(path) as connection:
            found = [str(row[0]) for row in connection.execute(f"PRAGMA integrity_check({FAULTS_MAX})")]
            astray = [f"a row of {row[0]} points to none of {row[2]}" for row in connection.execute("PRAGMA foreign_key_check")]  # fmt: skip
    except Tampered as error:
        return [error.text]
    return ([line for line in found if line != "ok"] + astray)[:FAULTS_MAX]


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
        try:
            yield connection
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        text = str(error).lower()
        if "full" in text or "disk i/o" in text:
            raise no_room("a copy of the database") from error
        if "malformed" in text or "not a database" in text:
            raise Tampered(
                "database_damaged", "the database file is damaged", "Stop, keep a copy, restore the last backup."
            ) from error
        raise Misconfigured(
            "database_refused", "the database file cannot be read", "Check owner and mode of the data folder."
        ) from error
