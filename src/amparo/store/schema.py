"""Brings a ledger to the schema this version needs, one ladder for both databases. The steps themselves stand in `migrations/versions`."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from amparo.errors import Misconfigured
from amparo.store.db import Database
from amparo.store.durable import locked

HEAD = "0004"


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


def migrate(db: Database, lock: Path) -> None:
    """Bring ``db`` to HEAD, one process at a time on this machine (``lock`` is a file) and on others; all or nothing.

    Raises: Misconfigured (database_newer) when a later version of Amparo has been here, (database_refused) for a standby.
    """
    db.check_writable()
    if version_of(db) == HEAD:
        return
    with locked(lock), db.alter() as connection:
        climb(connection, HEAD)


def climb(connection: Connection, revision: str) -> None:
    """Bring the database up to ``revision`` in the transaction of ``Database.alter``; done already is done.

    Raises: Misconfigured (database_newer).
    """
    if version_in(connection) == revision:
        return
    # Imported late: every command opens the ledger, hardly any migrates it.
    from alembic.command import upgrade  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util.exc import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    try:
        upgrade(config, revision)
    except CommandError as error:
        raise Misconfigured(
            "database_newer",
            "the database was made by a later version of Amparo",
            "Install that version again, or restore a backup made by this one.",
        ) from error
