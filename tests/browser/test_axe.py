"""axe-core sees what is planted, in each engine, under the strict policy; and nothing on a page without fault."""

import pytest

from tests.browser.axe import violations
from tests.browser.page import Page
from tests.browser.still import STRICT, Still

FAULTS = {
    "label": '<input id="nameless">',
    "image-alt": '<img src="/favicon.ico">',
    "button-name": "<button></button>",
    "color-contrast": '<p class="faint">hardly to be read</p>',
    "target-size": '<button class="tiny">a</button><button class="tiny">b</button>',
}
SHEET = (
    ".faint { color: #aaa; background: #fff } .tiny { width: 8px; height: 8px; padding: 0; border: 0; font-size: 6px }"
)
LINK = '<link rel="stylesheet" href="/sheet.css">'


@pytest.fixture
def sheet(still: Still) -> Still:
    still.headers = STRICT
    still.things["/sheet.css"] = ("text/css", SHEET.encode())
    return still


def test_planted_faults_are_found(sheet: Still, any_page: Page) -> None:
    any_page.open(sheet.html("/", f"<main><h1>Faults</h1>{''.join(FAULTS.values())}</main>", head=LINK))
    any_page.wait_for("main")
    found = violations(any_page)
    assert {one.rule for one in found} == set(FAULTS), found
    assert next(one.where for one in found if one.rule == "label") == ("#nameless",)


def test_a_page_without_fault_has_none(sheet: Still, any_page: Page) -> None:
    any_page.open(
        sheet.html("/", "<main><h1>Well</h1><label>Name <input></label><button>Next</button></main>", head=LINK)
    )
    any_page.wait_for("main")
    assert violations(any_page) == []
    assert violations(any_page, "main") == []


def test_a_missing_language_is_found(sheet: Still, any_page: Page) -> None:
    any_page.open(sheet.html("/", "<main><h1>No language</h1></main>", language=""))
    any_page.wait_for("main")
    assert [one.rule for one in violations(any_page)] == ["html-has-lang"]
