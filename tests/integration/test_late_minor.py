"""Words of under 18 that come after a work was opened, from another list of the same picture; over both ledgers."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from amparo.match.finding import Finder
from amparo.review import work_rows
from amparo.review.seconds import Question
from tests.conftest import SetClock
from tests.integration.ledger import refused
from tests.integration.reviewing import ANN, BEN, NOT_THIS, Desk, lists, reviewing


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
    assert marked.minor_cause == "stated"
    assert [one.bank for one in desk.card(marked.id).contents] == ["partners"], "what is near is no ground to decide on"
    wrong = Question("clear_minor", f"work:{marked.id}", answer="clear", reason="wrong mark here")
    desk.seconds.answer(BEN, desk.seconds.ask(ANN, wrong), yes=True)
    cleared = desk.card(marked.id).work
    assert (cleared.queue, cleared.minor_possible, cleared.minor_cause) == ("adult", False, ""), (
        "two people know better"
    )


def test_a_statement_over_several_files_gives_a_work_none_of_them(desk: Desk) -> None:
    lists(desk, 1)
    desk.upload(1, "i1", bits=5)
    desk.asks_for(1, 7, 8, age="minor_stated")
    desk.feeder.work_once()
    marked = desk.only()
    assert (marked.queue, marked.minor_cause) == ("under_18", "stated")
    desk.decide(ANN, marked.id)
    assert desk.asked() == [("i1", "remove")]
    assert desk.shown() == []
    desk.upload(7, "i7", bits=0)
    assert ("i7", "remove") not in desk.asked(), "nobody decided on that picture"
    assert desk.only().copies == 1, "and it is a work of its own"


def test_all_open_works_near_a_statement_are_marked_in_steps_and_decided_ones_left(desk: Desk) -> None:
    lists(desk, 1)
    desk.upload(1, "done", bits=5)
    done = desk.only()
    desk.decide(ANN, done.id, NOT_THIS)
    with desk.minors.db.write() as connection:
        first = work_rows.work_by_id(connection, done.id)
        assert first is not None
        for _ in range(5):
            copied = {**first._mapping, "state": "open", "decision_id": None, "decided_us": None}
            del copied["id"]
            number = work_rows.add_work(connection, copied)
            work_rows.add_contents(connection, number, {work_rows.contents_of(connection, [done.id])[0]: "partners"})
    desk.asks_for(1, age="minor_stated")
    replace(desk.feeder, late_minor=replace(desk.feeder.late_minor, at_once=2)).work_once()
    assert [one.minor_cause for one in desk.works()] == ["stated"] * 5
    assert desk.card(done.id).work.minor_cause == ""


def test_where_too_much_is_near_the_case_is_taken_all_the_same(desk: Desk) -> None:
    lists(desk, 1)
    lists(desk, 1, "others")
    desk.upload(1, "i1", bits=5)
    desk.asks_for(1, age="minor_stated")
    narrow = replace(desk.feeder.late_minor, finder=Finder(desk.queue.db, desk.room.matcher.lookup, hits_max=1))
    replace(desk.feeder, late_minor=narrow).work_once()
    assert desk.only().queue == "adult"
    assert [one.queue for one in desk.works(kinds=("case",))] == ["under_18"]
    refused("too_many_hits", narrow.settle, desk.only().id)


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
