"""Every page of the console in each of its states, in a real browser: well made for everybody, complete by the table of its doors."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from importlib.resources import files
from urllib.parse import urlsplit

import pytest

from amparo.console.door import Door
from amparo.console.table import TABLE
from amparo.web.pages import Pages
from tests.browser.axe import WIDER, faults
from tests.browser.chromium import ChromiumPage
from tests.browser.console import Serving
from tests.browser.console_states import EMPTY, FULL, NO_PAGE, State
from tests.integration.furnished import Furnished, console, furnish

"""In which axe looks at each."""
TWICE = "document.documentElement.style.fontSize = '200%'"
UNNAMED = """[...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]')]
  .filter((one) => one.checkVisibility() && one.tabIndex < 0).length"""
TEMPLATES = files("amparo.console").joinpath("templates")
PAGE = re.compile(r'\{% extends "page\.html" %\}')


class Seen(Pages):
    """Pages that remember which templates were asked of them."""

    def __init__(self, pages: Pages) -> None:
        super().__init__(pages._templates, pages.languages)
        self.drawn: set[str] = set()

    def html(self, template: str, language: str, values) -> str:
        self.drawn.add(template)
        return super().html(template, language, values)


@dataclass
class House:
    there: Furnished
    serving: Serving
    pages: Seen
    opened: set[str] = field(default_factory=set)

    def open(self, page: ChromiumPage, state: State) -> None:
        """Show it; what went wrong on the way there is no page's fault."""
        policy = state.open(page, self.serving, self.there)
        self.opened.add(state.name)
        door = self.door(state)
        assert door is None or policy == door.csp

    def door(self, state: State) -> Door | None:
        """Whose page it is; None for an address that is not there."""
        path = urlsplit(state.path.format(**self.there.here)).path
        return next((door for door in TABLE if door.method == "GET" and door.args(path) is not None), None)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One console for all: first without anything, then furnished."""
    with console(tmp_path_factory.mktemp("console")) as there:
        pages = Seen(there.doors.pages)
        with Serving(replace(there.doors, pages=pages)) as serving:
            yield House(there, serving, pages)


@pytest.fixture(scope="module")
def furnished(house: House) -> House:
    furnish(house.there)
    return house


def check(house: House, page: ChromiumPage, state: State) -> None:
    """That it is well made: axe, no sideways scrolling, also with letters twice as large, all by keyboard, nothing foreign or refused."""
    page.playwright_page.set_viewport_size({"width": 1280, "height": 800})
    house.open(page, state)
    found = [UNNAMED] if page.run(UNNAMED) else []
    found += faults(page)
    page.run(TWICE)
    if page.run(WIDER):
        found.append("letters twice as large: runs off sideways")
    assert found == []
    assert {urlsplit(request.url).netloc for request in page.requests} <= {urlsplit(house.serving.url).netloc, ""}
    assert [said for said in page.complaints if "status of 4" not in said] == []


@pytest.mark.parametrize("state", EMPTY, ids=lambda state: state.name)
def test_a_page_without_anything_is_well_made(house: House, page: ChromiumPage, state: State) -> None:
    check(house, page, state)


@pytest.mark.parametrize("state", FULL, ids=lambda state: state.name)
def test_a_page_is_well_made(furnished: House, page: ChromiumPage, state: State) -> None:
    check(furnished, page, state)


def test_every_address_that_answers_with_a_page_was_looked_at(furnished: House) -> None:
    paths = {door.path for door in TABLE if door.method == "GET"}
    seen = {door.path for state in (*EMPTY, *FULL) if (door := furnished.door(state)) is not None}
    assert paths - seen == set(NO_PAGE), "add a state to tests/browser/console_states.py"


def test_every_page_there_is_a_template_for_was_looked_at(furnished: House, page: ChromiumPage) -> None:
    for state in FULL:
        if state.name not in furnished.opened:  # where this test runs without those above
            furnished.open(page, state)
    names = {one.name.removesuffix(".html") for one in TEMPLATES.iterdir() if PAGE.search(one.read_text())}
    assert names - furnished.pages.drawn == set(), "add a state to tests/browser/console_states.py"
