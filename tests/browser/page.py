"""What the three engines have in common: how a page is asked for, and what can be done with it. Starts nothing.

engines.py tells the engines; each is in a module of its own: chromium.py, firefox.py, webkit.py.
"""

import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

WAIT_S = 15.0
SCRIPT_S = 120.0
PAUSE_S = 0.05
# Keys by the names of the DOM, as WebDriver writes them. One letter stands for itself.
KEYS = {
    "Backspace": "\ue003", "Tab": "\ue004", "Enter": "\ue007", "Shift": "\ue008", "Control": "\ue009", "Alt": "\ue00a",
    "Escape": "\ue00c", "Space": " ", "PageUp": "\ue00e", "PageDown": "\ue00f", "End": "\ue010", "Home": "\ue011",
    "ArrowLeft": "\ue012", "ArrowUp": "\ue013", "ArrowRight": "\ue014", "ArrowDown": "\ue015", "Delete": "\ue017",
}  # fmt: skip


class PageFailed(Exception):
    """A script in the page failed, or what was waited for did not come."""


@dataclass(frozen=True)
class Looks:
    """How a page is looked at. width, height: of what is seen of it, CSS pixels. zoom: 2 is the browser's 200 %, so half of them.

    language: as browsers send it; WebKitGTK has English only. Only Chromium has script=False, zoom, calm (prefers-reduced-motion) and dark;
    Firefox is never narrower than about 500.
    """

    width: int = 1280
    height: int = 900
    language: str = "en"
    script: bool = True
    zoom: float = 1.0
    calm: bool = False
    dark: bool = False

    def refuse(self, engine: str) -> None:
        """Say so where an engine cannot."""
        assert self.script, f"{engine} is not driven with script off"
        assert self.zoom == 1.0, f"{engine} is not driven with zoom"
        assert not self.calm, f"{engine} is not driven with reduced motion"
        assert not self.dark, f"{engine} is not driven in the dark"


DESK = Looks()
PHONE = Looks(width=320, height=640)


@dataclass(frozen=True)
class Request:
    """What left the page. body: as sent, None where there was none. kind: document, script, fetch, …"""

    method: str
    url: str
    body: bytes | None
    kind: str


class Page(Protocol):
    """One page with storage of its own. css: a selector; what it finds first is meant, and waited for."""

    def open(self, url: str) -> None: ...
    def url(self) -> str: ...
    def title(self) -> str: ...
    def source(self) -> str: ...
    def back(self) -> None: ...
    def reload(self) -> None: ...

    def run(self, js: str) -> Any:
        """The value of an expression in the page's own world, its globals visible; a promise is awaited. What the page forbids
        itself (CSP, Trusted Types) does not stop it. Raises PageFailed with what the script threw."""

    def click(self, css: str) -> None: ...
    def fill(self, css: str, text: str) -> None: ...
    def press(self, *keys: str) -> None:
        """One after the other, by the names of KEYS, as a letter, or as ``Shift+Tab``; to whatever has the focus."""

    def files(self, css: str, paths: Iterable[Path]) -> None:
        """Choose files in an ``input[type=file]``."""

    def text(self, css: str) -> str:
        """As it is seen."""

    def texts(self, css: str) -> list[str]:
        """Of all that are found, as they are seen; nothing is waited for."""

    def wait_for(self, css: str, limit_s: float = WAIT_S) -> None: ...
    def wait_until(self, js: str, limit_s: float = WAIT_S) -> None: ...
    def screenshot(self, path: Path) -> None:
        """PNG of the whole page (WebKitGTK: of what is seen)."""

    def cookies(self) -> list[dict[str, Any]]: ...


class Engine(Protocol):
    """A running browser."""

    name: str

    def page(self, looks: Looks = DESK) -> AbstractContextManager[Page]: ...
    def pids(self) -> list[int]:
        """All its processes."""

    def quit(self) -> None: ...


def until(holds: Callable[[], Any], what: str, limit_s: float) -> None:
    """Wait until it is true. A page that is just being left answers with an error: that is not yet true. Raises PageFailed."""
    end = time.monotonic() + limit_s
    said = ""
    while True:
        try:
            if holds():
                return
        except Exception as error:  # noqa: BLE001  each driver has errors of its own for "between two pages"
            said = f" ({error})"
        if time.monotonic() > end:
            raise PageFailed(f"not in {limit_s:.0f} s: {what}{said}")
        time.sleep(PAUSE_S)


def keys_of(stroke: str) -> list[str]:
    """``Shift+Tab`` as WebDriver's letters, those that are held first."""
    return [KEYS.get(name, name) for name in stroke.split("+")]
