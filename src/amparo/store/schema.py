"""Brings a database to the schema this version needs: one ladder for ledgers, one for intakes, each for SQLite and PostgreSQL alike.

The steps themselves stand in `migrations/versions` and `migrations_intake`.
"""

from pathlib import Path
from typing import Literal

from sqlalchemy import Connection, inspect, text

from amparo.errors import Misconfigured
from amparo.store.db import Database
from amparo.store.durable import locked

Ladder = Literal["ledger", "intake"]

HEAD = "0012"
INTAKE_HEAD = "i0001"
INTAKE_SIGN = "i"  # with which all revisions of that ladder begin, and none of the other


def version_of(db: Database) -> str | None:
    """The revision the database stands at, None when it is empty."""
    with db.read() as connection:
        return version_in(connection)


def version_in(connection: Connection) -> str | None:
    """As ``version_of``, in the caller's transaction."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def head_of(ladder: Ladder) -> str:
    """The revision this version needs."""
    return HEAD if ladder == "ledger" else INTAKE_HEAD


def migrate(db: Database, lock: Path, ladder: Ladder = "ledger") -> None:
    """Bring ``db`` to its HEAD, one process at a time on this machine (``lock`` is a file) and on others; all or nothing.

    Raises: Misconfigured (database_newer) when a later version of Amparo has been here, (database_other) when a ledger stands where
    an intake is wanted or the other way about, (database_refused) for a standby.
    """
    db.check_writable()
    head = head_of(ladder)
    if version_of(db) == head:
        return
    with locked(lock), db.alter() as connection:
        climb(connection, head)


def climb(connection: Connection, revision: str) -> None:
    """Bring the database up to ``revision`` in the transaction of ``Database.alter``; done already is done.

    Raises: Misconfigured (database_newer, database_other).
    """
    found = version_in(connection)
    if found == revision:
        return
    is_intake = revision.startswith(INTAKE_SIGN)
    if found is not None and found.startswith(INTAKE_SIGN) != is_intake:
        raise Misconfigured(
            "database_other",
            f"the database is {'a ledger, not an intake' if is_intake else 'an intake, not a ledger'}",
            "AMPARO_DATABASE_URL and AMPARO_INTAKE_DATABASE_URL name two databases.",
        )
    # Imported late: every command opens the ledger, hardly any migrates it.
    from alembic.command import upgrade  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util.exc import CommandError  # noqa: PLC0415

    config, here = Config(), Path(__file__).parent
    config.set_main_option("script_location", str(here / "migrations"))
    config.set_main_option("path_separator", "newline")  # a folder's name may hold any other
    config.set_main_option(
        "version_locations", str(here / "migrations_intake" if is_intake else here / "migrations" / "versions")
    )
    config.attributes["connection"] = connection
    try:
        upgrade(config, revision)
    except CommandError as error:
        raise Misconfigured(
            "database_newer",
            "the database was made by a later version of Amparo",
            "Install that version again, or restore a backup made by this one.",
        ) from error
