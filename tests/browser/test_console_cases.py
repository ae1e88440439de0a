"""A case at the console in a real browser, over a real installation: read, answer, new receipt; and what she then sees with it."""

from collections.abc import Iterator

import pytest

from amparo.app.casework import case_doors, tip_doors
from amparo.app.intake import secrets_of
from amparo.app.review import reviewing
from amparo.intake.model import TEXT_CHARS_MAX
from amparo.sealing.keys import open_desk_keys
from tests.browser.axe import WIDER, violations
from tests.browser.chromium import Chromium, ChromiumPage
from tests.browser.console import Serving
from tests.browser.page import Looks
from tests.console import StaffTwin, doors_of
from tests.integration.desk import file
from tests.integration.installed import PASSPHRASE, Installed, environ, installed
from tests.integration.intake import consent

HERS = "请帮帮我 👩‍👩‍👧 שלום وشكرا"
OURS = "我们在。 <i>לא</i> 🙂\nسطر"
LONG = "漢" * 60 + "x" * 300


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    folder = tmp_path_factory.mktemp("house")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environ(folder).items():
            patch.setenv(name, value)
        with installed(folder) as opened:
            yield opened


@pytest.fixture(scope="module")
def serving(house: Installed) -> Iterator[Serving]:
    keys = open_desk_keys(secrets_of(house.settings.deployment), PASSPHRASE)
    staff = StaffTwin(keys={("caseworker", "desk"): keys, ("lead", "desk"): keys})
    room = reviewing(house.rooms)
    doors = doors_of(staff, casework=case_doors(house.rooms, room), tips=tip_doors(house.rooms, room))
    with Serving(doors) as running:
        yield running


@pytest.fixture(scope="module")
def hers(house: Installed) -> tuple[str, str]:
    """Her case's uid and her number. She agreed that the team reads and answers, and wrote."""
    agreed = [consent("match"), consent("desk")]
    opened, number = house.sent(file(1), file(2, quality=10), consents=agreed, names=LONG)
    house.portal.write_message(opened, f"{HERS}\n{LONG}")
    house.work()
    return opened.case_uid, number


def at(page: ChromiumPage, serving: Serving, path: str) -> ChromiumPage:
    serving.sign_in(page, "caseworker")
    page.open(serving.url + path)
    return page


def test_she_is_answered_and_reads_it(
    house: Installed, serving: Serving, hers: tuple[str, str], page: ChromiumPage
) -> None:
    uid, number = hers
    at(page, serving, "/cases").click(f"[data-case='{uid}'] a")
    page.wait_for("main[data-view=case]")
    assert HERS in page.text("[data-message=person]")
    page.fill("#text", "x" * (TEXT_CHARS_MAX + 2))
    assert "2" in page.text("#text-left"), "counted while it is typed"
    page.click("button[value=send]")
    assert page.url().endswith(f"/cases/{uid}"), "too long a text is not sent"
    page.fill("#text", OURS)
    page.click("button[value=preview]")
    page.wait_for("[data-preview]")
    assert page.text("[data-preview] .hers") == OURS
    assert page.run("document.querySelector('#text').value") == OURS
    page.click("button[value=send]")
    page.wait_for("[data-message=desk]")
    assert page.text("[data-message=desk] .hers") == OURS
    house.work()
    assert [one.text for one in house.portal.home(house.opened(number)).messages][-1] == OURS


def test_a_new_receipt_opens_her_case_with_what_the_team_wrote(
    house: Installed, serving: Serving, hers: tuple[str, str], page: ChromiumPage
) -> None:
    uid, number = hers
    at(page, serving, f"/cases/{uid}").click("[data-act=receipt]")
    page.wait_for("main[data-view=case-receipt]")
    page.click("button[value=make]")
    page.wait_for("[data-notice].wrong")
    for name in ("called_back", "known_facts", "read_back"):
        page.click(f"[value={name}]")
    page.click("button[value=make]")
    page.wait_for("[data-receipt]")
    new = page.text("[data-receipt]").replace(" ", "")
    assert len(new) == 16
    page.click("main a[href^='/cases/']")
    page.wait_for("main[data-view=case]")
    assert new not in page.source().replace(" ", "")
    house.work()
    assert house.portal.open(number) is None, "the old number opens nothing"
    home = house.portal.home(house.opened(new))
    assert [one.text for one in home.messages if one.direction == "desk"] == [OURS]
    assert [one.text for one in home.messages if one.direction == "person"] == [None]


@pytest.mark.parametrize(("width", "dark"), [(320, False), (1280, True)])
def test_the_pages_are_for_everybody(
    serving: Serving, hers: tuple[str, str], chromium: Chromium, width: int, dark: bool
) -> None:
    paths = ["/cases", f"/cases/{hers[0]}", f"/cases/{hers[0]}?place=KR", f"/cases/{hers[0]}/receipt", "/tips"]
    with chromium.page(Looks(width=width, dark=dark)) as page:
        serving.sign_in(page, "lead")
        for path in paths:
            page.open(serving.url + path)
            assert violations(page) == [], path
            assert not page.run(WIDER), path
