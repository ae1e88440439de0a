"""What other rooms tell of cases within their own transactions, and what the person is shown of it; over both ledgers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from amparo.cases.model import Outcome
from amparo.cases.outcomes import note_outcome_within, standing_within
from amparo.intake.model import MessageBody, State, TipBody
from tests.conftest import SetClock
from tests.integration.desk import DESK, HERS, HERS_SIGNER, Room, case, file, room, uid
from tests.integration.ledger import listing, new_bank, refused

US = 1_780_000_000_000_000


@pytest.fixture
def desk(tmp_path: Path, clock: SetClock) -> Iterator[Room]:
    with room(tmp_path, clock) as opened:
        yield opened


def content_of(desk: Room, number: int = 1, case_number: int = 1) -> int:
    items = {one.number: one for one in desk.cases.case(uid(case_number)).items}
    found = items[number].content_id
    assert found is not None
    return found


def note(desk: Room, state: str, cause: str, *, client: str = "Forum", at: int = 0, reason: str = "") -> bool:
    """That this came of her first file."""
    told = Outcome(content_of(desk), state, client, cause, US + at, reason)
    with desk.house.db.write() as connection:
        return note_outcome_within(connection, told)


def shown(desk: Room) -> list[State]:
    """What she is shown of her first file."""
    desk.work()
    return [one for one in desk.tray.views[uid(1)].states if (one.subject, one.number) == ("file", 1)]


def took(desk: Room, *files: int, **more) -> None:
    desk.send(case(*(file(number) for number in files or (1,)), **more))
    desk.work()


def test_she_is_shown_each_step_in_the_order_in_which_it_came(desk: Room) -> None:
    took(desk, 1, 2)
    assert note(desk, "hidden", "action:1", at=1)
    assert note(desk, "confirmed", "decision:1", client="", at=5, reason="facts")
    assert note(desk, "removed", "action:2", at=5)
    assert note(desk, "restored", "action:3", at=9, reason="undo")
    told = [(one.name, one.client, one.cause, one.reason, one.times) for one in shown(desk)]
    assert told == [
        ("listed", "", f"content:{content_of(desk)}", "", 0),
        ("hidden", "Forum", "action:1", "", 1),
        ("confirmed", "", "decision:1", "facts", 1),
        ("removed", "Forum", "action:2", "", 1),
        ("restored", "Forum", "action:3", "undo", 1),
    ]
    assert desk.names() == {1: "restored", 2: "listed"}, "the other file stands as it did"
    lines = [(line.what, line.cause) for line in desk.cases.case("1").log]
    assert ("file 1: restored at Forum (undo)", "action:3") in lines


def test_the_same_cause_is_told_once_and_another_is_counted(desk: Room) -> None:
    took(desk)
    assert note(desk, "hidden", "action:1", at=1)
    version = desk.tray.views[uid(1)].version
    assert not note(desk, "hidden", "action:1", at=1)
    assert note(desk, "hidden", "action:4", at=7)
    assert note(desk, "hidden", "action:5", client="Other", at=2)
    hidden = [(one.client, one.times, one.at_us - US, one.cause) for one in shown(desk) if one.name == "hidden"]
    assert hidden == [("Other", 1, 2, "action:5"), ("Forum", 2, 7, "action:4")]
    assert desk.tray.views[uid(1)].version > version


def test_what_is_no_case_of_anybody_is_passed_over(desk: Room) -> None:
    new_bank(desk.house, "B")
    ((_, content_id),) = desk.house.add("B", "site", listing(1))
    with desk.house.db.write() as connection:
        told = Outcome(content_id, "hidden", "Forum", "action:1", US)
        assert not note_outcome_within(connection, told)
        assert standing_within(connection, [content_id, 999]) == set()


def test_a_step_whose_transaction_fails_is_not_told(desk: Room) -> None:
    took(desk)
    told = Outcome(content_of(desk), "hidden", "Forum", "action:1", US)

    def noted_and_failed() -> None:
        with desk.house.db.write() as connection:
            note_outcome_within(connection, told)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        noted_and_failed()
    assert [one.name for one in shown(desk)] == ["listed"]


def test_what_she_took_back_stands_no_more_and_what_came_of_it_stays_told(desk: Room) -> None:
    took(desk, 1, 2)
    note(desk, "hidden", "action:1", at=1)
    both = [content_of(desk, 1), content_of(desk, 2)]
    desk.withdraw(1)
    desk.work()
    with desk.house.db.read() as connection:
        assert standing_within(connection, both) == {both[1]}
    assert [one.name for one in shown(desk)] == ["withdrawn", "hidden"]
    assert note(desk, "restored", "action:2", at=3, reason="clock"), "it is still hers to know"
    assert [one.name for one in shown(desk)] == ["withdrawn", "hidden", "restored"]


def test_facts_hold_counts_and_answers_and_no_words(desk: Room) -> None:
    took(desk, 1, 2, given=("match", "desk"), places=[b"a place", b"another"], entered_by=5)
    desk.withdraw(2)
    desk.send(MessageBody("a" * 32, b"her words"))
    desk.send(TipBody("group", True, "en", b"a child", HERS.recipient, HERS_SIGNER), 2)
    desk.work()
    (facts,) = desk.cases.opened(0, 10)
    assert facts == desk.cases.facts(uid(1))
    assert (facts.number, facts.kind, facts.age, facts.may_be_minor) == (1, "case", "adult_stated", False)
    assert (facts.places, facts.messages, facts.is_answered, facts.entered_by) == (2, 1, False, 5)
    assert facts.consents == {"match": True, "desk": True, "share": False, "statistics": False}
    assert facts.files == {"listed": 1, "withdrawn": 1}
    assert facts.content_ids == (content_of(desk),)
    assert "words" not in repr(facts)
    desk.cases.reply("1", "we are here", DESK.recipient)
    assert desk.cases.facts(uid(1)).is_answered
    assert desk.cases.opened(1, 10) == [], "a sealed tip stands in no list"
    assert desk.cases.facts(uid(2)).is_sealed_tip
    refused("unknown_case", desk.cases.facts, uid(9))
