"""The withdrawals file: its chain, its torn end, its key, and how an older ledger is brought up to it."""

import shutil
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from amparo.banks.identity import Namer
from amparo.banks.replay import adopt, disagreements, replay, settle_file
from amparo.banks.withdrawals import TAIL_BYTES, Record, WithdrawalsFile
from amparo.errors import Misconfigured, Tampered
from amparo.store.db import Database
from amparo.store.transfer import copied_to_file, filled_from_file
from tests.conftest import SetClock
from tests.integration.ledger import KEY, House, listing, new_bank, opened, refused
from tests.ledgers import LEDGERS

AT = datetime(2026, 1, 1, 12, 0, 0, 5, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> WithdrawalsFile:
    return WithdrawalsFile(tmp_path / "there" / "withdrawals.log", KEY)


def record(number: int, op: str = "withdraw") -> Record:
    return Record(op, AT, number.to_bytes(32, "big"))


def damaged(act, *given) -> str:
    with pytest.raises(Tampered) as caught:
        act(*given)
    assert caught.value.slug == "withdrawals_damaged"
    return caught.value.text


# --- the file by itself


def test_what_is_appended_is_read_in_order(file: WithdrawalsFile):
    assert list(file.read()) == []
    file.append([record(1), record(2, "silence")])
    file.append([record(1, "relist")])
    file.append([])
    assert list(file.read()) == [record(1), record(2, "silence"), record(1, "relist")]
    assert file.settled() == {record(1).identity: "relist", record(2).identity: "silence"}
    assert file.path.stat().st_mode & 0o077 == 0


def test_many_lines_are_chained_across_appends(file: WithdrawalsFile):
    for start in range(0, 60, 20):
        file.append(record(number) for number in range(start, start + 20))
    assert file.path.stat().st_size > 2 * TAIL_BYTES
    assert list(file.read()) == [record(number) for number in range(60)]


@pytest.mark.parametrize("line", [0, 3, 9])
def test_every_changed_letter_is_found_where_it_stands(file: WithdrawalsFile, line):
    file.append(record(number) for number in range(10))
    whole = file.path.read_bytes()
    width = len(whole) // 10
    for at in range(line * width, line * width + width - 1, 7):
        for new in (b"0", b"1", b" ", b"\n", b"\xff"):
            if whole[at : at + 1] == new:
                continue
            file.path.write_bytes(whole[:at] + new + whole[at + 1 :])
            assert f"line {line + 1}" in damaged(list, file.read())


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: lines[:1] + lines[2:],  # one left out
        lambda lines: [lines[1], lines[0], lines[2]],  # two changed about
        lambda lines: lines + lines[-1:],  # one said twice
        lambda lines: lines[1:],  # the first left out
        lambda lines: [lines[0].upper(), *lines[1:]],
        lambda lines: [b"\n", *lines],
        lambda lines: [*lines, b"v1 withdraw 2026-01-01T12:00:00.000005Z 00 00\n"],
        lambda lines: [*lines, b"v1 burn " + lines[-1].split(b" ", 2)[2]],
    ],
)
def test_lines_left_out_moved_or_added_are_found(file: WithdrawalsFile, change):
    file.append(record(number) for number in range(3))
    file.path.write_bytes(b"".join(change(file.path.read_bytes().splitlines(keepends=True))))
    damaged(list, file.read())


def test_with_another_key_nothing_of_it_holds(file: WithdrawalsFile):
    file.append([record(1)])
    assert "line 1" in damaged(list, WithdrawalsFile(file.path, b"x" * 32).read())


@pytest.mark.parametrize("torn", [1, 10, 100, 150])
def test_a_torn_last_line_was_never_acknowledged_and_goes_with_the_next(file: WithdrawalsFile, torn):
    file.append([record(1), record(2)])
    whole = file.path.read_bytes()
    file.append([record(3)])
    file.path.write_bytes(file.path.read_bytes()[: len(whole) + torn])
    assert list(file.read()) == [record(1), record(2)]
    file.append([record(4)])
    assert list(file.read()) == [record(1), record(2), record(4)]


def test_a_torn_first_line_leaves_an_empty_file(file: WithdrawalsFile):
    file.append([record(1)])
    file.path.write_bytes(file.path.read_bytes()[:30])
    assert list(file.read()) == []
    file.append([record(2)])
    assert list(file.read()) == [record(2)]


@pytest.mark.parametrize("tail", [b"\0" * 4_096, b"x" * 4_096, b"x" * 4_096 + b"\n", b"\xff\n"])
def test_nothing_is_appended_behind_what_is_no_line(file: WithdrawalsFile, tail):
    file.append([record(1)])
    whole = file.path.read_bytes() + tail
    file.path.write_bytes(whole)
    damaged(file.append, [record(2)])
    assert file.path.read_bytes() == whole


def test_writers_at_once_keep_one_chain(file: WithdrawalsFile):
    def many(start: int) -> None:
        own = WithdrawalsFile(file.path, KEY)
        for number in range(start, start + 10):
            own.append([record(number), record(number, "relist")])

    threads = [threading.Thread(target=many, args=(1_000 * number,)) for number in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    read = list(file.read())
    assert len(read) == 60
    assert all(one.identity == two.identity for one, two in zip(read[::2], read[1::2], strict=True))


def test_a_folder_in_its_place_is_said_in_words(file: WithdrawalsFile):
    file.path.mkdir(parents=True)
    with pytest.raises(Misconfigured) as caught:
        file.append([record(1)])
    assert caught.value.slug == "file_refused"


def test_no_hash_name_or_id_stands_in_it(tmp_path: Path, clock: SetClock):
    with opened(tmp_path, clock) as house:
        new_bank(house, "SecretBank")
        house.add("SecretBank", "SecretSite", listing(0xC0FFEE, "Fall-4711"))
        house.banks.withdraw(house.banks.bank("SecretBank"), 1)
        held = house.file.path.read_text().lower()
    for trace in ("secret", "4711", "c0ffee"):
        assert trace not in held


# --- an older ledger


def older(house: House, tmp_path: Path) -> Path:
    """A folder with the ledger as it is now, to go on without it."""
    (tmp_path / "older").mkdir()
    copied_to_file(house.db, tmp_path / "older" / "ledger.sqlite")
    if LEDGERS.is_postgres:
        filled_from_file(Database(LEDGERS.url(tmp_path / "older", is_new=True)), tmp_path / "older" / "ledger.sqlite")
    return tmp_path / "older"


def with_file_of(house: House, folder: Path) -> None:
    shutil.copy(house.file.path, folder / "withdrawals.log")


def test_an_older_ledger_loses_what_was_withdrawn_since(tmp_path: Path, clock: SetClock):
    with opened(tmp_path, clock) as house:
        new_bank(house)
        house.add("A", "site", listing(1, "x"), listing(2, "y"), listing(3))
        folder = older(house, tmp_path)
        house.banks.withdraw(house.banks.bank("A"), 1)
        house.add("A", "site", listing(4, "later"))
        house.banks.withdraw(house.banks.bank("A"), house.live("A")[-1].id)
        with_file_of(house, folder)
    with opened(folder, clock) as restored:
        assert len(restored.live("A")) == 3
        late, relisted = disagreements(restored.banks)
        assert (len(late), relisted) == (2, set())
        assert replay(restored.banks) == 2
        assert [one.external_id for one in restored.live("A")] == ["y", None]
        assert disagreements(restored.banks) == (set(), set())
        assert replay(restored.banks) == 0
        assert restored.add("A", "site", listing(1, "x"), listing(4, "later")) == [("withdrawn", None)] * 2


def test_an_older_ledger_learns_of_relistings_too(tmp_path: Path, clock: SetClock):
    with opened(tmp_path, clock) as house:
        new_bank(house)
        house.add("A", "site", listing(1, "x"))
        house.banks.withdraw(house.banks.bank("A"), 1)
        folder = older(house, tmp_path)
        house.add("A", "site", listing(1, "x"), relist=True)
        with_file_of(house, folder)
    with opened(folder, clock) as restored:
        assert replay(restored.banks) == 1
        assert restored.live("A") == []  # what was listed since comes with the next import, no longer silent
        assert restored.add("A", "site", listing(1, "x"))[0][0] == "added"


def test_a_silenced_signal_does_not_take_a_live_content_with_it(tmp_path: Path, clock: SetClock):
    with opened(tmp_path, clock) as house:
        new_bank(house)
        house.add("A", "site", listing(1))
        house.file.append([Record("silence", AT, Namer(KEY, "a", "site").by_signals(listing(1).signals))])
        replay(house.banks)
        assert len(house.live("A")) == 1
        assert replay(house.banks) == 0


def test_a_damaged_file_stops_withdrawing_and_replaying_and_changes_nothing(tmp_path: Path, clock: SetClock):
    with opened(tmp_path, clock) as house:
        new_bank(house)
        house.add("A", "site", listing(1, "x"), listing(2, "y"))
        bank = house.banks.bank("A")
        house.banks.withdraw(bank, 1)
        house.file.path.write_bytes(b"x" + house.file.path.read_bytes()[1:])
        damaged(replay, house.banks)
        damaged(house.banks.withdraw, bank, 2)
        assert [one.id for one in house.live("A")] == [2]


def test_without_the_file_an_older_ledger_stays_as_it_is(tmp_path: Path, clock: SetClock):
    with opened(tmp_path, clock) as house:
        new_bank(house)
        house.add("A", "site", listing(1, "x"))
        assert replay(house.banks) == 0
        assert len(house.live("A")) == 1


# --- a file that is not the one the ledger knows


def test_a_lost_or_older_file_is_noticed_and_only_adopted_on_purpose(tmp_path: Path, clock: SetClock):
    with opened(tmp_path, clock) as house:
        new_bank(house)
        house.add("A", "site", listing(1, "x"), listing(2, "y"), listing(3, "z"))
        bank = house.banks.bank("A")
        house.banks.withdraw(bank, 1)
        settle_file(house.banks)
        old = house.file.path.read_bytes()
        house.banks.withdraw(bank, 2)
        newest = house.file.path.read_bytes()
        for held in (old, None, newest[:-20]):
            house.file.path.unlink(missing_ok=True)
            if held is not None:
                house.file.path.write_bytes(held)
            for act in (settle_file, replay):
                refused("withdrawals_elsewhere", act, house.banks)
            refused("withdrawals_elsewhere", house.banks.withdraw, bank, 3)
        assert [one.id for one in house.live("A")] == [3]
        house.file.path.write_bytes(newest)
        settle_file(house.banks)
        house.file.path.write_bytes(old)
        assert adopt(house.banks) == 1
        settle_file(house.banks)
        assert disagreements(house.banks) == (set(), set())
        house.banks.withdraw(bank, 3)
        assert adopt(house.banks) == 0
        assert len(list(house.file.read())) == 3
        assert house.live("A") == []


def test_what_was_listed_again_after_the_adopted_copy_is_withdrawn(tmp_path: Path, clock: SetClock):
    with opened(tmp_path, clock) as house:
        new_bank(house)
        house.add("A", "site", listing(1, "x"))
        house.banks.withdraw(house.banks.bank("A"), 1)
        old = house.file.path.read_bytes()
        house.add("A", "site", listing(1, "x"), relist=True)
        assert len(house.live("A")) == 1
        house.file.path.write_bytes(old)
        assert adopt(house.banks) == 0
        assert replay(house.banks) == 1
        assert house.live("A") == []


def test_another_key_than_the_ledgers_is_noticed(tmp_path: Path, clock: SetClock):
    with opened(tmp_path, clock) as house:
        settle_file(house.banks)
    with opened(tmp_path, clock, b"q" * 32) as other:
        refused("key_differs", settle_file, other.banks)


def test_a_file_that_went_on_is_the_same_file(tmp_path: Path, clock: SetClock):
    """Whoever wrote to it last may not have committed: the ledger is behind, and that is told by the replay, not here."""
    with opened(tmp_path, clock) as house:
        new_bank(house)
        house.add("A", "site", listing(1, "x"))
        house.banks.withdraw(house.banks.bank("A"), 1)
        house.file.append([record(7)])
        settle_file(house.banks)
        assert replay(house.banks) == 1
