"""The mark that a case may show somebody under 18, and what moves with it; over both ledgers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from amparo.cases.minors import Minors
from amparo.intake.model import TipBody
from tests.conftest import SetClock
from tests.integration.desk import HERS, HERS_SIGNER, Room, case, file, room, uid
from tests.integration.ledger import listing, new_bank, refused


@pytest.fixture
def desk(tmp_path: Path, clock: SetClock) -> Iterator[Room]:
    with room(tmp_path, clock) as opened:
        yield opened


def minors(desk: Room) -> Minors:
    return Minors(desk.house.banks, desk.house.clock, desk.settings)


def content_of(desk: Room, number: int = 1, case_number: int = 1) -> int:
    items = {one.number: one for one in desk.cases.case(uid(case_number)).items}
    found = items[number].content_id
    assert found is not None
    return found


def took(desk: Room, *files: int, **more) -> None:
    desk.send(case(*(file(number) for number in files or (1,)), **more))
    desk.work()


def test_a_marked_case_moves_whole_and_is_cleared_whole(desk: Room) -> None:
    took(desk, 1, 2)
    desk.send(case(file(1, 3)), 2)
    desk.work()
    first, other = content_of(desk, 1), content_of(desk, 1, 2)
    assert {one.bank for one in desk.ask(2).matches} == {"portal"}
    minors(desk).prepare()
    with desk.house.db.write() as connection:
        assert minors(desk).mark_minor_within(connection, [first], "work:7") == {uid(1)}
    assert {one.bank for one in desk.ask(2).matches} == {"portal_under_18"}, "every file of the case"
    assert {one.bank for one in desk.ask(3).matches} == {"portal"}, "and none of another's"
    marked = desk.cases.case("1").summary
    assert (marked.age, marked.may_be_minor, marked.bank) == ("adult_stated", True, "portal_under_18")
    desk.send(case(file(1, 4)), 3)
    desk.send(case(file(1, 5), age="minor_stated"), 4)
    desk.work()
    assert desk.names(3) == desk.names(4) == {1: "listed"}, "both banks still take what is sent"
    minors(desk).prepare()
    with desk.house.db.write() as connection:
        assert minors(desk).clear_minor_within(connection, [first, other], "second:3") == {uid(1), uid(2)}
    assert {one.bank for one in desk.ask(2).matches} == {"portal"}
    assert not desk.cases.case("1").summary.may_be_minor
    desk.withdraw()
    desk.work()
    assert desk.names(1) == {1: "withdrawn", 2: "withdrawn"}, "hers to take back wherever it stood"
    assert not desk.ask(2).matches


def test_her_own_word_on_her_age_is_not_cleared_and_a_tip_can_be_marked(desk: Room) -> None:
    took(desk, age="minor_stated")
    desk.send(TipBody("person", False, "en", b"sealed", HERS.recipient, HERS_SIGNER), 2)
    desk.work()
    minors(desk).prepare()
    with desk.house.db.write() as connection:
        assert minors(desk).mark_case_minor_within(connection, uid(1), "work:1") == [content_of(desk)]
        assert minors(desk).mark_case_minor_within(connection, uid(2), "work:2") == []
        minors(desk).clear_case_minor_within(connection, uid(1), "second:1")
    assert desk.cases.facts(uid(1)).may_be_minor
    assert {one.bank for one in desk.ask(1).matches} == {"portal_under_18"}
    assert desk.cases.facts(uid(2)).may_be_minor
    with desk.house.db.write() as connection:
        refused("unknown_case", minors(desk).mark_case_minor_within, connection, uid(9), "work:1")


def test_a_content_of_no_case_marks_none(desk: Room) -> None:
    new_bank(desk.house, "B")
    ((_, content_id),) = desk.house.add("B", "site", listing(1))
    assert content_id is not None
    with desk.house.db.write() as connection:
        assert minors(desk).mark_minor_within(connection, [content_id], "work:1") == set()
        assert minors(desk).clear_minor_within(connection, [content_id], "second:1") == set()
