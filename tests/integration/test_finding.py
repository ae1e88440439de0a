"""Staff's search: what is near, by each bank's own threshold, nearest first and each content once; what is no question is refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from amparo.banks.model import BankPolicy, Listing
from amparo.match.finding import SIGNALS_MAX, Finder
from amparo.match.lookup import Lookup
from tests.conftest import SetClock
from tests.integration.ledger import House, md5, new_bank, opened, pdq, refused


@pytest.fixture
def house(tmp_path: Path, clock: SetClock) -> Iterator[House]:
    with opened(tmp_path, clock) as made:
        yield made


@pytest.fixture
def finder(house: House) -> Iterator[Finder]:
    lookup = Lookup(house.db)
    yield Finder(house.db, lookup)
    lookup.close()


def apart(bits: int) -> int:
    return (1 << bits) - 1


def found(finder: Finder, *signals) -> list[tuple[str, int, str, int]]:
    return [
        (one.candidate.bank.name, one.candidate.content_id, one.kind, one.distance_bits) for one in finder.find(signals)
    ]


def test_each_bank_is_asked_by_its_own_threshold_and_the_nearest_comes_first(house: House, finder: Finder):
    new_bank(house, "Wide", thresholds={"pdq": 40})
    new_bank(house, "Narrow", thresholds={"pdq": 10})
    new_bank(house, "Paused", paused=True)
    ((_, far),) = house.add("Wide", "site", Listing((pdq(apart(35)),)))
    ((_, near),) = house.add("Narrow", "site", Listing((pdq(apart(9)),)))
    house.add("Narrow", "site", Listing((pdq(apart(20)),)))
    ((_, paused),) = house.add("Paused", "site", Listing((pdq(apart(12)),)))
    assert found(finder, pdq(0)) == [
        ("Narrow", near, "pdq", 9), ("Paused", paused, "pdq", 12), ("Wide", far, "pdq", 35),
    ]  # fmt: skip


def test_a_content_is_found_once_by_its_nearest_signal(house: House, finder: Finder):
    new_bank(house)
    ((_, one),) = house.add("A", "site", Listing((pdq(apart(20)), md5(1))))
    assert found(finder, pdq(0), pdq(apart(18)), pdq(apart(9)), md5(2)) == [("A", one, "pdq", 2)]
    assert found(finder, pdq(0), md5(1)) == [("A", one, "md5", 0)]


def test_contents_like_one_are_found_whatever_their_bank_is_set_to(house: House, finder: Finder):
    new_bank(house, "Wide", thresholds={"pdq": 40})
    new_bank(house, "Narrow", thresholds={"pdq": 10})
    new_bank(house, "Paused", paused=True, polarity="negative")
    ((_, one),) = house.add("Narrow", "site", Listing((pdq(0), md5(1))))
    ((_, wide),) = house.add("Wide", "site", Listing((pdq(apart(35)),)))
    ((_, paused),) = house.add("Paused", "site", Listing((md5(1),)))
    house.add("Wide", "site", Listing((pdq(apart(80)),)))
    assert finder.like([one]) == {one: "Narrow", wide: "Wide", paused: "Paused"}
    assert finder.like([wide]) == {wide: "Wide"}, "each by the threshold of the bank it stands in"
    (bank,) = [each for each in house.banks.banks() if each.name == "Wide"]
    house.banks.withdraw(bank, wide)
    assert finder.like([wide]) == finder.like([]) == {}


def test_what_is_no_question_is_refused(house: House, finder: Finder):
    new_bank(house)
    refused("no_signals", finder.find, [])
    refused("no_signals", finder.find, [pdq(0, quality=0)])
    refused("too_many_signals", finder.find, [pdq(number) for number in range(SIGNALS_MAX + 1)])


def test_what_is_withdrawn_is_not_found(house: House, finder: Finder):
    house.banks.new_bank("A", BankPolicy())
    ((_, number),) = house.add("A", "site", Listing((pdq(0),)))
    assert found(finder, pdq(0)) == [("A", number, "pdq", 0)]
    house.banks.withdraw(house.banks.bank("A"), number)
    assert found(finder, pdq(0)) == []
