"""Sealed tips: to whom they are sealed, and the pages on which two of the staff open one; over both ledgers."""

import html
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from amparo.access.staff_model import StaffPrincipal
from amparo.cases.tips import Tips
from amparo.console.case_doors import TipDoors
from amparo.errors import Tampered
from amparo.intake.model import MessageBody, TipBody
from amparo.sealing.age import new_identity, seal, unseal
from amparo.sealing.keys import make_tips_key, tips_recipient
from tests.conftest import SetClock
from tests.console import StaffTwin, at, doors_of, view_of
from tests.integration.desk import DESK, HERS, HERS_SIGNER, Room, case, file, room, uid
from tests.integration.intake import DESK as DESK_OF_INTAKE
from tests.integration.intake import answered, opened
from tests.integration.ledger import refused

TIPS = new_identity()
WORDS = "a child at 学校, 도와주세요"


def opens(sealed: bytes, secret: str) -> bool:
    try:
        unseal(sealed, secret)
    except Tampered:
        return False
    return True


# --- to whom


@pytest.mark.parametrize(("names_child", "is_sealed"), [("yes", True), ("unsure", True), ("no", False)])
def test_a_tip_that_may_name_a_child_opens_with_the_tips_key_alone(
    tmp_path: Path, clock: SetClock, names_child: str, is_sealed: bool
) -> None:
    with opened(tmp_path, clock, tips=lambda: TIPS.recipient) as lobby:
        draft = answered(tip={"words": WORDS, "names_child": names_child, "about": "person"})
        number = lobby.portal.submit_tip(lobby.portal.begin(draft), draft)
        found = lobby.opened(number)
        lobby.portal.write_message(found, "and one thing more")
        tip, message = (envelope.body for envelope in lobby.desk.envelopes_after(0, 10))
        assert isinstance(tip, TipBody)
        assert isinstance(message, MessageBody)
        for sealed in (tip.sealed, message.sealed):
            assert (opens(sealed, TIPS.secret), opens(sealed, DESK_OF_INTAKE.secret)) == (is_sealed, not is_sealed)
        assert (found.is_tip, found.is_sealed) == (True, is_sealed)
        assert [one.text for one in lobby.portal.home(found).messages] == ["and one thing more"]


def test_before_there_is_a_tips_key_the_desks_serves_and_a_new_one_is_taken_up_without_a_restart(
    tmp_path: Path, clock: SetClock
) -> None:
    folder = tmp_path / "secrets"
    with opened(tmp_path, clock, tips=lambda: tips_recipient(folder)) as lobby:

        def told() -> bytes:
            draft = answered(tip={"words": WORDS})
            lobby.portal.submit_tip(lobby.portal.begin(draft), draft)
            body = lobby.desk.envelopes_after(0, 10)[-1].body
            assert isinstance(body, TipBody)
            return body.sealed

        assert opens(told(), DESK_OF_INTAKE.secret)
        kept = []
        recipient = make_tips_key(folder, kept.append)
        sealed = told()
        assert opens(sealed, kept[0].secret)
        assert not opens(sealed, DESK_OF_INTAKE.secret)
        assert make_tips_key(folder, kept.append) == recipient, "one that is there is kept"
        assert len(kept) == 1


def test_nothing_is_sealed_to_a_tips_key_that_nobody_got(tmp_path: Path) -> None:
    def lost(_made: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        make_tips_key(tmp_path, lost)
    assert tips_recipient(tmp_path) == ""
    (tmp_path / "tips.pub").write_text("no key\n")
    refused("secret_damaged", tips_recipient, tmp_path)


# --- the pages


@dataclass
class Office:
    """A desk and its console; what was asked waits in ``waiting``; ready: for whom the key of sealed tips was to be there."""

    room: Room
    staff: StaffTwin
    tips: Tips
    at: object = None
    waiting: dict[str, tuple[int, str]] = field(default_factory=dict)
    ready: list[str] = field(default_factory=list)

    def agree(self, one: str, second: int = 3) -> None:
        """Another agrees, as the room of decisions then does it."""
        first, _ = self.waiting.pop(one)
        with self.room.house.db.write() as connection:
            self.tips.open_within(connection, one, [first, second], "second:1")

    def told(self, number: int = 1, *, names_child: bool = True) -> str:
        sealed = seal(WORDS.encode(), [TIPS.recipient, HERS.recipient])
        self.room.send(TipBody("person", names_child, "ko", sealed, HERS.recipient, HERS_SIGNER, 5), number)
        self.room.work()
        return uid(number)


@pytest.fixture
def desk(tmp_path: Path, clock: SetClock) -> Iterator[Room]:
    with room(tmp_path, clock) as made:
        yield made


@pytest.fixture
async def office(desk: Room) -> AsyncIterator[Office]:
    staff = StaffTwin(keys={(role, "tips"): [TIPS] for role in ("lead", "admin")})
    tips = Tips(desk.cases, lambda: TIPS.recipient)
    office = Office(desk, staff, tips)

    def ask(principal: StaffPrincipal, one: str, reason: str) -> None:
        office.waiting[one] = principal.id, reason

    doors = TipDoors(tips, lambda who: office.ready.append(who.role), ask, lambda uids: set(office.waiting) & set(uids))
    helper = type("Helper", (), {"helper": staticmethod(lambda key_id: f"helper {key_id}")})
    async with at(doors_of(staff, clock=desk.house.clock, tips=doors, casework=helper)) as seats:
        office.at = seats
        yield office


async def test_who_comes_first_has_the_key_of_sealed_tips_made(office: Office) -> None:
    await office.at("lead").get("/")
    assert office.ready == ["lead"]


async def test_two_open_a_tip_for_a_while_and_for_nobody_else(office: Office, clock: SetClock) -> None:
    one = office.told()
    lead, admin = office.at("lead"), office.at("admin")
    page = (await lead.get("/tips")).text
    assert view_of(page) == "tips"
    assert re.findall(r'data-tip="(\w+)"', page) == [one]
    assert WORDS not in html.unescape(page)
    assert "about a person" not in page
    assert (await lead.get(f"/tips/{one}")).status_code == 403
    assert (await lead.post(f"/tips/{one}/open", reason=" ")).status_code == 400
    assert (await lead.post(f"/tips/{one}/open", reason="a school is named")).status_code == 303
    assert "data-asked" in (await admin.get("/tips")).text
    assert (await lead.get(f"/tips/{one}")).status_code == 403, "asking opens nothing"
    office.agree(one, second=office.staff.members_by["admin"].id)
    for who in (lead, admin):
        answer = await who.get(f"/tips/{one}")
        assert (answer.status_code, view_of(answer.text)) == (200, "tip")
        assert WORDS in html.unescape(answer.text)
        assert "helper 5" in answer.text
    office.staff.members_by["third"] = StaffPrincipal(99, "Third", "lead", "en")
    assert (await office.at("third").get(f"/tips/{one}")).status_code == 403
    clock.forward(minutes=31)
    assert (await lead.get(f"/tips/{one}")).status_code == 403, "its time is over"
    assert office.staff.reads == [("lead", "tip", one), ("admin", "tip", one)]
    assert [line.cause for line in office.room.cases.case(one).log][-1] == "second:1"


async def test_an_answer_to_a_sealed_tip_is_sealed_as_the_tip_is(office: Office) -> None:
    one = office.told()
    lead = office.at("lead")
    assert (await lead.post(f"/tips/{one}/message", act="send", text="x")).status_code == 403
    await lead.post(f"/tips/{one}/open", reason="why")
    office.agree(one)
    assert "data-preview" in (await lead.post(f"/tips/{one}/message", act="preview", text="谢谢")).text
    assert (await lead.post(f"/tips/{one}/message", act="send", text="谢谢")).status_code == 303
    answer = office.room.cases.case(one).messages[-1].sealed
    assert (opens(answer, TIPS.secret), opens(answer, HERS.secret), opens(answer, DESK.secret)) == (True, True, False)


async def test_a_holder_without_the_key_is_told_so(office: Office) -> None:
    one = office.told()
    office.staff.keys.clear()
    lead = office.at("lead")
    assert "data-keyless" in (await lead.get("/tips")).text
    await lead.post(f"/tips/{one}/open", reason="why")
    office.agree(one)
    page = (await lead.get(f"/tips/{one}")).text
    assert "data-closed" in page
    assert WORDS not in html.unescape(page)


async def test_no_other_role_and_no_other_thing_comes_by_this_way(office: Office) -> None:
    one, plain = office.told(), office.told(2, names_child=False)
    office.room.send(case(file()), 3)
    office.room.work()
    for role in ("reviewer", "caseworker", "auditor"):
        who = office.at(role)
        asked = [await who.get(path) for path in ("/tips", f"/tips/{one}")]
        asked += [await who.post(f"/tips/{one}/{name}", reason="x", text="x") for name in ("open", "message")]
        assert {answer.status_code for answer in asked} == {403}, role
    lead = office.at("lead")
    for other in (plain, uid(3), uid(9), "1"):
        assert (await lead.get(f"/tips/{other}")).status_code == 404
        assert (await lead.post(f"/tips/{other}/open", reason="x")).status_code == 404
