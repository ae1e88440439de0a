"""Decisions and their undo: what they order, what they say, who may take them back, two people where one must not decide alone."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from amparo.errors import AmparoError
from amparo.review.model import Decision
from amparo.review.reporting import Report
from amparo.review.seconds import Both, Question, Seconds
from amparo.review.settings import ReviewSettings
from tests.conftest import SetClock
from tests.integration.ledger import new_bank, refused
from tests.integration.reviewing import ADMIN, ANN, BEN, CONFIRM, EVE, LEAD, NOT_THIS, Desk, lists, reviewing, staff

WRONG = Decision("not_this", None, "listing_wrong")
WHY = "a partner needs it"


@pytest.fixture
def desk(tmp_path: Path, clock: SetClock) -> Iterator[Desk]:
    with reviewing(tmp_path, clock, ReviewSettings(undo_standing_per_day=2)) as opened:
        yield opened


@pytest.fixture
def asked(desk: Desk) -> int:
    """A work that a person's case asks for, hidden."""
    desk.asks_for(1)
    desk.upload(1)
    return desk.only().id


def opinions(desk: Desk, bank: str = "portal") -> list[tuple[str, str]]:
    return [(two.client, two.opinion) for one in desk.room.house.live(bank) for two in one.opinions]


def test_a_confirmation_removes_every_copy_and_says_so_to_banks_and_person(desk: Desk, asked: int) -> None:
    desk.upload(1, "i2", at="photos")
    outcome = desk.decide(ANN, asked)
    assert (outcome.word, desk.stands(), desk.stands("i2", "photos")) == ("decided", "remove", "remove")
    assert opinions(desk) == [("desk", "positive_class")]
    assert sorted(desk.shown()) == ["confirmed", "hidden", "hidden", "removed", "removed"]
    assert desk.works() == []
    assert [one.id for one in desk.works(state="done")] == [asked]
    made = desk.record()[-1]
    assert (made.by, made.answer, made.action) == ("staff-1", "confirm", "remove")


def test_staff_can_choose_to_hide_only(desk: Desk, asked: int) -> None:
    desk.decide(ANN, asked, Decision("confirm", "hide"))
    assert desk.stands() == "hide"
    desk.clock.forward(days=60)
    assert desk.hides.end_due() == 0, "what was confirmed does not end by itself"


def test_not_this_restores_what_nobody_asked_for(desk: Desk) -> None:
    lists(desk, 1, action="hide")
    desk.upload(1)
    assert desk.decide(ANN, desk.only().id, WRONG).word == "decided"
    assert desk.stands() == "restore"
    assert opinions(desk, "partners") == [("desk", "negative_class")]


def test_a_decision_that_was_sent_twice_is_one(desk: Desk, asked: int) -> None:
    first = desk.decide(ANN, asked, key="form")
    again = desk.decide(ANN, asked, key="form")
    assert (again.word, again.decision) == (first.word, first.decision)
    other = desk.decide(BEN, asked, NOT_THIS, key="form")
    assert (other.word, other.decision and other.decision.id) == ("already", first.decision and first.decision.id)
    assert len(desk.record()) == 1
    assert desk.asked() == [("i1", "hide"), ("i1", "remove")]


def test_of_many_who_decide_at_once_one_does(desk: Desk, asked: int) -> None:
    words: list[str] = []

    def decide(number: int) -> None:
        words.append(desk.deciding.decide(staff(number), asked, CONFIRM, f"k{number}").word)

    turns = [threading.Thread(target=decide, args=(number,)) for number in range(1, 7)]
    for one in turns:
        one.start()
    for one in turns:
        one.join()
    assert sorted(words) == ["already"] * 5 + ["decided"]
    assert len(desk.record()) == 1
    assert desk.asked() == [("i1", "hide"), ("i1", "remove")]


def test_who_has_the_card_decides_until_the_lock_is_over_and_another_took_it(desk: Desk, asked: int) -> None:
    desk.queue.card(ANN, asked)
    refused("work_locked", desk.decide, BEN, asked)
    desk.clock.forward(minutes=11)
    desk.queue.card(BEN, asked)
    refused("work_locked", desk.decide, ANN, asked)
    assert desk.decide(BEN, asked).word == "decided"


def test_a_lock_that_is_over_and_that_nobody_took_does_not_matter(desk: Desk, asked: int) -> None:
    desk.queue.card(ANN, asked)
    desk.clock.forward(minutes=11)
    assert desk.decide(ANN, asked).word == "decided"


def test_undo_is_a_new_record_and_reverses_in_order(desk: Desk, asked: int) -> None:
    made = desk.decide(ANN, asked).decision
    assert made is not None
    assert [one.id for one in desk.deciding.recent(ANN, 5)] == [made.id]
    undo = desk.deciding.undo(ANN, made.id)
    assert (undo.answer, undo.undoes) == ("undo", made.id)
    assert desk.deciding.undo(ANN, made.id) == undo, "an answer that was lost is asked for again"
    assert desk.asked() == [("i1", "hide"), ("i1", "remove"), ("i1", "restore")]
    assert opinions(desk) == []
    assert [(one.answer, one.undone_by) for one in desk.record()] == [("confirm", undo.id), ("undo", None)]
    assert desk.shown().count("restored") == 1
    assert desk.only().id == asked
    assert desk.deciding.recent(ANN, 5) == []


def test_an_undo_gives_back_what_the_desk_said_before(desk: Desk) -> None:
    content = lists(desk, 1, action="hide")
    house = desk.room.house
    house.banks.give_opinion(house.banks.bank("partners"), content, "desk", "positive_class")
    desk.upload(1)
    made = desk.decide(ANN, desk.only().id, WRONG).decision
    assert made is not None
    desk.deciding.undo(ANN, made.id)
    assert opinions(desk, "partners") == [("desk", "positive_class")]
    assert desk.stands() == "hide", "what was restored is hidden as before"


def test_undo_is_for_who_decided_or_a_lead_and_for_ten_minutes(desk: Desk, asked: int) -> None:
    made = desk.decide(ANN, asked).decision
    assert made is not None
    refused("undo_not_yours", desk.deciding.undo, BEN, made.id)
    desk.clock.forward(minutes=10, seconds=1)
    refused("undo_over", desk.deciding.undo, ANN, made.id)
    refused("unknown_decision", desk.deciding.undo, ANN, 999)
    other = desk.decide(ANN, asked)
    assert other.word == "already"


def test_a_lead_takes_back_anothers(desk: Desk, asked: int) -> None:
    made = desk.decide(ANN, asked).decision
    assert made is not None
    assert desk.deciding.undo(LEAD, made.id).by_id == LEAD.id


def test_who_took_a_confirmation_back_does_not_decide_it_again(desk: Desk, asked: int) -> None:
    made = desk.decide(ANN, asked).decision
    assert made is not None
    desk.deciding.undo(ANN, made.id)
    refused("same_person", desk.decide, ANN, asked)
    assert desk.queue.next(ANN, desk.all) is None
    assert desk.decide(BEN, asked).word == "decided"


def test_taking_back_against_a_request_is_counted(desk: Desk, asked: int) -> None:
    for _ in range(2):
        made = desk.decide(BEN, asked).decision
        assert made is not None
        desk.deciding.undo(LEAD, made.id)
    made = desk.decide(BEN, asked).decision
    assert made is not None
    refused("undo_limit", desk.deciding.undo, LEAD, made.id)
    assert desk.stands() == "remove"
    desk.clock.forward(days=1)
    again = desk.decide(BEN, asked)
    assert again.word == "already"


def test_against_a_request_one_person_only_asks(desk: Desk, asked: int) -> None:
    outcome = desk.decide(ANN, asked, NOT_THIS)
    assert outcome.word == "waits_for_second"
    assert desk.stands() == "hide"
    assert [one.id for one in desk.works(state="second")] == [asked]
    assert desk.deciding.made(None, 10) == [], "the record tells it once it is over"
    assert desk.card(asked, BEN).decisions == ()
    assert [one.answer for one in desk.card(asked, ANN).decisions] == ["not_this"]
    refused("same_person", desk.decide, ANN, asked, NOT_THIS)
    assert desk.decide(ANN, asked, NOT_THIS, key="k0").word == "waits_for_second", "the same form again"
    assert desk.decide(BEN, asked, NOT_THIS).word == "decided"
    assert desk.stands() == "restore"
    assert [(one.by, one.answer) for one in desk.record()] == [("staff-1", "not_this"), ("staff-2", "not_this")]


def test_of_two_different_answers_the_stricter_stands(desk: Desk, asked: int) -> None:
    desk.decide(ANN, asked, NOT_THIS)
    assert desk.decide(BEN, asked, CONFIRM).word == "decided"
    assert desk.stands() == "remove"


def test_the_first_takes_back_what_waits(desk: Desk, asked: int) -> None:
    made = desk.decide(ANN, asked, NOT_THIS).decision
    assert made is not None
    desk.deciding.undo(ANN, made.id)
    assert desk.only().id == asked
    assert desk.seconds.waiting(BEN) == []
    assert desk.decide(ANN, asked).word == "decided"


def test_what_two_lifted_one_can_hide_again(desk: Desk, asked: int) -> None:
    desk.decide(ANN, asked, NOT_THIS)
    made = desk.decide(BEN, asked, NOT_THIS).decision
    assert made is not None
    desk.deciding.undo(BEN, made.id)
    assert desk.stands() == "hide"
    assert desk.only().id == asked


def test_an_item_that_another_work_asks_for_stays_hidden(desk: Desk, asked: int) -> None:
    """It met two pictures, one of which nobody asked for."""
    lists(desk, 2, action="hide")
    desk.upload(2, "i1", bits=5)
    other = next(one.id for one in desk.works() if one.id != asked)
    assert desk.decide(ANN, other, NOT_THIS).word == "decided"
    assert desk.stands() == "hide"
    made = desk.decide(BEN, asked).decision
    assert made is not None
    assert desk.stands() == "remove"


def test_an_undo_restores_nothing_that_another_work_removed(desk: Desk, asked: int) -> None:
    lists(desk, 2, action="hide")
    desk.upload(2, "i1", bits=5)
    other = next(one.id for one in desk.works() if one.id != asked)
    made = desk.decide(ANN, asked).decision
    assert made is not None
    desk.decide(BEN, other)
    desk.deciding.undo(ANN, made.id)
    assert desk.stands() == "remove"


def test_many_are_decided_each_for_itself(desk: Desk, asked: int) -> None:
    desk.asks_for(2, number=2)
    desk.upload(2, "i2")
    other = next(one.id for one in desk.works() if one.id != asked)
    desk.queue.card(EVE, other)
    made = desk.deciding.decide_many(ANN, [asked, other, 999, asked], CONFIRM, "all")
    assert [(one.work_id, one.slug, one.outcome and one.outcome.word) for one in made] == [
        (asked, "", "decided"),
        (other, "work_locked", None),
        (999, "unknown_work", None),
    ]
    refused("too_many_works", desk.deciding.decide_many, ANN, list(range(1, 202)), CONFIRM, "all")


@pytest.mark.parametrize(
    ("decision", "slug"),
    [
        (Decision("not_this"), "bad_reason"),
        (Decision("not_this", None, "because"), "bad_reason"),
        (Decision("undo"), "bad_decision"),
        (Decision("confirm", "restore"), "bad_decision"),
    ],
)
def test_a_decision_is_one_of_those_there_are(desk: Desk, asked: int, decision: Decision, slug: str) -> None:
    refused(slug, desk.decide, ANN, asked, decision)
    refused("bad_decision", desk.deciding.decide, ANN, asked, CONFIRM, "")
    assert desk.only().id == asked


def test_each_role_decides_its_own_kinds_of_work(desk: Desk, asked: int) -> None:
    refused("unknown_work", desk.decide, staff(5, "caseworker"), asked)
    refused("staff_role", desk.decide, staff(6, "auditor"), asked)
    assert desk.decide(ADMIN, asked).word == "decided"


def test_a_reported_item_is_acted_on_without_any_bank(desk: Desk) -> None:
    desk.reports.take(desk.client("forum"), "forum", Report("i1", "intimate"))
    made = desk.decide(ANN, desk.only().id).decision
    assert made is not None
    assert desk.stands() == "remove"
    desk.deciding.undo(ANN, made.id)
    assert desk.decide(ANN, desk.only().id, NOT_THIS).word == "decided", "nobody asked for it"
    assert desk.stands() == "restore"


# --- two people


def test_a_second_person_answers_from_the_list(desk: Desk, asked: int) -> None:
    desk.decide(ANN, asked, NOT_THIS)
    (waiting,) = desk.seconds.waiting(BEN)
    assert (waiting.kind, waiting.subject, waiting.work_id, waiting.facts) == ("lift_hide", f"work:{asked}", asked, ())
    assert desk.seconds.waiting(ANN) == []
    assert [one.id for one in desk.seconds.asked(ANN)] == [waiting.id]
    refused("same_person", desk.seconds.answer, ANN, waiting.id, yes=True)
    refused("unknown_second", desk.seconds.answer, staff(5, "caseworker"), waiting.id, yes=True)
    desk.seconds.answer(BEN, waiting.id, yes=True)
    assert desk.stands() == "restore"
    refused("second_answered", desk.seconds.answer, EVE, waiting.id, yes=False)
    refused("unknown_second", desk.seconds.one, EVE, 999)


def test_a_no_confirms(desk: Desk, asked: int) -> None:
    desk.decide(ANN, asked, NOT_THIS)
    desk.seconds.answer(BEN, desk.seconds.waiting(BEN)[0].id, yes=False)
    assert desk.stands() == "remove"


def test_a_desk_of_one_overrides_with_a_reason_that_is_kept(desk: Desk, asked: int) -> None:
    desk.decide(ADMIN, asked, NOT_THIS)
    (waiting,) = desk.seconds.asked(ADMIN)
    refused("staff_role", desk.seconds.override, LEAD, waiting.id, "nobody else is here")
    refused("bad_reason", desk.seconds.override, ADMIN, waiting.id, "because")
    desk.seconds.override(ADMIN, waiting.id, "nobody else is here")
    assert desk.stands() == "restore"
    assert desk.record()[-1].is_override
    (done,), number = desk.seconds.overrides(None, 10)
    assert (done.kind, done.by, done.reason, done.work_id) == ("lift_hide", ADMIN.name, "nobody else is here", asked)
    assert number == 1
    assert desk.seconds.overrides(done.id, 10) == ([], 1)


def test_the_switch_is_set_by_one_and_cleared_by_two(desk: Desk) -> None:
    lists(desk, 1, action="hide")
    new_bank(desk.room.house, "portal_under_18", action="hide")
    desk.upload(1)
    work = desk.only().id
    desk.minors.set_minor(ANN, work, "school uniform")
    assert [len(desk.room.house.live(bank)) for bank in ("partners", "portal_under_18")] == [0, 1]
    assert (desk.only().queue, desk.card(work).comments[-1].text) == ("under_18", "under 18: school uniform")
    assert desk.decide(ANN, work, NOT_THIS).word == "waits_for_second", "one person does not lift it either"
    desk.upload(1, "i2", bits=0)
    assert desk.only(state="second").copies == 2

    question = Question("clear_minor", f"work:{work}", answer="clear", reason="she is known to be thirty")
    asked = desk.seconds.ask(ANN, question)
    assert desk.seconds.ask(BEN, question) == asked, "it is asked once"
    refused("same_person", desk.seconds.answer, ANN, asked, yes=True)
    desk.seconds.answer(BEN, asked, yes=True)
    assert [len(desk.room.house.live(bank)) for bank in ("partners", "portal_under_18")] == [1, 0]
    assert not desk.only(state="second").minor_possible


def test_the_switch_reaches_all_that_shares_a_content(desk: Desk) -> None:
    lists(desk, 1, action="hide")
    new_bank(desk.room.house, "portal_under_18", action="hide")
    desk.upload(1, "a", bits=9)
    first = desk.only().id
    desk.decide(ANN, first)
    desk.upload(1, "b", bits=12)
    second = desk.only().id
    desk.minors.set_minor(ANN, second)
    assert desk.only(state="done").queue == "under_18"
    desk.upload(1, "c", bits=14)
    assert desk.only().copies == 2
    assert desk.only().minor_possible


def test_only_what_may_show_a_child_can_be_cleared(desk: Desk, asked: int) -> None:

    refused("not_minor", desk.seconds.ask, ANN, Question("clear_minor", f"work:{asked}"))
    refused("unknown_work", desk.seconds.ask, ANN, Question("clear_minor", "work:999"))


def test_what_another_room_asks_for_is_carried_out_with_the_second_yes(desk: Desk) -> None:

    done: list[tuple[dict, Both]] = []
    executors = {"export": lambda _connection, payload, both: done.append((dict(payload), both))}
    seconds = Seconds(desk.deciding.db, desk.clock, desk.deciding, desk.minors, executors)
    asked = seconds.ask(LEAD, Question("export", "bank:A", {"bank": "A", "secret": 7}, reason=WHY))
    assert seconds.waiting(BEN) == [], "a reviewer exports nothing"
    assert seconds.one(ADMIN, asked).facts == (("bank", "A"), ("asked_by", LEAD.name), ("reason", WHY))
    seconds.answer(ADMIN, asked, yes=True)
    ((payload, both),) = done
    assert (payload["bank"], both.first_id, both.second.id, both.is_override) == ("A", LEAD.id, ADMIN.id, False)


@pytest.mark.parametrize("reason", ["", " " * 20, "too short", "x" * 1_001, "a nul \0 in it"])
def test_nobody_is_asked_for_a_second_answer_without_a_reason(desk: Desk, reason: str) -> None:
    refused("bad_reason", desk.seconds.ask, LEAD, Question("export", "bank:A", reason=reason))
    assert desk.seconds.waiting(ADMIN) == []


def test_what_fails_in_carrying_out_leaves_the_question_open(desk: Desk) -> None:

    def fails(*_given: object) -> None:
        raise AmparoError("unexpected", "it failed")

    seconds = Seconds(desk.deciding.db, desk.clock, desk.deciding, desk.minors, {"export": fails})
    asked = seconds.ask(LEAD, Question("export", "bank:A", reason=WHY))
    refused("unexpected", seconds.answer, ADMIN, asked, yes=True)
    assert [one.id for one in seconds.waiting(ADMIN)] == [asked]


def test_a_near_copy_that_came_after_the_card_is_looked_at_first(desk: Desk) -> None:
    lists(desk, 1, action="hide")
    desk.upload(1, "a")
    card = desk.card(desk.only().id, ANN)
    desk.upload(1, "b", bits=9)
    for answer in (CONFIRM, NOT_THIS):
        refused("card_grew", desk.decide, ANN, card.work.id, replace(answer, shown=card.shown))
    assert [one for one in desk.asked() if one[1] != "hide"] == []
    again = desk.card(card.work.id, ANN)
    assert [one.item_id for one in again.copies] == ["a", "b"]
    outcome = desk.decide(ANN, card.work.id, replace(CONFIRM, shown=again.shown))
    assert (outcome.word, outcome.copies, outcome.late) == ("decided", 2, 0)
    assert (desk.stands("a"), desk.stands("b")) == ("remove", "remove")


def test_exact_copies_that_came_after_the_card_are_decided_with_it_and_told(desk: Desk) -> None:
    lists(desk, 1, action="hide")
    desk.upload(1, "a")
    shown = desk.card(desk.only().id, ANN).shown
    desk.upload(1, "b", bits=0)
    desk.upload(1, "c", bits=0, at="photos")
    outcome = desk.decide(ANN, desk.only().id, replace(CONFIRM, shown=shown))
    assert (outcome.word, outcome.copies, outcome.late) == ("decided", 3, 2)
    assert desk.stands("b") == desk.stands("c", "photos") == "remove"


@pytest.mark.parametrize("shown", ["x", "-", "1-", "a-b", "9" * 40])
def test_a_card_that_is_named_wrongly_decides_nothing(desk: Desk, asked: int, shown: str) -> None:
    refused("card_grew", desk.decide, ANN, asked, replace(CONFIRM, shown=shown))
    assert desk.record() == []
