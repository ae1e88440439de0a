"""Debian's Chromium, by Playwright's pipe to it; scripts by DevTools itself, since Playwright's own are stopped by Trusted Types.

Playwright leaves an event loop running in this thread: no async test stands in this folder.
"""

import contextlib
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, sync_playwright
from playwright.sync_api import Page as PlaywrightPage
from playwright.sync_api import Request as PlaywrightRequest

from tests.browser.page import DESK, WAIT_S, Looks, PageFailed, Request, until
from tests.browser.processes import tree

ARGUMENTS = [
    "--no-sandbox",  # root cannot have one
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
    # No name but this machine's is ever asked for.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1",
]  # fmt: skip


class Chromium:
    """A running browser. program: its path."""

    name = "chromium"

    def __init__(self, *arguments: str) -> None:
        program = shutil.which("chromium")
        assert program, "chromium is not installed (requirements/debian.txt)"
        self.playwright = sync_playwright().start()
        try:
            self.browser = self.playwright.chromium.launch(executable_path=program, args=[*ARGUMENTS, *arguments])
        except BaseException:
            self.playwright.stop()
            raise

    @contextlib.contextmanager
    def page(self, looks: Looks = DESK) -> Iterator["ChromiumPage"]:
        context = self.browser.new_context(
            viewport={"width": round(looks.width / looks.zoom), "height": round(looks.height / looks.zoom)},
            device_scale_factor=looks.zoom,
            locale=looks.language,
            java_script_enabled=looks.script,
            reduced_motion="reduce" if looks.calm else "no-preference",
            color_scheme="dark" if looks.dark else "light",
        )
        context.set_default_timeout(WAIT_S * 1000)
        try:
            yield ChromiumPage(context, context.new_page())
        finally:
            context.close()

    def pids(self) -> list[int]:
        session = self.browser.new_browser_cdp_session()
        told = session.send("SystemInfo.getProcessInfo")["processInfo"]
        session.detach()
        return sorted({pid for process in told for pid in tree(process["id"])})

    def quit(self) -> None:
        try:
            self.browser.close()
        finally:
            self.playwright.stop()


class ChromiumPage:
    """requests: all that left it and its workers, in order. complaints: errors of its console, refusals of its CSP among them."""

    def __init__(self, context: BrowserContext, page: PlaywrightPage) -> None:
        self.context = context
        self.playwright_page = page
        self.devtools = context.new_cdp_session(page)
        self.requests: list[Request] = []
        self.complaints: list[str] = []
        context.on("request", lambda request: self.requests.append(seen(request)))
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, url: str) -> None:
        self.playwright_page.goto(url)

    def url(self) -> str:
        return self.playwright_page.url

    def title(self) -> str:
        return self.playwright_page.title()

    def source(self) -> str:
        return self.playwright_page.content()

    def back(self) -> None:
        self.playwright_page.go_back()

    def reload(self) -> None:
        self.playwright_page.reload()

    def run(self, js: str) -> Any:
        asked = {"expression": js, "awaitPromise": True, "returnByValue": True, "allowUnsafeEvalBlockedByCSP": True}
        told = self.devtools.send("Runtime.evaluate", asked)
        if "exceptionDetails" in told:
            details = told["exceptionDetails"]
            raise PageFailed(details.get("exception", {}).get("description") or str(details))
        return told["result"].get("value")

    def click(self, css: str) -> None:
        self.playwright_page.locator(css).first.click()

    def fill(self, css: str, text: str) -> None:
        self.playwright_page.locator(css).first.fill(text)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.playwright_page.keyboard.press(key)

    def files(self, css: str, paths: Iterable[Path]) -> None:
        self.playwright_page.locator(css).first.set_input_files(list(paths))

    def text(self, css: str) -> str:
        return self.playwright_page.locator(css).first.inner_text()

    def texts(self, css: str) -> list[str]:
        return self.playwright_page.locator(css).all_inner_texts()

    def wait_for(self, css: str, limit_s: float = WAIT_S) -> None:
        until(lambda: self.playwright_page.locator(css).count(), css, limit_s)

    def wait_until(self, js: str, limit_s: float = WAIT_S) -> None:
        until(lambda: self.run(js), js, limit_s)

    def screenshot(self, path: Path) -> None:
        self.playwright_page.screenshot(path=path, full_page=True, animations="disabled")

    def cookies(self) -> list[dict[str, Any]]:
        return [dict(cookie) for cookie in self.context.cookies()]


def seen(request: PlaywrightRequest) -> Request:
    return Request(request.method, request.url, request.post_data_buffer, request.resource_type)
