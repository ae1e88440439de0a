"""Pictures of every page of the console, of a service of its own with work of all kinds: `python -m docs.make_pictures --console [FOLDER]`.

Each page that staff can be led to, 320 pixels wide in the dark and 1280 in the light, in English and simplified Chinese. Judges nothing.
"""
# ruff: noqa: INP001 - a script beside the pages it writes, no package

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from amparo.console.table import TABLE
from tests.browser.chromium import Chromium, ChromiumPage
from tests.browser.page import Looks
from tests.browser.running_console import Office, office, sign_up

WAYS: Final = ((320, 640, True), (1280, 800, False))
"""Width, least height, dark or not."""
LANGUAGES: Final = ("en", "zh-Hans")
WORKS: Final = {"match": 6, "report": 3, "case": 2, "tip": 2}
READY: Final = "document.readyState === 'complete' && document.querySelector('main') !== null"
LINKS: Final = "[...document.querySelectorAll('main a[href], nav a[href]')].map((each) => each.getAttribute('href'))"


def console_pictures(folder: Path, languages: Sequence[str] = LANGUAGES) -> int:
    """Draw them into ``folder``; how many there are."""
    with tempfile.TemporaryDirectory() as scratch, office(Path(scratch)) as desk:
        desk.persons(WORKS["case"], WORKS["tip"])
        desk.matches(WORKS["match"])
        desk.reports(WORKS["report"])
        desk.wait_for_work()
        chromium = Chromium()
        try:
            with chromium.page(Looks()) as page:
                drawn(page, desk.invite("lead"), "sign-up", folder, "en")
                sign_up(page, desk.link, "Ann")
                prepared(page, desk)
                for language in languages:
                    speak(page, desk, language)
                    for name, path in every_page(page, desk).items():
                        drawn(page, desk.url + path, name, folder, language)
            with chromium.page(Looks()) as page:
                drawn(page, f"{desk.url}/sign-in", "sign-in", folder, "en")
        finally:
            chromium.quit()
    return len(list(folder.glob("console-*.png")))


def prepared(page: ChromiumPage, desk: Office) -> None:
    """One work decided, one commented, one under 18, one that waits for a second person."""
    works = {work.kind: work.id for work in desk.works()}
    page.open(f"{desk.url}/work/{works['report']}")
    page.playwright_page.fill("#comment", "Like the one of yesterday.")
    page.click("button[value=comment]")
    page.wait_for(".events .hers")
    page.open(f"{desk.url}/work/{works['tip']}")
    page.click("[data-decide=confirm]")
    page.wait_for("[data-decide=undo]")


def speak(page: ChromiumPage, desk: Office, language: str) -> None:
    """Choose the language of the pages."""
    page.open(f"{desk.url}/settings")
    page.click(f"input[name=language][value={language}]")
    page.click("button[value=language]")
    page.wait_for(f"html[lang={language}]")


def every_page(page: ChromiumPage, desk: Office) -> dict[str, str]:
    """Name and address: every address of the table without arguments, and one of each that a page leads to."""
    plain = [door.path for door in TABLE if door.method == "GET" and "{" not in door.path]
    plain = [path for path in plain if path not in {"/", "/figures/data"}]
    found = {name_of(path): path for path in plain}
    for path in plain:
        page.open(desk.url + path)
        page.wait_until(READY)
        for link in page.run(LINKS):
            door = next((one for one in TABLE if one.method == "GET" and "{" in one.path and one.args(link)), None)
            if door is not None:
                found.setdefault(name_of(door.path), link)
    for work in desk.works():
        found.setdefault(f"card-{work.kind}", f"/work/{work.id}")
    found["card-route"] = f"{found['card-match']}?place=KR"
    return found


def name_of(path: str) -> str:
    """Such as ``work-id``."""
    return path.strip("/").replace("/", "-").replace("{", "").replace("}", "") or "home"


def drawn(page: ChromiumPage, address: str, name: str, folder: Path, language: str) -> None:
    """The page in each way it is looked at."""
    for width, height, dark in WAYS:
        page.playwright_page.set_viewport_size({"width": width, "height": height})
        page.playwright_page.emulate_media(color_scheme="dark" if dark else "light")
        page.open(address)
        page.wait_until(READY)
        page.screenshot(folder / f"console-{language}-{name}-{width}.png")
