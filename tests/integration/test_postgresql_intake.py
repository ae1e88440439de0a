"""The intake on PostgreSQL: its role owns its own database and is refused everywhere else; a queue in numbers though many send at once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from amparo.app.clock import SystemClock
from amparo.errors import AmparoError
from amparo.intake.desk_side import DeskSide
from amparo.intake.settings import IntakeSettings
from amparo.store.db import Database
from amparo.store.schema import migrate
from tests.integration.desk import file
from tests.integration.installed import installed
from tests.ledgers import LEDGERS

pytestmark = pytest.mark.postgresql
PASSWORD = "of-the-portal"


def test_the_portals_role_reaches_nothing_but_its_own_database(tmp_path: Path) -> None:
    """As docs/operate.md says to set it up: the role owns the intake; the ledger's database lets nobody in but its own role."""
    with installed(tmp_path / "a") as house:
        house.sent(file(1))
        house.work()
        ledger = make_url(house.rooms.db.url).database
        intake = LEDGERS.server.new_database()
        with LEDGERS.server.connect() as connection:
            connection.execute(f"CREATE ROLE portal LOGIN PASSWORD '{PASSWORD}'")
            connection.execute(f"ALTER DATABASE {intake} OWNER TO portal")
            connection.execute(f"REVOKE CONNECT, TEMPORARY ON DATABASE {intake} FROM PUBLIC")
            connection.execute(f"REVOKE CONNECT, TEMPORARY ON DATABASE {ledger} FROM PUBLIC")
        try:
            check_role(
                LEDGERS.server.url(intake, over_tcp=True).replace("amparo:", "portal:", 1), ledger or "", tmp_path
            )
        finally:
            LEDGERS.server.drop(intake)
            with LEDGERS.server.connect() as connection:
                connection.execute("DROP ROLE portal")


def check_role(url: str, ledger: str, folder: Path) -> None:
    own = make_url(url).set(password=PASSWORD)
    db = Database(own.render_as_string(hide_password=False))
    try:
        migrate(db, folder / "lock", "intake")
        assert DeskSide(db, SystemClock(), IntakeSettings()).epoch(), "with it the intake works"
    finally:
        db.close()
    theirs = Database(own.set(database=ledger).render_as_string(hide_password=False))
    try:
        with pytest.raises(AmparoError) as refused, theirs.read() as connection:
            connection.exec_driver_sql("SELECT count(*) FROM signal")
        assert refused.value.slug in {"database_refused", "database_away"}
    finally:
        theirs.close()
    there = {"host": own.host, "port": own.port, "user": "portal", "password": PASSWORD}
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(**there, dbname=ledger)
    with psycopg.connect(**there, dbname=own.database, autocommit=True) as inside:
        for statement in (
            "CREATE DATABASE mine",
            "CREATE ROLE mine",
            "SELECT pg_read_file('/etc/passwd')",
            "COPY (SELECT 1) TO PROGRAM 'true'",
            "SELECT rolpassword FROM pg_authid",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                inside.execute(statement)


def test_what_many_send_at_once_is_all_taken(tmp_path: Path) -> None:
    """Numbers come in the order of commits: the desk's mark passes nobody."""
    with installed(tmp_path / "a") as house:

        def send(first: int) -> None:
            for number in range(first, first + 5):
                house.sent(file(1, picture=number))

        with ThreadPoolExecutor(3) as pool:
            senders = [pool.submit(send, first) for first in (10, 20, 30)]
            while not all(one.done() for one in senders):
                house.work()
        for one in senders:
            one.result()  # raises what a sender met
        house.work()
        assert len(house.rooms.banks.contents(house.rooms.banks.bank("portal"), 0, 100)) == 15
