"""The database and its files: what is committed, which errors are told how, and how a ledger comes to this version's schema."""

import sqlite3
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.command import upgrade
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

import amparo.access.rows
import amparo.banks.rows
import amparo.match.rows
from amparo.errors import AmparoError, Misconfigured, NoRoom, Tampered, Unavailable
from amparo.store import schema
from amparo.store.db import LEDGER, Database, check_url, sqlite_path, sqlite_url
from amparo.store.durable import locked, make_private_file, make_private_folder, secret_file, write_whole
from amparo.store.schema import HEAD, migrate, version_of
from amparo.store.snapshot import faults, snapshot
from tests.conftest import SetClock
from tests.integration.ledger import listing, new_bank, opened
from tests.ledgers import LEDGERS  # with all rooms' tables

MIGRATIONS = Path(schema.__file__).parent / "migrations"
ROOMS = (amparo.access.rows.client, amparo.banks.rows.bank, amparo.match.rows.match_event)


@pytest.fixture
def db(tmp_path: Path):
    made = Database(LEDGERS.url(tmp_path, is_new=True), busy_timeout_ms=50)
    yield made
    made.close()


@pytest.fixture
def ledger(db: Database, tmp_path: Path) -> Database:
    migrate(db, tmp_path / "lock")
    return db


def slug_of(act, *given) -> str:
    with pytest.raises(AmparoError) as caught:
        act(*given)
    return caught.value.slug


def count(db: Database, table: str) -> int:
    with db.read() as connection:
        return connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()


def add_client(connection, name: str) -> None:
    connection.execute(amparo.access.rows.client.insert().values(name=name, name_key=name, created_us=0))


# --- the schema


def test_the_last_migration_makes_what_the_rooms_say(ledger: Database):
    assert {table.name for table in ROOMS} <= set(LEDGER.tables)
    with ledger.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, LEDGER) == []


def test_the_head_named_is_the_head_there_is():
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_a_new_ledger_is_empty_then_at_head(db: Database, tmp_path: Path):
    assert version_of(db) is None
    migrate(db, tmp_path / "lock")
    assert version_of(db) == HEAD
    migrate(db, tmp_path / "lock")
    assert version_of(db) == HEAD


def test_processes_that_start_at_once_migrate_once(tmp_path: Path):
    url, told = LEDGERS.url(tmp_path, is_new=True), []

    def start() -> None:
        own = Database(url)
        try:
            migrate(own, tmp_path / "lock")
            told.append(version_of(own))
        finally:
            own.close()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert told == [HEAD] * 4


def test_a_ledger_of_a_later_version_is_refused_and_left_alone(ledger: Database, tmp_path: Path):
    with ledger.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        add_client(connection, "there")
    with pytest.raises(Misconfigured) as caught:
        migrate(ledger, tmp_path / "lock")
    assert caught.value.slug == "database_newer"
    assert (version_of(ledger), count(ledger, "client")) == ("9999", 1)


def test_a_migration_that_fails_leaves_nothing_behind(db: Database, tmp_path: Path):
    with db.write() as connection:
        connection.execute(text("CREATE TABLE match_rate (x INTEGER)"))  # in the way of the last step of 0001
    assert slug_of(migrate, db, tmp_path / "lock") == "database_failed"
    assert version_of(db) is None
    with db.read() as connection:
        assert inspect(connection).get_table_names() == ["match_rate"]


LATER = '''
"""One column more."""
import sqlalchemy as sa
from alembic import op

revision = "9000"
down_revision = "HEAD"


def upgrade() -> None:
    with op.batch_alter_table("bank") as batch:
        batch.add_column(sa.Column("later", sa.Text, nullable=False, server_default="yes"))
        batch.alter_column("action", existing_type=sa.Text, nullable=True)
'''


def test_a_ledger_with_data_goes_to_a_later_schema_and_keeps_it(
    tmp_path: Path, clock: SetClock, monkeypatch: pytest.MonkeyPatch
):
    """The way every later version goes: the real ladder with one rung more, over a ledger in use."""
    ladder = tmp_path / "migrations"
    for path in (*MIGRATIONS.glob("*.*"), *MIGRATIONS.glob("versions/*.py")):
        (ladder / path.relative_to(MIGRATIONS)).parent.mkdir(parents=True, exist_ok=True)
        (ladder / path.relative_to(MIGRATIONS)).write_bytes(path.read_bytes())
    (ladder / "versions" / "9000_later.py").write_text(LATER.replace("HEAD", HEAD))
    with opened(tmp_path, clock) as house:
        new_bank(house)
        house.add("A", "site", listing(1, "x"), listing(2))
        house.banks.withdraw(house.banks.bank("A"), 1)
        before = house.live("A")
        monkeypatch.setattr(schema, "HEAD", "9000")
        monkeypatch.setattr(schema, "__file__", str(tmp_path / "schema.py"))
        migrate(house.db, tmp_path / "lock")
        assert version_of(house.db) == "9000"
        assert house.live("A") == before
        assert house.add("A", "site", listing(1, "x")) == [("withdrawn", None)]
        with house.db.read() as connection:
            assert connection.execute(text("SELECT later FROM bank")).scalars().all() == ["yes"]
            if not LEDGERS.is_postgres:
                assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
    assert LEDGERS.is_postgres or faults(tmp_path / "ledger.sqlite") == []


@pytest.mark.once
def test_a_change_of_the_schema_that_leaves_rows_astray_is_undone(ledger: Database):
    def alter() -> None:
        with ledger.alter() as connection:
            add_client(connection, "lost")
            connection.execute(text("INSERT INTO api_key_bank VALUES (99, 1)"))

    assert slug_of(alter) == "database_damaged"
    assert (count(ledger, "client"), count(ledger, "api_key_bank")) == (0, 0)
    with ledger.write() as connection:
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_the_ladder_can_be_climbed_by_alembic_itself(db: Database):
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with db.write() as connection:
        config.attributes["connection"] = connection
        upgrade(config, "head")
    assert version_of(db) == HEAD


# --- the database


@pytest.mark.once
@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:secret@db/amparo",
        "postgresql+psycopg://user:secret@db",
        "postgresql+psycopg://user:secret@db:port/amparo",
        "mysql://db/amparo",
        "sqlite://",
        "",
        "ledger.sqlite",
        "\ud800",
    ],
)
def test_other_databases_are_refused_without_repeating_their_url(url):
    with pytest.raises(Misconfigured) as caught:
        Database(url)
    assert caught.value.slug == "misconfigured"
    assert "secret" not in caught.value.text + caught.value.hint
    assert slug_of(check_url, url) == "misconfigured"


@pytest.mark.once
def test_a_url_leads_back_to_its_file(tmp_path: Path):
    for name in ("ledger.sqlite", "名单.sqlite", "with space.sqlite"):
        assert sqlite_path(sqlite_url(tmp_path / name)) == tmp_path / name


@pytest.mark.parametrize("way", ["write", "write_soon"])
def test_a_write_is_whole_or_not_at_all(ledger: Database, way):
    with getattr(ledger, way)() as connection:
        add_client(connection, "kept")

    def fail() -> None:
        with getattr(ledger, way)() as connection:
            add_client(connection, "lost")
            raise ValueError("on the way")

    with pytest.raises(ValueError, match="on the way"):
        fail()
    assert count(ledger, "client") == 1


def test_a_reader_sees_one_moment(ledger: Database):
    with ledger.read() as reading:
        query = text("SELECT count(*) FROM client")
        assert reading.execute(query).scalar_one() == 0
        with ledger.write() as connection:
            add_client(connection, "new")
        assert reading.execute(query).scalar_one() == 0
    assert count(ledger, "client") == 1


@pytest.mark.once
@pytest.mark.parametrize(("way", "level"), [("write", 2), ("write_soon", 1)])
def test_how_durable_each_way_is(ledger: Database, way, level):
    with getattr(ledger, way)() as connection:
        assert connection.execute(text("PRAGMA synchronous")).scalar() == level
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA secure_delete")).scalar() == 1


def test_a_busy_database_is_said_so_with_when_to_come_back(ledger: Database):
    def write() -> None:
        with ledger.write() as connection:
            add_client(connection, "late")

    with ledger.write(), pytest.raises(Unavailable) as caught:
        write()
    assert (caught.value.slug, caught.value.retry_after_s) == ("database_busy", 1)


def test_rows_that_point_to_nothing_are_refused(ledger: Database):
    def write() -> None:
        with ledger.write() as connection:
            connection.execute(
                amparo.banks.rows.content.insert().values(id=1, bank_id=99, origin="secret", created_us=0)
            )

    with pytest.raises(Misconfigured) as caught:
        write()
    assert caught.value.slug == "database_failed"
    assert "secret" not in caught.value.text + caught.value.hint


@pytest.mark.once
def test_a_full_database_is_said_in_words(ledger: Database):
    def fill() -> None:
        with ledger.write() as connection:
            connection.execute(text("PRAGMA max_page_count = 1"))  # SQLite keeps it at what is there: full
            add_client(connection, "x" * 1_000_000)

    with pytest.raises(NoRoom) as caught:
        fill()
    assert (caught.value.slug, caught.value.http_status) == ("disk_full", 507)


@pytest.mark.once
def test_what_is_no_database_is_said_in_words(tmp_path: Path):
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"not a database, but long enough to be taken for one. " * 40)
    db = Database(sqlite_url(path))
    with pytest.raises(Tampered) as caught:
        version_of(db)
    assert caught.value.slug == "database_damaged"
    assert slug_of(snapshot, path, tmp_path / "copy") == "database_damaged"
    assert faults(path) == ["the database file is damaged"]
    db.close()


@pytest.mark.once
def test_a_folder_that_is_not_there_is_said_in_words(tmp_path: Path):
    db = Database(sqlite_url(tmp_path / "none" / "ledger.sqlite"))
    assert slug_of(version_of, db) == "database_refused"
    assert slug_of(snapshot, tmp_path / "none" / "ledger.sqlite", tmp_path / "copy") == "database_refused"
    db.close()


@pytest.mark.once
def test_a_snapshot_is_one_moment_of_a_ledger_in_use(ledger: Database, tmp_path: Path):
    with ledger.write() as connection:
        add_client(connection, "before")
    with ledger.write() as connection:
        add_client(connection, "not yet")
        snapshot(tmp_path / "ledger.sqlite", tmp_path / "copy.sqlite")
    copy = Database(sqlite_url(tmp_path / "copy.sqlite"))
    assert (count(copy, "client"), count(ledger, "client")) == (1, 2)
    copy.close()
    assert slug_of(snapshot, tmp_path / "ledger.sqlite", tmp_path / "copy.sqlite") == "database_refused"


@pytest.mark.once
def test_rows_astray_are_counted_as_faults(ledger: Database, tmp_path: Path):
    ledger.close()
    connection = sqlite3.connect(tmp_path / "ledger.sqlite")
    connection.execute("INSERT INTO api_key_bank VALUES (99, 1)")
    connection.commit()
    connection.close()
    assert faults(tmp_path / "ledger.sqlite") == ["a row of api_key_bank points to none of api_key"]


# --- files


@pytest.mark.once
def test_a_file_is_written_whole_and_for_its_owner_alone(tmp_path: Path):
    path = tmp_path / "file"
    for data in (b"first", b"", b"x" * 1_000_000):
        write_whole(path, data)
        assert path.read_bytes() == data
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


@pytest.mark.once
def test_a_file_that_cannot_be_written_leaves_no_part(tmp_path: Path):
    (tmp_path / "there").mkdir()
    assert slug_of(write_whole, tmp_path / "there", b"x") == "file_refused"
    assert slug_of(write_whole, tmp_path / "none" / "file", b"x") == "file_refused"
    assert [one.name for one in tmp_path.iterdir()] == ["there"]


@pytest.mark.once
def test_private_files_and_folders(tmp_path: Path):
    make_private_folder(tmp_path / "a" / "b")
    make_private_folder(tmp_path / "a" / "b")
    assert {(tmp_path / one).stat().st_mode & 0o777 for one in ("a", "a/b")} == {0o700}
    make_private_file(tmp_path / "a" / "file")
    assert (tmp_path / "a" / "file").stat().st_mode & 0o777 == 0o600
    (tmp_path / "a" / "file").write_bytes(b"kept")
    make_private_file(tmp_path / "a" / "file")
    assert (tmp_path / "a" / "file").read_bytes() == b"kept"
    assert slug_of(make_private_folder, tmp_path / "a" / "file") == "file_refused"
    assert slug_of(make_private_file, tmp_path / "a") == "file_refused"
    with pytest.raises(Misconfigured), locked(tmp_path / "a"):
        raise AssertionError("held what cannot be locked")


@pytest.mark.once
def test_a_secret_is_made_once_by_whoever_comes_first(tmp_path: Path):
    found = []
    threads = [threading.Thread(target=lambda: found.append(secret_file(tmp_path / "s" / "key", 32))) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(found) == 6
    assert len(set(found)) == 1
    assert len(found[0]) == 32
    assert secret_file(tmp_path / "s" / "key", 32) == found[0]
    assert (tmp_path / "s" / "key").stat().st_mode & 0o777 == 0o600


@pytest.mark.once
@pytest.mark.parametrize("held", [b"", b"zz" * 32, b"00" * 31, b"00" * 33, b"\xff" * 64])
def test_a_damaged_secret_is_never_made_anew(tmp_path: Path, held):
    (tmp_path / "key").write_bytes(held)
    assert slug_of(secret_file, tmp_path / "key", 32) == "secret_damaged"
    assert (tmp_path / "key").read_bytes() == held
