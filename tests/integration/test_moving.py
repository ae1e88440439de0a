"""Opinions and moves in the transaction of a room above: what stays of a content, what the old bank keeps, and the way back."""

from pathlib import Path

import pytest

from amparo.access.model import OPERATOR
from amparo.banks.feed import counts_by_kind, left_behind
from amparo.banks.model import Listing
from amparo.banks.replay import disagreements, replay
from amparo.match.service import Matcher, Question
from amparo.terms.signal import Signal
from tests.conftest import SetClock
from tests.integration.ledger import House, listing, md5, new_bank, opened, pdq, refused


@pytest.fixture
def house(tmp_path: Path, clock: SetClock):
    with opened(tmp_path, clock) as made:
        new_bank(made)
        new_bank(made, "B")
        yield made


def moved(house: House, ids: list[int], bank: str, *, relist: bool = False) -> dict[int, int]:
    with house.db.write() as connection:
        return house.banks.move_within(connection, ids, bank, relist=relist)


def gave(house: House, ids: list[int], opinion: str, client: str = "desk") -> dict[int, str | None]:
    with house.db.write() as connection:
        return house.banks.give_opinion_within(connection, ids, client, opinion)


def took_back(house: House, ids: list[int], before=None) -> None:
    with house.db.write() as connection:
        house.banks.take_back_opinion_within(connection, ids, "desk", before)


def said(house: House, bank: str = "A") -> dict[int, list[tuple[str, str]]]:
    return {one.id: [(by.client, by.opinion) for by in one.opinions] for one in house.live(bank)}


def asked(matcher: Matcher, signal: Signal, **question) -> list[tuple[str, int]]:
    verdict = matcher.judge(OPERATOR, "request", [signal], Question(**question))
    return [(one.bank, one.content_id) for one in verdict.matches]


# --- opinions


def test_opinions_are_given_to_contents_of_any_bank_and_tell_what_was_said_before(house: House):
    house.add("A", "site", listing(1, "x"))
    house.add("B", "site", listing(1, "x"))
    house.banks.give_opinion(house.banks.bank("A"), 1, "desk", "investigation_seed")
    house.banks.give_opinion(house.banks.bank("A"), 1, "site", "negative_class")
    assert gave(house, [1, 2, 99], "positive_class") == {1: "investigation_seed", 2: None}
    assert said(house) == {1: [("desk", "positive_class"), ("site", "negative_class")]}
    assert said(house, "B") == {2: [("desk", "positive_class")]}


def test_an_opinion_taken_back_leaves_the_others_and_puts_back_what_was_said(house: House):
    house.add("A", "site", listing(1, "x"), listing(2, "y"))
    house.banks.give_opinion(house.banks.bank("A"), 1, "site", "negative_class")
    gave(house, [1], "investigation_seed")
    before = gave(house, [1, 2], "positive_class")
    took_back(house, [1, 2], before)
    assert said(house) == {1: [("desk", "investigation_seed"), ("site", "negative_class")], 2: []}
    took_back(house, [1, 2])
    assert said(house) == {1: [("site", "negative_class")], 2: []}


def test_no_opinion_on_what_was_withdrawn(house: House):
    house.add("A", "site", listing(1, "x"))
    house.banks.withdraw(house.banks.bank("A"), 1)
    assert gave(house, [1], "positive_class") == {}
    took_back(house, [1], {1: "positive_class"})
    refused("unknown_opinion", gave, house, [1], "harmless")


# --- moving


def test_a_moved_content_keeps_who_it_is_and_answers_from_the_new_bank(house: House):
    house.add("A", "case:1", Listing((md5(1), pdq(1)), "file:1", "a note", "{}"))
    house.banks.give_opinion(house.banks.bank("A"), 1, "site", "positive_class")
    (before,) = house.live("A")
    assert moved(house, [1], "B") == {1: 1}
    assert house.live("A") == []
    (after,) = house.live("B")
    assert after.bank_id == house.banks.bank("B").id
    for part in ("id", "origin", "external_id", "note", "metadata", "created_at", "signals", "opinions"):
        assert getattr(after, part) == getattr(before, part)
    refused("unknown_content", house.banks.content, house.banks.bank("A"), 1)


def test_a_running_matcher_answers_from_the_new_bank_at_its_next_look(house: House):
    house.add("A", "case:1", Listing((md5(1),), "file:1"))
    matcher = house.matcher()
    first = matcher.judge(OPERATOR, "r1", [md5(1)], Question())
    moved(house, [1], "B")
    then = matcher.judge(OPERATOR, "r2", [md5(1)], Question())
    assert ([one.bank for one in first.matches], [one.bank for one in then.matches]) == (["A"], ["B"])
    assert then.index_generation > first.index_generation
    assert asked(matcher, md5(1), bank_ids=frozenset({house.banks.bank("A").id})) == []


def test_the_old_bank_keeps_a_tombstone_and_its_origin_cannot_list_it_there_again(house: House):
    house.add("A", "case:1", listing(1, "x"))
    house.add("A", "other", listing(1, "x"))
    moved(house, [1], "B")
    assert house.add("A", "case:1", listing(1, "x")) == [("withdrawn", None)]
    assert house.add("A", "other", listing(1, "x")) == [("already", 2)]
    assert house.add("B", "case:1", listing(1, "x")) == [("already", 1)]
    assert [one.op for one in house.file.read()] == ["relist", "move"]
    assert disagreements(house.banks) == (set(), set())
    assert left_behind(house.db) == 0


def test_without_an_external_id_each_hash_alone_is_silent_too(house: House):
    house.add("A", "case:1", Listing((md5(1), md5(2))))
    moved(house, [1], "B")
    for number in (1, 2):
        assert house.add("A", "case:1", listing(number)) == [("withdrawn", None)]
    assert house.add("B", "case:1", Listing((md5(1), md5(2)))) == [("already", 1)]


def test_the_way_back_is_an_explicit_relist_and_recorded(house: House):
    house.add("A", "case:1", Listing((md5(1), md5(2))))
    moved(house, [1], "B")
    refused("withdrawn_there", moved, house, [1], "A")
    assert [one.id for one in house.live("B")] == [1]
    assert moved(house, [1], "A", relist=True) == {1: 1}
    assert [one.id for one in house.live("A")] == [1]
    assert house.live("B") == []
    assert house.add("B", "case:1", Listing((md5(1), md5(2)))) == [("withdrawn", None)]
    assert sorted(one.op for one in house.file.read()) == sorted(
        ["relist", "move", "silence", "silence", "relist", "relist", "relist", "move", "silence", "silence"]
    )
    assert disagreements(house.banks) == (set(), set())
    assert moved(house, [1], "B", relist=True) == {1: 1}


def test_a_withdrawal_reaches_what_was_moved_by_the_id_it_always_had(house: House):
    house.add("A", "case:1", listing(1, "x"))
    moved(house, [1], "B")
    with house.db.write() as connection:
        house.banks.withdraw_within(connection, [1])
    assert house.live("B") == []
    assert counts_by_kind(house.db) == {}
    for bank in ("A", "B"):
        assert house.add(bank, "case:1", listing(1, "x")) == [("withdrawn", None)]


def test_where_its_origin_lists_it_there_already_the_two_become_one(house: House):
    house.add("A", "case:1", Listing((md5(1), md5(2)), "x"))
    house.add("B", "case:1", Listing((md5(2), md5(3)), "x"))
    gave(house, [1], "positive_class", "site")
    gave(house, [1], "positive_class")
    gave(house, [2], "negative_class")
    assert moved(house, [1], "B") == {1: 2}
    (one,) = house.live("B")
    assert (one.id, set(one.signals)) == (2, {md5(1), md5(2), md5(3)})
    assert said(house, "B") == {2: [("desk", "negative_class"), ("site", "positive_class")]}
    assert counts_by_kind(house.db) == {"md5": 3}
    matcher = house.matcher()
    assert [asked(matcher, md5(number)) for number in (1, 2, 3)] == [[("B", 2)]] * 3
    assert left_behind(house.db) == 0


def test_contents_of_two_banks_that_are_one_in_the_third(house: House):
    new_bank(house, "C")
    house.add("A", "case:1", listing(1, "x"))
    house.add("B", "case:1", listing(2, "x"))
    assert moved(house, [1, 2], "C") == {1: 1, 2: 1}
    (one,) = house.live("C")
    assert set(one.signals) == {md5(1), md5(2)}


def test_what_is_there_gone_or_of_a_deleted_bank_is_passed_over(house: House):
    house.add("A", "site", listing(1, "x"), listing(2, "y"))
    house.add("B", "site", listing(3, "z"))
    house.banks.withdraw(house.banks.bank("A"), 1)
    assert moved(house, [1, 3, 77], "B") == {3: 3}
    assert moved(house, [], "B") == {}
    house.banks.delete_bank("A")
    assert moved(house, [2], "B") == {}
    refused("unknown_bank", moved, house, [3], "A")
    assert len(list(house.file.read())) == 1


def test_what_a_deleted_namesake_still_holds_is_no_hindrance(house: House):
    house.add("B", "site", listing(1, "x"))
    house.banks.delete_bank("B")
    new_bank(house, "B")
    house.add("A", "site", listing(2, "x"))
    assert moved(house, [2], "B") == {2: 2}
    assert [one.signals for one in house.live("B")] == [(md5(2),)]


def test_a_move_that_was_not_committed_is_a_withdrawal_where_nobody_follows_it(house: House):
    """The file is on disk before the database: what it says holds, though the answer was an error (adr/0001). With its room: test_marks_kept.py."""
    house.add("A", "case:1", listing(1, "x"))

    def broken_off() -> None:
        with house.db.write() as connection:
            house.banks.move_within(connection, [1], "B")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken_off()
    assert [one.id for one in house.live("A")] == [1]
    assert replay(house.banks) == 1
    assert house.live("A") == []
    assert house.live("B") == []
