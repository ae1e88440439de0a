"""A tip: told in one page, handed in once, its receipt proved, and where it belongs when a child or a witness is in it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from amparo.intake.model import TEXT_CHARS_MAX, CaseView, DeskMessage, State, TipBody
from amparo.portal.notices import NOTICES
from amparo.sealing.age import identity_of, seal, unseal
from tests.conftest import SetClock
from tests.integration.intake import DESK
from tests.integration.visiting import Parlour, parlour
from tests.person import Person

TOLD = {"words": "A group sells films of women in changing rooms.", "links": "https://t.example/group\n@seller"}
US = 1_790_000_000_000_000


@pytest.fixture
async def portal(tmp_path: Path, clock: SetClock) -> AsyncIterator[Parlour]:
    async with parlour(tmp_path, clock) as opened:
        yield opened


@pytest.fixture
async def person(portal: Parlour) -> Person:
    """At the page of the tip."""
    person = await portal.person()
    await person.look()
    await person.press("tip")
    assert person.at.step == "tip"
    return person


def tips(portal: Parlour) -> list[TipBody]:
    return [each.body for each in portal.lobby.desk.envelopes_after(0, 100) if isinstance(each.body, TipBody)]


async def test_a_tip_is_handed_in_and_its_receipt_opens_it(portal: Parlour, person: Person) -> None:
    await person.press("next", **TOLD, about="camera", names_child="no", may_contact="yes", found="by a friend")
    assert person.at.step == "tip-receipt"
    assert not person.at.marked("data-sealed")
    number = person.at.number
    (body,) = tips(portal)
    assert (body.about, body.names_child, body.language) == ("camera", False, "en")
    told = unseal(body.sealed, DESK.secret).decode()
    assert (
        told
        == f"{TOLD['words']}\n\n{TOLD['links']}\n\nHow it was found: by a friend\n\nMay a helper contact the person shown: yes"
    )
    assert "changing rooms" not in portal.lobby.stored()
    await person.press("next", last_four="0000" if number[-4:] != "0000" else "1111")
    assert (person.at.step, person.at.notice) == ("tip-receipt", NOTICES["wrong_digits"])
    await person.press("next", last_four=number[-4:])
    assert person.at.step == "sent"
    again = await portal.person()
    await again.opens(number)
    assert again.at.step == "case"
    assert again.at.marked("data-outlook") == ["tip"]
    assert again.at.marked("data-state") == ["received"]
    assert not [one for one in again.at.buttons if one.act in {"withdraw", "withdraw-all"}]
    opened = portal.lobby.opened(number)
    reply = seal(b"Thank you.", [identity_of(opened.identity).recipient, DESK.recipient])
    states = (State("case", 0, "received", US, "envelope:1"),)
    portal.lobby.desk.show(CaseView(opened.case_uid, 1, states, (DeskMessage("d" * 32, reply, US),)))
    await again.look()
    assert "Thank you." in again.at.text


@pytest.mark.parametrize("answer", ["yes", "unsure", ""])
async def test_where_a_child_may_be_in_it_the_page_says_where_that_belongs(
    portal: Parlour, person: Person, answer: str
) -> None:
    await person.press("next", **TOLD, **({"names_child": answer} if answer else {}))
    assert person.at.marked("data-sealed")
    assert "police or to a lawyer" in person.at.text
    assert tips(portal)[0].names_child, "what is left open counts as possible"
    await person.press("place", place="MY")
    assert person.at.step == "tip-receipt"
    assert ("place", "MY") in person.at.fields
    assert person.at.number


async def test_a_tip_sent_twice_is_one(portal: Parlour, person: Person) -> None:
    body = person.filled(person.button("next"), **TOLD, about="group", names_child="no")
    await person.send(body)
    number = person.at.number
    for _ in range(3):
        await person.send(body)
        assert person.at.step == "tip-receipt"
        assert person.at.number == number
    assert len(tips(portal)) == 1


async def test_nothing_told_is_no_tip(portal: Parlour, person: Person) -> None:
    await person.press("next", words=" \n", links="", about="group")
    assert (person.at.step, person.at.notice) == ("tip", NOTICES["nothing_told"])
    assert person.at.boxes["about", "group"], "what was chosen stays"
    assert not tips(portal)


async def test_one_that_is_too_long_comes_back_whole(portal: Parlour, person: Person) -> None:
    words = "字" * (TEXT_CHARS_MAX + 1)
    await person.press("next", words=words, about="camera")
    assert person.answer.status_code == 413
    assert dict(person.at.fields)["words"] == words
    assert person.at.boxes["about", "camera"]
    assert not tips(portal)


async def test_answers_that_are_none_are_passed_over(portal: Parlour, person: Person) -> None:
    fields = [*person.filled(person.button("next"), **TOLD), ("about", "everything"), ("names_child", "perhaps")]
    await person.send(fields)
    assert person.at.step == "tip-receipt"
    assert (tips(portal)[0].about, tips(portal)[0].names_child) == ("other", True)


async def test_there_is_no_way_to_send_a_file(person: Person) -> None:
    assert 'type="file"' not in person.answer.text
    assert "multipart" not in person.answer.text


async def test_after_an_hour_the_words_are_kept(portal: Parlour, person: Person) -> None:
    body = person.filled(person.button("next"), **TOLD, about="group", names_child="no")
    portal.lobby.clock.forward(minutes=61)
    await person.send(body)
    assert (person.at.step, person.at.notice) == ("safe", NOTICES["expired"])
    await person.press("tip")
    assert dict(person.at.fields)["words"] == TOLD["words"]
    assert person.at.boxes["about", "group"]
    await person.press("next")
    assert person.at.step == "tip-receipt"
    assert len(tips(portal)) == 1
