"""The path by keys alone, on a small phone with reduced motion: what has the focus is seen, and nothing holds it."""

import json
from collections.abc import Iterator

import pytest

from tests.browser.chromium import Chromium, ChromiumPage
from tests.browser.page import Looks
from tests.e2e.running import started

TABS_MAX = 40
# Whether what has the focus is told apart by an outline, and stands in what is seen.
SEEN = """(() => {
  const at = document.activeElement, box = at.getBoundingClientRect();
  const ring = (of) => of && getComputedStyle(of).outlineStyle !== "none" && parseFloat(getComputedStyle(of).outlineWidth) >= 2;
  return (ring(at) || ring(at.labels?.[0])) && box.top >= 0 && box.bottom <= innerHeight + 1 && box.left >= 0 && box.right <= innerWidth + 1;
})()"""


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with started(tmp_path_factory.mktemp("keys"), "--workers", "1") as service:
        service.ready_line()
        yield service.portal


def reach(page: ChromiumPage, css: str) -> None:
    """Tab until it has the focus."""
    for _ in range(TABS_MAX):
        page.press("Tab")
        assert page.run(SEEN), page.run("document.activeElement.outerHTML")
        if page.run(f"document.activeElement.matches({json.dumps(css)})"):
            return
    raise AssertionError(f"{css} is not reached by the keyboard")


def press(page: ChromiumPage, css: str, step: str) -> None:
    reach(page, css)
    page.press("Enter")
    page.wait_for(f'main[data-step="{step}"]')
    page.wait_until("document.readyState === 'complete'")  # a key before that is lost


def test_the_path_by_keys_alone(portal: str, chromium: Chromium) -> None:
    with chromium.page(Looks(width=320, height=640, calm=True)) as page:
        page.open(portal)
        press(page, 'button[value="ms"]', "safe")
        press(page, 'button[name="safe"][value="yes"]', "age")
        press(page, 'button[name="age"][value="unsure"]', "happened")
        reach(page, 'input[value="told"]')
        page.press("Space")
        press(page, '[data-act="next"]', "files")
        reach(page, 'input[type="file"]')
        press(page, '[data-act="next"]', "where")
        reach(page, "#names")
        page.press("a", "b")
        press(page, '[data-act="next"]', "consent")
        reach(page, 'input[name="consent"][value="match"]')
        page.press("Space")
        press(page, '[data-act="next"]', "receipt")
        digits = page.text("[data-receipt]").replace(" ", "")
        reach(page, "#last_four")
        page.press(*digits[-4:])
        press(page, '[data-act="next"]', "sent")
        reach(page, 'header [data-act="exit"]')


def test_the_first_key_leads_past_the_head(portal: str, chromium: Chromium) -> None:
    """Order of the focus: the exit, then the link past it, which leads to the question."""
    with chromium.page(Looks(width=320, height=640)) as page:
        page.open(portal)
        page.wait_for("main")
        page.press("Tab")
        assert page.run("document.activeElement.dataset.act") == "exit"
        page.press("Tab", "Enter")
        assert page.run("document.activeElement.id") == "main"
        page.press("Tab")
        assert page.run("document.activeElement.name") == "language"
