"""Composition reaches the page as the events of an input method, in Chromium and Firefox."""

from collections.abc import Iterator

import pytest

from tests.browser.chromium import ChromiumPage
from tests.browser.composing import compose
from tests.browser.engines import Engine
from tests.browser.firefox import FirefoxPage
from tests.browser.still import Still

WATCH = """
window.seen = [];
for (const type of ["compositionstart", "compositionupdate", "compositionend"])
  document.addEventListener(type, (event) => window.seen.push([type, event.data]));
"""


@pytest.fixture(params=["chromium", "firefox"])
def field(request: pytest.FixtureRequest, still: Still) -> Iterator[ChromiumPage | FirefoxPage]:
    """A page whose one field has the focus."""
    engine: Engine = request.getfixturevalue(request.param)
    address = still.html("/", '<input id="field">', head='<script type="module" src="/watch.mjs"></script>')
    still.script("/watch.mjs", WATCH)
    with engine.page() as page:
        page.open(address)
        page.wait_until("window.seen !== undefined")
        page.click("#field")
        yield page


def test_what_is_composed_and_chosen_stands_in_the_field(field: ChromiumPage | FirefoxPage) -> None:
    compose(field, ["ㅎ", "하", "한"], "한")
    field.wait_until("document.querySelector('#field').value === '한'")
    seen = field.run("window.seen")
    assert seen[:4] == [
        ["compositionstart", ""],
        ["compositionupdate", "ㅎ"],
        ["compositionupdate", "하"],
        ["compositionupdate", "한"],
    ]
    assert seen[-1] == ["compositionend", "한"]


def test_what_is_given_up_leaves_nothing(field: ChromiumPage | FirefoxPage) -> None:
    compose(field, ["n", "ni"], None)
    field.wait_until("window.seen.some(([type]) => type === 'compositionend')")
    assert field.run("document.querySelector('#field').value") == ""
    assert field.run("window.seen.at(-1)") == ["compositionend", ""]
