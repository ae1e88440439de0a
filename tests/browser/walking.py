"""Walks through the portal as a person does, page after page, and shows each to whoever walks along. Judges no page itself.

What is pressed is found by the hooks of the pages (data-step, data-act, names of fields), so it walks in any language.
"""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.browser.page import Page

HASHED_S = 60.0
TAKEN_S = 60.0
SOON_S = 20.0


@dataclass
class Walk:
    """url: the portal's. language: the tag of the button that is pressed first. seen: called with the name of each page that is shown.

    Names are those of the steps, with what is special about the page behind a point: ``safe.unsafe``, ``receipt.wrong``.
    """

    page: Page
    url: str
    language: str
    seen: Callable[[str], None]

    def at(self, step: str) -> None:
        self.page.wait_for(f'main[data-step="{step}"]')

    def look(self, name: str) -> None:
        """Show the page to who walks along."""
        self.at(name.partition(".")[0])
        self.seen(name)

    def press(self, css: str, step: str) -> None:
        """Press what leads to another page, or to the same once more, and wait until that has come."""
        self.page.run("window.isBefore = true")
        self.page.click(css)
        self.page.wait_until("window.isBefore === undefined && document.readyState === 'complete'")
        self.at(step)

    def act(self, name: str, step: str) -> None:
        self.press(f'main [data-act="{name}"]:not(.choice)', step)

    def choose(self, name: str, value: str, step: str) -> None:
        """Press an answer that is a button."""
        self.press(f'button[name="{name}"][value="{value}"]', step)

    def begin(self) -> None:
        """To the question whether she is safe."""
        self.page.open(self.url)
        self.look("language")
        self.choose("language", self.language, "safe")

    def to_files(self) -> None:
        """Past every question, with a look at what stands beside the way."""
        self.look("safe")
        self.choose("safe", "no", "safe")
        self.look("safe.unsafe")
        self.choose("safe", "yes", "age")
        self.look("age")
        self.choose("age", "minor", "under-18")
        self.look("under-18")
        self.act("back", "age")
        self.choose("age", "adult", "happened")
        self.look("happened")
        self.page.click('input[name="happened"][value="shared"]')
        self.act("next", "files")

    def files(self, paths: Sequence[Path]) -> list[str]:
        """Choose files, wait for the fingerprints, send them; the fingerprints as the page shows them."""
        self.look("files")
        self.page.files("input[type=file]", paths)
        self.page.wait_until(
            f"document.querySelectorAll('[data-signal-kind=sha256]').length === {len(paths)}", HASHED_S
        )
        self.look("files.chosen")
        shown = self.page.texts("[data-signal-kind]")
        self.act("next", "where")
        return shown

    def to_receipt(self, paths: Sequence[Path]) -> str:
        """From the first page to the number, which is given back; all that may be looked at on the way is shown."""
        self.begin()
        self.to_files()
        self.files(paths)
        self.look("where")
        self.page.fill("#addresses", "https://example.org/one\nhttps://example.org/two")
        self.act("next", "consent")
        self.look("consent")
        for purpose in self.page.run("[...document.querySelectorAll('input[name=consent]')].map((box) => box.value)"):
            self.page.click(f'input[name="consent"][value="{purpose}"]')
        self.act("next", "receipt")
        self.look("receipt")
        number = re.sub(r"\D", "", self.page.text("[data-receipt]"))
        self.page.fill("#last_four", "0000" if number[-4:] != "0000" else "1111")
        self.act("next", "receipt")
        self.look("receipt.wrong")
        self.page.fill("#last_four", number[-4:])
        self.act("next", "sent")
        self.look("sent")
        return number

    def to_case(self, number: str) -> None:
        """Back with the number, from wherever she is."""
        self.leave()
        self.begin()
        self.act("open", "home")
        self.look("home")
        self.page.fill("#number", number[:-1] + ("1" if number[-1] != "1" else "2"))
        self.act("open", "home")
        self.look("home.wrong")
        self.page.fill("#number", number)
        self.act("open", "case")

    def until_state(self, name: str, count: int) -> None:
        """Look again until so many files have that state."""
        self.page.wait_for("[data-state]")
        for _ in range(round(TAKEN_S)):
            if len(self.page.texts(f'[data-file] [data-state="{name}"]')) >= count:
                return
            time.sleep(1)
            self.act("look", "case")
        raise AssertionError(f"not {count} files with the state {name}: {self.page.texts('[data-state]')}")

    def through_case(self, count: int, upload: Callable[[], None]) -> None:
        """The case with its files looked for, one found, one message, one taken back. upload: what a platform meets it by."""
        self.until_state("listed", count)
        self.look("case")
        upload()
        self.until_state("matched", 1)
        self.look("case.found")
        self.page.fill("#message", "…")
        self.act("write", "case")
        self.press('[data-act="withdraw"]', "withdraw")
        self.look("withdraw")
        self.act("next", "case")
        self.until_state("withdrawn", 1)
        self.look("case.withdrawn")

    def through_tip(self) -> None:
        """A tip about somebody under 18, with its number."""
        self.leave()
        self.begin()
        self.act("tip", "tip")
        self.look("tip")
        for name, value in (("about", "group"), ("names_child", "yes"), ("may_contact", "no")):
            self.page.click(f'input[name="{name}"][value="{value}"]')
        self.page.fill("[name=words]", "…")
        self.act("next", "tip-receipt")
        self.look("tip-receipt")

    def leave(self) -> None:
        self.page.open(f"{self.url}/exit")

    def beside(self) -> None:
        """What stands beside the way: the helper's door, the page of an address that is not there, the one behind the exit."""
        for name, address in (("helper", "/helper"), ("not-there", "/not-there"), ("exit", "/exit")):
            self.page.open(self.url + address)
            self.page.wait_for("main")
            self.seen(name)


def lines(page: Page) -> list[tuple[str, str]]:
    """What the case page tells of her files: the state and the cause of each line."""
    found = page.run(
        "[...document.querySelectorAll('[data-file] [data-state]')].map(e => [e.dataset.state, e.dataset.cause])"
    )
    return [(state, cause) for state, cause in found]


def told(walked: Walk, wanted: str) -> str:
    """Look again until that state is told; its cause."""
    end = time.monotonic() + SOON_S
    while True:
        causes = [cause for state, cause in lines(walked.page) if state == wanted]
        if causes:
            return causes[0]
        assert time.monotonic() < end, (wanted, lines(walked.page))
        time.sleep(0.3)
        walked.act("look", "case")
