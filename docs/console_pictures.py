"""Pictures of every page of the console in each of its states: `python -m docs.make_pictures --console [FOLDER]`.

Each 390 and 1280 pixels wide, in light and dark, in English and simplified Chinese. Judges nothing.
"""
# ruff: noqa: INP001 - a script beside the pages it writes, no package

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.browser.chromium import Chromium, ChromiumPage
from tests.browser.console import Serving
from tests.browser.console_states import EMPTY, FULL, State
from tests.browser.page import Looks
from tests.integration.furnished import Furnished, console, furnish

WAYS: Final = ((390, 844, "light"), (390, 844, "dark"), (1280, 800, "light"), (1280, 800, "dark"))
"""Width, least height, colours."""
LANGUAGES: Final = ("en", "zh-Hans")


def console_pictures(folder: Path, languages: Sequence[str] = LANGUAGES) -> int:
    """Draw them into ``folder``; how many there are."""
    chromium = Chromium()
    try:
        with tempfile.TemporaryDirectory() as scratch, console(Path(scratch)) as there, Serving(there.doors) as serving:
            for states in (EMPTY, FULL):
                if states is FULL:
                    furnish(there)
                for language in languages:
                    spoken(there, language)
                    with chromium.page(Looks(language=language)) as page:
                        for state in states:
                            state.open(page, serving, there)
                            drawn(page, state, folder, language)
    finally:
        chromium.quit()
    return len(list(folder.glob("console-*.png")))


def spoken(there: Furnished, language: str) -> None:
    """Everybody reads that language."""
    for name in there.office.tokens:
        there.doors.staff.set_language(there.who(name), language)


def drawn(page: ChromiumPage, state: State, folder: Path, language: str) -> None:
    """The page in each way it is looked at."""
    for width, height, colours in WAYS:
        page.playwright_page.set_viewport_size({"width": width, "height": height})
        page.playwright_page.emulate_media(color_scheme=colours)
        page.screenshot(folder / f"console-{state.name}-{language}-{width}-{colours}.png")
