"""What the portal can do with the intake: keep a draft, send it, come back. Knows no bank, no case and no page.

Numbers of receipts take a tenth of a second and 64 MiB each (``open``, ``submit_case``, ``submit_tip``): call these from a thread.
"""

import hashlib
from collections.abc import Sequence

from amparo.intake import rows
from amparo.intake.desk_side import check_receipts, epoch_of
from amparo.intake.drafts import Drafts
from amparo.intake.home import Home, Opened
from amparo.intake.model import Contact, Draft, FileIn
from amparo.intake.receipts import Receipts
from amparo.intake.returning import Returning
from amparo.intake.sealed_to import SealTo
from amparo.intake.sending import Sending
from amparo.intake.settings import IntakeSettings
from amparo.sealing.age import check_recipient
from amparo.store.db import Database
from amparo.terms.clock import Clock


class Intake:
    """The portal's side of one intake database; each verb's errors stand where it is done."""

    def __init__(self, db: Database, clock: Clock, settings: IntakeSettings, receipts: Receipts, to: SealTo) -> None:
        """to: to whom words are sealed. Raises: BadInput (bad_recipient)."""
        self._db = db
        self._receipts = receipts
        self._drafts = Drafts(db, clock, settings)
        check_recipient(to.desk)
        self._sending = Sending(self._drafts, receipts, to)
        self._returning = Returning(db, clock, settings, receipts, to)

    def check(self) -> None:
        """At the start of a process. Raises: Misconfigured (receipts_differ)."""
        check_receipts(self._db, self._receipts.check())

    def epoch(self) -> str:
        """The name of this database's queue; that it answers says that the database does."""
        return epoch_of(self._db)

    # --- the session: see drafts

    def begin(self, draft: Draft) -> str:
        """A new session; its token."""
        return self._drafts.begin(draft)

    def draft(self, token: str) -> Draft | None:
        """The session's draft, None when it is over."""
        return self._drafts.load(token)

    def save(self, token: str, draft: Draft) -> None:
        """Keep the draft."""
        self._drafts.save(token, draft)

    def end(self, token: str) -> None:
        """Forget everything of the session."""
        self._drafts.end(token)

    def add_files(self, token: str, files: Sequence[FileIn]) -> int:
        """Hold the hashes of these files, or more of them; how many files in all."""
        return self._drafts.add_files(token, files)

    def files(self, token: str) -> list[FileIn]:
        """What is held of each file."""
        return self._drafts.files(token)

    def drop_file(self, token: str, number: int) -> None:
        """Forget one file."""
        self._drafts.drop_files(token, number)

    def drop_files(self, token: str) -> None:
        """Forget all files."""
        self._drafts.drop_files(token)

    # --- what is sent: see sending

    def submit_case(self, token: str, draft: Draft) -> str:
        """Send the case; the receipt's 16 digits."""
        return self._sending.case(token, draft)

    def submit_tip(self, token: str, draft: Draft) -> str:
        """Send the tip; the receipt's 16 digits."""
        return self._sending.tip(token, draft)

    # --- coming back: see returning

    def open(self, typed: str) -> Opened | None:
        """Whose receipt's number was typed, None for any other text."""
        return self._returning.open(typed)

    def home(self, opened: Opened) -> Home:
        """All she may see."""
        return self._returning.home(opened)

    def write_message(self, opened: Opened, text: str) -> str:
        """Send words to the desk; the message's uid."""
        return self._returning.write_message(opened, text)

    def withdraw(self, opened: Opened, numbers: Sequence[int] | None) -> None:
        """Take back these files, None for everything."""
        self._returning.withdraw(opened, numbers)

    def set_contact(self, opened: Opened, contact: Contact | None) -> None:
        """How the desk may reach her; None: not at all."""
        self._returning.set_contact(opened, contact)

    # --- a helper (access pushes the digests of their keys by the desk)

    def helper_of(self, key_text: str) -> int | None:
        """The id of the helper's key of that text, None when it opens nothing."""
        digest = hashlib.sha256(key_text.encode("utf-8", "surrogatepass")).digest()
        with self._db.read() as connection:
            return rows.helper_by_digest(connection, digest)
