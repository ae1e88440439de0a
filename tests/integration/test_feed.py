"""What matchers are told of the banks: every change, in the order of commits, and what a near signal belongs to."""

import threading
from pathlib import Path

import pytest

from amparo.banks import feed
from amparo.banks.feed import candidates, latest_us, news_since
from amparo.banks.model import Listing
from amparo.terms.clock import to_us
from tests.conftest import SetClock
from tests.integration.ledger import House, listing, md5, new_bank, opened, pdq


@pytest.fixture
def house(tmp_path: Path, clock: SetClock):
    with opened(tmp_path, clock) as made:
        new_bank(made)
        yield made


# --- what matchers are told


def test_the_feed_names_what_changed_in_the_order_of_commits(house: House):
    start = news_since(house.db, None).generation
    house.add("A", "site", listing(1), listing(2))
    first = news_since(house.db, start)
    assert [(one.first, one.last, dict(one.by_kind)) for one in first.rereads] == [
        (1, 2, {"md5": [(1, md5(1).code), (2, md5(2).code)]})
    ]
    assert first.banks is None
    house.banks.withdraw(house.banks.bank("A"), 1)
    house.add("A", "site", Listing((pdq(3),)))
    news = news_since(house.db, first.generation)
    assert [(one.first, one.last, dict(one.by_kind)) for one in news.rereads] == [
        (1, 1, {}),
        (3, 3, {"pdq": [(3, pdq(3).code)]}),
    ]
    assert news.generation == first.generation + 2
    assert news_since(house.db, news.generation) is None


def test_signals_that_go_are_told_in_unbroken_runs(house: House):
    house.add("A", "site", *(listing(number, "abacaa"[number]) for number in range(6)))
    start = news_since(house.db, None).generation
    house.banks.withdraw(house.banks.bank("A"), 1)  # signals 1, 3, 5, 6
    assert [(one.first, one.last) for one in news_since(house.db, start).rereads] == [(1, 1), (3, 3), (5, 6)]


def test_a_long_change_is_read_in_slices(house: House, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(feed, "SLICE", 2)
    house.add("A", "site", *(listing(number) for number in range(5)))
    assert [(one.first, one.last) for one in news_since(house.db, None).rereads] == [(1, 2), (3, 4), (5, 5)]


def test_generations_follow_each_other_whoever_writes(house: House):
    def many(origin: str) -> None:
        for number in range(15):
            house.add("A", origin, listing(number))

    start = news_since(house.db, None).generation
    threads = [threading.Thread(target=many, args=(f"o{number}",)) for number in range(3)]
    for one in threads:
        one.start()
    seen, generation = set(), start
    while any(one.is_alive() for one in threads) or news_since(house.db, generation):
        news = news_since(house.db, generation)
        if news:
            seen |= {number for reread in news.rereads for number, _ in reread.by_kind["md5"]}
            generation = news.generation
    assert generation == start + 45
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
