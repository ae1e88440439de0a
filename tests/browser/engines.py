"""The three engines by name. What all can do: page.py; what Chromium alone can: chromium.py. Tests take them as fixtures."""

from collections.abc import Callable

from tests.browser.chromium import Chromium
from tests.browser.firefox import Firefox
from tests.browser.page import DESK, PHONE, Engine, Looks, Page, PageFailed, Request
from tests.browser.webkit import WebKit

__all__ = [
    "DESK",
    "ENGINES",
    "PHONE",
    "Chromium",
    "Engine",
    "Firefox",
    "Looks",
    "Page",
    "PageFailed",
    "Request",
    "WebKit",
]

ENGINES: dict[str, Callable[[], Engine]] = {"chromium": Chromium, "firefox": Firefox, "webkit": WebKit}
