"""What a person has answered and not sent yet, for as long as her session lives. The database can read none of it.

A session's token (256 bits by chance) is in her cookie alone. Here stand its SHA-256, by which the draft is found, and the draft in a box
whose key is made of the token: who holds the database holds nothing, and when the cookie is gone nobody does.
"""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import msgspec
from sqlalchemy import Connection

from amparo.errors import BadInput, Gone, Tampered, TooLarge
from amparo.intake import files as of_files
from amparo.intake import rows
from amparo.intake.model import UID, Draft, FileIn
from amparo.intake.receipts import busy
from amparo.intake.settings import IntakeSettings
from amparo.sealing.box import Box, derived_key
from amparo.store.db import Database
from amparo.terms.clock import Clock, to_us

DRAFT_BYTES_MAX: Final = 1024 * 1024
MINUTE_US: Final = 60_000_000
HOUR_US: Final = 60 * MINUTE_US
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Session:
    """What a token gives. digest: under which the draft stands. box: in which it lies."""

    digest: bytes
    box: Box

    @classmethod
    def of(cls, token: str) -> "Session":
        """The session of a token; any text gives one, that stands for nothing."""
        secret = token.encode("utf-8", "surrogatepass")
        return cls(hashlib.sha256(secret).digest(), Box(derived_key(secret, "draft")))


@dataclass(frozen=True, slots=True)
class Drafts:
    """The drafts of one intake database."""

    db: Database
    clock: Clock
    settings: IntakeSettings

    def begin(self, draft: Draft) -> str:
        """A new session; its token. Raises: Unavailable (busy), TooLarge (draft_too_large), BadInput (bad_text)."""
        token = secrets.token_urlsafe(32)
        session = Session.of(token)
        now_us = to_us(self.clock.now())
        draft.case_uid, draft.began_us = draft.case_uid or new_uid(), now_us
        sealed = _sealed(session, draft)
        with self.db.write() as connection:
            if rows.count_drafts(connection) >= self.settings.drafts_max:
                raise busy()
            rows.add_draft(connection, session.digest, sealed, now_us)
        return token

    def load(self, token: str) -> Draft | None:
        """The draft, None when the session ended, was idle for too long, lasted too long or never was."""
        session = Session.of(token)
        with self.db.read() as connection:
            return self.held(connection, session)

    def save(self, token: str, draft: Draft) -> None:
        """Keep the draft. A receipt's number that it does not know yet stays with it until it is of another case.

        Raises: Gone (session_over), TooLarge (draft_too_large), BadInput (bad_text).
        """
        session = Session.of(token)
        case_uid = draft.case_uid or new_uid()
        with self.db.write() as connection:
            held = self.needed(connection, session)
            kept = held.receipt if held.case_uid == case_uid else ""
            own = {"case_uid": case_uid, "receipt": draft.receipt or kept, "began_us": held.began_us}
            saved = msgspec.structs.replace(draft, **own)
            self.put(connection, session, saved)
        draft.case_uid, draft.receipt, draft.began_us = saved.case_uid, saved.receipt, saved.began_us

    def end(self, token: str) -> None:
        """Forget everything of the session."""
        with self.db.write() as connection:
            rows.delete_draft(connection, Session.of(token).digest)

    def add_files(self, token: str, files: Sequence[FileIn]) -> int:
        """Hold the hashes of these files, or more of them; how many files there are in all.

        Raises: Gone (session_over), BadInput (bad_signals), Conflict (file_differs), LimitReached (too_many_files, too_many_codes).
        """

        def add(connection: Connection, session: Session) -> int:
            for file in files:
                held = rows.draft_file_of(connection, session.digest, file.number)
                whole = of_files.with_part(None if held is None else _file(session, file.number, held), file)
                sealed = session.box.lock(msgspec.json.encode(whole), _about(session, file.number))
                values = {"codes": of_files.codes_in(whole), "sealed": sealed}
                rows.put_draft_file(connection, session.digest, file.number, values)
            totals = rows.draft_file_totals(connection, session.digest)
            of_files.check_totals(*totals)
            return totals[0]

        return self._within(token, add)

    def files(self, token: str) -> list[FileIn]:
        """What is held of each file, by number; nothing when the session is over."""
        session = Session.of(token)
        with self.db.read() as connection:
            return [] if self.held(connection, session) is None else self.files_in(connection, session)

    def drop_files(self, token: str, number: int | None = None) -> None:
        """Forget one file, or all. Raises: Gone (session_over)."""
        self._within(token, lambda connection, session: rows.delete_draft_files(connection, session.digest, number))

    # --- inside somebody's transaction

    def held(self, connection: Connection, session: Session) -> Draft | None:
        """The draft, None when there is none or it cannot be read: then a new session begins."""
        sealed = rows.draft_of(connection, session.digest, self.idle_since_us())
        if sealed is None:
            return None
        try:
            held = msgspec.json.decode(session.box.open(sealed, session.digest), type=Draft)
        except (Tampered, msgspec.MsgspecError):
            return None
        is_over = held.began_us <= to_us(self.clock.now()) - self.settings.session_hours * HOUR_US
        return None if is_over else held

    def needed(self, connection: Connection, session: Session) -> Draft:
        """The draft. Raises: Gone (session_over)."""
        held = self.held(connection, session)
        if held is None:
            raise Gone("session_over", "the session is over", "Begin anew; what was sent before is kept.")
        return held

    def put(self, connection: Connection, session: Session, draft: Draft) -> None:
        """In place of what stood there. Raises: TooLarge (draft_too_large)."""
        rows.put_draft(connection, session.digest, _sealed(session, draft), to_us(self.clock.now()))

    def files_in(self, connection: Connection, session: Session) -> list[FileIn]:
        """As ``files``. Raises: Tampered (sealed_damaged)."""
        return [_file(session, row.number, row.sealed) for row in rows.draft_files(connection, session.digest)]

    def idle_since_us(self) -> int:
        """What was not touched after this is over."""
        return to_us(self.clock.now()) - self.settings.draft_minutes * MINUTE_US

    def _within(self, token: str, act: Callable[[Connection, Session], T]) -> T:
        session = Session.of(token)
        with self.db.write() as connection:
            self.needed(connection, session)
            done = act(connection, session)
            rows.touch_draft(connection, session.digest, to_us(self.clock.now()))
        return done


def new_uid() -> str:
    """An id that nobody can guess."""
    return secrets.token_hex(UID // 2)


def _file(session: Session, number: int, sealed: bytes) -> FileIn:
    return msgspec.json.decode(session.box.open(sealed, _about(session, number)), type=FileIn)


def _about(session: Session, number: int) -> bytes:
    return session.digest + b"file %d" % number


def _sealed(session: Session, draft: Draft) -> bytes:
    try:
        whole = msgspec.json.encode(draft)
    except UnicodeEncodeError:  # a lone surrogate: no browser sends one
        raise BadInput("bad_text", "the answers are not Unicode text", "Type them again.") from None
    if len(whole) > DRAFT_BYTES_MAX:
        raise TooLarge("draft_too_large", "the answers are longer than can be kept", "Shorten them.")
    return session.box.lock(whole, session.digest)
