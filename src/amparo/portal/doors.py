"""What the portal needs of the rooms below, handed in by the process (`app/portal.py`). Makes nothing itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from amparo.intake.model import Draft, FileIn
from amparo.portal.pages import Pages
from amparo.portal.place import Networks
from amparo.portal.places import Places
from amparo.portal.settings import PortalSettings
from amparo.terms.clock import Clock


class Intake(Protocol):
    """What a person sends is kept there, and there alone. token: of a session, as her cookie holds it."""

    def begin(self, draft: Draft) -> str:
        """A new session; its token."""
        ...

    def draft(self, token: str) -> Draft | None:
        """What she answered so far; None where the session ended, expired or never was."""
        ...

    def save(self, token: str, draft: Draft) -> None:
        """Keep it. Raises: Gone (session_over), TooLarge (draft_too_large)."""
        ...

    def end(self, token: str) -> None:
        """Forget the session and all in it; one that is not there is no error."""
        ...

    def add_files(self, token: str, files: Sequence[FileIn]) -> int:
        """Keep these with the session, in place of those with the same number; how many it holds. Raises: LimitReached."""
        ...

    def files(self, token: str) -> list[FileIn]:
        """The files of the session, by number."""
        ...

    def drop_file(self, token: str, number: int) -> None:
        """Take one out."""
        ...

    def drop_files(self, token: str) -> None:
        """Take all out."""
        ...

    def submit_case(self, token: str, draft: Draft) -> str:
        """Hand it in, once for each ``draft.case_uid``; the 16 digits of her receipt."""
        ...

    def epoch(self) -> str:
        """Which database this is: says that it answers."""
        ...


@dataclass(frozen=True)
class Doors:
    """The services the portal speaks for."""

    intake: Intake
    pages: Pages
    networks: Networks
    routes: Places
    clock: Clock
    settings: PortalSettings
