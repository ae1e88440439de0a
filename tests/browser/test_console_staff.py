"""Signing up and in at the console in a real browser with a virtual authenticator, with and without a secret of its own; the pages of staff and settings."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pyotp
import pytest

from amparo.access.passkeys import Site
from amparo.access.signing import Signing
from amparo.access.staff import Staff
from amparo.app.clock import SystemClock
from amparo.sealing.age import new_identity
from amparo.store.db import Database
from amparo.store.schema import migrate
from tests.browser.chromium import Chromium, ChromiumPage
from tests.browser.console import Serving
from tests.browser.page import Looks
from tests.console import doors_of
from tests.ledgers import LEDGERS

DESK = new_identity()
PASSWORD = "four words nobody says"


@dataclass
class House:
    """A console over a ledger."""

    url: str
    staff: Staff

    def link(self, role: str = "admin", **more: object) -> str:
        return f"{self.url}/sign-up/{self.staff.invite(role, **more)}"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder, clock = tmp_path_factory.mktemp("staff"), SystemClock()
    db = Database(LEDGERS.url(folder))
    migrate(db, Path(folder) / "lock")
    staff = Staff(db, clock, b"c" * 32)
    signing = Signing(staff, Site("localhost", "", "Amparo"))
    with Serving(doors_of(staff, clock=clock, signing=signing)) as serving:
        object.__setattr__(signing, "site", Site("localhost", serving.url, "Amparo"))  # the port is known only now
        yield House(serving.url, staff)
    db.close()


@contextmanager
def authenticator(page: ChromiumPage, **more: object) -> Iterator[None]:
    """A virtual one in this page. more: other options, as the DevTools protocol names them."""
    session = page.context.new_cdp_session(page.playwright_page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True, "hasPrf": False, **more,
    }  # fmt: skip
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield
    session.detach()


def view(page: ChromiumPage) -> str:
    return str(page.run("document.querySelector('main').dataset.view"))


def signed_up(page: ChromiumPage, link: str, name: str) -> None:
    page.open(link)
    assert view(page) == "sign-up"
    page.playwright_page.fill("[name=name]", name)
    page.click("[data-act=passkey]")
    page.wait_until("document.querySelector('main').dataset.view === 'queue'")


@pytest.mark.parametrize("has_prf", [True, False])
def test_sign_up_and_in_by_passkey_and_nothing_else_is_asked(house: House, page: ChromiumPage, has_prf: bool) -> None:
    name = f"ann {has_prf}"
    with authenticator(page, hasPrf=has_prf):
        signed_up(page, house.link(keys={"desk": [DESK]}), name)
        [cookie] = page.context.cookies()
        assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == ("staff", True, "Strict")
        me = house.staff.principal(cookie["value"])
        assert (me.name, me.role) == (name, "admin")
        assert [one.secret for one in house.staff.keys_of(me, "desk")] == [DESK.secret]
        page.click("header .quiet")
        page.wait_until("document.querySelector('main').dataset.view === 'sign-in'")
        assert page.context.cookies() == []
        page.click("[data-act=passkey]")
        page.wait_until("document.querySelector('main').dataset.view === 'queue'")
        again = house.staff.principal(page.context.cookies()[0]["value"])
        assert (again.id, again.identity) == (me.id, me.identity)
        page.open(f"{house.url}/settings")
        told = page.text("[data-passkey-id]")
        assert ("It alone opens your key" in told) == has_prf
    assert page.complaints == []
    assert {urlsplit(request.url).netloc for request in page.requests} == {urlsplit(house.url).netloc}


def test_a_link_that_was_used_and_a_passkey_nobody_knows_are_told(house: House, page: ChromiumPage) -> None:
    link = house.link()
    with authenticator(page):
        signed_up(page, link, "ben")
        page.context.clear_cookies()
        page.open(link)
        assert "used already" in page.text("[data-notice]")
        first = next(one for one in house.staff.members() if one.name == "ben")
        assert len(house.staff.members()) > 1
        house.staff.end_member(None, first.id)
        page.open(f"{house.url}/sign-in")
        page.click("[data-act=passkey]")
        page.wait_until("document.querySelector('[data-passkey-said]').textContent !== ''")
        assert "did not sign you in" in page.text("[data-passkey-said]")


def test_a_name_that_is_taken_is_told_and_another_taken(house: House, page: ChromiumPage) -> None:
    with authenticator(page):
        signed_up(page, house.link(), "cat")
        page.context.clear_cookies()
        page.open(house.link())
        page.playwright_page.fill("[name=name]", "CAT")
        page.playwright_page.press("[name=name]", "Enter")
        page.wait_until("document.querySelector('[data-passkey-said]').textContent !== ''")
        assert "has this name already" in page.text("[data-passkey-said]")
        page.playwright_page.fill("[name=name]", "cat two")
        page.click("[data-act=passkey]")
        page.wait_until("document.querySelector('main').dataset.view === 'queue'")


def test_without_scripts_a_password_and_codes_do(house: House, chromium: Chromium) -> None:
    with chromium.page(Looks(script=False)) as page:
        plain = page.playwright_page
        plain.goto(house.link("lead"))
        plain.fill("[name=name]", "dan")
        plain.click("button[data-act=password]")
        secret = plain.inner_text("[data-secret]")
        plain.fill("[name=password]", PASSWORD)
        plain.fill("[name=code]", "000000")
        plain.click("[name=act]")
        assert "not the code of now" in plain.inner_text("[data-notice]")
        assert plain.inner_text("[data-secret]") == secret
        plain.fill("[name=password]", PASSWORD)
        code = pyotp.TOTP(secret).now()
        plain.fill("[name=code]", code)
        plain.click("[name=act]")
        assert urlsplit(plain.url).path == "/queue"
        dan = next(one for one in house.staff.members() if one.name == "dan")
        plain.goto(f"{house.url}/settings")
        assert plain.locator("[value=drop-password]").count() == 1
        plain.click("[value=drop-password]")
        assert "Nothing else would sign you in" in plain.inner_text("[data-notice]")
        plain.click("header .quiet")
        assert urlsplit(plain.url).path == "/sign-in"
        plain.click("summary")
        for field, typed in (
            ("name", "dan"),
            ("password", PASSWORD),
            ("code", code),
        ):  # though the half minute may be over
            plain.fill(f"[name={field}]", typed)
        plain.click("[value=sign-in]")
        assert "the code was used already" in plain.inner_text("[data-notice]")
        assert dan.role == "lead"


def test_an_admin_invites_changes_and_ends_at_the_page_of_staff(
    house: House, page: ChromiumPage, chromium: Chromium
) -> None:
    with authenticator(page, hasPrf=True), chromium.page() as other, authenticator(other):
        signed_up(page, house.link(keys={"desk": [DESK]}), "eve")
        page.open(f"{house.url}/staff")
        page.playwright_page.select_option("#role", "caseworker")
        page.click("[value=invite]")
        page.wait_for("[data-link]")
        signed_up(other, page.text("[data-link]"), "fay")
        fay = next(one for one in house.staff.members() if one.name == "fay")
        assert fay.id in house.staff.holders("desk")
        page.open(f"{house.url}/staff")
        row = f"[data-member='{fay.id}']"
        assert "holds the desk key" in page.text(row)
        page.click(f"{row} summary")
        page.playwright_page.select_option(f"{row} select", "lead")
        page.click(f"{row} [value=role]")
        page.wait_for("[data-notice]")
        other.open(f"{house.url}/queue")
        assert urlsplit(other.url()).path == "/sign-in"
        other.click("[data-act=passkey]")
        other.wait_until("document.querySelector('main').dataset.view === 'queue'")
        page.click(f"{row} summary")
        page.click(f"{row} [value=end]")
        page.wait_for(f"{row} .mark.strong")
        other.open(f"{house.url}/queue")
        assert urlsplit(other.url()).path == "/sign-in"


def test_a_second_passkey_is_added_and_the_first_removed(house: House, page: ChromiumPage) -> None:
    with authenticator(page):
        signed_up(page, house.link(), "gil")
        page.open(f"{house.url}/settings")
        page.playwright_page.fill("[data-passkey] [name=name]", "blue key")
        page.click("[data-act=passkey]")
        page.wait_until("document.querySelector('[data-passkey-said]').textContent !== ''")
        assert "holds a passkey for you already" in page.text("[data-passkey-said]")
    with authenticator(page):  # another device
        page.click("[data-act=passkey]")
        page.wait_until("document.querySelectorAll('[data-passkey-id]').length === 2")
        page.playwright_page.locator("[value=drop-passkey]").first.click()
        page.wait_until("document.querySelectorAll('[data-passkey-id]').length === 1")
        assert "blue key" in page.text("[data-passkey-id]")
        page.click("[value=drop-passkey]")
        page.wait_for("[data-notice].wrong")
        assert "Nothing else would sign you in" in page.text("[data-notice].wrong")
