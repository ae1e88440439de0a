"""Every page of the console in each of its states, over a console without anything and a furnished one; who sees it, and how to get there.

Judges nothing: docs/console_pictures.py draws them, test_console_pages.py looks at each with axe.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tests.browser.chromium import ChromiumPage
from tests.browser.console import Serving
from tests.integration.desk import code
from tests.integration.furnished import Furnished

READY: Final = "document.readyState === 'complete' && document.querySelector('main') !== null"
NO_PAGE: Final = {
    "/": "leads on to the queue",
    "/banks/{bank}/exports/{id}": "a file to keep",
    "/looks/{token}": "stills for a script",
}
"""Addresses that answer with no page."""

WRONG_CODE: Final = {"#name": "Ann", "#password": "four words nobody says", "#code": "000000"}
HASH: Final = {"#hashes": "not a hash"}
LISTED: Final = code(100)


def nothing(_page: ChromiumPage) -> None:
    """As it is opened."""


@dataclass(frozen=True)
class State:
    """path: may name what there is in braces, as ``{case}/receipt``. who: a name of the staff, "" for nobody. act: what is done there first."""

    name: str
    path: str
    who: str = "Lea"
    act: Callable[[ChromiumPage], None] = nothing

    def open(self, page: ChromiumPage, serving: Serving, there: Furnished) -> str | None:
        """Show it in that browser; the policy of the page as it was opened."""
        page.context.clear_cookies()
        if self.who:
            serving.sign_in(page, there.office.tokens[self.who])
        answer = page.playwright_page.goto(serving.url + self.path.format(**there.here))
        page.wait_until(READY)
        self.act(page)
        page.wait_until(READY)
        return None if answer is None else answer.headers.get("content-security-policy")


def all_open(page: ChromiumPage) -> None:
    """With all that can be unfolded."""
    page.run("for (const each of document.querySelectorAll('details')) each.open = true;")


def pressed(css: str, wait: str) -> Callable[[ChromiumPage], None]:
    """With a button pressed, until something is there."""

    def act(page: ChromiumPage) -> None:
        page.click(css)
        page.wait_for(wait)

    return act


def filled(fields: dict[str, str], css: str, wait: str) -> Callable[[ChromiumPage], None]:
    """With fields filled in, then a button pressed."""

    def act(page: ChromiumPage) -> None:
        for field, text in fields.items():
            page.fill(field, text)
        page.click(css)
        page.wait_for(wait)

    return act


def chosen(page: ChromiumPage) -> None:
    for box in range(3):
        page.playwright_page.locator("input[name=work]").nth(box).check()
    page.click("button[value=chosen]")
    page.wait_for("[data-decide=confirm]")


def charts(page: ChromiumPage) -> None:
    page.wait_for("[data-drawing] canvas")
    all_open(page)


def made_receipt(page: ChromiumPage) -> None:
    for box in page.playwright_page.locator("input[name=asked]").all():
        box.check()
    page.click("button[value=renew], button[name=act].go")
    page.wait_for("[data-number], .notice")


def granted(page: ChromiumPage) -> None:
    page.wait_until("document.querySelector('[data-decide=look]').disabled === false")
    page.click("[data-decide=look]")
    page.wait_until("!document.querySelector('[data-look-open]').hidden")


def keys(page: ChromiumPage) -> None:
    page.press("?")
    page.wait_for("#keys[open]")


def wrong_sign_in(page: ChromiumPage) -> None:
    all_open(page)
    filled(WRONG_CODE, "button[value=sign-in]", "[data-notice].wrong")(page)


def alone_without_reason(page: ChromiumPage) -> None:
    all_open(page)
    pressed("button[value=override]", "[data-notice].wrong")(page)


def searched(page: ChromiumPage) -> None:
    page.fill("#hashes", LISTED)
    page.click("[data-search]")
    page.wait_for("[data-found]")


EMPTY: Final = (
    State("queue-empty", "/queue"),
    State("card-none", "/queue/next"),
    State("seconds-empty", "/seconds", "Ann"),
    State("cases-empty", "/cases"),
    State("tips-empty", "/tips"),
    State("banks-empty", "/banks", "Ann"),
    State("figures-empty", "/figures"),
    State("webhooks-empty", "/webhooks", "Ann"),
    State("record-empty", "/record"),
    State("reads-empty", "/record/reads"),
    State("changes-empty", "/record/staff"),
    State("exposure-empty", "/settings/exposure", "Rob"),
)
FULL: Final = (
    State("sign-up", "/sign-up/{link}", ""),
    State("sign-up-password", "/sign-up/{link}/password?name=Mia", ""),
    State("sign-up-over", "/sign-up/made-up", ""),
    State("sign-in", "/sign-in", ""),
    State("sign-in-password", "/sign-in", "", all_open),
    State("sign-in-wrong", "/sign-in", "", wrong_sign_in),
    State("nowhere", "/nowhere"),
    State("not-allowed", "/staff", "Rob"),
    State("keys", "/queue", "Lea", keys),
    State("queue", "/queue"),
    State("queue-filter", "/queue?kind=match&client=forum", "Lea"),
    State("queue-filter-none", "/queue?kind=report&client=nobody", "Lea"),
    State("queue-second", "/queue?state=second", "Ann"),
    State("queue-done", "/queue?state=done", "Lea"),
    State("queue-auditor", "/record", "Aud"),
    State("bulk", "/queue", "Lea", chosen),
    State("bulk-none", "/queue", "Lea", pressed("button[value=chosen]", "[data-notice].wrong")),
    State("card-match", "{card-match}", "Rob"),
    State("card-match-open", "{card-match}", "Rob", all_open),
    State("card-next", "/queue/next", "Lea"),
    State("card-case", "{card-case}", "Cas"),
    State("card-case-lead", "{card-case}", "Cas", all_open),
    State("card-tip", "{card-tip}", "Cas"),
    State("card-report", "{card-report}", "Lea"),
    State("card-minor", "{card-minor}?place=KR", "Lea"),
    State("card-done", "{card-done}", "Rob"),
    State("card-held", "{card-held}", "Rob"),
    State("card-second-first", "{card-second}", "Lea"),
    State("card-second", "{card-second}", "Ann"),
    State("card-text-only", "{card-near}", "Tia"),
    State("card-wrong", "{card-match}", "Rob", pressed("button[value=comment]", "[data-notice].wrong")),
    State("seconds", "/seconds", "Ann"),
    State("seconds-asked", "/seconds", "Lea"),
    State("second-lift", "{second-lift_hide}", "Ann"),
    State("second-minor", "{second-clear_minor}", "Ann", all_open),
    State("second-entry", "{second-bank_entry}", "Ann"),
    State("second-export", "{second-export}", "Ann"),
    State("second-tip", "{second-open_tip}", "Ann"),
    State("second-wrong", "{second-open_tip}", "Ann", alone_without_reason),
    State("cases", "/cases", "Cas"),
    State("cases-filter-none", "/cases?helper=1", "Cas"),
    State("case", "{case}", "Cas"),
    State(
        "case-preview", "{case}", "Cas", filled({"#text": "We are here."}, "button[value=preview]", "[data-preview]")
    ),
    State("case-closed", "{case-closed}", "Cas"),
    State("case-minor", "{case-minor}?place=MY", "Cas"),
    State("case-keyless", "{case}", "Kim"),
    State("receipt", "{case}/receipt", "Cas"),
    State("receipt-not-asked", "{case}/receipt", "Cas", pressed("main form button", "[data-notice].wrong")),
    State("receipt-made", "{case-closed}/receipt", "Cas", made_receipt),
    State("tips", "/tips", "Lea"),
    State("tip", "{tip}", "Ann"),
    State("banks", "/banks", "Ann"),
    State("banks-wrong", "/banks", "Ann", filled({"#name": "1 2"}, "button[value=new]", "[data-notice].wrong")),
    State("bank", "/banks/partners", "Ann", all_open),
    State("bank-read", "/banks/partners", "Rob"),
    State("bank-negative", "/banks/harmless", "Ann"),
    State("bank-staged", "/banks/trial", "Lea"),
    State("bank-paused", "/banks/resting", "Ann"),
    State(
        "bank-ask-first", "/banks/partners", "Ann", filled({"#bits-pdq": "12"}, "button[value=save]", ".notice.wrong")
    ),
    State("what-if", "{what-if}", "Ann"),
    State("what-if-waits", "{what-if-waits}", "Ann"),
    State("contents", "/banks/partners/contents", "Rob"),
    State("contents-empty", "/banks/trial/contents", "Rob"),
    State("guarded", "/banks/partners/guarded", "Ann"),
    State("content", "{content}", "Ann"),
    State("content-withdraw", "{content}/withdraw", "Ann"),
    State("search", "/search", "Rob"),
    State("search-found", "/search", "Rob", searched),
    State("search-wrong", "/search", "Rob", filled(HASH, "[data-search]", "[data-notice].wrong")),
    State("entry", "/banks/partners/entry", "Rob"),
    State("entry-wrong", "/banks/partners/entry", "Rob", filled(HASH, "button[value=enter]", "[data-notice].wrong")),
    State("figures", "/figures", "Lea", charts),
    State("webhooks", "/webhooks", "Ann"),
    State("webhook", "{webhook}", "Ann", all_open),
    State("webhook-secret", "{webhook}", "Ann", pressed("button[value=secret]", "[data-secret]")),
    State(
        "webhook-wrong", "/webhooks", "Ann", filled({"#url": "http://x.test"}, "button[value=make]", ".notice.wrong")
    ),
    State("staff", "/staff", "Ann", all_open),
    State("staff-link", "/staff", "Ann", pressed("button[value=invite], main form button", "[data-link], code")),
    State("settings", "/settings", "Rob"),
    State("settings-admin", "/settings", "Ann"),
    State("settings-password", "/settings/password", "Rob"),
    State("settings-keyless", "/settings", "Kim"),
    State("exposure", "/settings/exposure", "Tia"),
    State("exposure-carer", "/settings/exposure", "Lea"),
    State("exposure-cared", "{exposure-cared}", "Lea"),
    State("exposure-desk", "/settings/desk/exposure", "Ann"),
    State("record", "/record", "Aud"),
    State("alone", "/alone", "Aud"),
    State("desk", "/settings/desk", "Rob"),
    State("desk-admin", "/settings/desk", "Ann"),
    State("reads", "/record/reads", "Aud"),
    State("changes", "/record/staff", "Aud"),
    State("look-granted", "{card-match}", "Rob", granted),
)
