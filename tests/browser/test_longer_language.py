"""Every page in a language 40 % longer than English, and in one written from right to left: nothing runs off a phone of 320 pixels."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

import amparo.portal
import amparo.web
from tests.browser.chromium import Chromium
from tests.browser.page import PHONE
from tests.browser.still import Still
from tests.conftest import SetClock
from tests.integration.every_page import Walk
from tests.integration.visiting import parlour
from tests.person import QUICK

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
OUTSIDE = """(() => {
  const wide = document.documentElement.clientWidth;
  const off = [...document.querySelectorAll("body *")].filter((each) => {
    const { left, right, width } = each.getBoundingClientRect();
    return width > 0 && (left < -1 || right > wide + 1) && getComputedStyle(each).position !== "absolute";
  });
  return [document.documentElement.scrollWidth - wide, off.map((each) => each.outerHTML.slice(0, 120))];
})()"""


async def walked(folder: Path, language: str) -> dict[str, str]:
    """Each page of that language by its name."""
    async with parlour(folder, SetClock(NOON), replace(QUICK, pseudo_languages=True)) as portal:
        return {name: page async for name, page in Walk(portal, await portal.person(), language).everywhere()}


def pages(folder: Path, language: str) -> dict[str, str]:
    """The same, in a thread of its own: Playwright's loop runs in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(walked(folder, language))).result()


@pytest.mark.parametrize("language", ["en-XA", "ar-XB"])
def test_nothing_runs_off_a_small_phone(language: str, tmp_path: Path, still: Still, chromium: Chromium) -> None:
    still.folders += [Path(amparo.portal.__path__[0]), Path(amparo.web.__path__[0])]
    faults = {}
    with chromium.page(PHONE) as page:
        for number, (name, html) in enumerate(pages(tmp_path, language).items()):
            still.things[f"/{number}"] = ("text/html; charset=utf-8", html.encode())
            page.open(f"{still.url}/{number}")
            over, off = page.run(OUTSIDE)
            if over > 0 or off:
                faults[name] = (over, off)
            assert page.run("document.styleSheets.length") == 1, "the sheet is there"
    assert number > 30
    assert faults == {}
