"""Ways through the portal that tests and `docs/make_pictures.py` share: each step by its hooks (contract §6). Asserts nothing of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.browser.page import Page

LANGUAGES = ("en", "zh-Hans", "zh-Hant", "ko", "ms")
LONG_S = 60.0


@dataclass(frozen=True)
class Answers:
    """What she answers on the way. Empty: that question is skipped."""

    language: str = "en"
    safe: str = "yes"
    age: str = "adult"
    happened: Sequence[str] = ("shared",)
    files: Sequence[Path] = ()
    addresses: str = ""
    names: str = ""
    consents: Sequence[str] = ("match", "desk")


def at(page: Page, step: str) -> None:
    """Wait until the page is that step's."""
    page.wait_for(f'main[data-step="{step}"]')


def act(page: Page, name: str) -> None:
    """Press what does it."""
    page.click(f'[data-act="{name}"]')


def begin(page: Page, url: str, language: str) -> None:
    """Open the portal and choose a language."""
    page.open(url)
    at(page, "language")
    page.click(f'[name="language"][value="{language}"]')
    at(page, "safe")


def answer(page: Page, step: str, field: str, values: Sequence[str], then: str) -> None:
    """Tick ``values`` of one question and go on, or skip it where there are none."""
    at(page, step)
    for value in values:
        page.click(f'input[name="{field}"][value="{value}"]')
    act(page, "next" if values else "skip")
    at(page, then)


def to_files(page: Page, url: str, given: Answers) -> None:
    """As far as the choice of files."""
    begin(page, url, given.language)
    answer(page, "safe", "safe", [given.safe] if given.safe else [], "age")
    answer(page, "age", "age", [given.age] if given.age else [], "under-18" if given.age == "minor" else "happened")
    if given.age == "minor":
        act(page, "next")
    answer(page, "happened", "happened", given.happened, "files")


def choose_files(page: Page, paths: Sequence[Path]) -> list[tuple[str, str]]:
    """Choose files and wait for their hashes; what the page says is about to be sent: (kind, value)."""
    page.files("input[type=file]", paths)
    page.wait_until(
        f"document.querySelectorAll('[data-file-done]').length >= {len(paths)}", LONG_S
    )
    told = page.run(
        "[...document.querySelectorAll('[data-signal-kind]')].map(e => [e.dataset.signalKind, e.dataset.value])"
    )
    return [(kind, value) for kind, value in told]


def receipt_of(page: Page) -> str:
    """The 16 digits on the page."""
    page.wait_for("[data-receipt]")
    return "".join(letter for letter in page.text("[data-receipt]") if letter.isdigit())


def keep_receipt(page: Page) -> str:
    """Read the number, prove that it was kept, go on; the number."""
    number = receipt_of(page)
    page.fill('input[name="last_four"]', number[-4:])
    act(page, "next")
    return number


def protect(page: Page, url: str, given: Answers) -> tuple[str, list[tuple[str, str]]]:
    """The whole path; the receipt's number, and the hashes the page said it would send."""
    to_files(page, url, given)
    told = choose_files(page, given.files) if given.files else []
    act(page, "next" if given.files else "skip")
    at(page, "where")
    if given.addresses or given.names:
        page.fill('textarea[name="addresses"]', given.addresses)
        page.fill('textarea[name="names"]', given.names)
    act(page, "next" if given.addresses or given.names else "skip")
    at(page, "consent")
    for purpose in given.consents:
        page.click(f'input[name="consent"][value="{purpose}"]')
    act(page, "next")
    at(page, "receipt")
    number = keep_receipt(page)
    at(page, "sent")
    return number, told


def come_back(page: Page, url: str, number: str, language: str = "en") -> None:
    """Open what the receipt opens."""
    begin(page, url, language)
    act(page, "open")
    at(page, "home")
    page.fill('input[name="number"]', number)
    act(page, "open")
    at(page, "case")


def states(page: Page) -> list[tuple[str, str]]:
    """What the case's page tells: (state, cause) of each line."""
    told = page.run("[...document.querySelectorAll('[data-state]')].map(e => [e.dataset.state, e.dataset.cause || ''])")
    return [(state, cause) for state, cause in told]
