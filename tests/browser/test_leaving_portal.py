"""Leaving the real portal in real browsers: what leaves, what does not while Chinese is typed, and what is left behind: nothing."""

import time
from collections.abc import Iterator

import pytest

from amparo.portal.leaving import FORGET
from tests.browser.chromium import Chromium, ChromiumPage
from tests.browser.composing import compose
from tests.browser.engines import Engine, Looks, Page
from tests.browser.firefox import FirefoxPage
from tests.browser.still import Still
from tests.browser.walking import Walk
from tests.portal_process import folder_of, free_port, running

HERS = "my own words"
QUIET_S = 0.5
LEFT_BEHIND = """
Promise.all([indexedDB.databases(), self.caches ? caches.keys() : [], navigator.serviceWorker?.getRegistrations() ?? []])
  .then((kept) => [document.cookie, localStorage.length, ...kept.map((one) => one.length)])
"""


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    with running(folder_of(tmp_path_factory.mktemp("portal")), port):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(params=["chromium", "firefox"])
def typing_page(request: pytest.FixtureRequest) -> Iterator[ChromiumPage | FirefoxPage]:
    """A page of an engine in which an input method can be had."""
    engine: Engine = request.getfixturevalue(request.param)
    with engine.page(Looks(language="zh-CN")) as page:
        assert isinstance(page, ChromiumPage | FirefoxPage)
        yield page


def at_where(page: Page, url: str, language: str = "en") -> Walk:
    """At the page where she writes where it was seen, with something written."""
    walk = Walk(page, url, language, lambda _name: None)
    walk.begin()
    walk.choose("safe", "yes", "age")
    walk.choose("age", "adult", "happened")
    walk.act("skip", "files")
    walk.act("next", "where")
    page.fill("#names", HERS)
    return walk


def nothing_is_left(page: Page) -> None:
    """Of the portal and of her, in this tab and in what the browser keeps."""
    page.wait_for("main[data-left]")
    assert page.cookies() == []
    assert page.run(LEFT_BEHIND) == ["", 0, 0, 0, 0]
    assert page.run("JSON.stringify(sessionStorage)") == '{"m":""}'
    for _ in range(4):
        page.back()
        time.sleep(QUIET_S)
        assert HERS not in page.source()
        assert "data-step" not in page.source()
        assert page.url().partition(":")[0] in {"about", "chrome"} or page.url().endswith("/exit")


def test_the_link_leaves_nothing_behind(portal: str, any_page: Page) -> None:
    at_where(any_page, portal)
    assert [cookie["name"] for cookie in any_page.cookies()] == ["s"]
    any_page.click("[data-act=exit]")
    nothing_is_left(any_page)


def test_shift_three_times_leaves_nothing_behind(portal: str, any_page: Page) -> None:
    walk = at_where(any_page, portal)
    walk.act("next", "consent")
    any_page.click("h1")
    any_page.press("Shift", "Shift")
    time.sleep(QUIET_S)
    walk.at("consent")
    any_page.press("Shift")
    nothing_is_left(any_page)


def test_shift_while_chinese_is_composed_is_typing(portal: str, typing_page: ChromiumPage | FirefoxPage) -> None:
    walk = at_where(typing_page, portal, "zh-Hans")
    typing_page.click("#addresses")
    compose(typing_page, ["n", "ni", "nih", "ni hao"], "你好", strokes=["Shift"] * 4)
    typing_page.press("Shift", "Shift", "Shift", "Shift")  # from Chinese to English and back, in the field
    compose(typing_page, ["m"], None, strokes=["Shift"] * 4)
    time.sleep(QUIET_S)
    walk.at("where")
    assert typing_page.run("document.querySelector('#addresses').value") == "你好"
    typing_page.click("h1")
    typing_page.press("Shift", "Shift")
    time.sleep(QUIET_S)
    walk.at("where")
    typing_page.press("Shift")
    nothing_is_left(typing_page)


def test_the_session_has_ended_on_our_side_too(portal: str, page: ChromiumPage) -> None:
    at_where(page, portal)
    (cookie,) = page.context.cookies()
    page.click("[data-act=exit]")
    page.wait_for("main[data-left]")
    page.context.add_cookies([cookie])
    page.open(portal)
    page.wait_for("main[data-step=language]")
    assert HERS not in page.source()


def test_what_is_shown_then_says_nothing_of_us(portal: str, any_page: Page) -> None:
    any_page.open(portal)
    any_page.wait_for("main[data-step=language]")
    any_page.click("[data-act=exit]")
    any_page.wait_for("main[data-left]")
    days = [text.strip() for text in any_page.texts("td") if text.strip()]
    assert days == [str(day) for day in range(1, len(days) + 1)]
    assert len(days) in (28, 29, 30, 31)
    parts = [*any_page.texts("caption"), *any_page.texts("th"), *days]
    said = any_page.run("document.body.textContent.replaceAll(/\\s/g, '')")
    assert said == "".join("".join(parts).split()), "month and year, seven names of days, the days: nothing else"
    assert any_page.title().split() == any_page.text("caption").split()


def test_another_tab_of_ours_goes_too(portal: str, page: ChromiumPage) -> None:
    at_where(page, portal)
    other = page.context.new_page()
    other.goto(portal)
    assert other.locator("main[data-step=where]").count() == 1
    page.click("[data-act=exit]")
    page.wait_for("main[data-left]")
    other.wait_for_url("**/exit")
    assert other.locator("main[data-left]").count() == 1


def test_without_script_the_link_leaves_too(portal: str, chromium: Chromium) -> None:
    with chromium.page(Looks(script=False)) as page:
        page.open(portal)
        page.click("button[value=en]")
        page.click("button[value=yes]")
        page.click("button[value=adult]")
        page.click("[data-act=skip]")
        page.click("[data-act=next]")
        page.fill("#names", HERS)
        page.click("[data-act=next]")
        page.wait_for("main[data-step=consent]")
        assert [cookie["name"] for cookie in page.cookies()] == ["s"]
        page.click("[data-act=exit]")
        page.wait_for("main[data-left]")
        assert page.cookies() == []
        for _ in range(4):
            page.back()
            assert HERS not in page.source(), "the first page at most, and nothing of hers"
            assert "data-step" not in page.source() or page.texts("main[data-step=language]")


def test_the_operators_own_page_comes_after(
    tmp_path_factory: pytest.TempPathFactory, still: Still, any_page: Page
) -> None:
    neutral = still.html("/weather", "<p id=weather>rain</p>")
    port = free_port()
    with running(folder_of(tmp_path_factory.mktemp("portal")), port, AMPARO_PORTAL_EXIT_URL=neutral):
        at_where(any_page, f"http://127.0.0.1:{port}")
        any_page.click("[data-act=exit]")
        any_page.wait_for("#weather")
        for _ in range(3):
            any_page.back()
            time.sleep(QUIET_S)
            assert HERS not in any_page.source()
            assert "data-step" not in any_page.source()


def test_a_page_elsewhere_ends_nothing(portal: str, still: Still, page: ChromiumPage) -> None:
    at_where(page, portal)
    elsewhere = page.context.new_page()
    elsewhere.goto(
        still.html("/", f'<img src="{portal}/exit"><iframe src="{portal}/exit"></iframe>').replace(
            "127.0.0.1", "localhost"
        )
    )
    elsewhere.wait_for_load_state("networkidle")
    assert [cookie["name"] for cookie in page.cookies()] == ["s"]
    page.reload()
    page.wait_for("main[data-step=where]")


def test_what_the_browser_is_told_to_forget(portal: str, page: ChromiumPage) -> None:
    told = page.playwright_page.request.get(f"{portal}/exit")
    assert told.headers["clear-site-data"] == FORGET == '"cache", "cookies", "storage"'
    assert told.headers["cache-control"] == "no-store"
    early = page.playwright_page.request.get(f"{portal}/exit", headers={"Sec-Purpose": "prefetch"})
    assert (early.status, "clear-site-data" in early.headers) == (204, False)
