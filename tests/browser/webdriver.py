"""What Firefox and WebKitGTK share: Marionette and selenium speak alike. Starts nothing."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.browser.page import WAIT_S, PageFailed, until

# An expression's value, or what it threw, as a list: a driver's own errors say less.
AWAITED = """
const done = arguments[arguments.length - 1];
Promise.resolve().then(() => (%s)).then((value) => done([true, value]), (error) => done([false, String(error)]));
"""


class ClassicPage:
    """driver: Marionette or a selenium WebDriver. world: what its scripts need so that they see the page's globals."""

    def __init__(self, driver: Any, **world: Any) -> None:
        self.driver = driver
        self.world = world

    def run(self, js: str) -> Any:
        fine, value = self.driver.execute_async_script(AWAITED % js, **self.world)
        if not fine:
            raise PageFailed(value)
        return value

    def found(self, css: str) -> Any:
        self.wait_for(css)
        return self.driver.find_element("css selector", css)

    def click(self, css: str) -> None:
        self.found(css).click()

    def fill(self, css: str, text: str) -> None:
        field = self.found(css)
        field.clear()
        field.send_keys(text)

    def files(self, css: str, paths: Iterable[Path]) -> None:
        chosen = [str(path.resolve()) for path in paths]
        self.found(css).send_keys(
            "\n".join(chosen)
        )  # all at once, as a person chooses: one by one the page is told of each

    def text(self, css: str) -> str:
        told: str = self.found(css).text
        return told

    def texts(self, css: str) -> list[str]:
        told: list[str] = self.run(f"[...document.querySelectorAll({json.dumps(css)})].map((found) => found.innerText)")
        return told

    def wait_for(self, css: str, limit_s: float = WAIT_S) -> None:
        self.wait_until(f"document.querySelector({json.dumps(css)}) !== null", limit_s)

    def wait_until(self, js: str, limit_s: float = WAIT_S) -> None:
        until(lambda: self.run(js), js, limit_s)

    def cookies(self) -> list[dict[str, Any]]:
        told: list[dict[str, Any]] = self.driver.get_cookies()
        return told
