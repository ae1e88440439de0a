"""From a decision to her page, and from two answers to an opened tip: the rooms of decisions and of cases together; over both ledgers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from amparo.access.staff_model import StaffPrincipal
from amparo.intake.model import State, TipBody
from amparo.review.seconds import Question
from tests.conftest import SetClock
from tests.integration.desk import HERS, HERS_SIGNER, uid
from tests.integration.ledger import refused
from tests.integration.reviewing import ADMIN, ANN, BEN, LEAD, Desk, reviewing, staff


@pytest.fixture
def desk(tmp_path: Path, clock: SetClock) -> Iterator[Desk]:
    with reviewing(tmp_path, clock) as opened:
        yield opened


def told(desk: Desk) -> list[State]:
    """What she is shown of her file but for its listing."""
    desk.room.work()
    states = desk.room.tray.views[uid(1)].states
    return [one for one in states if one.subject == "file" and one.name not in ("listed", "matched")]


def test_she_is_shown_a_hide_a_confirmation_and_what_taking_it_back_came_to(desk: Desk) -> None:
    desk.asks_for(1)
    desk.upload(1)
    assert [(one.name, one.client) for one in told(desk)] == [("hidden", "forum")]
    desk.clock.forward(minutes=1)
    made = desk.decide(ANN, desk.only().id).decision
    assert made is not None
    assert [(one.name, one.client, one.reason) for one in told(desk)] == [
        ("hidden", "forum", ""),
        ("confirmed", "", "facts"),
        ("removed", "forum", ""),
    ]
    desk.clock.forward(minutes=1)
    desk.deciding.undo(ANN, made.id)
    last = told(desk)[-1]
    assert (last.name, last.client, last.reason) == ("restored", "forum", "undo")
    assert {one.name: one.reason for one in told(desk)}["confirmed"] == "undone"
    assert all(one.cause.startswith(("action:", "decision:")) for one in told(desk))


def test_the_switch_on_a_card_marks_the_case_and_two_clear_both(desk: Desk) -> None:
    desk.asks_for(1, 2)
    desk.upload(1)
    desk.minors.set_minor(ANN, desk.only().id, "a school badge")
    case = desk.room.cases.case("1").summary
    assert (case.may_be_minor, case.bank) == (True, "portal_under_18")
    assert {one.bank for one in desk.room.ask(2).matches} == {"portal_under_18"}, "the file that was not met too"
    question = Question("clear_minor", f"work:{desk.only().id}", answer="clear", reason="she is known to be thirty")
    number = desk.seconds.ask(ANN, question)
    assert desk.room.cases.case("1").summary.may_be_minor, "one alone clears nothing"
    desk.seconds.answer(BEN, number, yes=True)
    case = desk.room.cases.case("1").summary
    assert (case.may_be_minor, case.bank) == (False, "portal")
    assert {one.bank for one in desk.room.ask(2).matches} == {"portal"}


def tip(desk: Desk) -> str:
    desk.room.send(TipBody("person", True, "en", b"a child", HERS.recipient, HERS_SIGNER), 5)
    desk.room.work()
    return uid(5)


def ask(desk: Desk, who: StaffPrincipal, one: str) -> int:
    return desk.seconds.ask(who, Question("open_tip", f"tip:{one}", {"uid": one}, "open", "a school is named in it"))


def test_a_tip_opens_for_the_two_who_agreed_and_for_nobody_else(desk: Desk) -> None:
    one, third = tip(desk), staff(30, "lead")
    refused("staff_role", ask, desk, ANN, one)
    number = ask(desk, LEAD, one)
    refused("same_person", desk.seconds.answer, LEAD, number, yes=True)
    refused("tip_closed", desk.tips.tip, one, LEAD.id)
    desk.seconds.answer(ADMIN, number, yes=True)
    for who in (LEAD, ADMIN):
        assert desk.tips.tip(one, who.id).summary.uid == one
    refused("tip_closed", desk.tips.tip, one, third.id)
    line = desk.room.cases.case(one).log[-1]
    assert (line.what, line.cause) == ("opened for 30 minutes by staff:8 and staff:9", f"second:{number}")
    desk.clock.forward(minutes=31)
    refused("tip_closed", desk.tips.tip, one, LEAD.id)


def test_a_no_opens_nothing(desk: Desk) -> None:
    one = tip(desk)
    desk.seconds.answer(ADMIN, ask(desk, LEAD, one), yes=False)
    for who in (LEAD, ADMIN):
        refused("tip_closed", desk.tips.tip, one, who.id)


def test_a_case_knows_its_work_for_who_may_see_that_kind(desk: Desk) -> None:
    desk.asks_for(1)
    desk.feeder.work_once()
    work = desk.queue.of_case(ADMIN, uid(1))
    assert work is not None
    assert desk.card(work).work.case_uid == uid(1)
    assert desk.queue.of_case(ANN, uid(1)) is None, "a reviewer has no cases"
    assert desk.queue.of_case(ADMIN, uid(9)) is None
