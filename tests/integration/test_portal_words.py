"""Every page speaks the language it was asked for: in en-XA nothing stands outside the brackets, in the others nothing is left in English."""

from collections.abc import AsyncIterator

import pytest

from amparo.intake.model import FileIn, MD5In
from amparo.portal.settings import PortalSettings
from amparo.portal.words import LANGUAGES
from docs import make_catalogues
from tests.intake_twin import IntakeTwin
from tests.integration.portal import at
from tests.person import ROUTES, Person, doors_of
from tests.tidy.brackets import outside_brackets
from tests.tidy.catalogues import forms

SETTINGS = PortalSettings(pseudo_languages=True)
ENTRIES = [entry for route in ROUTES.routes.values() for entry in route.entry]
NAMES = {entry.name for entry in ENTRIES} | {(entry.url or "").removeprefix("https://") for entry in ENTRIES}
LISTED = {SETTINGS.title, *LANGUAGES.values(), "Ļöñĝ Éñĝļîšĥ", "Mirrored English"} | NAMES
"""What is the same in every language: the neutral title, each language's own name, names and addresses of those who help."""
SENTENCES = [text for message in make_catalogues.messages() for text in forms(message.id) if text.count(" ") >= 2]


@pytest.fixture
def intake() -> IntakeTwin:
    return IntakeTwin()


@pytest.fixture
async def person(intake: IntakeTwin) -> AsyncIterator[Person]:
    async with at(doors_of(intake, SETTINGS)) as persons:
        yield persons()


async def pages(person: Person, intake: IntakeTwin, language: str) -> AsyncIterator[tuple[str, str]]:
    """Each page of the path in that language with its name; the first in the language the browser asks for."""
    person.client.headers["accept-language"] = language

    def seen(name: str) -> tuple[str, str]:
        assert person.at.step == name.partition(" ")[0]
        return name, person.answer.text

    await person.look()
    yield seen("language")
    await person.press("next", language)
    yield seen("safe")
    await person.press("next", "no")
    yield seen("safe not")
    await person.press("next", "yes")
    yield seen("age")
    await person.press("next", "minor")
    yield seen("under-18")
    for place in ROUTES.routes:
        await person.press("place", place=place)
        yield seen(f"under-18 {place}")
    await person.press("next")
    yield seen("happened")
    await person.press("next")
    yield seen("files")
    token = person.client.cookies.get("s") or ""
    intake.add_files(token, [FileIn(1, "video", [MD5In("0" * 32)]), FileIn(2, "picture", [MD5In("1" * 32)])])
    await person.look()
    yield seen("files held")
    await person.press("next")
    yield seen("where")
    await person.press("next", addresses="1" * 3_000)
    yield seen("where too long")
    await person.press("next", addresses="")
    await person.press("next", consent=[])
    yield seen("consent again")
    await person.press("next", consent=["match"])
    yield seen("receipt")
    number = person.at.receipt.replace(" ", "")
    await person.press("next", last_four="")
    yield seen("receipt wrong")
    await person.press("next", last_four=number[-4:])
    yield seen("sent")
    yield "not there", (await person.client.get("/not-there")).text
    yield "exit", (await person.client.get("/exit")).text


async def test_nothing_stands_outside_the_brackets(person: Person, intake: IntakeTwin) -> None:
    left = {}
    async for name, page in pages(person, intake, "en-XA"):
        left[name] = set(outside_brackets(page)) - LISTED
        assert '<html lang="en-XA" dir="ltr">' in page
    assert len(left) > 25
    assert not {name: found for name, found in left.items() if found}


@pytest.mark.parametrize("language", [tag for tag in LANGUAGES if tag != "en"])
async def test_no_sentence_is_left_in_english(person: Person, intake: IntakeTwin, language: str) -> None:
    async for name, page in pages(person, intake, language):
        assert f'<html lang="{language}" dir="ltr">' in page
        assert not [text for text in SENTENCES if text in page], name


async def test_a_page_can_run_from_right_to_left(person: Person, intake: IntakeTwin) -> None:
    async for _, page in pages(person, intake, "ar-XB"):
        assert '<html lang="ar-XB" dir="rtl">' in page


async def test_a_language_for_tests_is_not_served_where_it_is_off(intake: IntakeTwin) -> None:
    async with at(doors_of(intake)) as persons:
        someone = persons()
        someone.client.headers["accept-language"] = "ar-XB"
        await someone.look()
        assert someone.at.lang == "en"
        assert not [button for button in someone.at.buttons if button.value in ("en-XA", "ar-XB")]
