"""Withdrawing and deleting over a real ledger: what stays silent, what comes back, and that nothing is left in the clear."""

import itertools
import threading
from pathlib import Path

import pytest
from sqlalchemy import inspect

from amparo.banks.feed import Mark, candidates, counts_by_kind, everything, left_behind, news_since, signals_in
from amparo.banks.model import Listing
from amparo.errors import Gone, NotFound
from amparo.hashing import KINDS
from amparo.terms.signal import Signal
from tests.conftest import SetClock
from tests.integration.ledger import House, listing, md5, new_bank, opened, pdq, refused


@pytest.fixture
def house(tmp_path: Path, clock: SetClock):
    with opened(tmp_path, clock) as made:
        new_bank(made)
        yield made


def listed_codes(house: House) -> set[bytes]:
    """The codes a matcher started now would hold."""
    by_kind = signals_in(house.db, 1, everything(house.db)[1], list(KINDS))
    return {code for there in by_kind.values() for _, code in there}


# --- withdrawing


def test_withdrawing_leaves_a_tombstone_and_nothing_in_the_clear(house: House, tmp_path: Path):
    code = bytes.fromhex("c0ffee00c0ffee11c0ffee22c0ffee33")
    house.add("A", "site", Listing((Signal("md5", code),), "Fall-4711", "her words", '{"a":"blemish"}'))
    bank = house.banks.bank("A")
    house.banks.give_opinion(bank, 1, "desk", "positive_class")
    gone = house.banks.withdraw(bank, 1)
    assert (gone.withdrawn_at, gone.signals, gone.opinions) == (house.clock.now(), (), ())
    assert (gone.external_id, gone.note, gone.metadata) == (None, None, None)
    assert house.live("A") == []
    assert house.banks.count(bank) == 0
    refused("withdrawn", house.banks.content, bank, 1)
    with pytest.raises(Gone):
        house.banks.annotate(bank, 1, {"note": "back"})
    with pytest.raises(Gone):
        house.banks.give_opinion(bank, 1, "desk", "positive_class")
    with house.db.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM tombstone").scalar_one() == 1
        tables = inspect(connection).get_table_names()
        rows = b"".join(repr(connection.exec_driver_sql(f"SELECT * FROM {one}").all()).encode() for one in tables)
    assert house.db.empty_log()
    house.db.close()
    held = rows + b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert repr(code)[2:-1].encode() not in held
    for trace in (code, code.hex().encode(), b"Fall-4711", b"her words", b"blemish"):
        assert trace not in held


def test_withdrawing_twice_is_once(house: House):
    house.add("A", "site", listing(1, "x"))
    bank = house.banks.bank("A")
    first = house.banks.withdraw(bank, 1)
    house.clock.forward(days=1)
    assert house.banks.withdraw(bank, 1) == first
    assert len(list(house.file.read())) == 1


def test_importing_what_was_withdrawn_stays_silent(house: House):
    house.add("A", "site", listing(1, "x"))
    house.banks.withdraw(house.banks.bank("A"), 1)
    mark = Mark(everything(house.db)[0])
    for _ in range(2):
        assert house.add("A", "site", listing(1, "x"), listing(5, "x")) == [("withdrawn", None)] * 2
    assert house.live("A") == []
    assert news_since(house.db, mark) is None


def test_only_a_relisting_by_the_same_origin_brings_it_back_and_is_recorded(house: House):
    house.add("A", "site", listing(1, "x"))
    house.add("A", "desk", listing(9))
    house.banks.withdraw(house.banks.bank("A"), 1)
    assert house.add("A", "desk", listing(1, "x"), relist=True)[0][0] == "added"  # its own, not the site's
    assert house.add("A", "site", listing(1, "x")) == [("withdrawn", None)]
    ((outcome, content_id),) = house.add("A", "site", listing(1, "x"), relist=True)
    assert (outcome, content_id not in (None, 1)) == ("added", True)
    assert [record.op for record in house.file.read()] == ["withdraw", "relist"]
    assert house.add("A", "site", listing(1, "x")) == [("already", content_id)]
    house.banks.withdraw(house.banks.bank("A"), content_id)
    assert house.add("A", "site", listing(1, "x")) == [("withdrawn", None)]
    assert [record.op for record in house.file.read()] == ["withdraw", "relist", "withdraw"]


def test_relisting_what_was_never_withdrawn_is_listing(house: House):
    assert house.add("A", "site", listing(1), relist=True) == [("added", 1)]
    assert list(house.file.read()) == []


def test_another_origins_listing_of_the_same_hash_stays(house: House):
    house.add("A", "site", listing(1, "x"))
    house.add("A", "desk", listing(1, "y"))
    house.banks.withdraw(house.banks.bank("A"), 1)
    assert [(one.origin, one.signals) for one in house.live("A")] == [("desk", (md5(1),))]
    assert listed_codes(house) == {md5(1).code}


def test_withdrawing_a_picture_silences_its_signals_one_by_one(house: House):
    # listed as a picture, exported as rows, imported again row by row: still withdrawn
    house.add("A", "site", Listing((md5(1), pdq(1))))
    house.banks.withdraw(house.banks.bank("A"), 1)
    assert house.add("A", "site", listing(1), Listing((pdq(1),))) == [("withdrawn", None)] * 2
    assert house.add("A", "site", Listing((pdq(1), md5(1)))) == [("withdrawn", None)]
    assert house.add("A", "desk", listing(1))[0][0] == "added"
    assert {record.op for record in house.file.read()} == {"withdraw", "silence"}


def test_a_content_listed_row_by_row_before_stays_when_the_picture_goes(house: House):
    house.add("A", "site", listing(1), Listing((md5(1), pdq(1))))
    house.banks.withdraw(house.banks.bank("A"), 2)
    assert [one.id for one in house.live("A")] == [1]


# --- a deleted bank


def test_a_deleted_bank_answers_no_more_and_frees_its_name(house: House):
    house.add("A", "site", listing(1, "x"))
    house.banks.delete_bank("a")
    refused("unknown_bank", house.banks.bank, "A")
    refused("unknown_bank", house.banks.delete_bank, "A")
    refused("unknown_bank", house.add, "A", "site", listing(2))
    assert candidates(house.db, [1]) == {}
    new_bank(house, "a")
    assert house.banks.bank("A").name == "a"
    assert house.live("A") == []


def test_purging_clears_deleted_banks_bit_by_bit(house: House):
    new_bank(house, "B")
    house.add("A", "site", *(listing(number) for number in range(5)))
    house.add("B", "site", listing(77))
    assert house.banks.purge() == 0
    house.banks.delete_bank("A")
    assert [house.banks.purge(2) for _ in range(4)] == [2, 2, 1, 0]
    assert listed_codes(house) == {md5(77).code}
    assert left_behind(house.db) == 0


@pytest.mark.parametrize("purged", [False, True])
def test_a_new_bank_of_a_deleted_ones_name_takes_the_same_list(house: House, purged):
    house.add("A", "site", listing(1, "x"), listing(2))
    house.banks.delete_bank("A")
    if purged:
        house.banks.purge()
    new_bank(house)
    assert [outcome for outcome, _ in house.add("A", "site", listing(1, "x"), listing(2))] == ["added", "added"]
    assert [one.signals for one in house.live("A")] == [(md5(1),), (md5(2),)]
    assert counts_by_kind(house.db) == {"md5": 2}
    house.banks.purge()
    assert len(house.live("A")) == 2


def test_what_was_withdrawn_stays_silent_in_a_new_bank_of_the_name(house: House):
    house.add("A", "site", listing(1, "x"))
    house.banks.withdraw(house.banks.bank("A"), 1)
    house.banks.delete_bank("A")
    new_bank(house)
    assert house.add("A", "site", listing(1, "x")) == [("withdrawn", None)]


def test_a_bank_deleted_between_two_parts_of_an_import(house: House):
    house.add("A", "site", listing(1))
    bank = house.banks.bank("A")
    house.banks.delete_bank("A")
    with pytest.raises(NotFound):
        house.add("A", "site", listing(2))
    assert house.banks.contents(bank, 0, 10)[0].id == 1  # there until purged, but no matcher asks for it
    house.banks.purge()
    assert house.banks.contents(bank, 0, 10) == []


def test_imports_while_the_bank_is_deleted_leave_nothing_that_matches(house: House):
    told: list[str] = []

    def many(origin: str) -> None:
        try:
            for number in itertools.count():
                house.add("A", origin, listing(number))
        except NotFound as error:
            told.append(error.slug)

    threads = [threading.Thread(target=many, args=(f"o{number}",)) for number in range(3)]
    for one in threads:
        one.start()
    house.banks.delete_bank("A")
    for one in threads:
        one.join()
    assert told == ["unknown_bank"] * 3
    while house.banks.purge():
        pass
    assert counts_by_kind(house.db) == {}
    assert listed_codes(house) == set()
