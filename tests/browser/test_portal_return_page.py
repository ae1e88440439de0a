"""Coming back in a real browser: her own zone in the times, letters counted, a proof made while she types, the helper's page."""

from collections.abc import Iterator

import pytest

from amparo.intake.model import TEXT_CHARS_MAX
from amparo.portal.notices import NOTICES
from tests.browser.chromium import Chromium, ChromiumPage
from tests.browser.engines import Looks, Page
from tests.browser.walking import Walk
from tests.portal_process import folder_of, free_port, running

TIGHT = {
    "AMPARO_PORTAL_LIMITS_UNPROVED_PERCENT": "1",
    "AMPARO_PORTAL_LIMITS_WORK_BITS": "14",  # on a machine that does much else; what 17 take: test_proof_of_work.py
    "AMPARO_PORTAL_OPEN_MS_MIN": "10",
}
"""Without a proof there is one number an hour."""


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    with running(folder_of(tmp_path_factory.mktemp("portal")), port, **TIGHT):
        yield f"http://127.0.0.1:{port}"


def tipped(page: Page, url: str) -> tuple[Walk, str]:
    """Somebody who has told of something, and her number."""
    walk = Walk(page, url, "en", lambda _name: None)
    walk.begin()
    walk.act("tip", "tip")
    page.fill("[name=words]", "what I saw")
    page.click("input[name=names_child][value=no]")
    walk.act("next", "tip-receipt")
    number = "".join(page.text("[data-receipt]").split())
    page.fill("#last_four", number[-4:])
    walk.act("next", "sent")
    return walk, number


def test_her_browser_works_while_she_types_and_she_is_let_in(portal: str, any_page: Page) -> None:
    walk, number = tipped(any_page, portal)
    walk.act("open", "home")
    for typed in ("1" * 16, "2" * 16, "3" * 16):
        any_page.fill("#number", typed)
        walk.act("open", "home")
        assert any_page.text("[data-notice]") == NOTICES["no_case"]
    any_page.fill("#number", number)
    walk.act("open", "case")


def test_pressed_before_the_proof_is_there_it_waits_for_it(portal: str, page: ChromiumPage) -> None:
    walk, _ = tipped(page, portal)
    walk.act("open", "home")
    assert page.run("document.querySelector('form').dataset.workBits") == "14"
    page.run(
        "document.querySelector('#number').value = '4'.repeat(16), document.querySelector('[data-act=open]').click(), 0"
    )
    page.wait_until(f"document.querySelector('[data-notice]')?.textContent === {NOTICES['no_case']!r}")
    sent = [request.body or b"" for request in page.requests if request.method == "POST"][-1]
    assert b"work=&" not in sent
    assert b"work=" in sent
    assert page.complaints == []


def test_without_script_there_is_less_and_it_works(portal: str, chromium: Chromium) -> None:
    with chromium.page(Looks(script=False)) as page:
        page.open(portal)
        page.click("[data-act=open]")
        page.fill("#number", "5" * 16)
        page.click("main [data-act=open]")
        assert page.text("[data-notice]") == NOTICES["no_case"]
        page.fill("#number", "6" * 16)
        page.click("main [data-act=open]")
        assert page.text("[data-notice]") == NOTICES["too_often"]
        assert page.run("document.querySelector('#number').value") == "6" * 16


def test_times_are_told_in_her_own_zone(portal: str, chromium: Chromium, page: ChromiumPage) -> None:
    walk, number = tipped(page, portal)
    walk.act("open", "home")
    page.fill("#number", number)
    walk.act("open", "case")
    told = page.text("[data-state] time")
    assert "UTC" not in told
    told_by_server = page.run("fetch('/').then((answer) => answer.text())")
    assert "(UTC)" in told_by_server
    assert page.run("document.querySelector('[data-state]').dataset.cause.startsWith('envelope:')")


def test_letters_are_counted_and_too_many_are_not_sent(portal: str, any_page: Page) -> None:
    walk, number = tipped(any_page, portal)
    walk.act("open", "home")
    any_page.fill("#number", number)
    walk.act("open", "case")
    set_to = "(text) => { const field = document.querySelector('#message'); field.value = text; field.dispatchEvent(new Event('input')); }"
    left = "document.querySelector('#message-left')"
    any_page.run(f"({set_to})('字'.repeat({TEXT_CHARS_MAX - 700})), 0")
    assert any_page.run(f"{left}.hidden")
    any_page.run(f"({set_to})('😀'.repeat({TEXT_CHARS_MAX - 1})), 0")
    assert any_page.run(f"{left}.textContent") == "One letter is left."
    any_page.run(f"({set_to})('x'.repeat({TEXT_CHARS_MAX + 2})), 0")
    assert any_page.run(f"{left}.textContent").startswith("This is 2 letters too long.")
    any_page.click("[data-act=write]")
    assert any_page.run("document.querySelector('#message').value.length") == TEXT_CHARS_MAX + 2
    assert any_page.run("document.activeElement.id") == "message"
    any_page.run(f"({set_to})('not too long'), 0")
    walk.act("write", "case")
    assert any_page.text("[data-message=person] .hers") == "not too long"


def test_while_she_stays_a_calm_sentence_comes_and_nothing_is_lost(portal: str, page: ChromiumPage) -> None:
    page.playwright_page.clock.install()
    walk = Walk(page, portal, "en", lambda _name: None)
    walk.begin()
    walk.act("tip", "tip")
    page.fill("[name=words]", "typed slowly")
    assert page.run("document.querySelector('[data-idle-s]').hidden")
    page.playwright_page.clock.fast_forward("24:00")
    assert page.run("document.querySelector('[data-idle-s]').hidden")
    page.playwright_page.clock.fast_forward("01:30")
    assert not page.run("document.querySelector('[data-idle-s]').hidden")
    assert page.run("document.querySelector('[name=words]').value") == "typed slowly"
    assert "tip" in page.url() or page.url().rstrip("/") == portal
