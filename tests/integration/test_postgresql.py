"""PostgreSQL's own ways: how durable each commit is, order of commits, a server that goes and comes, errors in our words, the road to
and from SQLite. What holds on both databases is tried on both by the other tests here.
"""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import MetaData, inspect, select, text

from amparo.access.model import OPERATOR
from amparo.banks.feed import Mark, everything, news_since
from amparo.banks.model import BankPolicy
from amparo.banks.replay import replay, settle_file
from amparo.banks.service import Banks
from amparo.banks.withdrawals import WithdrawalsFile
from amparo.errors import AmparoError, Conflict, Misconfigured, Unavailable
from amparo.match.model import Item
from amparo.match.service import Question
from amparo.store.db import Database, sqlite_url
from amparo.store.schema import HEAD, migrate, version_of
from amparo.store.transfer import copied_to_file, filled_from_file
from tests.conftest import SetClock
from tests.integration.ledger import KEY, House, listing, md5, new_bank, opened
from tests.ledgers import LEDGERS
from tests.postgres import FAST, Server

pytestmark = pytest.mark.postgresql


@pytest.fixture
def house(tmp_path: Path, clock: SetClock) -> Iterator[House]:
    with opened(tmp_path, clock) as made:
        new_bank(made)
        yield made


def slug_of(act, *given) -> str:
    with pytest.raises(AmparoError) as caught:
        act(*given)
    return caught.value.slug


def ask(db: Database, statement: str) -> object:
    with db.read() as connection:
        return connection.execute(text(statement)).scalar()


# --- transactions


@pytest.mark.parametrize(
    ("way", "commit", "level"),
    [
        ("read", "on", "repeatable read"),
        ("write", "on", "read committed"),
        ("write_soon", "off", "read committed"),
        ("alter", "on", "read committed"),
    ],
)
def test_how_durable_and_how_apart_each_way_is(house: House, way: str, commit: str, level: str):
    with getattr(house.db, way)() as connection:
        told = [connection.exec_driver_sql(f"SHOW {name}").scalar() for name in ("synchronous_commit", "transaction_isolation", "statement_timeout")]  # fmt: skip
    assert told == [commit, level, "0" if way == "alter" else "1min"]


def test_nothing_is_written_through_a_reader(house: House):
    def write() -> None:
        with house.db.read() as connection:
            connection.execute(text("UPDATE counter SET next = 1"))

    assert slug_of(write) == "database_refused"


def test_a_process_keeps_no_more_connections_than_it_may(house: House):
    few = Database(house.db.url, busy_timeout_ms=100, connections_max=2)
    with few.read(), few.read():
        assert slug_of(ask, few, "SELECT 1") == "database_busy"
    assert ask(few, "SELECT 1") == 1
    few.close()


def test_who_waits_longest_comes_first(house: House):
    """Three that write all the time share two connections with one that wants to write once."""
    done = threading.Event()

    def write() -> None:
        while not done.is_set():
            with house.db.write() as connection:
                connection.execute(text("UPDATE counter SET next = next + 1 WHERE name = 'x'"))

    threads = [threading.Thread(target=write) for _ in range(3)]
    for one in threads:
        one.start()
    try:
        for name in ("B", "C", "D"):
            new_bank(house, name)
    finally:
        done.set()
        for one in threads:
            one.join()
    assert [one.name for one in house.banks.banks()] == ["A", "B", "C", "D"]


def test_numbers_appear_in_the_order_of_commits(house: House):
    """Many machines list, one follows the changes; whoever saw number N will never be shown a smaller one later."""
    machines, each = 6, 12

    def machine(number: int) -> None:
        db = Database(house.db.url)
        banks = Banks(db, house.clock, KEY, house.file)
        for at in range(each):
            banks.list_contents("A", f"o{number}", [listing(number * 100 + at)])
        db.close()

    start = everything(house.db)[0]
    mark = Mark(start)
    threads = [threading.Thread(target=machine, args=(number,)) for number in range(machines)]
    for one in threads:
        one.start()
    told: list[int] = []
    while any(one.is_alive() for one in threads) or news_since(house.db, mark):
        if news := news_since(house.db, mark):
            told += [number for number, _ in news.reread.by_kind["md5"]]
            mark = news.mark
    assert told == list(range(1, machines * each + 1)), "a follower missed one, was told one twice, or in another order"
    assert mark == Mark(start + machines * each)


def test_events_are_numbered_in_the_order_of_commits(house: House, tmp_path: Path):
    house.add("A", "site", listing(1))
    machines, each = 4, 10

    def machine(number: int) -> None:
        folder = tmp_path / str(number)
        folder.mkdir()
        db = Database(house.db.url)
        own = House(folder, house.clock, db, Banks(db, house.clock, KEY, house.file), house.file)
        matcher = own.matcher()
        for at in range(each):
            matcher.judge(OPERATOR, "r", [md5(1)], Question(Item(f"{number}-{at}")))
        matcher.limits.close()
        db.close()

    reader = house.matcher()
    threads = [threading.Thread(target=machine, args=(number,)) for number in range(machines)]
    for one in threads:
        one.start()
    told: list[str] = []
    after = 0
    while any(one.is_alive() for one in threads) or reader.events(after, 1, None):
        for event in reader.events(after, 7, None):
            told.append(event.item.item_id)
            after = event.id
    assert sorted(told) == sorted(f"{number}-{at}" for number in range(machines) for at in range(each))
    reader.recorder.flush(0)
    assert ask(house.db, "SELECT sum(number) FROM match_count") == machines * each, (
        "a count was lost between two machines"
    )
    assert ask(house.db, "SELECT sum(number) FROM match_rate") == machines * each


def test_machines_that_start_at_once_migrate_once(tmp_path: Path):
    url, told = LEDGERS.url(tmp_path, is_new=True), []

    def start(number: int) -> None:
        own = Database(url)
        try:
            migrate(own, tmp_path / f"lock-{number}")  # another machine, another file
            told.append(version_of(own))
        finally:
            own.close()

    threads = [threading.Thread(target=start, args=(number,)) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert told == [HEAD] * 4


# --- a server that goes and comes


@pytest.fixture(scope="module")
def fragile() -> Iterator[Server]:
    """A server for tests that stop it."""
    server = Server(FAST)
    server.start()
    yield server
    server.remove()


@pytest.fixture
def far(fragile: Server, tmp_path: Path) -> Iterator[Database]:
    name = fragile.new_database()
    db = Database(fragile.url(name, over_tcp=True))
    migrate(db, tmp_path / "lock")
    yield db
    db.close()
    fragile.drop(name)


def test_a_restarted_server_is_found_again(fragile: Server, far: Database):
    with far.read(), far.read(), far.write():  # three connections that will be dead
        pass
    fragile.stop()
    for way in ("read", "write", "write_soon", "alter"):
        with pytest.raises(Unavailable) as caught:
            getattr(far, way)().__enter__()
        assert (caught.value.slug, caught.value.retry_after_s, caught.value.http_status) == (
            "database_unreachable",
            2,
            503,
        )
        assert fragile.password not in f"{caught.value} {caught.value.text} {caught.value.hint}"
    fragile.start()
    for way in ("read", "write", "write_soon", "alter"):
        with getattr(far, way)() as connection:
            assert connection.exec_driver_sql("SELECT 1").scalar() == 1


def test_connections_that_died_unnoticed_cost_nobody_an_error(fragile: Server, far: Database):
    with far.read(), far.write(), far.write_soon():
        pass
    fragile.stop()
    fragile.start()
    with far.read() as reading, far.write() as writing, far.write_soon() as soon:
        assert {one.exec_driver_sql("SELECT 1").scalar() for one in (reading, writing, soon)} == {1}


def test_a_connection_lost_on_the_way_leaves_nothing_behind(fragile: Server, far: Database):
    def write() -> None:
        with far.write() as connection:
            connection.execute(text("UPDATE counter SET next = 77"))
            with fragile.connect() as other:
                own = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
                other.execute("SELECT pg_terminate_backend(%s, 5000)", (own,))
            connection.execute(text("UPDATE counter SET next = 78"))

    assert slug_of(write) == "database_unreachable"
    assert ask(far, "SELECT max(next) FROM counter") == 1


def test_locks_and_statements_do_not_wait_for_ever(house: House):
    hasty = Database(house.db.url, busy_timeout_ms=50)

    def write() -> None:
        with hasty.write():
            pass

    with house.db.write():
        assert slug_of(write) == "database_busy"

    def sleep() -> None:
        with hasty.read() as connection:
            connection.exec_driver_sql("SET LOCAL statement_timeout TO 50")
            connection.exec_driver_sql("SELECT pg_sleep(20)")

    assert slug_of(sleep) == "database_busy"
    hasty.close()


@pytest.mark.parametrize(
    ("change", "slug"),
    [
        (("amparo:", "amparo:wrong"), "database_refused"),
        (("amparo:", "nobody:"), "database_refused"),
        (("/t", "/none"), "database_refused"),
        (("127.0.0.1:", "127.0.0.1:1"), "database_unreachable"),
    ],
)
def test_what_lets_nobody_in_is_said_without_the_password(fragile: Server, change: tuple[str, str], slug: str):
    url = fragile.url("t", over_tcp=True).replace(*change)
    db = Database(url.replace(f":1{fragile.port}/", ":1/"))
    with pytest.raises(AmparoError) as caught:
        version_of(db)
    assert caught.value.slug == slug
    assert fragile.password not in f"{caught.value} {caught.value.text} {caught.value.hint}"
    db.close()


def test_a_standby_is_refused(fragile: Server, far: Database, tmp_path: Path):
    fragile.stop()
    (fragile.data / "standby.signal").touch()
    fragile.start()
    try:
        assert version_of(far) == HEAD
        assert slug_of(migrate, far, tmp_path / "lock") == "database_refused"
        assert slug_of(far.write().__enter__) == "database_refused"
    finally:
        fragile.stop()
        (fragile.data / "standby.signal").unlink()
        fragile.start()
    migrate(far, tmp_path / "lock")


def test_more_than_the_server_lets_in_is_busy_and_passes():
    server = Server((*FAST, "max_connections=6", "superuser_reserved_connections=0"))
    server.start()
    try:
        db = Database(server.url("postgres"), busy_timeout_ms=500)
        held: list[psycopg.Connection] = []
        with contextlib.suppress(psycopg.OperationalError):
            held.extend(server.connect() for _ in range(9))  # until it lets nobody in
        assert slug_of(version_of, db) in {"database_busy", "database_unreachable"}
        for one in held:
            one.close()
        assert version_of(db) is None
        db.close()
    finally:
        server.remove()


# --- from one database to the other


def rows_of(db: Database) -> dict[str, list[tuple]]:
    """All rows of all tables, in an order that both databases share."""
    tables = MetaData()
    with db.read() as connection:
        tables.reflect(connection)
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in tables.sorted_tables
        }


def furnish(house: House) -> None:
    """Rows in every table, some of them gone."""
    bank = house.banks.bank("A")
    house.add(
        "A", "site", listing(1, "x", note='Ñandú "quoted"\ttab\\N', metadata='{"a": 1}'), listing(2), listing(3, "z")
    )
    house.banks.give_opinion(bank, 2, "desk", "positive_class")
    house.banks.withdraw(bank, 3)
    matcher = house.matcher()
    for number in (1, 2, 9):
        matcher.judge(OPERATOR, "r", [md5(number)], Question(Item(f"item-{number}")))
    matcher.recorder.flush(0)
    matcher.limits.close()
    with house.db.write_soon() as connection:
        connection.execute(text("DELETE FROM match_event WHERE id = (SELECT max(id) FROM match_event)"))


def test_the_road_to_sqlite_and_back_keeps_every_row_and_every_number(house: House, tmp_path: Path):
    furnish(house)
    before = rows_of(house.db)
    assert all(
        before[name] for name in ("bank", "content", "signal", "opinion", "tombstone", "match_event", "match_count")
    )
    copied_to_file(house.db, tmp_path / "copy.sqlite")
    copy = Database(sqlite_url(tmp_path / "copy.sqlite"))
    assert rows_of(copy) == before
    again = Database(LEDGERS.url(tmp_path / "again", is_new=True))
    filled_from_file(again, tmp_path / "copy.sqlite")
    assert rows_of(again) == before
    for db in (copy, again):
        with db.write() as connection:
            insert = "INSERT INTO match_event (at_us, request_id, client_id, client, suggested_action, policy, generation, matches) SELECT at_us, request_id, client_id, client, suggested_action, policy, generation, matches FROM match_event WHERE id = 1 RETURNING id"  # fmt: skip
            assert connection.execute(text(insert)).scalar() == 3, (
                "the number of an event that was deleted is given again"
            )
            bank = "INSERT INTO bank (name, identity_key, polarity, thresholds, staged_share, paused, action, created_us) VALUES ('B', 'b', 'positive', '{}', 1, 0, 'hide', 0) RETURNING id"  # fmt: skip
            assert connection.execute(text(bank)).scalar() == 2
        db.close()


def test_only_an_empty_database_is_filled_and_wholly_or_not_at_all(house: House, tmp_path: Path):
    furnish(house)
    copied_to_file(house.db, tmp_path / "copy.sqlite")
    before = rows_of(house.db)
    with pytest.raises(Conflict) as caught:
        filled_from_file(house.db, tmp_path / "copy.sqlite")
    assert (caught.value.slug, rows_of(house.db)) == ("database_not_empty", before)
    broken = Database(sqlite_url(tmp_path / "copy.sqlite"))
    with broken.write() as connection:
        connection.execute(
            text("UPDATE content SET note = 'nul' || char(0) WHERE id = 1")
        )  # PostgreSQL has no such text
    broken.close()
    again = Database(LEDGERS.url(tmp_path / "again", is_new=True))
    assert slug_of(filled_from_file, again, tmp_path / "copy.sqlite") == "database_failed"
    with again.read() as connection:
        assert inspect(connection).get_table_names() == []
    again.close()


def test_two_machines_whose_withdrawals_files_differ_are_told_apart(house: House, tmp_path: Path):
    """The second machine's own file is another one: its withdrawals are refused, not acknowledged into the wrong place."""
    house.add("A", "site", listing(1), listing(2))
    settle_file(house.banks)
    other = Banks(house.db, house.clock, KEY, WithdrawalsFile(tmp_path / "elsewhere" / "withdrawals.log", KEY))
    settle_file(other)
    house.banks.withdraw(house.banks.bank("A"), 1)
    for act in (lambda: settle_file(other), lambda: replay(other), lambda: other.withdraw(other.bank("A"), 2)):
        with pytest.raises(Misconfigured) as caught:
            act()
        assert caught.value.slug == "withdrawals_elsewhere"
    assert [one.id for one in house.live("A")] == [2]
    settle_file(Banks(house.db, house.clock, KEY, WithdrawalsFile(house.file.path, KEY)))
    stranger = Banks(house.db, house.clock, b"q" * 32, WithdrawalsFile(house.file.path, b"q" * 32))
    assert slug_of(settle_file, stranger) == "key_differs"
    stranger.new_bank("B", BankPolicy())
