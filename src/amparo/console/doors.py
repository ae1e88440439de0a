"""What the console needs of the rooms below, handed in by the process (`app/console.py`). Makes nothing itself.

Whoever adds a page adds the services its views use: a field here, a line in `app/console.py`, one in `tests/console.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

from amparo.access.model import Client
from amparo.access.signing import Signing
from amparo.access.staff import Staff
from amparo.console.bank_doors import BankDoors
from amparo.console.case_doors import CaseDoors, TipDoors
from amparo.console.review_doors import Cases, Deciding, Minors, Queue, Seconds
from amparo.console.settings import ConsoleSettings
from amparo.review.exposure import Exposures
from amparo.review.figures import Figures
from amparo.review.item_entry import ItemEntry
from amparo.review.looks import Looks
from amparo.review.settings import ReviewSettings
from amparo.review.webhooks import Webhooks
from amparo.terms.clock import Clock
from amparo.web.pages import Pages
from amparo.web.place import Networks
from amparo.web.places import Places
from amparo.web.session import Cookies


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
    """The services the console speaks for. ready: raises where the ledger does not answer. desk_folder: where the desk key's files are."""

    staff: Staff
    signing: Signing
    desk_folder: Path
    pages: Pages
    cookies: Cookies
    networks: Networks
    clock: Clock
    settings: ConsoleSettings
    rules: ReviewSettings
    ready: Callable[[], object]
    looks: Looks
    item_entry: ItemEntry
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
