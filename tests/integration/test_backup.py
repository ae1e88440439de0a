"""Backup and restore over real ledgers: whole or not at all, and what was withdrawn since stays silent."""

import threading
import time
from pathlib import Path

import pytest

from amparo.cli.main import main
from amparo.errors import Conflict, Misconfigured
from amparo.review.model import Wanted
from amparo.store.snapshot import faults
from tests.integration.restoring import add, bring_back, furnished, listing, make, opened, origins_met, withdraw
from tests.ledgers import LEDGERS


@pytest.fixture
def house(tmp_path: Path) -> Path:
    return furnished(tmp_path / "data")


def command(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """A restore on the command line; its exit status."""
    folder = Path(words[words.index("--data") + 1])
    LEDGERS.renew(folder)
    for name, value in LEDGERS.variables(folder).items():
        monkeypatch.setenv(name, value)
    return main(list(words))


def test_what_was_withdrawn_after_the_backup_stays_silent(house: Path, tmp_path: Path) -> None:
    file = make(house, tmp_path / "b")
    withdraw(house, 2)
    done = bring_back(tmp_path / "r", file, house / "withdrawals.log")
    assert (done.withdrawals, done.newer, done.set_right, done.is_current) == (2, 1, 1, True)
    assert origins_met(tmp_path / "r", 1) == {"one", "two"}
    assert origins_met(tmp_path / "r", 2) == {"two"}, "the other origin's listing stands, the withdrawn one is silent"
    assert origins_met(tmp_path / "r", 3) == {"two"}
    assert (tmp_path / "r" / "withdrawals.log").read_bytes() == (house / "withdrawals.log").read_bytes()
    with opened(tmp_path / "r") as rooms:  # importing it again does not bring it back
        assert rooms.banks.list_contents("A", "one", [listing(2)])[0].outcome == "withdrawn"


def test_a_number_of_an_action_that_was_given_after_the_backup_is_never_given_again(
    house: Path, tmp_path: Path
) -> None:
    def ordered(folder: Path, item: str) -> int:
        with opened(folder) as rooms, rooms.db.write() as connection:
            return rooms.actions.order(connection, Wanted(1, item, "hide", "decision", "staff:1"))

    with opened(house) as rooms:
        rooms.access.new_client("forum")
    make(house, tmp_path / "none")
    before = ordered(house, "i1")
    make(house, tmp_path / "some")
    lost = [ordered(house, f"i{number}") for number in range(2, 5)]
    for name in ("none", "some"):
        bring_back(tmp_path / f"r-{name}", tmp_path / name)
        now = ordered(tmp_path / f"r-{name}", "i9")
        assert now > max(before, *lost), "a platform would take it for one it did long ago"
        with opened(tmp_path / f"r-{name}") as rooms:
            assert [one.id for one in rooms.actions.after(1, max(lost), 10)] == [now], (
                "who asks goes on where they were"
            )


def test_without_the_withdrawals_file_it_is_said_loudly(
    house: Path, tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(house, tmp_path / "b")
    withdraw(house, 2)
    capsys.readouterr()
    assert command(monkeypatch, "restore", str(tmp_path / "b"), "--data", str(tmp_path / "r")) == 0
    told = capsys.readouterr()
    assert told.err.count("WARNING") == 3
    assert "NOT in force" in told.err
    assert origins_met(tmp_path / "r", 2) == {"one", "two"}, "nobody could know"
    log = str(house / "withdrawals.log")
    more = ("--data", str(tmp_path / "r2"), "--withdrawals", log)
    assert command(monkeypatch, "restore", str(tmp_path / "b"), *more) == 0
    assert "WARNING" not in capsys.readouterr().err


def test_a_copy_older_than_the_backup_is_no_news(house: Path, tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes((house / "withdrawals.log").read_bytes())
    withdraw(house, 2)
    done = bring_back(tmp_path / "r", make(house, tmp_path / "b"), tmp_path / "old")
    assert (done.withdrawals, done.is_current) == (2, False)
    assert origins_met(tmp_path / "r", 2) == {"two"}


def test_the_configured_file_is_replayed_and_goes_on(house: Path, tmp_path: Path) -> None:
    shared = tmp_path / "shared" / "w.log"
    file = make(house, tmp_path / "b")
    withdraw(house, 2)
    shared.parent.mkdir()
    shared.write_bytes((house / "withdrawals.log").read_bytes())
    done = bring_back(tmp_path / "r", file, WITHDRAWALS_FILE=str(shared))
    assert (done.withdrawals, done.newer, done.is_current) == (2, 1, True)
    assert not (tmp_path / "r" / "withdrawals.log").exists()
    assert origins_met(tmp_path / "r", 2, WITHDRAWALS_FILE=str(shared)) == {"two"}

    withdraw(house, 1)
    done = bring_back(tmp_path / "r3", file, house / "withdrawals.log", WITHDRAWALS_FILE=str(shared))
    assert done.withdrawals == 3
    assert shared.read_bytes() == (house / "withdrawals.log").read_bytes(), (
        "the shared file was brought up to the newest"
    )


def test_files_that_went_different_ways_are_refused(house: Path, tmp_path: Path) -> None:
    file = make(house, tmp_path / "b")
    bring_back(tmp_path / "r", file)
    withdraw(house, 1)
    withdraw(tmp_path / "r", 2)
    later = make(tmp_path / "r", tmp_path / "b2")
    with pytest.raises(Conflict) as refused:
        bring_back(tmp_path / "r2", later, house / "withdrawals.log")
    assert refused.value.slug == "withdrawals_differ"
    assert not (tmp_path / "r2").exists()


def test_a_key_from_the_environment_is_not_in_the_backup(house: Path, tmp_path: Path) -> None:
    key, other = (house / "secrets" / "withdrawals.key").read_text().strip(), "ab" * 32
    file = make(house, tmp_path / "b", WITHDRAWALS_KEY=key)
    assert bytes.fromhex(key) not in file.read_bytes()
    assert key.encode() not in file.read_bytes()
    for variables, slug in (({}, "secret_missing"), ({"WITHDRAWALS_KEY": other}, "key_differs")):
        with pytest.raises(Misconfigured) as refused:
            bring_back(tmp_path / "r", file, **variables)
        assert refused.value.slug == slug
    bring_back(tmp_path / "r", file, WITHDRAWALS_KEY=key)
    assert origins_met(tmp_path / "r", 3, WITHDRAWALS_KEY=key) == {"two"}


def test_backups_made_while_others_write_are_each_one_moment(house: Path, tmp_path: Path) -> None:
    acknowledged: list[int] = []
    gone: list[int] = []
    done = threading.Event()

    def write() -> None:
        with opened(house) as rooms:
            bank = rooms.banks.bank("A")
            for number in range(100, 100_000):
                content_id = add(rooms, "one", number)[number]
                acknowledged.append(number)
                if number % 5 == 0:
                    rooms.banks.withdraw(bank, content_id)
                    gone.append(number)
                if done.is_set():
                    return

    writer = threading.Thread(target=write)
    writer.start()
    try:
        moments = []
        for at in range(4):
            wanted = len(acknowledged) + 20
            while len(acknowledged) < wanted and writer.is_alive():
                time.sleep(0.01)
            before = set(acknowledged), set(gone)
            make(house, tmp_path / f"b{at}")
            moments.append(before)
    finally:
        done.set()
        writer.join()
    for at, (listed, withdrawn) in enumerate(moments):
        folder = tmp_path / f"r{at}"
        bring_back(folder, tmp_path / f"b{at}")
        assert LEDGERS.is_postgres or faults(folder / "ledger.sqlite") == []
        with opened(folder) as rooms:
            contents = rooms.banks.contents(rooms.banks.bank("A"), 6, 1000)
            there = {int(one.external_id[1:]) for one in contents}
            assert all(len(one.signals) == 2 for one in contents)
        top = max(there)
        missing = set(range(100, top + 1)) - there
        assert listed - withdrawn <= there | set(gone), "acknowledged before the backup began, and not in it"
        assert missing <= set(gone), "a hole: not one moment"
        assert withdrawn.isdisjoint(there)


def test_a_lost_withdrawals_file_stops_the_start_until_it_is_given_up_on_purpose(
    house: Path, tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = house / "withdrawals.log"
    log.rename(tmp_path / "lost")
    with pytest.raises(Misconfigured) as refused, opened(house):
        raise AssertionError("opened without the file that the ledger knows")
    assert refused.value.slug == "withdrawals_elsewhere"
    assert not log.exists()
    for name, value in LEDGERS.variables(house).items():
        monkeypatch.setenv(name, value)
    assert main(["withdrawals", "adopt", "--data", str(house)]) == 0
    assert "1 withdrawals of the ledger's were written" in capsys.readouterr().err
    assert origins_met(house, 3) == {"two"}
    file = make(house, tmp_path / "b")
    assert bring_back(tmp_path / "r", file, log).withdrawals == 1
    assert origins_met(tmp_path / "r", 3) == {"two"}
