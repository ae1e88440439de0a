"""Debian's Firefox ESR, by its own Marionette protocol: no geckodriver is needed. Runs without a display."""

import base64
import contextlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from marionette_driver.marionette import Marionette

from tests.browser.page import DESK, SCRIPT_S, WAIT_S, Looks, keys_of, until
from tests.browser.processes import end, start, tree
from tests.browser.webdriver import ClassicPage

Preference = bool | int | str
PREFERENCES: dict[str, Preference] = {
    "marionette.port": 0,  # one that is free; told in MarionetteActivePort
    # What is not on this machine goes to a proxy that is not there.
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "network.proxy.no_proxies_on": "localhost, 127.0.0.1",
    "browser.shell.checkDefaultBrowser": False,
}
START_S = 60.0
# What a page before left behind: cookies, storage, cache, permissions.
FORGET = """
const done = arguments[0];
const nothing = Ci.nsIClearDataService;
Services.clearData.deleteData(nothing.CLEAR_ALL, {onDataDeleted: (failed) => done(failed)});
"""
PREFER = """
const [name, value] = arguments;
if (value === null) Services.prefs.clearUserPref(name); else Services.prefs.setStringPref(name, value);
"""


class Firefox:
    """A running browser with a profile of its own. preferences: beside or instead of PREFERENCES."""

    name = "firefox"

    def __init__(self, preferences: dict[str, Preference] | None = None) -> None:
        program = shutil.which("firefox-esr")
        assert program, "firefox-esr is not installed (requirements/debian.txt)"
        self.folder = Path(tempfile.mkdtemp(prefix="amparo-firefox-"))
        profile = self.folder / "profile"
        profile.mkdir()
        wanted = {**PREFERENCES, **(preferences or {})}
        (profile / "user.js").write_text(
            "".join(f"user_pref({json.dumps(n)}, {json.dumps(v)});\n" for n, v in wanted.items())
        )
        command = [
            program,
            "-marionette",
            "-headless",
            "-no-remote",
            "-remote-allow-system-access",
            "-profile",
            str(profile),
        ]
        self.process = start(command, self.folder / "log")
        try:
            self.driver = Marionette(host="127.0.0.1", port=told_port(profile))
            self.driver.start_session()
            self.driver.timeout.script = SCRIPT_S
            self.driver.timeout.implicit = 0
        except BaseException:
            self.quit()
            raise

    @contextlib.contextmanager
    def page(self, looks: Looks = DESK) -> Iterator["FirefoxPage"]:
        looks.refuse(self.name)
        self.prefer("intl.accept_languages", looks.language)
        first = self.driver.current_window_handle
        opened = self.driver.open(type="tab", focus=True)["handle"]
        self.driver.switch_to_window(opened)
        page = FirefoxPage(self.driver)
        page.resize(looks.width, looks.height)
        try:
            yield page
        finally:
            for handle in self.driver.window_handles:
                if handle != first:
                    self.driver.switch_to_window(handle)
                    self.driver.close()
            self.driver.switch_to_window(first)
            self.forget()

    def forget(self) -> None:
        with self.driver.using_context("chrome"):
            failed = self.driver.execute_async_script(FORGET)
        assert not failed, f"Firefox did not clear its data: {failed}"

    def prefer(self, name: str, value: str | None) -> None:
        """Set a preference while it runs; None: its default again."""
        with self.driver.using_context("chrome"):
            self.driver.execute_script(PREFER, (name, value))

    def pids(self) -> list[int]:
        return tree(self.process.pid)

    def quit(self) -> None:
        end(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)


class FirefoxPage(ClassicPage):
    """A tab."""

    def __init__(self, driver: Marionette) -> None:
        super().__init__(driver, sandbox=None)

    def resize(self, width: int, height: int) -> None:
        """So that the page itself has this size, as far as the window goes down."""
        self.driver.set_window_rect(width=width, height=height)
        seen_width, seen_height = self.run("[innerWidth, innerHeight]")
        self.driver.set_window_rect(width=2 * width - seen_width, height=2 * height - seen_height)

    def open(self, url: str) -> None:
        self.driver.navigate(url)

    def url(self) -> str:
        return str(self.driver.get_url())

    def title(self) -> str:
        return str(self.driver.title)

    def source(self) -> str:
        return str(self.driver.page_source)

    def back(self) -> None:
        self.driver.go_back()

    def reload(self) -> None:
        self.driver.refresh()

    def press(self, *keys: str) -> None:
        for key in keys:
            letters = keys_of(key)
            strokes = self.driver.actions.sequence("key", "keyboard")
            for letter in letters:
                strokes.key_down(letter)
            for letter in reversed(letters):
                strokes.key_up(letter)
            strokes.perform()

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.driver.screenshot(full=True)))

    def chrome(self, script: str, *arguments: Any) -> Any:
        """Run a script among the browser's own (preferences, input methods); its ``return`` is the value."""
        with self.driver.using_context("chrome"):
            return self.driver.execute_script(script, arguments)


def told_port(profile: Path) -> int:
    """The port that Firefox chose; waits until it listens."""
    place = profile / "MarionetteActivePort"
    until(lambda: place.exists() and place.read_text().strip(), "Firefox has started", max(START_S, WAIT_S))
    return int(place.read_text())
