"""What the console needs of the rooms below, handed in by the process (`app/console.py`). Makes nothing itself.

Whoever adds a page adds the services its views use: a field here, a line in `app/console.py`, one in `tests/console.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from amparo.access.model import Client
from amparo.access.staff_model import StaffMember, StaffPrincipal
from amparo.console.bank_doors import BankDoors
from amparo.console.case_doors import CaseDoors, TipDoors
from amparo.console.review_doors import Cases, Deciding, Minors, Queue, Seconds
from amparo.console.settings import ConsoleSettings
from amparo.review.exposure import Exposures
from amparo.review.figures import Figures
from amparo.review.looks import Looks
from amparo.review.webhooks import Webhooks
from amparo.sealing.age import Identity
from amparo.terms.clock import Clock
from amparo.web.pages import Pages
from amparo.web.place import Networks
from amparo.web.places import Places
from amparo.web.session import Cookies


class Staff(Protocol):
    """Who is signed in. session_token: as the cookie holds it, "" for none."""

    def principal(self, session_token: str) -> StaffPrincipal:
        """Who stands behind it; the session counts as used. Raises: Unauthenticated (session_over)."""
        ...

    def end_session(self, session_token: str) -> None:
        """End it; one that is not there is no error."""
        ...

    def keys_of(self, principal: StaffPrincipal, key_name: str) -> list[Identity]:
        """The secret keys of that name (``desk``, ``tips``) that were handed to them, the present one first; none where none was."""
        ...

    def log_read(self, principal: StaffPrincipal, what: str, subject: str) -> None:
        """Write down that they read that."""
        ...

    def members(self) -> list[StaffMember]:
        """All of the staff there are and were."""
        ...

    def set_language(self, principal: StaffPrincipal, language: str) -> None:
        """The language of their pages, by its tag."""
        ...


class Bookkeeping(Protocol):
    """Figures of the desk's work."""

    def now(self) -> Figures:
        """As they are."""
        ...


class ByBank(Protocol):
    """Matches by bank."""

    def counts(self, days: int) -> tuple[Mapping[tuple[date, str], int], bool]:
        """By day and bank, and whether all are counted."""
        ...


@dataclass(frozen=True)
class Doors:
    """The services the console speaks for. ready: raises where the ledger does not answer."""

    staff: Staff
    pages: Pages
    cookies: Cookies
    networks: Networks
    clock: Clock
    settings: ConsoleSettings
    ready: Callable[[], object]
    looks: Looks
    exposures: Exposures
    figures: Bookkeeping
    by_bank: ByBank
    health: Callable[[], Sequence[tuple[str, str]]]
    casework: CaseDoors
    tips: TipDoors
    places: Places
    queue: Queue
    deciding: Deciding
    minors: Minors
    seconds: Seconds
    cases: Cases
    banking: BankDoors
    webhooks: Webhooks
    clients: Callable[[], Sequence[Client]]
