"""Words of under 18 that come after a work was opened, from another list of the same picture; over both ledgers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from amparo.review import work_rows
from amparo.review.seconds import Question
from tests.conftest import SetClock
from tests.integration.reviewing import ANN, BEN, Desk, lists, reviewing


@pytest.fixture
def desk(tmp_path: Path, clock: SetClock) -> Iterator[Desk]:
    with reviewing(tmp_path, clock) as opened:
        yield opened


def test_a_statement_of_under_18_marks_the_work_that_was_open_of_the_same_picture(desk: Desk) -> None:
    lists(desk, 1)
    lists(desk, 2)
    desk.upload(1, "i1", bits=5)
    desk.upload(2, "i2", bits=5)
    desk.asks_for(1, age="minor_stated")
    desk.feeder.work_once()
    (marked, other) = sorted(desk.works(), key=lambda one: one.queue, reverse=True)
    assert (marked.queue, marked.minor_possible, other.queue) == ("under_18", True, "adult")
    assert marked.due_at < other.due_at
    assert {one.bank for one in desk.card(marked.id).contents} == {"partners", "portal_under_18"}
    wrong = Question("clear_minor", f"work:{marked.id}", answer="clear", reason="wrong mark here")
    desk.seconds.answer(BEN, desk.seconds.ask(ANN, wrong), yes=True)
    assert {one.id: one.queue for one in desk.works()}[marked.id] == "under_18", "her own word stays"


def test_a_statement_that_comes_between_two_answers_ends_looks_and_gives_the_second_nothing_new(desk: Desk) -> None:
    lists(desk, 1)
    desk.upload(1, "i1", bits=5)
    number = desk.only().id
    with desk.minors.db.write() as connection:
        work_rows.set_work(connection, number, {"state": "second"})
    desk.asks_for(1, age="minor_stated")
    desk.feeder.work_once()
    marked = desk.works(state="second")[0]
    assert (marked.queue, marked.minor_possible) == ("under_18", True)
    assert {one.bank for one in desk.card(number).contents} == {"partners"}


def test_a_withdrawn_statement_marks_nothing(desk: Desk) -> None:
    lists(desk, 1)
    desk.upload(1, "i1")
    desk.asks_for(1, age="minor_stated")
    desk.room.withdraw()
    desk.room.work()
    desk.feeder.work_once()
    assert desk.only().queue == "adult"
