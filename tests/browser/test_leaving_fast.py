"""static/exit.js by itself, in each engine: what leaves, what does not, and what Back shows. The portal around it: test_leaving_portal.py."""

import time
from pathlib import Path

import pytest

from tests.browser.engines import Page
from tests.browser.still import STRICT, Still

STATIC = Path(__file__).parents[2] / "src/amparo/portal/static"
MAIN = """<main data-step="case"><a data-act="exit" href="/exit">Leave</a> <a id="on" href="/?on">on</a>
<p id="hers">words of hers</p><input id="line"><textarea id="lines"></textarea><input id="pick" type="file">
<button id="button" type="button">a button</button><button id="other" type="button">another</button></main>"""
HEAD = '<script src="/exit.js"></script>'
CALENDAR = '<table id="calendar"><tr><td>1</td></tr></table>'
QUIET_S = 0.4  # in which a page that wanted to leave would have left


@pytest.fixture
def address(still: Still) -> str:
    still.folders = [STATIC]
    still.headers = STRICT
    still.html("/exit", CALENDAR, head='<script src="/left.js"></script>')
    return still.html("/", MAIN, head=HEAD)


def stays(page: Page) -> bool:
    time.sleep(QUIET_S)
    return page.url().rpartition("/")[2] != "exit" and page.texts("#hers") == ["words of hers"]


def test_the_link_leaves_and_back_shows_nothing(address: str, any_page: Page) -> None:
    any_page.open(address)
    any_page.click("#on")
    any_page.wait_until("location.search === '?on'")
    any_page.fill("#lines", "words of hers")
    any_page.click("[data-act=exit]")
    any_page.wait_for("#calendar")
    for _ in range(2):  # the page left by the link, and the one before it
        any_page.back()
        time.sleep(QUIET_S)
        assert "words of hers" not in any_page.source()
        assert any_page.url().rpartition("/")[2] in ("exit", "about:blank", "blank", "")


def test_shift_three_times_leaves(address: str, any_page: Page) -> None:
    any_page.open(address)
    any_page.click("#button")
    any_page.press("Shift", "Shift")
    assert stays(any_page)
    any_page.press("Shift")
    any_page.wait_for("#calendar")
    any_page.back()
    time.sleep(QUIET_S)
    assert "words of hers" not in any_page.source()


def test_shift_with_another_key_is_no_wish_to_leave(address: str, any_page: Page) -> None:
    any_page.open(address)
    any_page.click("#button")
    any_page.press("Shift+Tab", "Shift+Tab", "Shift+Tab", "Shift+Tab")
    any_page.click("#button")
    any_page.press("Shift", "Shift", "a", "Shift", "Shift+b", "Shift", "Control+Shift", "Shift", "Shift")
    assert stays(any_page)


def test_presses_far_apart_are_none(address: str, any_page: Page) -> None:
    any_page.open(address)
    any_page.click("#button")
    any_page.press("Shift", "Shift")
    time.sleep(5.1)
    any_page.press("Shift")
    assert stays(any_page)


@pytest.mark.parametrize("field", ["#line", "#lines"])
def test_where_text_is_typed_shift_is_a_key(address: str, any_page: Page, field: str) -> None:
    any_page.open(address)
    any_page.click(field)
    any_page.press("Shift", "Shift", "Shift", "Shift")
    assert stays(any_page)
    any_page.click("#button")
    any_page.press("Shift")
    assert stays(any_page), "what was pressed in the field does not count outside"


def test_a_chosen_file_and_typed_words_are_let_go_of(
    address: str, any_page: Page, still: Still, tmp_path: Path
) -> None:
    chosen = tmp_path / "hers.jpg"
    chosen.write_bytes(b"picture")
    still.html("/exit", "never seen here")
    any_page.open(address)
    any_page.files("#pick", [chosen])
    any_page.fill("#line", "words of hers")
    any_page.run("window.field = document.querySelector('#line'), window.pick = document.querySelector('#pick'), 0")
    any_page.run("document.querySelector('main').outerHTML, addEventListener('pagehide', () => { seen(); }), 0")
    any_page.run(
        "window.seen = () => localStorage.setItem('seen', JSON.stringify("
        "[field.value, pick.files.length, document.body === null])), 0"
    )
    any_page.click("[data-act=exit]")
    any_page.wait_until("location.pathname === '/exit'")
    assert any_page.run("localStorage.getItem('seen')") == '["",0,true]'


def test_who_comes_back_of_her_own_will_is_let_in(address: str, any_page: Page) -> None:
    any_page.open(address)
    any_page.click("[data-act=exit]")
    any_page.wait_for("#calendar")
    any_page.open(address)
    assert stays(any_page)
    any_page.click("#on")
    any_page.wait_until("location.search === '?on'")
    any_page.back()
    assert stays(any_page), "Back is Back again, once she has come back"


def test_nothing_is_kept_but_a_mark_for_this_tab(address: str, any_page: Page) -> None:
    any_page.open(address)
    any_page.click("[data-act=exit]")
    any_page.wait_for("#calendar")
    assert any_page.run("[localStorage.length, JSON.stringify(sessionStorage)]") == [0, '{"m":""}']
