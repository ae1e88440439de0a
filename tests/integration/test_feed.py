"""What matchers are told of the banks: every change, in the order of commits, and what a near signal belongs to."""

import threading
from pathlib import Path

import pytest

from amparo.banks.feed import (
    NARROW,
    SLICE,
    LedgerWentBack,
    Mark,
    Newest,
    Seen,
    candidates,
    everything,
    latest_us,
    news_since,
)
from amparo.banks.model import Listing
from amparo.terms.clock import to_us
from tests.conftest import SetClock
from tests.integration.ledger import House, listing, md5, new_bank, opened, pdq


@pytest.fixture
def house(tmp_path: Path, clock: SetClock):
    with opened(tmp_path, clock) as made:
        new_bank(made)
        yield made


def told(house: House, mark: Mark, at_once: int = SLICE) -> tuple[list[int], dict[str, list[tuple[int, bytes]]], Mark]:
    """The next piece: ids read again, what is there of them, and how far that is."""
    news = news_since(house.db, mark, at_once)
    assert news is not None
    return news.reread.ids.tolist(), {kind: list(there) for kind, there in news.reread.by_kind.items()}, news.mark


def start(house: House) -> Mark:
    return Mark(everything(house.db)[0])


# --- what matchers are told


def test_the_feed_names_what_changed_in_the_order_of_commits(house: House):
    mark = start(house)
    house.add("A", "site", listing(1), listing(2))
    ids, there, mark = told(house, mark)
    assert (ids, there) == ([1, 2], {"md5": [(1, md5(1).code), (2, md5(2).code)]})
    house.banks.withdraw(house.banks.bank("A"), 1)
    house.add("A", "site", Listing((pdq(3),)))
    ids, there, after = told(house, mark)
    assert (ids, there) == ([1, 3], {"pdq": [(3, pdq(3).code)]})
    assert after == Mark(mark.seq + 2)
    assert news_since(house.db, after) is None


def test_banks_are_told_when_a_policy_changed_and_only_then(house: House):
    mark = start(house)
    house.add("A", "site", listing(1))
    news = news_since(house.db, mark)
    assert (news.banks, news.is_all) == (None, True)
    new_bank(house, "B")
    assert [one.name for one in news_since(house.db, news.mark).banks] == ["A", "B"]


def test_signals_that_go_are_told_in_unbroken_runs(house: House):
    house.add("A", "site", *(listing(number, "abacaa"[number]) for number in range(6)))
    mark = start(house)
    house.banks.withdraw(house.banks.bank("A"), 1)  # signals 1, 3, 5, 6
    assert told(house, mark) == ([1, 3, 5, 6], {}, Mark(mark.seq + 3))


def test_a_long_change_comes_in_pieces_and_each_piece_is_read_as_it_is_now(house: House):
    mark = start(house)
    house.add("A", "site", *(listing(number) for number in range(5)))
    ids, there, after = told(house, mark, 2)
    assert (ids, [number for number, _ in there["md5"]], after) == ([1, 2], [1, 2], Mark(mark.seq, 3))
    house.banks.withdraw(house.banks.bank("A"), 4)
    ids, there, after = told(house, after, 2)
    assert (ids, [number for number, _ in there["md5"]], after) == ([3, 4], [3], Mark(mark.seq, 5))
    news = news_since(house.db, after, 2)
    assert (news.reread.ids.tolist(), news.mark, news.is_all) == ([4, 5], Mark(mark.seq + 2), True)


def test_many_changes_come_in_pieces_too(house: House):
    mark = start(house)
    for number in range(5):
        house.add("A", "site", listing(number))
    pieces = []
    while (news := news_since(house.db, mark, 2)) is not None:
        pieces.append((news.reread.ids.tolist(), news.is_all))
        mark = news.mark
    assert pieces == [([1, 2], False), ([3, 4], False), ([5], True)]


def test_a_long_run_and_single_signals_are_read_alike(house: House):
    mark = start(house)
    house.add("A", "site", *(listing(number) for number in range(NARROW + 5)))
    house.add("A", "site", Listing((pdq(3),)))
    _, there, mark = told(house, mark)
    assert ([number for number, _ in there["md5"]], there["pdq"]) == (
        list(range(1, NARROW + 6)),
        [(NARROW + 6, pdq(3).code)],
    )


def test_a_ledger_that_went_back_is_not_followed(house: House):
    with pytest.raises(LedgerWentBack):
        news_since(house.db, Mark(everything(house.db)[0] + 1))


def test_a_look_tells_the_newest_change_and_the_newest_of_a_policy(house: House):
    newest = Newest(house.db)
    first = newest.look(0, 0)
    assert (first.newest, first.newest_policy) == (1, 1)  # the bank of this test
    house.add("A", "site", listing(1))
    assert newest.now(first.newest, first.newest_policy) == Seen(2, 1)
    new_bank(house, "B")
    assert newest.now(2, 1) == Seen(3, 3)
    assert newest.now(4, 3) == Seen(0, 3)  # nothing from there on
    newest.close()
    assert newest.look(3, 3) == Seen(3, 3)
    newest.close()


def test_generations_follow_each_other_whoever_writes(house: House):
    def many(origin: str) -> None:
        for number in range(15):
            house.add("A", origin, listing(number))

    first = mark = start(house)
    threads = [threading.Thread(target=many, args=(f"o{number}",)) for number in range(3)]
    for one in threads:
        one.start()
    seen = set()
    while any(one.is_alive() for one in threads) or news_since(house.db, mark):
        news = news_since(house.db, mark)
        if news:
            seen |= {number for number, _ in news.reread.by_kind["md5"]}
            mark = news.mark
    assert mark == Mark(first.seq + 45)
    assert seen == set(range(1, 46))  # a follower misses nothing


def test_candidates_are_read_with_bank_and_opinions(house: House):
    house.add("A", "site", listing(1), listing(2))
    house.banks.give_opinion(house.banks.bank("A"), 2, "desk", "negative_class")
    house.banks.guard([1])
    found = candidates(house.db, [1, 2, 3])
    assert sorted(found) == [1, 2]
    assert (found[1].content_id, found[1].kind, found[1].origin, found[1].is_flooded) == (1, "md5", "site", True)
    assert [one.opinion for one in found[2].opinions] == ["negative_class"]
    assert found[2].bank == house.banks.bank("A")
    house.banks.withdraw(house.banks.bank("A"), 1)
    assert sorted(candidates(house.db, [1, 2])) == [2]


def test_latest_is_the_last_listing_or_withdrawal(house: House):
    assert latest_us(house.db) == 0
    house.add("A", "site", listing(1))
    assert latest_us(house.db) == to_us(house.clock.now())
    house.clock.forward(hours=1)
    house.banks.withdraw(house.banks.bank("A"), 1)
    assert latest_us(house.db) == to_us(house.clock.now())
