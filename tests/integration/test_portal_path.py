"""The path without script, page by page: every answer kept, every way back, nothing lost and nothing done twice."""

from collections.abc import AsyncIterator

import pytest

from amparo.errors import Unavailable
from amparo.intake.model import FileIn, MD5In
from amparo.portal.notices import NOTICES
from tests.intake_twin import IntakeTwin
from tests.integration.portal import at
from tests.person import Person, doors_of

pytestmark = pytest.mark.once

PATH = ["language", "safe", "age", "happened", "files", "where", "consent", "receipt", "sent"]
MINUTES = 60


@pytest.fixture
def intake() -> IntakeTwin:
    return IntakeTwin()


@pytest.fixture
async def person(intake: IntakeTwin) -> AsyncIterator[Person]:
    async with at(doors_of(intake)) as persons:
        yield persons()


async def test_the_whole_path(person: Person, intake: IntakeTwin) -> None:
    seen = [(await person.look()).step]
    assert "set-cookie" not in person.answer.headers
    seen.append((await person.press("next", "en")).step)
    seen.append((await person.press("next", "yes")).step)
    seen.append((await person.press("next", "adult")).step)
    seen.append((await person.press("next", happened=["shared", "fake"])).step)
    seen.append((await person.press("next")).step)
    seen.append((await person.press("next", addresses="https://a.example/1\nhttps://a.example/2", names="群组")).step)
    assert not any(person.at.boxes.values())
    seen.append((await person.press("next", consent=["match", "statistics"])).step)
    number = person.at.receipt.replace(" ", "")
    assert len(number) == 16
    assert [len(group) for group in person.at.receipt.split()] == [4, 4, 4, 4]
    seen.append((await person.press("next", last_four=number[-4:])).step)
    assert seen == PATH
    assert number not in person.answer.text
    (draft, files), *others = intake.submitted
    assert not others
    assert (draft.age, draft.happened, files) == ("adult_stated", ["shared", "fake"], [])
    assert draft.addresses == "https://a.example/1\nhttps://a.example/2"
    assert draft.names == "群组"
    given = {consent.purpose: consent.given for consent in draft.consents}
    assert given == {"match": True, "desk": False, "share": False, "statistics": True}
    assert {consent.language for consent in draft.consents} == {"en"}
    assert all(consent.text_version for consent in draft.consents)


async def test_every_question_but_consent_can_be_skipped(person: Person, intake: IntakeTwin) -> None:
    await person.look()
    await person.press("next", "ms")
    for step in ["age", "happened", "files", "where", "consent"]:
        assert (await person.press("skip")).step == step
    assert not [one for one in person.at.buttons if one.act == "skip"]
    await person.press("next", consent=["match"])
    draft, files = intake.submitted[0]
    assert (draft.age, draft.happened, draft.addresses, files) == ("minor_possible", [], "", [])
    assert person.at.lang == "ms"


@pytest.mark.parametrize(
    ("answer", "age", "steps"),
    [
        ("adult", "adult_stated", ["happened"]),
        ("minor", "minor_stated", ["under-18", "happened"]),
        ("unsure", "minor_possible", ["happened"]),
    ],
)
async def test_the_age_decides_the_way(
    person: Person, intake: IntakeTwin, answer: str, age: str, steps: list[str]
) -> None:
    await person.to("age")
    seen = [(await person.press("next", answer)).step]
    if seen[0] == "under-18":
        seen.append((await person.press("next")).step)
    assert seen == steps
    assert (await person.press("back")).step == (steps[-2] if len(steps) > 1 else "age")
    await person.to("receipt", age=answer)
    assert intake.submitted[0][0].age == age


async def test_under_18_shows_who_helps_where_she_is(person: Person) -> None:
    await person.to("age")
    await person.press("next", "minor")
    elsewhere = person.answer.text
    await person.press("place", place="MY")
    assert person.at.step == "under-18"
    assert person.answer.text != elsewhere
    assert 'value="MY" selected' in person.answer.text
    assert [link["href"] for link in person.at.links if link["href"].startswith("tel:")]
    assert (await person.press("place", place="nowhere")).step == "under-18"
    assert 'value="MY" selected' in person.answer.text


async def test_not_safe_shows_what_to_do_and_both_ways_on(person: Person) -> None:
    await person.to("safe")
    for answer in ("no", "unsure"):
        await person.press("next", answer)
        assert person.at.step == "safe"
        assert "999" in person.at.text
        assert [link for link in person.at.links if link.get("data-act") == "exit"]
    on = next(one for one in person.at.buttons if (one.act, one.name) == ("next", "act"))
    assert (await person.send(person.filled(on))).step == "age"


async def test_back_never_loses_an_answer(person: Person) -> None:
    await person.to("happened")
    await person.press("next", happened=["filmed"])
    await person.press("next")
    await person.press("back", addresses="https://half.example/", names="somebody")
    assert (await person.press("back")).step == "happened"
    assert person.at.boxes["happened", "filmed"]
    await person.press("back", happened=["filmed", "told"])
    await person.press("next", "adult")
    assert [value for (_, value), ticked in person.at.boxes.items() if ticked] == ["filmed", "told"]
    await person.press("next")
    await person.press("next")
    assert ("addresses", "https://half.example/") in person.at.fields
    assert ("names", "somebody") in person.at.fields
    await person.press("next")
    await person.press("back", consent=["desk"])
    await person.press("next")
    assert person.at.boxes["consent", "desk"]
    assert not person.at.boxes["consent", "match"]


async def test_without_leave_to_match_she_is_told_and_may_go_on(person: Person, intake: IntakeTwin) -> None:
    await person.to("consent")
    assert (await person.press("next", consent=["desk"])).step == "consent"
    assert person.at.notice == NOTICES["no_match_consent"]
    assert not intake.submitted
    assert (await person.press("next")).step == "receipt"
    assert {one.purpose for one in intake.submitted[0][0].consents if one.given} == {"desk"}


async def test_the_last_four_prove_that_she_kept_it(person: Person) -> None:
    await person.to("receipt")
    shown = person.at.receipt
    for wrong in ("", "12", "abcd", shown, shown[:4] if shown[:4] != shown[-4:] else "x"):
        await person.press("next", last_four=wrong)
        assert (person.at.step, person.at.notice) == ("receipt", NOTICES["wrong_digits"])
        assert person.at.receipt == shown
    full_width = "".join(chr(0xFF10 + int(digit)) for digit in shown[-4:])
    assert (await person.press("next", last_four=f" {full_width[:2]} {full_width[2:]}")).step == "sent"


async def test_a_form_sent_again_makes_no_second_case(person: Person, intake: IntakeTwin) -> None:
    await person.to("consent")
    form = person.filled(person.button("next"), consent=["match"])
    await person.send(form)
    shown = person.at.receipt
    assert (await person.send(form)).receipt == shown
    assert person.at.notice == NOTICES["already_sent"]
    await person.press("next", last_four=shown[-4:])
    assert (await person.send(form)).step == "sent"
    assert len(intake.submitted) == 1


async def test_an_answer_lost_on_the_way_is_the_same_case(person: Person, intake: IntakeTwin) -> None:
    """The case was handed in, and the portal failed before it could say so."""
    await person.to("consent")
    form = person.filled(person.button("next"), consent=["match"])

    def fail(verb: str) -> None:
        if verb == "save":
            raise Unavailable("busy", "not now", retry_after_s=2)

    intake.before = fail
    assert (await person.send(form)).notice
    assert person.answer.status_code == 503
    assert len(intake.submitted) == 1
    intake.before = lambda _: None
    again = person.filled(person.button("next"))
    assert (await person.send(again)).step == "receipt"
    assert len(intake.submitted) == 1


async def test_two_tabs(person: Person, intake: IntakeTwin) -> None:
    await person.to("happened")
    old = person.filled(person.button("next"), happened=["told"])
    await person.press("next", happened=["shared"])
    await person.press("next")
    await person.press("next", addresses="https://a.example/")
    assert person.at.step == "consent"
    assert (await person.send(old)).step == "files"
    await person.to("receipt", places="https://a.example/")
    draft = intake.submitted[0][0]
    assert draft.happened == ["told"]
    assert (await person.send(old)).step == "receipt"
    assert person.at.notice == NOTICES["already_sent"]


async def test_an_hour_later_what_she_sends_is_kept(person: Person, intake: IntakeTwin) -> None:
    await person.to("where")
    intake.drafts.clear()
    await person.press("next", addresses="https://late.example/", names="late group")
    assert (person.at.step, person.at.notice) == ("safe", NOTICES["expired"])
    assert person.at.lang == "en"
    await person.to("where")
    assert ("addresses", "https://late.example/") in person.at.fields
    assert ("names", "late group") in person.at.fields


async def test_a_form_of_an_earlier_session_keeps_the_text(person: Person, intake: IntakeTwin) -> None:
    await person.to("where")
    old = person.filled(person.button("next"), addresses="https://old.example/")
    intake.drafts.clear()
    await person.to("age")
    await person.send(old)
    assert (person.at.step, person.at.notice) == ("age", NOTICES["stale_page"])
    await person.to("where")
    assert ("addresses", "https://old.example/") in person.at.fields


async def test_no_answer_is_no_error_of_hers(person: Person) -> None:
    await person.to("age")
    fields = [*person.filled(None), ("act", "next")]
    await person.send(fields)
    assert (person.answer.status_code, person.at.step, person.at.notice) == (400, "age", NOTICES["no_answer"])


@pytest.mark.parametrize("verb", ["draft", "save"])
async def test_while_nothing_can_be_saved_her_text_stays_before_her(
    person: Person, intake: IntakeTwin, verb: str
) -> None:
    await person.to("where")

    def fail(called: str) -> None:
        if called == verb:
            raise Unavailable("read_only", "the database cannot be written", retry_after_s=30)

    intake.before = fail
    typed = "https://kept.example/\nsecond line"
    for _ in range(2):
        await person.press("next", addresses=typed, names="gruppe <b>")
        assert person.answer.status_code == 503
        assert person.answer.headers["retry-after"] == "30"
        assert person.at.notice == NOTICES["not_now"]
        assert ("addresses", typed) in person.at.fields
        assert ("names", "gruppe <b>") in person.at.fields
    intake.before = lambda _: None
    assert (await person.press("next")).step == "consent"
    await person.press("back")
    assert ("addresses", typed) in person.at.fields


async def test_too_long_is_given_back_whole(person: Person, intake: IntakeTwin) -> None:
    await person.to("where")
    long = "詞" * 350_000  # about a megabyte of UTF-8
    await person.press("next", addresses=long)
    assert (person.answer.status_code, person.at.step) == (413, "where")
    assert person.at.notice == NOTICES["place_too_long"]
    assert ("addresses", long) in person.at.fields
    await person.press("next", addresses="\n".join(f"https://a.example/{number}" for number in range(101)))
    assert (person.answer.status_code, person.at.notice) == (413, NOTICES["too_many_places"])
    assert (await person.press("next", addresses="https://a.example/")).step == "consent"
    assert "詞" not in next(iter(intake.drafts.values())).addresses


async def test_signs_nobody_sees_are_taken_out_and_writing_from_right_to_left_stays(
    person: Person, intake: IntakeTwin
) -> None:
    await person.to("where")
    await person.press(
        "next",
        addresses="ht\x00tps://\u202eelpmaxe\u202c.example/\x1b[31m\r\nhttps://b.example/\x7f\r\n\r\n",
        names="קבוצה \u2067عشق\u2069 نمی\u200cشد 👩\u200d👧",
    )
    assert person.at.step == "consent"
    draft = next(iter(intake.drafts.values()))
    assert draft.addresses == "https://elpmaxe.example/[31m\nhttps://b.example/"
    assert draft.names == "קבוצה عشق نمی\u200cشد 👩\u200d👧"


async def test_what_she_types_is_never_markup(person: Person) -> None:
    await person.to("where")
    evil = "</textarea><script>alert(1)</script>\"'{{ 7 * 7 }}"
    await person.press("back", addresses=evil, names="")
    await person.press("next")
    assert ("addresses", evil) in person.at.fields
    assert "<script>" not in person.answer.text


async def test_files_are_listed_and_taken_out(person: Person, intake: IntakeTwin) -> None:
    await person.to("files")
    token = next(iter(intake.drafts))
    intake.add_files(token, [FileIn(number, "picture", [MD5In(f"{number:032x}")]) for number in (1, 2, 3)])
    await person.look()
    assert person.answer.text.count("data-held=") == 3
    assert (await person.press("drop", "2")).step == "files"
    assert [file.number for file in intake.files(token)] == [1, 3]
    await person.press("drop-all")
    assert intake.files(token) == []


async def test_the_exit_ends_it_all(person: Person, intake: IntakeTwin) -> None:
    await person.to("where")
    await person.press("back", addresses="https://mine.example/")
    await person.client.get("/exit", headers={"sec-fetch-site": "cross-site"})
    assert intake.drafts
    answer = await person.client.get("/exit", headers={"sec-fetch-site": "same-origin"})
    assert answer.headers["clear-site-data"] == '"cache", "cookies", "storage"'
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert not intake.drafts
    assert (await person.look()).step == "language"


async def test_she_leaves_even_where_the_session_cannot_be_ended(person: Person, intake: IntakeTwin) -> None:
    await person.to("age")

    def fail(_verb: str) -> None:
        raise Unavailable("busy", "not now")

    intake.before = fail
    answer = await person.client.get("/exit")
    assert answer.status_code == 200
    assert "clear-site-data" in answer.headers
