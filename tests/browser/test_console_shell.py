"""The console's shell in a real browser: forms put in their answer in place, keys press what they stand on, with nothing the policy forbids."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from amparo.console.door import Door
from amparo.console.table import TABLE
from amparo.console.visit import Visit
from tests.browser.axe import faults, violations
from tests.browser.chromium import Chromium, ChromiumPage
from tests.browser.console import Serving
from tests.browser.page import WAIT_S, Looks, until
from tests.console import doors_of

WAYS = ((320, "light"), (1280, "dark"), (640, "light"))
TRIAL = """
{% extends "page.html" %}
{% block title %}Trial{% endblock %}
{% block main %}
<h1>Trial {{ visit.query.one("n") }}</h1>
{% call parts.form("/trial", is_part=true) %}
<label for="words">Words</label> <input id="words" name="words">
{{ parts.act("one", "One", key="c", class="go") }}
{{ parts.act("two", "Two", key="s") }}
<span data-chosen>{{ visit.query.one("chosen") }}</span>
{% endcall %}
<ul class="rows"><li data-row><a href="#a">a</a></li><li data-row><a href="#b">b</a></li></ul>
<script type="application/json" id="told">{"a": 1}</script>
{% endblock %}
"""


def trial(visit: Visit) -> object:
    return visit.page("trial", view="card")


def taken(visit: Visit) -> object:
    n = int(visit.query.one("n") or 0) + 1
    return visit.see(f"/trial?n={n}&chosen={visit.form.act}", "saved")


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    doors = doors_of()
    for environment in doors.pages._environments.values():
        loader = environment.loader
        before = loader.get_source

        def source(env, name, before=before):
            return (TRIAL, name, lambda: True) if name == "trial.html" else before(env, name)

        loader.get_source = source
    table = (*TABLE, Door("GET", "/trial", "own", trial), Door("POST", "/trial", "own", taken))
    with Serving(doors, table) as running:
        yield running


def press_until(page: ChromiumPage, key: str, js: str) -> None:
    """Press a key until that is so: keys count nothing for a moment after a part of the page came."""

    def is_so() -> bool:
        if page.run(js):
            return True
        page.press(key)
        return False

    until(is_so, f"{key}: {js}", WAIT_S)


@pytest.fixture
def lead(serving: Serving, page: ChromiumPage) -> ChromiumPage:
    serving.sign_in(page, "lead")
    page.open(f"{serving.url}/trial")
    return page


def test_a_key_sends_the_form_and_the_answer_takes_its_place_without_a_new_page(lead: ChromiumPage) -> None:
    lead.run("window.isSame = true")
    lead.press("c")
    lead.wait_until("document.querySelector('[data-chosen]').textContent === 'one'")
    assert lead.run("window.isSame"), "the page itself was not left"
    assert lead.text("[data-notice]") == "Saved."
    assert lead.run("document.activeElement.id") == "main"
    assert "chosen=one" in lead.url()
    press_until(lead, "s", "document.querySelector('[data-chosen]').textContent === 'two'")
    lead.click("[data-key=c]")
    lead.wait_until("document.querySelector('[data-chosen]').textContent === 'one'")
    assert lead.complaints == []


def test_keys_do_nothing_where_text_is_typed_or_once_they_are_turned_off(lead: ChromiumPage) -> None:
    lead.click("#words")
    lead.press("c", "s", "?")
    assert lead.run("document.querySelector('#words').value") == "cs?"
    assert lead.run("document.querySelector('[data-chosen]').textContent") == ""
    lead.run("document.activeElement.blur()")
    lead.press("Control+c")
    lead.press("?")
    lead.wait_for("#keys[open]")
    assert lead.texts("#keys dd") == ["One", "Two"]
    lead.click("#keys-on")
    lead.press("Escape")
    lead.press("c")
    lead.press("?")
    lead.wait_for("#keys[open]")
    assert lead.run("document.querySelector('[data-chosen]').textContent") == ""
    lead.click("#keys-on")
    lead.press("Escape")
    lead.wait_until("document.querySelector('dialog[open]') === null")
    lead.press("s")
    lead.wait_until("document.querySelector('[data-chosen]').textContent === 'two'")


def test_j_and_k_go_through_the_rows(lead: ChromiumPage) -> None:
    focused = "document.activeElement.textContent"
    for key, row in (("j", "a"), ("j", "b"), ("j", "b"), ("k", "a")):
        lead.press(key)
        assert lead.run(focused) == row


def test_without_script_the_same_form_does_the_same(serving: Serving, chromium: Chromium) -> None:
    with chromium.page(Looks(script=False)) as page:
        serving.sign_in(page, "lead")
        page.playwright_page.goto(f"{serving.url}/trial")
        page.playwright_page.click("[data-key=s]")
        assert "chosen=two" in page.url()


@pytest.mark.parametrize("path", ["/figures", "/trial"])
def test_its_pages_are_well_made(serving: Serving, page: ChromiumPage, path: str) -> None:
    serving.sign_in(page, "admin")
    page.open(serving.url + path)
    assert faults(page, WAYS) == []
    assert {urlsplit(request.url).netloc for request in page.requests} == {urlsplit(serving.url).netloc}
    assert [said for said in page.complaints if "status of 404" not in said] == []


def test_nobody_signed_in_is_led_to_the_sign_in(serving: Serving, page: ChromiumPage) -> None:
    page.open(f"{serving.url}/queue")
    assert urlsplit(page.url()).path == "/sign-in"
    assert violations(page) == []
