"""Matches by bank and day: each event once for each bank that met, days gone forgotten, a late event of a lower number not lost."""

import json
from datetime import timedelta

import pytest

from amparo.match.by_bank import SETTLED_US, ByBank
from amparo.match.rows import match_event
from amparo.store.db import Database
from amparo.terms.clock import to_us
from tests.conftest import SetClock
from tests.integration.ledger import opened


@pytest.fixture
def db(tmp_path, clock):
    with opened(tmp_path, clock) as house:
        yield house.db


@pytest.fixture
def banks(db: Database, clock: SetClock) -> ByBank:
    return ByBank(db, clock)


def event(db: Database, number: int, at_us: int, *names: str) -> None:
    matches = [{"bank": name, "content_id": at} for at, name in enumerate(names)]
    with db.write() as connection:
        connection.execute(
            match_event.insert().values(
                id=number, at_us=at_us, request_id="r", client_id=1, client="c", suggested_action="review", policy="p",
                generation=1, matches=json.dumps(matches),
            )
        )  # fmt: skip


def test_an_event_counts_once_for_each_bank_of_its_day(db: Database, clock: SetClock, banks: ByBank) -> None:
    today = clock.now()
    event(db, 1, to_us(today - timedelta(days=1)), "a", "a", "b")
    event(db, 2, to_us(today), "a")
    event(db, 3, to_us(today), "a")
    yesterday = (today - timedelta(days=1)).date()
    whole = {(yesterday, "a"): 1, (yesterday, "b"): 1, (today.date(), "a"): 2}
    assert banks.counts(28) == (whole, True)
    assert banks.counts(28) == (whole, True), "counted once, however often it is asked"
    event(db, 4, to_us(today), "b")
    assert banks.counts(28) == ({**whole, (today.date(), "b"): 1}, True)
    assert banks.counts(1) == ({(today.date(), "a"): 2, (today.date(), "b"): 1}, True)


def test_an_event_that_comes_late_with_a_lower_number_is_counted(db: Database, clock: SetClock, banks: ByBank) -> None:
    event(db, 9, to_us(clock.now()), "a")
    assert banks.counts(28)[0] == {(clock.now().date(), "a"): 1}
    event(db, 8, to_us(clock.now()), "a")
    assert banks.counts(28)[0] == {(clock.now().date(), "a"): 2}
    clock.forward(minutes=SETTLED_US // 60_000_000 + 1)
    assert banks.counts(28)[0] == banks.counts(28)[0] == {(clock.now().date(), "a"): 2}


def test_days_gone_are_forgotten(db: Database, clock: SetClock, banks: ByBank) -> None:
    event(db, 1, to_us(clock.now()), "a")
    assert len(banks.counts(28)[0]) == 1
    clock.forward(days=28)
    assert banks.counts(28) == ({}, True)


def test_of_very_many_the_next_call_reads_on(db: Database, clock: SetClock) -> None:
    long_ago = to_us(clock.now() - timedelta(hours=1))
    for number in range(1, 8):
        event(db, number, long_ago, "a")
    banks = ByBank(db, clock, batch=2, rows_max=4)
    found = [banks.counts(28) for _ in range(3)]
    assert [is_whole for _, is_whole in found] == [False, True, True]
    assert [sum(counts.values()) for counts, _ in found] == [4, 7, 7]
