"""Looking, in a real browser: hold to reveal by pointer and by space, covered by all that takes the attention away, its seconds told back."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from amparo.console.door import Door
from amparo.console.table import TABLE
from amparo.console.views.looks import panel
from amparo.console.visit import Visit
from amparo.media.pool import MediaPool
from amparo.media.settings import MediaSettings
from amparo.review.exposure import Bounds
from tests.browser.axe import faults, violations
from tests.browser.chromium import Chromium, ChromiumPage
from tests.browser.console import Serving
from tests.browser.page import WAIT_S, Looks, until
from tests.conftest import SetClock
from tests.console import StaffTwin, doors_of
from tests.hostile import drawing
from tests.integration.looks import PICTURE, WORK, Desk, desk, exhausted, met, work
from tests.videos import Form, film

CARD = """
{% extends "page.html" %}
{% block title %}Card{% endblock %}
{% block head %}<link rel="stylesheet" href="/static/look.css"><script type="module" src="/static/look.js"></script>{% endblock %}
{% block main %}
<h1>Card</h1>
{% include "look.html" %}
{% call parts.form("/trial", is_part=true) %}{{ parts.act("skip", "Skip", key="s") }}{% endcall %}
{% endblock %}
"""
BARE = "(() => { const c = document.querySelector('canvas'); return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((one) => one !== 0); })()"
HOLD = "[data-look-hold]"
LOOK = "[data-decide=look]"
FRAMES = [np.asarray(drawing((480, 360), seed)) for seed in range(1, 9)]


class Console:
    """The console over looks of a ledger of its own."""

    def __init__(self, house: Desk, pool: MediaPool) -> None:
        self.house, self.pool = house, pool
        staff = StaffTwin({f"m{one.id}": house.principal(one.id) for one in house.members})
        doors = doors_of(staff, clock=house.clock, looks=house.looks, exposures=house.exposures)
        for environment in doors.pages._environments.values():
            before = environment.loader.get_source

            def source(env, name, before=before):
                return (CARD, name, lambda: True) if name == "trial.html" else before(env, name)

            environment.loader.get_source = source
        self.serving = Serving(
            doors, (*TABLE, Door("GET", "/trial", "own", trial), Door("POST", "/trial", "own", skipped))
        )

    def card(self, page: ChromiumPage, number: int = 1) -> ChromiumPage:
        self.serving.sign_in(page, f"m{number}")
        page.open(f"{self.serving.url}/trial")
        page.wait_until(f"document.querySelector('{LOOK}')?.disabled !== true")
        return page

    def used(self) -> tuple[int, int]:
        used = self.house.exposures.own(self.house.principal(1)).used
        return used.looks_day, used.seconds_day


def trial(visit: Visit) -> object:
    return visit.page("trial", view="card", look=panel(visit, WORK))


def skipped(visit: Visit) -> object:
    return visit.see("/trial?skipped=1")


@pytest.fixture
def console(tmp_path: Path, clock: SetClock) -> Iterator[Console]:
    yield from running(tmp_path, clock, exhausted(Bounds(40, 400, 400, 4_000)))


@pytest.fixture
def strict(tmp_path: Path, clock: SetClock) -> Iterator[Console]:
    """Where one look is allowed."""
    yield from running(tmp_path, clock, exhausted(Bounds(1, 400, 400, 4_000)))


def running(folder: Path, clock: SetClock, settings) -> Iterator[Console]:
    pool = MediaPool(MediaSettings(children=1))
    with desk(folder, clock, settings, media=pool) as house:
        assert house.keep()
        made = Console(house, pool)
        with made.serving:
            yield made
        for pid in pool.pids():
            os.kill(pid, signal.SIGKILL)


def opened(page: ChromiumPage) -> ChromiumPage:
    page.click(LOOK)
    page.wait_until("!document.querySelector('[data-look-open]').hidden")
    assert page.run(BARE) is False
    return page


def test_it_is_bare_while_it_is_held_and_no_longer(console: Console, page: ChromiumPage) -> None:
    opened(console.card(page))
    assert page.run("document.activeElement.matches('[data-look-hold]')")
    mouse, box = page.playwright_page.mouse, page.playwright_page.locator(HOLD).bounding_box()
    mouse.move(box["x"] + 9, box["y"] + 9)
    mouse.down()
    page.wait_until(BARE)
    mouse.up()
    assert page.run(BARE) is False
    mouse.down()
    page.wait_until(BARE)
    mouse.move(box["x"] + 9, box["y"] + 600)
    assert page.run(BARE) is False
    mouse.up()
    page.playwright_page.keyboard.down(" ")
    page.wait_until(BARE)
    page.playwright_page.keyboard.up(" ")
    assert page.run(BARE) is False
    assert page.complaints == []


@pytest.mark.parametrize(
    "away",
    [
        "dispatchEvent(new Event('blur'))",
        "document.activeElement.blur()",
        "(() => { Object.defineProperty(document, 'hidden', { value: true, configurable: true }); document.dispatchEvent(new Event('visibilitychange')); })()",
    ],
)
def test_what_takes_the_attention_away_covers_it(console: Console, page: ChromiumPage, away: str) -> None:
    opened(console.card(page))
    page.playwright_page.keyboard.down(" ")
    page.wait_until(BARE)
    page.run(away)
    assert page.run(BARE) is False


def test_nothing_of_it_is_an_image_of_the_page(console: Console, page: ChromiumPage) -> None:
    opened(console.card(page))
    page.playwright_page.keyboard.down(" ")
    page.wait_until(BARE)
    assert page.run("document.querySelectorAll('img, video, audio, picture, object, embed, iframe').length") == 0
    assert (
        page.run("performance.getEntriesByType('resource').filter((one) => one.name.startsWith('blob:')).length") == 0
    )
    canvas = page.run("[document.querySelector('canvas').width, document.querySelector('canvas').height]")
    assert max(canvas) <= 320
    assert page.run("[...document.querySelectorAll('[autoplay]')].length") == 0


def test_its_seconds_are_told_and_it_is_over(console: Console, page: ChromiumPage) -> None:
    opened(console.card(page))
    page.playwright_page.keyboard.down(" ")
    page.wait_until(BARE)
    page.playwright_page.keyboard.up(" ")
    assert console.used() == (1, 20)
    page.click("[name=severity][value='3']")
    page.click("[data-look-done] button")
    page.wait_until("document.querySelector('[data-look-open]').hidden")
    looks, seconds = console.used()
    assert looks == 1
    assert 1 <= seconds < 20
    assert console.house.exposures.own(console.house.principal(1)).days[0].heavy == 1
    page.wait_until(f"!document.querySelector('{LOOK}').disabled")


def test_leaving_the_page_tells_the_seconds(console: Console, page: ChromiumPage) -> None:
    opened(console.card(page))
    page.open(f"{console.serving.url}/settings/exposure")
    until(lambda: console.used() == (1, 0), "the seconds were told", WAIT_S)


def test_another_button_of_the_card_covers_it_first(console: Console, page: ChromiumPage) -> None:
    opened(console.card(page))
    with page.context.expect_event("requestfinished", lambda asked: asked.url.endswith("/covered")):
        page.click("[data-key=s]")
    page.wait_until("location.search === '?skipped=1'")
    page.wait_until(f"{BARE} === false")  # the address is there before the part of the page
    assert console.used()[1] < 20
    page.wait_until(f"!document.querySelector('{LOOK}').disabled")


def test_of_a_video_stills_are_gone_through_one_at_a_time(console: Console, page: ChromiumPage) -> None:
    console.house.works.works[WORK] = work(content_ids=(77,))
    one = replace(met().matches[0], content_id=77)
    assert console.house.keep(film(FRAMES, 12, Form(rate=Fraction(5))), verdict=replace(met(), matches=(one,)))
    opened(console.card(page))
    assert page.text("[data-look-still]") == "Still 1 of 6"
    page.press("ArrowRight", "ArrowRight", "ArrowLeft")
    assert page.text("[data-look-still]") == "Still 2 of 6"
    page.click("[data-look-step='1']")
    assert page.text("[data-look-still]") == "Still 3 of 6"


def test_a_look_past_the_limit_is_refused_in_two_browsers_at_once(strict: Console, chromium: Chromium) -> None:
    with chromium.page() as one, chromium.page() as other:
        pages = [strict.card(one), strict.card(other)]
        for page in pages:
            page.run(f"document.querySelector('{LOOK}').click()")
        for page in pages:
            page.wait_until(
                "!document.querySelector('[data-look-open]').hidden || document.querySelector('[data-look-said]').textContent !== ''"
            )
        shown = [page.run("!document.querySelector('[data-look-open]').hidden") for page in pages]
        assert sorted(shown) == [False, True]
        assert strict.used() == (1, 20)
        winner, loser = pages if shown[0] else pages[::-1]
        assert (
            loser.text("[data-look-said]") == "Another look of yours is not over. Cover it, or wait until it is over."
        )
        winner.click("[data-look-done] button")
        winner.wait_until(f"!document.querySelector('{LOOK}').disabled")
        for page in pages:
            page.run(f"document.querySelector('{LOOK}').click()")
            page.wait_until(
                "document.querySelector('[data-look-said]').textContent.startsWith('As much was looked at')"
            )
            assert page.run(BARE) is False
        one.reload()
        one.wait_for("[data-why-no-look=exposure_reached]")


def test_without_script_the_button_stays_off_and_the_page_says_so(console: Console, chromium: Chromium) -> None:
    with chromium.page(Looks(script=False)) as page:
        console.serving.sign_in(page, "m1")
        page.playwright_page.goto(f"{console.serving.url}/trial")
        assert page.playwright_page.locator(LOOK).is_disabled()
        assert "Looking needs scripts" in page.playwright_page.content()


@pytest.mark.parametrize("path", ["/trial", "/settings/exposure", "/settings/desk/exposure"])
def test_its_pages_are_well_made(console: Console, page: ChromiumPage, path: str) -> None:
    console.serving.sign_in(page, "m4")
    page.open(console.serving.url + path)
    assert faults(page) == []
    if path == "/trial":
        page.wait_until(f"!document.querySelector('{LOOK}').disabled")
        opened(page)
        assert violations(page) == []
        assert PICTURE[:4] not in page.source().encode()
    assert page.complaints == []
