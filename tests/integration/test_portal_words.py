"""Every page speaks the language it was asked for: in en-XA nothing stands outside the brackets, in the others nothing is left in English."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from amparo.web.words import LANGUAGES
from docs.make_catalogues import PORTAL
from tests.conftest import SetClock
from tests.intake_twin import IntakeTwin
from tests.integration.every_page import Walk
from tests.integration.portal import at
from tests.integration.visiting import Parlour, parlour
from tests.person import QUICK, ROUTES, doors_of
from tests.tidy.brackets import outside_brackets
from tests.tidy.catalogues import forms

SETTINGS = replace(QUICK, pseudo_languages=True)
ENTRIES = [entry for route in ROUTES.routes.values() for entry in route.entry]
NAMES = {entry.name for entry in ENTRIES} | {(entry.url or "").removeprefix("https://") for entry in ENTRIES}
LISTED = {SETTINGS.title, *LANGUAGES.values(), "Ļöñĝ Éñĝļîšĥ", "Mirrored English"} | NAMES
"""What is the same in every language: the neutral title, each language's own name, names and addresses of those who help."""
SENTENCES = [text for message in PORTAL.messages() for text in forms(message.id) if text.count(" ") >= 2]


@pytest.fixture
async def portal(tmp_path: Path, clock: SetClock) -> AsyncIterator[Parlour]:
    async with parlour(tmp_path, clock, SETTINGS) as opened:
        yield opened


async def test_nothing_stands_outside_the_brackets(portal: Parlour) -> None:
    left = {}
    async for name, page in Walk(portal, await portal.person(), "en-XA").everywhere():
        left[name] = set(outside_brackets(page)) - LISTED
        assert '<html lang="en-XA" dir="ltr">' in page
    assert len(left) > 35
    assert left.pop("exit"), "behind the exit stands a calendar, and no word of the portal"
    assert not {name: found for name, found in left.items() if found}


@pytest.mark.parametrize("language", [tag for tag in LANGUAGES if tag != "en"])
async def test_no_sentence_is_left_in_english(portal: Parlour, language: str) -> None:
    async for name, page in Walk(portal, await portal.person(), language).everywhere():
        assert f'<html lang="{language}" dir="ltr">' in page
        assert not [text for text in SENTENCES if text in page], name


async def test_a_helper_has_a_sentence_of_its_own_to_say_on_each_page(portal: Parlour) -> None:
    said = {}
    async for name, page in Walk(portal, await portal.person(), "en").everywhere():
        if name.endswith("helped"):
            found = re.search(r'class="spoken">.*?</span>(.*?)</p>', page, re.DOTALL)
            assert found, name
            said[name] = found[1].strip()
        else:
            assert 'class="spoken"' not in page, f"{name} is no helper's page"
    assert len(said) == len(set(said.values())) == 10


async def test_a_page_can_run_from_right_to_left(portal: Parlour) -> None:
    async for _, page in Walk(portal, await portal.person(), "ar-XB").everywhere():
        assert '<html lang="ar-XB" dir="rtl">' in page


async def test_a_language_for_tests_is_not_served_where_it_is_off() -> None:
    async with at(doors_of(IntakeTwin())) as persons:
        someone = persons()
        someone.client.headers["accept-language"] = "ar-XB"
        await someone.look()
        assert someone.at.lang == "en"
        assert not [button for button in someone.at.buttons if button.value in ("en-XA", "ar-XB")]
