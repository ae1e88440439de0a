"""What the API needs of the rooms below, handed in by the process (`app/api.py`). Makes nothing itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from amparo.access.limits import Limits
from amparo.access.record import StaffRecord
from amparo.access.service import Access
from amparo.api.bell import Bell
from amparo.api.pulse import Pulse
from amparo.api.settings import APISettings
from amparo.banks.changing import Changing
from amparo.banks.service import Banks
from amparo.match.model import Verdict
from amparo.match.service import Matcher
from amparo.media.model import Reading
from amparo.review.actions import Actions
from amparo.review.reporting import Reports
from amparo.review.webhooks import Webhooks
from amparo.terms.clock import Clock
from amparo.uploads.service import UploadLog
from amparo.wire import Fetched, Fetcher, WireSettings


class MediaReader(Protocol):
    """Turns a file into signals without showing anybody a pixel."""

    async def read(self, data: bytes) -> Reading:
        """Signals of one file. Raises: TooLarge, Unavailable (saturated)."""
        ...


class MediaFetcher(Protocol):
    """Gets a file from an address a client named."""

    async def fetch(self, url: str) -> Fetched:
        """The file. Raises: Refused (fetch_off), BadInput (bad_url, not_fetched), TooLarge, Unavailable (saturated)."""
        ...


class MediaKeeper(Protocol):
    """Keeps an upload that met something, sealed, where this desk wants that for looks."""

    def keep(self, data: bytes, client_id: int, item_id: str | None, verdict: Verdict) -> bool:
        """Whether it was kept. Raises nothing: an answer never waits for more, or fails by it."""
        ...


NO_FETCHER = Fetcher(WireSettings())
"""Fetches from nowhere: no host is listed."""


@dataclass(frozen=True, slots=True)
class Doors:
    """The services one API worker speaks for. worker: its name in the header Amparo-Worker.

    readers: the age keys to which the words of a report are sealed.
    """

    access: Access
    banks: Banks
    matcher: Matcher
    media: MediaReader
    limits: Limits
    clock: Clock
    settings: APISettings
    worker: str
    pulse: Pulse
    uploads: UploadLog
    actions: Actions
    webhooks: Webhooks
    bell: Bell
    reports: Reports
    readers: Callable[[], Sequence[str]]
    fetcher: MediaFetcher = NO_FETCHER
    held: MediaKeeper | None = None

    @property
    def changing(self) -> Changing:
        """Banks made, changed and deleted, with who did it."""
        return Changing(self.banks, StaffRecord(self.banks.db, self.clock))
