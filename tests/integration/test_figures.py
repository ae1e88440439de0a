"""Figures of a desk: what is open and how old, days of work, medians; of nobody alone, and made anew every half minute."""

from datetime import timedelta

import pytest

from amparo.review.action_rows import action
from amparo.review.figures import DAYS, Bookkeeping, Standing
from amparo.review.second_rows import decision
from amparo.review.work_rows import work, work_copy
from amparo.store.db import Database
from amparo.terms.clock import to_us
from tests.integration.ledger import opened

HOUR_US = 3_600_000_000


@pytest.fixture
def books(tmp_path, clock):
    with opened(tmp_path, clock) as house:
        yield Bookkeeping(house.db, clock)


def add_work(db: Database, opened_us: int, **more) -> int:
    values = {
        "kind": "match", "state": "open", "queue": "adult", "due_us": opened_us + HOUR_US, "opened_us": opened_us,
        "updated_us": opened_us, "copies": 1, "minor_possible": 0,
    }  # fmt: skip
    with db.write() as connection:
        return connection.execute(work.insert().values(**values | more)).inserted_primary_key[0]


def add_decision(db: Database, work_id: int, at_us: int, **more) -> None:
    values = {
        "work_id": work_id, "by_id": 1, "by_name": "A", "answer": "confirm", "reason": "", "state": "stands", "key": f"{at_us}",
        "at_us": at_us, "is_override": 0, "looked": 0, "against_request": 0, "opinions": "[]",
    }  # fmt: skip
    with db.write() as connection:
        connection.execute(decision.insert().values(**values | more))


def add_action(db: Database, number: int, work_id: int, at_us: int, name: str, **more) -> None:
    values = {
        "id": number, "client_id": 1, "client": "c", "item_id": "i", "action": name, "ground": "decision", "by_whom": "staff:1",
        "work_id": work_id, "at_us": at_us, "idempotency_key": str(number),
    }  # fmt: skip
    with db.write() as connection:
        connection.execute(action.insert().values(**values | more))


def add_copy(db: Database, work_id: int, first_us: int) -> None:
    values = {
        "work_id": work_id, "client_id": 1, "item_id": "i", "client": "c", "times": 1, "first_us": first_us, "last_us": first_us,
        "kind": "pdq", "view": "identity",
    }  # fmt: skip
    with db.write() as connection:
        connection.execute(work_copy.insert().values(**values))


def test_nothing_is_open_where_nothing_was_ever_opened(books: Bookkeeping) -> None:
    figures = books.now()
    assert (figures.standing, figures.decision_s, figures.hide_s) == ((), None, None)
    assert len(figures.days) == DAYS
    assert figures.days[-1].day == books.clock.now().date()
    assert {(day.opened, day.decided, day.taken_back, day.decision_s) for day in figures.days} == {(0, 0, 0, None)}


def test_what_is_open_is_told_by_kind_queue_and_state(books: Bookkeeping) -> None:
    now = to_us(books.clock.now())
    add_work(books.db, now - 5 * HOUR_US)
    add_work(books.db, now - 2 * HOUR_US, due_us=now + 1)
    add_work(books.db, now - HOUR_US, state="second", kind="case")
    add_work(books.db, now - 9 * HOUR_US, state="done")
    five, one = (books.clock.now() - timedelta(hours=hours) for hours in (5, 1))
    assert books.now().standing == (
        Standing("case", "adult", "second", 1, 0, one),
        Standing("match", "adult", "open", 2, 1, five),
    )


def test_times_are_medians_and_what_decided_nothing_is_left_out(books: Bookkeeping) -> None:
    now = to_us(books.clock.now())
    for hours, more in (
        (1, {}), (2, {}), (9, {"state": "undone"}), (5, {"state": "waits"}), (6, {"state": "outvoted"}), (0, {"by_id": 0}),
    ):  # fmt: skip
        number = add_work(books.db, now - hours * HOUR_US, state="done")
        add_decision(books.db, number, now, **more)
    add_decision(books.db, number, now + 1, answer="undo", by_id=2)
    figures = books.now()
    assert (figures.days[-1].opened, figures.days[-1].decided, figures.days[-1].taken_back) == (6, 3, 1)
    assert figures.decision_s == figures.days[-1].decision_s == 2 * 3600


def test_a_hide_is_counted_from_when_its_copy_was_told_of_and_once(books: Bookkeeping) -> None:
    now = to_us(books.clock.now())
    for number, waited_s in enumerate((1, 3, 5)):
        work_id = add_work(books.db, now)
        add_copy(books.db, work_id, now - waited_s * 1_000_000)
        add_action(books.db, 10 * number + 1, work_id, now, "hide")
        add_action(books.db, 10 * number + 2, work_id, now + 99_000_000, "remove")
    add_action(books.db, 99, work_id, now, "restore", reverses=21)
    day = books.now().days[-1]
    assert (day.hidden, day.removed, day.restored, day.hide_s) == (3, 3, 0, 3.0)


def test_what_is_older_than_the_days_shown_counts_nowhere(books: Bookkeeping) -> None:
    long_ago = to_us(books.clock.now() - timedelta(days=DAYS))
    add_decision(books.db, add_work(books.db, long_ago, state="done"), long_ago)
    assert {(day.opened, day.decided) for day in books.now().days} == {(0, 0)}


def test_those_who_look_share_figures_for_half_a_minute(books: Bookkeeping) -> None:
    first = books.now()
    add_work(books.db, to_us(books.clock.now()))
    books.clock.forward(seconds=29)
    assert books.now() is first
    books.clock.forward(minutes=10)
    assert books.now().days[-1].opened == 1
