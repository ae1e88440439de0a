"""What the portal needs of the rooms below, handed in by the process (`app/portal.py`). Makes nothing itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from amparo.intake.home import Home, Opened
from amparo.intake.model import Contact, Draft, FileIn
from amparo.portal.limits import Limits
from amparo.portal.settings import PortalSettings
from amparo.portal.work import Work
from amparo.terms.clock import Clock
from amparo.web.pages import Pages
from amparo.web.place import Networks
from amparo.web.places import Places


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
        """Keep these with the session, or more of those with the same number; how many files it holds.

        Raises: Gone, BadInput, Conflict (file_differs), LimitReached."""
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

    def submit_tip(self, token: str, draft: Draft) -> str:
        """As ``submit_case``, what is told about others."""
        ...

    def open(self, typed: str) -> Opened | None:
        """The case or tip whose receipt's number was typed. Raises: Unavailable (busy)."""
        ...

    def home(self, opened: Opened) -> Home:
        """All that is shown of it. Raises: Gone (receipt_replaced)."""
        ...

    def write_message(self, opened: Opened, text: str) -> str:
        """Words to our team. Raises: Gone, BadInput (nothing_told), TooLarge (text_too_long), LimitReached, Unavailable."""
        ...

    def withdraw(self, opened: Opened, numbers: Sequence[int] | None) -> None:
        """Take back these files, None for all. Raises: Gone, NotFound (unknown_file), Unavailable."""
        ...

    def set_contact(self, opened: Opened, contact: Contact | None) -> None:
        """How she may be reached, None for not at all. Raises: Gone, TooLarge (text_too_long), LimitReached, Unavailable."""
        ...

    def helper_of(self, key_text: str) -> int | None:
        """Whose helper's key that is; None for any other text."""
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
    limits: Limits
    work: Work
