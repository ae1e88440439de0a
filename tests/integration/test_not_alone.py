"""What one person alone must not bring about around the rules of two: late copies and requests, undo, marks that grew, full works."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from amparo.access.model import Principal
from amparo.match.model import Item
from amparo.match.service import Question as MatchQuestion
from amparo.review import work_rows
from amparo.review.seconds import Question
from amparo.review.settings import ReviewSettings
from tests.conftest import SetClock
from tests.integration.ledger import new_bank, refused
from tests.integration.reviewing import (
    ADMIN,
    ANN,
    BEN,
    CONFIRM,
    EVE,
    LEAD,
    NOT_THIS,
    Desk,
    lists,
    reviewing,
    signals,
    staff,
)


@pytest.fixture
def desk(tmp_path: Path, clock: SetClock) -> Iterator[Desk]:
    with reviewing(tmp_path, clock, ReviewSettings(undo_standing_per_day=2)) as opened:
        yield opened


def asked_for(desk: Desk) -> int:
    """A work that a person's case asks for, hidden."""
    desk.asks_for(1)
    desk.upload(1)
    return desk.only().id


def test_what_waits_for_a_second_answer_gains_the_very_same_picture_alone(desk: Desk) -> None:
    asked = asked_for(desk)
    assert desk.decide(ANN, asked, NOT_THIS).word == "waits_for_second"
    desk.upload(1, "near", bits=9, at="photos")
    desk.upload(1, "nearer", bits=7, at="photos")
    desk.upload(1, "same", bits=0)
    first = desk.only(state="second")
    other = desk.only()
    assert (first.id, first.copies, other.copies) == (asked, 2, 2)
    (waiting,) = desk.seconds.waiting(BEN)
    desk.seconds.answer(BEN, waiting.id, yes=True)
    assert [desk.stands("i1"), desk.stands("same")] == ["restore", "restore"]
    assert [desk.stands("near", "photos"), desk.stands("nearer", "photos")] == ["hide", "hide"], (
        "neither of the two saw them"
    )


def test_taking_back_shows_to_nobody_what_may_show_somebody_under_18(desk: Desk) -> None:
    lists(desk, 1, action="hide")
    new_bank(desk.room.house, "portal_under_18")
    desk.upload(1)
    work = desk.only().id
    before = desk.decide(ANN, work).decision
    assert before is not None
    desk.minors.set_minor(BEN, work)
    for who in (ANN, BEN):
        desk.deciding.undo(LEAD, desk.record()[-1].id)
        assert desk.stands() == "remove"
        assert desk.only().minor_possible
        assert desk.decide(who, work).word == "decided"
    refused("undo_limit", desk.deciding.undo, LEAD, desk.record()[-1].id)
    desk.deciding.undo(BEN, desk.record()[-1].id)
    refused("same_person", desk.decide, BEN, work)
    assert desk.asked() == [("i1", "hide"), ("i1", "remove")]
    assert desk.decide(ANN, work, NOT_THIS).word == "waits_for_second"
    (waiting,) = desk.seconds.waiting(LEAD)
    desk.seconds.answer(LEAD, waiting.id, yes=True)
    assert desk.stands() == "restore", "two said so"


def test_a_request_that_came_after_the_decision_keeps_it_down_when_that_is_taken_back(desk: Desk) -> None:
    lists(desk, 1, action="hide")
    desk.upload(1)
    made = desk.decide(ANN, desk.only().id).decision
    assert made is not None
    desk.asks_for(1)
    desk.upload(1)
    desk.deciding.undo(ANN, made.id)
    assert desk.stands() == "hide"
    assert desk.asked()[-1] == ("i1", "hide")


def test_what_is_no_card_is_told_to_be_loaded_anew(desk: Desk) -> None:
    asked = asked_for(desk)
    shown = desk.card(asked).shown
    for wrong in ("9" * 5_000 + "-" + shown.partition("-")[2], "\u0661-" + shown.partition("-")[2], "-", "1"):
        refused("card_grew", desk.decide, ANN, asked, replace(CONFIRM, shown=wrong))
    assert desk.decide(ANN, asked, replace(CONFIRM, shown=shown)).word == "decided"


def test_what_came_after_two_were_asked_keeps_its_mark(desk: Desk) -> None:
    lists(desk, 1, action="hide")
    lists(desk, 2, action="hide")
    new_bank(desk.room.house, "portal_under_18")
    desk.upload(1, "a")
    desk.upload(2, "b", at="photos")
    first, other = (one.id for one in desk.works())
    desk.minors.set_minor(EVE, first)
    desk.minors.set_minor(EVE, other)
    question = Question("clear_minor", f"work:{first}", answer="clear", reason="wrong mark here")
    number = desk.seconds.ask(ANN, question)
    principal = Principal(1, desk.client("forum"), "forum", "platform")
    both = [*signals(1, 3), *signals(2, 3)]
    desk.room.matcher.judge(principal, "r", both, MatchQuestion(Item("x"), is_raw=True))
    desk.feeder.work_once()
    desk.seconds.answer(BEN, number, yes=True)
    marked = {one.id: one.minor_possible for one in desk.works()}
    assert marked[other], "nobody was asked about it"
    assert [len(desk.room.house.live(name)) for name in ("partners", "portal_under_18")] == [1, 1]


def test_a_work_that_is_full_takes_what_it_has_and_the_next_opens_another(desk: Desk) -> None:
    lists(desk, 1, action="hide")
    desk.upload(1, "first")
    work = desk.only().id
    told = {"client": "forum", "times": 1, "first_us": 1, "last_us": 1, "event_id": 1, "report_id": None}
    facts = {"kind": "pdq", "distance_bits": 3, "threshold_bits": 31, "view": "identity"}
    with desk.room.house.db.write() as connection:
        for number in range(1, work_rows.COPIES_MAX):
            same = {"work_id": work, "client_id": desk.client("forum"), "item_id": f"i{number}"}
            work_rows.add_copy(connection, same | told | facts)
        work_rows.set_work(connection, work, {"copies": work_rows.COPIES_MAX})
    desk.upload(1, "first", bits=2)
    assert desk.only().copies == work_rows.COPIES_MAX
    desk.upload(1, "next")
    assert sorted(one.copies for one in desk.works()) == [1, work_rows.COPIES_MAX]
    desk.decide(ANN, work)
    assert (desk.stands("i1"), desk.stands("next")) == ("remove", "hide")


def test_what_others_asked_for_is_reached_behind_any_number_of_ones_own_and_of_what_a_role_does_not_see(
    desk: Desk,
) -> None:
    lists(desk, 1)
    desk.upload(1)
    work, opening = desk.only().id, Question("open_tip", "tip:x", {"uid": "x"}, "open", "a reason of ours")
    tips = [desk.seconds.ask(LEAD, replace(opening, subject=f"tip:{number}")) for number in range(3)]
    desk.minors.set_minor(EVE, work)
    clear = Question("clear_minor", f"work:{work}", {}, "clear", "a reason of ours")
    last = desk.seconds.ask(ANN, clear)
    assert [one.id for one in desk.seconds.waiting(BEN, limit=1)] == [last], "a reviewer opens no tips"
    assert [one.id for one in desk.seconds.waiting(LEAD, limit=1)] == [last], "and nobody answers what they asked"
    assert desk.seconds.waiting(staff(5, "caseworker")) == [], "who sees no work of matches"
    assert [one.id for one in desk.seconds.asked(LEAD, limit=2)] == tips[:2]
    assert [one.id for one in desk.seconds.asked(LEAD, after=tips[1])] == tips[2:]
    assert [one.id for one in desk.seconds.waiting(ADMIN, limit=2)] == tips[:2]
    assert [one.id for one in desk.seconds.waiting(ADMIN, after=tips[1])] == [tips[2], last]
    assert desk.seconds.waits_among("open_tip", ["tip:1", "tip:9"]) == {"tip:1"}
