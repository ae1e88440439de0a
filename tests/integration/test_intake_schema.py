"""How an intake database comes to this version's schema, with what is in it, and from one database into another."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from amparo.intake.model import Draft
from amparo.store import schema
from amparo.store.db import INTAKE, LEDGER, Database, sqlite_url
from amparo.store.schema import HEAD, INTAKE_HEAD, migrate, version_of
from amparo.store.snapshot import faults
from amparo.store.transfer import copied_to_file, filled_from_file
from tests.conftest import SetClock
from tests.integration.intake import Lobby, opened
from tests.integration.ledger import refused
from tests.ledgers import LEDGERS

STORE = Path(schema.__file__).parent


@pytest.fixture
def empty(tmp_path: Path):
    db = Database(LEDGERS.intake_url(tmp_path, is_new=True))
    yield db
    db.close()


def everything(db: Database) -> dict[str, list]:
    """All rows of all tables."""
    with db.read() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(table.select())), key=repr)
            for table in INTAKE.sorted_tables
        }


def filled(lobby: Lobby) -> str:
    """One of each thing; the number of the case."""
    _, number = lobby.sent()
    lobby.portal.write_message(lobby.opened(number), "hello")
    lobby.portal.withdraw(lobby.opened(number), [1])
    lobby.desk.taken(1)
    lobby.desk.set_helpers({2: b"h" * 32})
    lobby.portal.begin(Draft(language="ms"))
    return number


def test_the_last_migration_makes_what_the_room_says(empty: Database, tmp_path: Path):
    migrate(empty, tmp_path / "lock", "intake")
    assert version_of(empty) == INTAKE_HEAD
    with empty.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, INTAKE) == []
        assert not set(inspect(connection).get_table_names()) & set(LEDGER.tables)


@pytest.mark.parametrize(
    ("folder", "head"), [(STORE / "migrations" / "versions", HEAD), (STORE / "migrations_intake", INTAKE_HEAD)]
)
def test_the_head_named_is_the_head_there_is(folder: Path, head: str):
    config = Config()
    config.set_main_option("script_location", str(STORE / "migrations"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(folder))
    ladder = ScriptDirectory.from_config(config)
    assert ladder.get_heads() == [head]
    signs = {one.revision[0] for one in ladder.walk_revisions()}
    assert signs == ({"i"} if head == INTAKE_HEAD else {"0"})


def test_the_other_database_is_refused_and_left_alone(empty: Database, tmp_path: Path):
    migrate(empty, tmp_path / "lock", "intake")
    refused("database_other", migrate, empty, tmp_path / "lock")
    ledger = Database(LEDGERS.url(tmp_path))
    migrate(ledger, tmp_path / "lock")
    refused("database_other", migrate, ledger, tmp_path / "lock", "intake")
    assert (version_of(empty), version_of(ledger)) == (INTAKE_HEAD, HEAD)
    ledger.close()


LATER = '''
"""One column more."""
import sqlalchemy as sa
from alembic import op

revision = "i9000"
down_revision = "HEAD"


def upgrade() -> None:
    with op.batch_alter_table("receipt") as batch:
        batch.add_column(sa.Column("later", sa.Text, nullable=False, server_default="yes"))
        batch.alter_column("number", existing_type=sa.Integer, nullable=True)
'''


def test_an_intake_with_data_goes_to_a_later_schema_and_keeps_it(
    tmp_path: Path, clock: SetClock, monkeypatch: pytest.MonkeyPatch
):
    for path in (*STORE.glob("migrations*/*.*"), *STORE.glob("migrations/versions/*.py")):
        (tmp_path / path.relative_to(STORE)).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path.relative_to(STORE)).write_bytes(path.read_bytes())
    (tmp_path / "migrations_intake" / "i9000_later.py").write_text(LATER.replace("HEAD", INTAKE_HEAD))
    with opened(tmp_path, clock) as lobby:
        number = filled(lobby)
        before, home = everything(lobby.db), lobby.portal.home(lobby.opened(number))
        monkeypatch.setattr(schema, "INTAKE_HEAD", "i9000")
        monkeypatch.setattr(schema, "__file__", str(tmp_path / "schema.py"))
        migrate(lobby.db, tmp_path / "lock", "intake")
        assert version_of(lobby.db) == "i9000"
        assert everything(lobby.db) == before
        assert lobby.portal.home(lobby.opened(number)) == home
        with lobby.db.read() as connection:
            assert connection.execute(text("SELECT later FROM receipt")).scalars().all() == ["yes"]
    assert LEDGERS.is_postgres or faults(tmp_path / "intake.sqlite") == []


def test_an_intake_goes_into_a_file_and_back_and_counts_on(tmp_path: Path, clock: SetClock):
    """As a backup has it. A number of an envelope is never given twice, though its row is gone."""
    with opened(tmp_path, clock) as lobby:
        number = filled(lobby)
        lobby.desk.taken(3)
        clock.forward(days=2)
        assert lobby.desk.forget().envelopes == 3
        before = everything(lobby.db)
        copied_to_file(lobby.db, tmp_path / "copy.sqlite")
    other = tmp_path / "other"
    other.mkdir()
    if LEDGERS.is_postgres:
        db = Database(LEDGERS.intake_url(other, is_new=True))
        filled_from_file(db, tmp_path / "copy.sqlite", "intake")
    else:
        db = Database(sqlite_url(tmp_path / "copy.sqlite"))
    with opened(other, clock, db) as lobby:
        assert everything(lobby.db) == before
        assert lobby.portal.home(lobby.opened(number)).messages[0].text == "hello"
        lobby.portal.write_message(lobby.opened(number), "still here")
        assert [one.seq for one in lobby.desk.envelopes_after(0, 9)] == [4]
