"""The console in this process, and staff of each role at it as a browser without script. Tests nothing itself."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx

from amparo.access.codes import picture_of
from amparo.access.passkeys import Site
from amparo.access.signing import Newcomer
from amparo.access.staff_model import (
    STAFF_ROLES,
    Invited,
    Passkey,
    StaffChange,
    StaffMember,
    StaffPrincipal,
    StaffRole,
    StaffSession,
)
from amparo.access.ways import CodeAsked
from amparo.app.clock import SystemClock
from amparo.console.application import application
from amparo.console.door import Door
from amparo.console.doors import Doors
from amparo.console.pages import WORDS, pages
from amparo.console.settings import ConsoleSettings
from amparo.console.table import TABLE
from amparo.errors import Gone, Unauthenticated
from amparo.review.figures import DAYS, Day, Figures, Standing
from amparo.review.settings import ReviewSettings
from amparo.sealing.age import Identity
from amparo.terms.clock import Clock
from amparo.web import places
from amparo.web.addresses import is_secure
from amparo.web.place import Networks
from amparo.web.session import Cookies, form_token
from tests import review_twin

BEGAN = datetime(2026, 11, 27, tzinfo=UTC)
HERE = "http://localhost:8802"
LINK = "link"
"""The token of the one invitation there is."""
LANGUAGES = {pseudo: WORDS.load(pseudo=pseudo) for pseudo in (False, True)}
SETTINGS = ConsoleSettings()


NO_BANKS = SimpleNamespace(banks=SimpleNamespace(banks=list), policies=None)
"""Of a desk without banks."""


class NoInvitations:
    """No link is open."""

    def open(self) -> list[Invited]:
        return []


@dataclass
class StaffTwin:
    """Accounts in memory: a session's token is the name of its role."""

    members_by: dict[str, StaffPrincipal] = field(
        default_factory=lambda: {
            role: StaffPrincipal(number, role.title(), role, "en") for number, role in enumerate(STAFF_ROLES, 1)
        }
    )
    ended: list[str] = field(default_factory=list)
    keys: dict[tuple[str, str], list[Identity]] = field(default_factory=dict)
    """By role and name of the key."""
    reads: list[tuple[str, str, str]] = field(default_factory=list)

    def principal(self, session_token: str) -> StaffPrincipal:
        if session_token not in self.members_by or session_token in self.ended:
            raise Unauthenticated("session_over", "nobody is signed in", "Sign in.")
        return self.members_by[session_token]

    def end_session(self, session_token: str) -> None:
        self.ended.append(session_token)

    def keys_of(self, principal: StaffPrincipal, key_name: str) -> list[Identity]:
        return self.keys.get((principal.role, key_name), [])

    @property
    def record(self) -> "StaffTwin":
        return self

    def changes(self, before: int | None, limit: int) -> list[StaffChange]:
        del before, limit
        return []

    def log_reads(self, principal: StaffPrincipal, reads: list[tuple[str, str]]) -> None:
        for what, subject in reads:
            self.log_read(principal, what, subject)

    def log_read(self, principal: StaffPrincipal, what: str, subject: str) -> None:
        self.reads.append((principal.role, what, subject))

    def members(self) -> list[StaffMember]:
        return [
            StaffMember(one.id, one.name, one.role, "", one.language, None, BEGAN) for one in self.members_by.values()
        ]

    def set_language(self, principal: StaffPrincipal, language: str) -> None:
        self.members_by[principal.role] = replace(self.members_by[principal.role], language=language)

    def sessions(self, principal: StaffPrincipal) -> list[StaffSession]:
        at = datetime(2026, 1, 1, tzinfo=UTC)
        return [StaffSession(bytes([number]), "passkey", at, at, number == 0) for number in range(2)]

    def holders(self, key_name: str) -> dict[int, set[str]]:
        return {5: {"age1"}}

    @property
    def invitations(self) -> NoInvitations:
        return NoInvitations()

    def invited(self, token: str) -> Invited:
        if token != LINK:
            raise Gone("invite_over", "this link is used, too old or unknown", "Ask for another.")
        return Invited("lead", "", None, "a" * 16, datetime(2026, 1, 1, tzinfo=UTC))


@dataclass
class SigningTwin:
    """Ways in, in memory: nobody is signed up or in by it."""

    staff: StaffTwin
    site: Site = field(default_factory=lambda: Site("localhost", HERE, "Amparo"))

    def passkeys(self, principal: StaffPrincipal) -> list[Passkey]:
        at = datetime(2026, 1, 1, tzinfo=UTC)
        return [Passkey(1, "blue key", at, at, True), Passkey(2, "", at, None, False)]

    def is_fresh(self, principal: StaffPrincipal) -> bool:
        return True

    def has_password(self, principal: StaffPrincipal) -> bool:
        return principal.id % 2 == 0

    def begin_code(self, newcomer: Newcomer) -> CodeAsked:
        return self.begin_own_code(None)

    def begin_own_code(self, principal: StaffPrincipal | None) -> CodeAsked:
        return CodeAsked("token", "SECRET", "otpauth://totp/x", picture_of("otpauth://totp/x"))


@dataclass
class FiguresTwin:
    """Figures made up for every day, in place of both services that count."""

    clock: Clock

    def now(self) -> Figures:
        at = self.clock.now()
        days = [at.date() - timedelta(days=back) for back in reversed(range(DAYS))]
        standing = (
            Standing("match", "adult", "open", 12_345, 12, at - timedelta(days=3)),
            Standing("match", "under_18", "open", 2, 0, at - timedelta(hours=1)),
            Standing("case", "adult", "second", 1, 1, at - timedelta(days=9)),
        )
        made = [
            Day(day, 40 + n, 30 + 2 * n, n % 3, 20, 10, 2, None if n % 7 == 0 else 3_600.0 * (n % 5 + 1), 1.5 * n)
            for n, day in enumerate(days)
        ]
        return Figures(at, standing, tuple(made), 7_200.0, 42.0)

    def counts(self, days: int) -> tuple[dict[tuple[date, str], int], bool]:
        today = self.clock.now().date()
        found = {
            (today - timedelta(days=n), bank): 3 + n % at
            for n in range(days)
            for at, bank in ((4, "cases"), (7, "partners"), (2, "under_18"))
        }
        return found, False


class NoTips:
    def ready(self, principal: object) -> None:
        """No key is made here."""


def doors_of(
    staff: Any = None, settings: ConsoleSettings = SETTINGS, clock: Clock | None = None, **services: Any
) -> Doors:
    """The console's doors over accounts in memory. services: those of the views a test is about, by their field in Doors."""
    clock, staff = clock or SystemClock(), staff or StaffTwin()
    given = {
        "staff": staff,
        "signing": SigningTwin(staff),
        "desk_folder": Path("nowhere"),
        "pages": pages(LANGUAGES[settings.pseudo_languages], settings),
        "cookies": Cookies("staff", is_secure=is_secure(settings.public_url)),
        "networks": Networks(settings.proxies, clock, "console.proxies"),
        "clock": clock,
        "settings": settings,
        "rules": ReviewSettings(),
        "ready": lambda: None,
        "looks": None,
        "item_entry": None,
        "exposures": None,
        "webhooks": None,
        "clients": list,
        "figures": FiguresTwin(clock),
        "by_bank": FiguresTwin(clock),
        "health": lambda: [("service", "ok"), ("worker", "warn"), ("backup", "bad")],
        "casework": None,
        "tips": NoTips(),
        "places": places.load(),
        **review_twin.services(review_twin.Review()),
        "banking": NO_BANKS,
    }
    return Doors(**{**given, **services})


@dataclass
class Desk:
    """One of the staff at a browser. token: of the session, "" for somebody who is not signed in."""

    client: httpx.AsyncClient
    token: str = ""

    async def get(self, path: str, **more: Any) -> httpx.Response:
        return await self.client.get(path, **more)

    async def post(self, path: str, /, form: str | None = None, **fields: Any) -> httpx.Response:
        """Send a form. form: its token, None for that of the session."""
        data = {"amparo-form": form_token(self.token) if form is None else form, **fields}
        return await self.client.post(path, data=data, headers={"sec-fetch-site": "same-origin"})

    async def posted_json(self, path: str, shape: Any, form: str | None = None) -> httpx.Response:
        """Send JSON, as a script of the page does."""
        token = form_token(self.token) if form is None else form
        headers = {"sec-fetch-site": "same-origin", "amparo-form": token, "accept": "application/json"}
        return await self.client.post(path, json=shape, headers=headers)


@asynccontextmanager
async def at(
    doors: Doors, url: str = HERE, table: tuple[Door, ...] = TABLE
) -> AsyncIterator[Callable[[StaffRole | str], Desk]]:
    """Staff at that console: ``desk("reviewer")``, or any token of a session; ``desk("")`` is nobody."""
    transport, clients = httpx.ASGITransport(application(doors, table), client=("127.0.0.1", 50_000)), []
    name = doors.cookies.set("").partition("=")[0]

    def desk(token: str) -> Desk:
        headers = {"cookie": f"{name}={token}"} if token else {}
        clients.append(httpx.AsyncClient(transport=transport, base_url=url, headers=headers))
        return Desk(clients[-1], token)

    try:
        yield desk
    finally:
        for client in clients:
            await client.aclose()


def view_of(page: str) -> str:
    """The name of a page (contract §6)."""
    found = re.search(r'<main id="main" data-view="([a-z-]+)"', page)
    return found[1] if found else ""
