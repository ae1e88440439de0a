"""Debian's WebKitGTK (MiniBrowser), by selenium, on a display of its own. It is not Safari, which decodes by other libraries."""

import contextlib
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import selenium.webdriver.remote.webdriver as remote
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.remote.file_detector import UselessFileDetector
from selenium.webdriver.webkitgtk.options import Options

from tests.browser.page import DESK, SCRIPT_S, WAIT_S, Looks, keys_of, until
from tests.browser.processes import end, start, tree
from tests.browser.webdriver import ClassicPage

DRIVER = "/usr/bin/WebKitWebDriver"


class WebKit:
    """The display and where the pages' files go. Each page is a browser of its own, begun with nothing."""

    name = "webkit"

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="amparo-webkit-"))
        reading, writing = os.pipe()
        try:
            command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1600x1200x24", "-nolisten", "tcp"]
            self.display = start(command, self.folder / "xvfb.log", pass_fds=(writing,))
        finally:
            os.close(writing)
        with os.fdopen(reading) as told:
            number = told.readline().strip()  # empty when it has ended without one
        if not number:
            said = (self.folder / "xvfb.log").read_text()
            self.quit()
            raise AssertionError(f"no display: {said}")
        self.environ = {
            **os.environ, "DISPLAY": f":{number}", "HOME": str(self.folder), "XDG_RUNTIME_DIR": str(self.folder),
            "GDK_BACKEND": "x11", "NO_AT_BRIDGE": "1", "http_proxy": "http://127.0.0.1:9", "no_proxy": "localhost,127.0.0.1",
            "LC_ALL": "en_US.UTF-8",  # in another language only where Debian's locale of it is made
        }  # fmt: skip
        self.running: list[int] = []

    @contextlib.contextmanager
    def page(self, looks: Looks = DESK) -> Iterator["WebKitPage"]:
        looks.refuse(self.name)
        assert looks.language.startswith("en"), "WebKitGTK is driven in English; pages are asked for their languages"
        port = free_port()
        process = start([DRIVER, f"--port={port}"], self.folder / "driver.log", env=self.environ)
        self.running.append(process.pid)
        driver = None
        try:
            until(lambda: listens(port), "WebKitWebDriver has started", WAIT_S)
            driver = remote.WebDriver(f"http://127.0.0.1:{port}", options=options())
            driver.file_detector = UselessFileDetector()  # else it would send the file itself, as to another machine
            driver.set_script_timeout(SCRIPT_S)
            page = WebKitPage(driver)
            page.resize(looks.width, looks.height)
            yield page
        finally:
            if driver is not None:
                with contextlib.suppress(Exception):  # it is ended all the same
                    driver.quit()
            end(process)
            self.running.remove(process.pid)

    def pids(self) -> list[int]:
        return [pid for top in self.running for pid in tree(top)]

    def quit(self) -> None:
        end(self.display)
        shutil.rmtree(self.folder, ignore_errors=True)


class WebKitPage(ClassicPage):
    """A browser's one window."""

    driver: remote.WebDriver

    def resize(self, width: int, height: int) -> None:
        """So that the page itself has this size."""
        self.driver.set_window_rect(0, 0, width, height)
        seen_width, seen_height = self.run("[innerWidth, innerHeight]")
        self.driver.set_window_rect(0, 0, 2 * width - seen_width, 2 * height - seen_height)

    def open(self, url: str) -> None:
        self.driver.get(url)

    def url(self) -> str:
        return self.driver.current_url

    def title(self) -> str:
        return self.driver.title

    def source(self) -> str:
        return self.driver.page_source

    def back(self) -> None:
        self.driver.back()

    def reload(self) -> None:
        self.driver.refresh()

    def press(self, *keys: str) -> None:
        for key in keys:
            letters = keys_of(key)
            strokes = ActionChains(self.driver)
            for letter in letters:
                strokes.key_down(letter)
            for letter in reversed(letters):
                strokes.key_up(letter)
            strokes.perform()

    def screenshot(self, path: Path) -> None:
        path.write_bytes(self.driver.get_screenshot_as_png())


def options() -> Options:
    """MiniBrowser as Debian installs it, whatever the machine."""
    (program,) = Path("/usr/lib").glob("*/webkit2gtk-4.1/MiniBrowser")
    wanted = Options()
    wanted.binary_location = str(program)
    wanted.add_argument("--automation")
    return wanted


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def listens(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0
