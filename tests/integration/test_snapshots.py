"""Snapshots of the index: what starts from one knows all, and damaged, foreign and future ones are not used; withdrawn codes leave."""

import hashlib
import json
import shutil
import threading
from pathlib import Path

import pytest

from amparo.banks import feed
from amparo.banks.feed import changed_since, last_signal
from amparo.banks.model import Listing
from amparo.errors import AmparoError
from amparo.match import keeper as keeping
from amparo.match import lookup as looking
from amparo.match import rows
from amparo.match.keeper import Keeper
from amparo.match.lookup import Lookup, Pace
from amparo.match.model import VideoRule
from amparo.match.settings import MatchSettings
from amparo.match.snapshots import Snapshots
from amparo.store.db import Database
from amparo.terms.signal import Signal
from tests.conftest import SetClock
from tests.integration.ledger import Hooked, House, md5, new_bank, opened

SETTINGS = MatchSettings(snapshot_signals_min=10)


@pytest.fixture
def house(tmp_path: Path, clock: SetClock):
    with opened(tmp_path, clock) as made:
        new_bank(made)
        yield made


@pytest.fixture
def keeper(house: House) -> Keeper:
    return keeper_of(house, house.db)


def keeper_of(house: House, db: Database, settings: MatchSettings = SETTINGS) -> Keeper:
    snapshots = Snapshots(db, house.folder / "index", house.clock)
    return Keeper(db, house.clock, snapshots, settings, lambda: Lookup(db, VideoRule(), snapshots))


def code(number: int) -> bytes:
    return hashlib.sha256(number.to_bytes(8, "big")).digest()


def add(house: House, *numbers: int) -> None:
    """Each a content with a PDQ code and an MD5."""
    house.add("A", "site", *(Listing((Signal("pdq", code(one), 100), md5(one)), str(one)) for one in numbers))


def withdraw(house: House, number: int) -> None:
    found = {one.external_id: one.id for one in house.live("A")}
    house.banks.withdraw(house.banks.bank("A"), found[str(number)])


def from_ledger(house: House) -> dict[str, object]:
    afresh = Lookup(house.db)
    afresh.refresh()
    return afresh.figures()


def started(keeper: Keeper) -> Lookup:
    lookup = keeper.afresh()
    lookup.refresh()
    return lookup


# --- starting


def test_what_starts_from_a_snapshot_holds_what_the_ledger_holds(house: House, keeper: Keeper):
    add(house, *range(40))
    assert keeper.keep()
    assert not keeper.keep()  # nothing changed
    withdraw(house, 3)
    add(house, 99)
    lookup = started(keeper)
    assert lookup._base is not None
    assert lookup.figures() == from_ledger(house)


def test_a_start_reads_no_code_that_the_snapshot_holds(house: House, keeper: Keeper, monkeypatch: pytest.MonkeyPatch):
    add(house, *range(40))
    keeper.keep()
    asked = []

    def counting(db, first, last, kinds):
        asked.append(tuple(kinds))
        return feed.signals_in(db, first, last, kinds)

    monkeypatch.setattr(looking, "signals_in", counting)
    started(keeper)
    assert asked
    assert all("pdq" not in kinds and "md5" in kinds for kinds in asked)


def test_without_a_snapshot_all_is_read(house: House, keeper: Keeper):
    add(house, *range(4))
    assert not keeper.keep()
    assert keeper.snapshots.found() == []
    assert started(keeper).figures() == from_ledger(house)


def spoil(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def foreign(path: Path) -> None:
    path.write_bytes(b"not an index at all" * 300)


def another(path: Path) -> None:
    """Whole, but not what the ledger knows of."""
    index = looking.HammingIndex(256)
    index.save(path)


@pytest.mark.parametrize("harm", [spoil, foreign, another, Path.unlink], ids=lambda one: one.__name__)
def test_a_snapshot_that_is_not_whole_is_not_used(house: House, keeper: Keeper, harm, capsys):
    add(house, *range(40))
    keeper.keep()
    add(house, *range(100, 140))
    keeper.keep()
    newest, older = keeper.snapshots.found()
    harm(house.folder / "index" / newest.token / "pdq")
    with pytest.raises(AmparoError):
        keeper.snapshots.opened(newest)
    lookup = started(keeper)
    assert lookup._base == older
    assert lookup.figures() == from_ledger(house)
    harm(house.folder / "index" / older.token / "pdq")
    lookup = started(keeper)
    assert lookup._base is None
    assert lookup.figures() == from_ledger(house)


def test_a_snapshot_of_a_future_that_a_restore_took_back_is_not_used(house: House, keeper: Keeper):
    add(house, *range(20))
    keeper.keep()
    (past,) = keeper.snapshots.found()
    add(house, *range(20, 60))
    keeper.keep()
    assert len(keeper.snapshots.found()) == 2
    with house.db.write() as connection:  # the ledger as it was between the two
        connection.exec_driver_sql(f"DELETE FROM index_snapshot WHERE generation > {past.generation}")
        connection.exec_driver_sql("DELETE FROM signal WHERE id > 40")
        connection.exec_driver_sql(f"DELETE FROM change WHERE seq > {past.generation}")
    add(house, *range(60, 100))  # and now beyond the generation of the other
    assert keeper.snapshots.found() == [past]
    lookup = started(keeper)
    assert (lookup._base, lookup.figures()) == (past, from_ledger(house))
    keeper.keep()
    assert {path.name for path in (house.folder / "index").iterdir()} == {
        one.token for one in keeper.snapshots.found()
    }  # the foreign one went


def test_a_snapshot_of_another_ledger_is_not_used(house: House, keeper: Keeper, tmp_path: Path, clock: SetClock):
    add(house, *range(40))
    keeper.keep()
    (tmp_path / "other").mkdir()
    with opened(tmp_path / "other", clock) as other:
        new_bank(other)
        add(other, *range(7))
        shutil.copytree(house.folder / "index", other.folder / "index")
        theirs = keeper_of(other, other.db)
        assert theirs.snapshots.found() == []
        assert started(theirs).figures() == from_ledger(other)


# --- keeping


def test_two_are_kept_and_half_written_ones_go(house: House, keeper: Keeper):
    (house.folder / "index" / ".making-0").mkdir(parents=True)
    (house.folder / "index" / "notes.txt").write_text("somebody's")
    for round_ in range(4):
        add(house, *range(100 * round_, 100 * round_ + 40))
        assert keeper.keep()
    found = keeper.snapshots.found()
    assert [one.signals for one in found] == [160, 120]
    names = {path.name for path in (house.folder / "index").iterdir()}
    assert names == {one.token for one in found} | {"notes.txt"}
    with house.db.read() as connection:
        assert len(connection.execute(rows.index_snapshot.select()).all()) == 2


def test_a_withdrawn_code_leaves_the_disk_in_the_stated_time(house: House, keeper: Keeper):
    add(house, *range(40))
    keeper.keep()
    add(house, *range(100, 140))
    keeper.keep()
    held = [keeper.snapshots.opened(one)["pdq"] for one in keeper.snapshots.found()]
    assert [len(one) for one in held] == [80, 40]
    withdraw(house, 3)
    assert not keeper.keep()  # not yet due, but the older one, of which nobody needs it, goes at once
    assert len(keeper.snapshots.found()) == 1
    house.clock.forward(minutes=SETTINGS.snapshot_minutes)
    assert keeper.keep()
    (only,) = keeper.snapshots.found()
    assert only.kinds["pdq"][0] == 79
    assert len(list((house.folder / "index").iterdir())) == 1
    assert not keeper.keep()


def test_listing_more_is_no_reason_to_write_before_enough_changed(house: House, keeper: Keeper):
    add(house, *range(200))
    keeper.keep()
    add(house, *range(300, 308))  # 16 signals, of 200 codes: less than a tenth
    house.clock.forward(minutes=SETTINGS.snapshot_minutes)
    assert not keeper.keep()
    add(house, *range(400, 420))
    assert keeper.keep()


def test_a_clock_set_back_does_not_keep_what_was_withdrawn(house: House, keeper: Keeper):
    add(house, *range(40))
    keeper.keep()
    withdraw(house, 1)
    house.clock.forward(hours=-5)
    assert keeper.keep()


def test_stopping_writes_sooner_but_not_what_takes_long(house: House, monkeypatch: pytest.MonkeyPatch):
    keeper = keeper_of(house, house.db, MatchSettings(snapshot_signals_min=50))
    add(house, *range(5))
    assert not keeper.keep()
    monkeypatch.setattr(keeping, "END_CHANGED_MAX", 5)
    assert not keeper.keep(is_end=True)
    monkeypatch.setattr(keeping, "END_CHANGED_MAX", 100)
    assert keeper.keep(is_end=True)
    add(house, *range(100, 120))
    monkeypatch.setattr(keeping, "END_SIGNALS_MAX", 1)
    assert not keeper.keep(is_end=True)
    monkeypatch.setattr(keeping, "END_SIGNALS_MAX", 100)
    assert keeper.keep(is_end=True)


def test_what_cannot_be_written_leaves_nothing_behind(house: House, keeper: Keeper, monkeypatch: pytest.MonkeyPatch):
    add(house, *range(40))

    def full(*_given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(AmparoError) as caught:
        keeper.keep()
    assert caught.value.slug == "disk_full"
    monkeypatch.undo()
    assert list((house.folder / "index").iterdir()) == []
    assert keeper.keep()


def test_changes_since_are_counted_and_old_signals_noticed(house: House):
    add(house, 1, 2)
    seq, last, _ = feed.everything(house.db)
    assert (last_signal(house.db), last) == (4, 4)
    assert changed_since(house.db, seq, last) == (0, False)
    add(house, 3)
    assert changed_since(house.db, seq, last) == (2, False)
    new_bank(house, "B")
    withdraw(house, 1)
    assert changed_since(house.db, seq, last) == (4, True)
    withdraw(house, 3)
    assert last_signal(house.db) == 6  # though none so high is left


# --- standing on a newer one


def test_a_worker_stands_on_a_newer_snapshot_and_knows_the_same(house: House, keeper: Keeper):
    lookup = Lookup(house.db, snapshots=keeper.snapshots, pace=Pace(renew_min=30))
    assert not lookup.renew()  # it holds nothing yet
    add(house, *range(40))
    lookup.refresh()
    assert not lookup.renew()  # there is none
    keeper.keep()
    assert lookup.renew()
    assert lookup.figures() == from_ledger(house)
    add(house, *range(100, 110))
    keeper.keep()
    lookup.refresh()
    assert not lookup.renew()  # too little is in its own memory
    add(house, *range(200, 220))
    keeper.keep()
    withdraw(house, 5)  # not taken in yet
    assert lookup.renew()
    assert lookup.figures() == from_ledger(house)
    assert not lookup.renew()


def test_a_worker_leaves_a_snapshot_that_was_deleted(house: House, keeper: Keeper):
    add(house, *range(40))
    keeper.keep()
    lookup = started(keeper)
    withdraw(house, 1)
    house.clock.forward(minutes=SETTINGS.snapshot_minutes)
    keeper.keep()
    assert lookup.renew()
    assert lookup._base == keeper.snapshots.found()[0]
    assert lookup.figures() == from_ledger(house)


def test_a_newer_snapshot_that_is_damaged_is_not_stood_on(house: House, keeper: Keeper):
    add(house, *range(40))
    keeper.keep()
    lookup = Lookup(house.db, snapshots=keeper.snapshots, pace=Pace(renew_min=1))
    lookup.refresh()
    base = lookup._base
    add(house, *range(100, 140))
    keeper.keep()
    lookup.refresh()
    spoil(house.folder / "index" / keeper.snapshots.found()[0].token / "pdq")
    assert not lookup.renew()
    assert lookup._base == base
    assert lookup.figures() == from_ledger(house)


def test_a_ledger_that_goes_back_under_the_exchange_is_left_to_the_next_look(house: House, keeper: Keeper):
    db = Hooked(house.db.url)
    lookup = Lookup(db, snapshots=keeper.snapshots, pace=Pace(renew_min=1))
    add(house, *range(40))
    lookup.refresh()
    keeper.keep()

    def go_back() -> None:
        """As a backup brings it back, from before the snapshot."""
        with house.db.write() as connection:
            connection.exec_driver_sql("DELETE FROM signal")
            connection.exec_driver_sql("DELETE FROM change WHERE seq > 1")
            connection.exec_driver_sql("DELETE FROM index_snapshot")

    db.before_read(1, go_back)  # the snapshot is loaded; what it lacks is read next
    assert not lookup.renew()
    lookup.refresh()
    assert lookup.figures() == from_ledger(house)
    db.close()


def test_no_search_misses_anything_while_snapshots_change_under_it(house: House, keeper: Keeper):
    add(house, *range(20))
    lookup = Lookup(house.db, snapshots=keeper.snapshots, pace=Pace(at_once=7, renew_min=1))
    _, policy = lookup.refresh()
    stop, wrong, searches = threading.Event(), [], 0

    def searching() -> None:
        nonlocal searches
        while not stop.is_set():
            hits = lookup.search([Signal("pdq", code(0), 100)], policy)
            searches += 1
            if [hit.signal_id for hit in hits] != [1]:
                wrong.append(hits)
            stop.wait(0.001)  # without it the changes hardly get their turn

    thread = threading.Thread(target=searching)
    thread.start()
    renewed = 0
    for round_ in range(8):
        numbers = range(1_000 * (round_ + 1), 1_000 * (round_ + 1) + 30)
        add(house, *numbers)
        lookup.refresh()
        _, policy_now = lookup.refresh()
        assert lookup.search([Signal("pdq", code(numbers[-1]), 100)], policy_now)
        withdraw(house, numbers[0])
        house.clock.forward(hours=1)
        keeper.keep()
        renewed += lookup.renew()
        assert lookup.search([Signal("pdq", code(numbers[-1]), 100)], policy_now)
        assert not lookup.search([Signal("pdq", code(numbers[0]), 100)], policy_now)
    stop.set()
    thread.join()
    assert (wrong, renewed) == ([], 8)
    assert searches
    assert lookup.figures() == from_ledger(house)


def test_what_a_snapshot_says_of_itself_stands_in_the_ledger(house: House, keeper: Keeper):
    add(house, *range(40))
    keeper.keep()
    (one,) = keeper.snapshots.found()
    with house.db.read() as connection:
        (row,) = connection.execute(rows.index_snapshot.select()).all()
    assert (row.token, row.generation, row.signal_last) == (one.token, one.generation, 80)
    assert json.loads(row.kinds)["pdq"][0] == 40


def test_much_that_changed_since_a_snapshot_is_taken_in_in_pieces(house: House, keeper: Keeper):
    lookup = Lookup(house.db, snapshots=keeper.snapshots, pace=Pace(at_once=5, renew_min=1))
    add(house, *range(40))
    lookup.refresh()
    keeper.keep()
    add(house, *range(100, 120))
    withdraw(house, 5)
    assert lookup.renew()
    assert lookup.figures() == from_ledger(house)


def test_signals_of_a_kind_that_a_later_version_made_are_passed_over(house: House):
    add(house, 1)
    with house.db.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO signal (id, content_id, kind, code, profile) SELECT 99, content_id, 'later', code, '' "
            "FROM signal WHERE id = 1"
        )
    follower = Lookup(house.db)
    follower.refresh()
    with house.db.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO change (seq, signal_first, signal_last) SELECT max(seq) + 1, 99, 99 FROM change"
        )
    follower.refresh()
    kinds = follower.figures()["kinds"]
    assert (kinds["pdq"]["count"], kinds["md5"]["count"], "later" in kinds) == (1, 1, False)
