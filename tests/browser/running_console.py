"""The real service with staff at its console: signed up by the link of the first start, work of all kinds made by the doors it comes through.

Tests nothing itself.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from amparo.access.staff_model import StaffPrincipal
from amparo.app.clock import SystemClock
from amparo.app.intake import intake_of, receipts_of, secrets_of
from amparo.app.review import Reviewing, reviewing
from amparo.app.rooms import open_rooms, settings_of
from amparo.intake.sealed_to import SealTo
from amparo.intake.service import Intake
from amparo.intake.settings import IntakeSettings
from amparo.review.asking import Filter
from amparo.review.model import DecisionMade, Work
from amparo.sealing.keys import desk_recipient
from tests.browser.chromium import ChromiumPage
from tests.e2e.running import Service, started, until
from tests.integration.desk import code, file
from tests.integration.intake import answered

LINK = re.compile(r"http://localhost:\d+/sign-up/[\w-]+")
BANK = "partners"
MADE_S = 60.0
VIEW = "document.querySelector('main').dataset.view"


@dataclass
class Office:
    """service: as it runs. link: the one-time link it printed. seeded: how many works of each kind were made."""

    service: Service
    link: str
    seeded: dict[str, int] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.service.base + 2}"

    def invite(self, role: str) -> str:
        """The link for one more of the staff."""
        found = LINK.search(self.service.command("staff", "invite", "--role", role))
        assert found, "no link was printed"
        return found[0]

    def matches(self, count: int) -> None:
        """Uploads of a platform that meet listed pictures whose bank wants them looked over; each picture by itself."""
        admin, platform = self.service.key("admin"), self.service.key("platform")
        with httpx.Client(base_url=self.service.url, timeout=30) as api:
            api.post("/v1/banks", json={"name": BANK, "action": "review"}, headers=admin).raise_for_status()
            for number in range(count):
                listed = {"signals": [{"kind": "pdq", "value": code(1_000 + number)}], "external_id": str(number)}
                api.post(f"/v1/banks/{BANK}/contents", json=listed, headers=admin).raise_for_status()
            for number in range(count):
                asked = {"signals": [{"kind": "pdq", "value": code(1_000 + number)}], "item_id": f"post-{number}"}
                told = api.post("/v1/match", json=asked, headers=platform).raise_for_status().json()
                assert told["verdict"] == "match", told
        self.seeded["match"] = count

    def reports(self, count: int) -> None:
        """Reports of a platform."""
        platform = self.service.key("platform")
        with httpx.Client(base_url=self.service.url, timeout=30) as api:
            for number in range(count):
                body = {"item_id": f"note-{number}", "reason": "intimate", "words": "This was put up again."}
                api.post("/v1/reports", json=body, headers=platform).raise_for_status()
        self.seeded["report"] = count

    def persons(self, cases: int, tips: int) -> None:
        """What persons send: cases with a file each, and tips."""
        settings = settings_of(self.service.folder)
        db = intake_of(settings.deployment)
        desk = desk_recipient(secrets_of(settings.deployment))
        try:
            portal = Intake(db, SystemClock(), settings.section(IntakeSettings), receipts_of(settings), SealTo(desk))
            for number in range(cases):
                draft = answered()
                token = portal.begin(draft)
                portal.add_files(token, [file(1, picture=number)])
                portal.submit_case(token, draft)
            for _ in range(tips):
                draft = answered(tip={"about": "group", "words": "A group that shares them.", "names_child": "no"})
                portal.submit_tip(portal.begin(draft), draft)
        finally:
            db.close()
        self.seeded |= {"case": cases, "tip": tips}

    def works(self) -> list[Work]:
        """All open work, as the ledger has it."""
        with self._room() as room:
            return list(room[0].queue.listed(room[1], Filter(), None, 200).works)

    def made(self) -> list[DecisionMade]:
        """The record, oldest first."""
        with self._room() as room:
            return list(reversed(room[0].deciding.made(None, 1_000)))

    def wait_for_work(self) -> None:
        """Until the worker has made work of all that was sent."""
        wanted = sum(self.seeded.values())
        until(lambda: len(self.works()) == wanted, f"{wanted} works", MADE_S)

    @contextmanager
    def _room(self) -> Iterator[tuple[Reviewing, StaffPrincipal]]:
        rooms = open_rooms(settings_of(self.service.folder))
        try:
            yield reviewing(rooms), StaffPrincipal(10_000, "Test", "admin", "en")
        finally:
            rooms.close()


@contextmanager
def office(folder: Path, **environ: str) -> Iterator[Office]:
    """A service of its own, just started for the first time."""
    with started(folder, "--workers", "1", **environ) as service:
        service.ready_line()
        found = LINK.search(service.log.read_text())
        assert found, "the first start printed no link"
        yield Office(service, found[0])


def authenticator(page: ChromiumPage) -> None:
    """A device that keeps passkeys, in this browser, as the DevTools protocol plays one."""
    session = page.context.new_cdp_session(page.playwright_page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def sign_up(page: ChromiumPage, link: str, name: str) -> None:
    """Sign up by a passkey, with keys alone."""
    authenticator(page)
    page.open(link)
    page.wait_until(f"{VIEW} === 'sign-up' && document.querySelector('[data-act=passkey]').disabled === false")
    page.run("document.querySelector('[name=name]').focus()")
    page.press(*name, "Enter")
    page.wait_until(f"{VIEW} === 'queue'")
