"""A helper enters for callers: her key, the same path with sentences to say aloud, and a clean beginning for the next caller."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from amparo.intake.model import CaseBody, TipBody
from amparo.portal.notices import NOTICES
from amparo.portal.settings import LimitSettings
from tests.conftest import SetClock
from tests.integration.visiting import Parlour, parlour
from tests.person import Person

KEY = "amparo_helper_1_abcdefghijklmnopqrstuvwxyz"


@pytest.fixture
async def portal(tmp_path: Path, clock: SetClock) -> AsyncIterator[Parlour]:
    limits = LimitSettings(work_bits=4, cases_per_place=2, unproved_percent=50)
    async with parlour(tmp_path, clock, limits=limits) as opened:
        opened.lobby.desk.set_helpers({7: hashlib.sha256(KEY.encode()).digest()})
        yield opened


@pytest.fixture
async def helper(portal: Parlour) -> Person:
    """With her key typed."""
    person = await portal.person()
    await entered(person, KEY)
    assert person.at.step == "language", person.at.notice
    return person


async def entered(person: Person, key: str) -> None:
    await person.look("/helper")
    await person.send(person.filled(person.button("next"), key=key), "/helper")


async def test_she_goes_the_same_path_with_sentences_to_say(portal: Parlour, helper: Person) -> None:
    seen = []
    while helper.at.step != "receipt":
        seen.append((helper.at.step, "spoken" in helper.answer.text))
        await helper.to(
            {
                "language": "safe",
                "safe": "age",
                "age": "happened",
                "happened": "files",
                "files": "where",
                "where": "consent",
                "consent": "receipt",
            }[helper.at.step]
        )
    assert all(is_spoken for _, is_spoken in seen)
    assert helper.at.text.count("read the last four back to me") == 1
    assert [step for step, _ in seen] == ["language", "safe", "age", "happened", "files", "where", "consent"]
    (body,) = [each.body for each in portal.lobby.desk.envelopes_after(0, 10)]
    assert isinstance(body, CaseBody)
    assert body.entered_by == 7


async def test_the_next_caller_begins_clean(portal: Parlour, helper: Person) -> None:
    await helper.to("sent", places="https://first.example/")
    await helper.press("next")
    assert helper.at.step == "language"
    await helper.to("where")
    assert not any(value for name, value in helper.at.fields if name in {"addresses", "names"})
    await helper.to("sent")
    bodies = [each.body for each in portal.lobby.desk.envelopes_after(0, 10)]
    assert [body.entered_by for body in bodies if isinstance(body, CaseBody)] == [7, 7]
    assert [len(body.places) for body in bodies if isinstance(body, CaseBody)] == [1, 0]


async def test_a_tip_of_a_caller_names_the_helper_too(portal: Parlour, helper: Person) -> None:
    await helper.press("tip")
    await helper.press("next", words="told by phone", names_child="no")
    (body,) = [each.body for each in portal.lobby.desk.envelopes_after(0, 10)]
    assert isinstance(body, TipBody)
    assert body.entered_by == 7


@pytest.mark.parametrize("key", ["", "x", KEY[:-1], KEY.upper(), "k" * 201, "ключ", "a\u202eb"])
async def test_a_wrong_key_is_told_the_same(portal: Parlour, key: str) -> None:
    person = await portal.person()
    await entered(person, key)
    assert person.answer.status_code == 400
    assert person.at.notice == NOTICES["no_helper_key"]
    assert "set-cookie" not in person.answer.headers
    await person.look()
    assert "spoken" not in person.answer.text


async def test_who_is_no_helper_sees_no_sentence_to_say(portal: Parlour) -> None:
    person = await portal.person()
    await person.to("consent")
    assert "spoken" not in person.answer.text


async def test_keys_are_counted_as_guesses(portal: Parlour) -> None:
    person = await portal.person()
    person.works = False
    said = set()
    for _ in range(40):
        await entered(person, "wrong")
        said.add(person.answer.status_code)
        if person.answer.status_code == 429:
            break
    assert said == {400, 429}
    assert int(person.answer.headers["retry-after"]) > 0


async def test_a_helper_is_counted_by_her_key_and_not_by_her_place(portal: Parlour, helper: Person) -> None:
    other = await portal.person()
    for _ in range(2):
        await other.to("sent")
        await other.press("next")
    await other.to("consent")
    await other.press("next", consent=["match"])
    assert other.answer.status_code == 429, "the place has had its two cases"
    await helper.to("sent")


async def test_a_helper_begins_a_visit_of_her_own(portal: Parlour) -> None:
    person = await portal.person()
    await person.to("where")
    before = portal.lobby.stored().count("draft")
    await entered(person, KEY)
    assert person.at.step == "language"
    await person.to("where")
    assert not any(value for name, value in person.at.fields if name in {"addresses", "names"})
    assert portal.lobby.stored().count("draft") == before
