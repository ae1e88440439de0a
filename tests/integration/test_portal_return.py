"""Coming back with a receipt's number: what opens a case, what is shown of it, messages, safe contact, and taking it back."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from amparo.errors import Unavailable
from amparo.intake.model import (
    TEXT_CHARS_MAX,
    CaseView,
    Contact,
    DeskMessage,
    MessageBody,
    State,
)
from amparo.portal.notices import NOTICES
from amparo.sealing.age import identity_of, seal, unseal
from tests.conftest import SetClock
from tests.integration.intake import DESK
from tests.integration.visiting import Parlour, parlour
from tests.person import Person, doors_of

FULL_WIDTH = str.maketrans("0123456789", "0123456789")
US = 1_790_000_000_000_000


@pytest.fixture
async def portal(tmp_path: Path, clock: SetClock) -> AsyncIterator[Parlour]:
    async with parlour(tmp_path, clock) as opened:
        yield opened


@pytest.fixture
async def her(portal: Parlour) -> Person:
    """Back at her case of two files and three places."""
    portal.uid, portal.number = portal.lobby.sent()
    person = await portal.person()
    await person.opens(portal.number)
    assert person.at.step == "case", person.at.notice
    return person


def shown(portal: Parlour, *states: State, messages: tuple[DeskMessage, ...] = (), version: int = 1) -> None:
    """The desk shows this of her case."""
    portal.lobby.desk.show(CaseView(portal.uid, version, states, messages))


def bodies(portal: Parlour, kind: str) -> list[object]:
    """What of that kind went to the desk."""
    return [each.body for each in portal.lobby.desk.envelopes_after(0, 100) if each.kind == kind]


async def test_her_number_opens_her_case_however_it_is_typed(portal: Parlour) -> None:
    _, number = portal.lobby.sent()
    groups = " ".join(number[at : at + 4] for at in range(0, 16, 4))
    for typed in (
        number,
        groups,
        f"  {groups}\t",
        groups.replace(" ", "-"),
        number.translate(FULL_WIDTH),
        f"\u202e{number}\u202c",
    ):
        person = await portal.person()
        await person.opens(typed)
        assert person.at.step == "case", repr(typed)
        assert number not in person.answer.text
        assert groups not in person.answer.text


async def test_every_wrong_number_is_told_the_same(portal: Parlour) -> None:
    _, number = portal.lobby.sent()
    near = number[:-1] + str((int(number[-1]) + 1) % 10)
    person, told = await portal.person(), set()
    await person.at_home()
    for typed in ("", "1", near, "0" * 16, number[:-1], number + "1", "words", "' OR 1=1 --", "9" * 200):
        await person.press("open", number=typed)
        assert person.at.step == "home"
        told.add((person.answer.status_code, person.at.notice, len(person.answer.history)))
    assert told == {(200, NOTICES["no_case"], 1)}
    assert "staff" not in person.answer.text.lower()


async def test_each_thing_stands_with_its_state_and_cause(portal: Parlour, her: Person) -> None:
    assert her.at.marked("data-state") == ["received"] * 5
    assert len({cause for cause in her.at.marked("data-cause") if cause.startswith("envelope:")}) == 1
    shown(
        portal,
        State("file", 1, "listed", US, "content:12"),
        State("file", 1, "matched", US, "match_event:9", client="Forum", times=1_200),
        State("file", 2, "refused", US, "content:0", reason="low_detail"),
    )
    await her.look()
    causes = dict(zip(her.at.marked("data-state"), her.at.marked("data-cause"), strict=True))
    assert causes == {"listed": "content:12", "matched": "match_event:9", "refused": "content:0"}
    assert "Found 1,200 times at Forum" in her.at.text
    assert "too little detail" in her.at.text
    assert "larger or sharper copy" in her.at.text, "bad news has a next step beside it"
    assert "2026" in her.at.text
    assert "UTC" in her.at.text
    assert her.at.marked("data-outlook") == ["found"]
    assert re.findall(r'<time datetime="2026-[^"]+T[^"]+Z"', her.answer.text), "her own zone can be put in its place"


@pytest.mark.parametrize("reason", ["no_consent", "low_detail", "not_a_picture", "codes_gone", "another one"])
async def test_every_refusal_has_a_way_on(portal: Parlour, her: Person, reason: str) -> None:
    shown(portal, State("file", 1, "refused", US, "content:0", reason=reason))
    await her.look()
    assert her.at.marked("data-reason") == [reason]
    assert any(word in her.at.text for word in ("new case", "begin again", "write to our team"))


async def test_messages_go_both_ways_and_lie_sealed(portal: Parlour, her: Person) -> None:
    words = "Is anybody there? <b>我在</b> שלום"
    await her.press("write", message=words)
    assert her.at.notice == NOTICES["message_sent"]
    assert words in her.at.text
    (body,) = bodies(portal, "message")
    assert isinstance(body, MessageBody)
    assert unseal(body.sealed, DESK.secret).decode() == words
    assert "anybody" not in portal.lobby.stored()
    opened = portal.lobby.opened(portal.number)
    reply = seal(b"Yes.\nWe are.", [identity_of(opened.identity).recipient, DESK.recipient])
    shown(portal, State("case", 0, "received", US, "envelope:1"), messages=(DeskMessage("m" * 32, reply, US),))
    await her.look()
    assert her.at.marked("data-message") == ["person", "desk"] or her.at.marked("data-message") == ["desk", "person"]
    assert "Yes.\nWe are." in her.at.text


async def test_a_message_sent_twice_is_one(portal: Parlour, her: Person) -> None:
    body = her.filled(her.button("write"), message="once")
    await her.send(body)
    await her.send(body)
    await her.send(body)
    assert len(bodies(portal, "message")) == 1
    assert her.at.text.count("once") == 1


@pytest.mark.parametrize("letters", [TEXT_CHARS_MAX + 1, 350_000])  # the second is a megabyte
async def test_what_is_too_long_comes_back_whole(portal: Parlour, her: Person, letters: int) -> None:
    words = "字" * letters
    await her.press("write", message=words)
    assert her.answer.status_code == 413
    assert her.at.notice == NOTICES["text_too_long"]
    assert dict(her.at.fields)["message"] == words
    assert not bodies(portal, "message")
    await her.press("write", message=words[:TEXT_CHARS_MAX])
    assert her.at.notice == NOTICES["message_sent"]
    assert len(bodies(portal, "message")) == 1


async def test_an_empty_message_is_none(portal: Parlour, her: Person) -> None:
    await her.press("write", message=" \n\t ")
    assert her.at.notice == NOTICES["nothing_told"]
    assert not bodies(portal, "message")


async def test_control_characters_are_taken_out_and_lines_closed(portal: Parlour, her: Person) -> None:
    await her.press("write", message="a\x00b\x1b[31m\u202e then\r\nmore\x07")
    assert "\x1b" not in her.answer.text
    assert "\x00" not in her.answer.text
    (body,) = bodies(portal, "message")
    assert isinstance(body, MessageBody)
    kept = unseal(body.sealed, DESK.secret).decode()
    assert kept == "ab[31m then\nmore"


async def test_a_typed_message_outlives_other_buttons(portal: Parlour, her: Person) -> None:
    await her.press("look", message="not yet sent")
    assert dict(her.at.fields)["message"] == "not yet sent"
    await her.press("withdraw", "2", message="still not sent")
    assert her.at.step == "withdraw"
    await her.press("back")
    assert her.at.step == "case"
    assert dict(her.at.fields)["message"] == "still not sent"
    assert not bodies(portal, "message")
    assert not bodies(portal, "withdraw")


async def test_one_file_is_taken_back(portal: Parlour, her: Person) -> None:
    await her.press("withdraw", "2")
    assert her.at.step == "withdraw"
    assert her.at.marked("data-file") == ["2"]
    assert not bodies(portal, "withdraw"), "nothing is done before she says so"
    body = her.filled(her.button("next"))
    await her.send(body)
    assert her.at.notice == NOTICES["being_taken_back"]
    await her.send(body)
    assert [one.numbers for one in bodies(portal, "withdraw")] == [[2]]
    assert her.at.marked("data-state").count("withdrawing") == 1
    assert [one.value for one in her.at.buttons if one.act == "withdraw"] == ["1"]
    shown(portal, State("file", 1, "listed", US, "content:1"), State("file", 2, "withdrawn", US, "change:77"))
    await her.look()
    assert "change:77" in her.at.marked("data-cause")
    assert "Taken back on" in her.at.text


async def test_everything_is_taken_back(portal: Parlour, her: Person) -> None:
    await her.press("withdraw-all")
    assert her.at.marked("data-file") == ["1", "2"]
    await her.press("next")
    assert [one.numbers for one in bodies(portal, "withdraw")] == [None]
    assert her.at.marked("data-outlook") == ["ending"]
    assert not [one for one in her.at.buttons if one.act in {"withdraw", "withdraw-all"}]
    shown(portal, *(State("file", number, "withdrawn", US, f"change:{number}") for number in (1, 2)))
    await her.look()
    assert her.at.marked("data-outlook") == ["ended"]


async def test_a_page_takes_back_what_it_lists_whatever_another_tab_chose(portal: Parlour, her: Person) -> None:
    await her.press("withdraw", "1")
    first_tab = her.filled(her.button("next"))
    await her.press("back")
    await her.press("withdraw-all")
    await her.send(first_tab)
    assert [one.numbers for one in bodies(portal, "withdraw")] == [[1]]


async def test_a_file_that_is_not_there_takes_nothing_back(portal: Parlour, her: Person) -> None:
    for chosen in ("3", "0", "-1", "x", "1" * 400):
        fields = [(name, value) for name, value in her.at.fields if name != "take_back"]
        await her.send([*fields, ("take_back", chosen)])
        if her.at.step == "withdraw":
            await her.press("next")
        assert not bodies(portal, "withdraw"), chosen
        await portal_back(her)


async def portal_back(person: Person) -> None:
    await person.look()
    if person.at.step == "withdraw":
        await person.press("back")
    assert person.at.step == "case"


async def test_safe_contact_is_none_until_she_gives_it(portal: Parlour, her: Person) -> None:
    assert not any(value for name, value in her.at.fields if name in {"channel", "hours", "name", "avoid"})
    given = {"channel": "a friend's phone", "hours": "after nine", "name": "Li", "avoid": "photo"}
    await her.press("contact", **given, contact=["leave"])
    assert her.at.notice == NOTICES["contact_kept"]
    assert {name: value for name, value in her.at.fields if name in given} == given
    assert her.at.boxes["contact", "leave"]
    assert not her.at.boxes["contact", "shared"]
    assert "friend" not in portal.lobby.stored()
    home = portal.lobby.portal.home(portal.lobby.opened(portal.number))
    assert home.contact == Contact(**given, may_leave_message=True)
    await her.press("contact-none")
    assert her.at.notice == NOTICES["contact_gone"]
    assert portal.lobby.portal.home(portal.lobby.opened(portal.number)).contact is None


async def test_a_new_number_shuts_the_old_one_out_and_keeps_what_she_typed(portal: Parlour, her: Person) -> None:
    new = portal.lobby.portal._receipts.new(portal.uid, 1, US)
    portal.lobby.desk.show(CaseView(portal.uid, 1, (State("case", 0, "received", US, "envelope:1"),), (), new.receipt))
    await her.press("write", message="in the middle of it")
    assert her.at.step == "home"
    assert her.at.notice == NOTICES["receipt_replaced"]
    await her.press("open", number=portal.number)
    assert her.at.notice == NOTICES["no_case"]
    await her.press("open", number=new.digits)
    assert her.at.step == "case"
    assert not bodies(portal, "message")


async def test_after_an_hour_the_case_is_shut_and_her_words_are_kept(portal: Parlour, her: Person) -> None:
    body = her.filled(her.button("write"), message="written slowly")
    portal.lobby.clock.forward(minutes=61)
    await her.send(body)
    assert her.at.step == "safe"
    assert her.at.notice == NOTICES["expired"]
    assert not bodies(portal, "message")
    await her.press("open")
    await her.press("open", number=portal.number)
    assert dict(her.at.fields)["message"] == "written slowly"


async def test_two_tabs_with_two_cases_write_to_the_one_that_is_open(portal: Parlour, her: Person) -> None:
    first_tab = her.filled(her.button("write"), message="for the first")
    other, other_number = portal.lobby.sent()
    await her.send([("form", her.form_token), ("step", "case"), ("act", "back")])
    await her.look()
    fresh = await portal.person()
    await fresh.opens(other_number)
    await fresh.press("write", message="for the other")
    await her.send(first_tab)
    told = {each.case_uid: each.kind for each in portal.lobby.desk.envelopes_after(0, 100) if each.kind == "message"}
    assert told == {other: "message", portal.uid: "message"}


async def test_a_busy_portal_says_so_and_loses_nothing(portal: Parlour, her: Person) -> None:
    person = await portal.person()
    await person.at_home()

    class Busy:
        def __getattr__(self, name: str) -> object:
            return getattr(portal.lobby.portal, name)

        def open(self, typed: str) -> None:
            raise Unavailable("busy", "too many come at once", "Try again.", retry_after_s=5)

    busy = await portal.person(doors=doors_of(Busy(), clock=portal.lobby.clock))
    await busy.at_home()
    for typed in (portal.number, "1234 5678 9012 3456"):
        await busy.press("open", number=typed)
        assert busy.answer.status_code == 503
        assert busy.answer.headers["retry-after"] == "5"
        assert busy.at.notice == NOTICES["busy"]
        assert typed in busy.answer.text
        await busy.at_home()
