"""Uploads that met something, kept sealed to those who may look, for some hours. In the clear they are never written anywhere.

A file's row is written before the file, and deleted after it: killed at any moment, no file stays that no row knows. Files are
deleted when their work is decided, when it may show somebody under 18, and when their time is over.
"""

import contextlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog
from anyio.to_thread import run_sync
from sqlalchemy import Connection

from amparo.access.staff_model import StaffPrincipal
from amparo.errors import AmparoError, NotFound
from amparo.match.model import Verdict
from amparo.review import look_rows as rows
from amparo.review.settings import ReviewSettings
from amparo.review.subjects import CopyKey, Subject, Subjects
from amparo.sealing import age
from amparo.store.db import Database
from amparo.store.durable import make_private_folder, write_whole
from amparo.terms.clock import Clock, to_us

COPIES_MAX: Final = 3
"""Files that are kept at a time of what met the same content: one look needs one."""
CONTENTS_MAX: Final = 100
HOUR_US: Final = 3_600_000_000
SUFFIX: Final = ".age"


@dataclass(frozen=True, slots=True)
class There:
    """How much is held. late: files whose time has been over for a while."""

    files: int
    size_bytes: int
    late: int


@dataclass(frozen=True, slots=True)
class HeldMedia:
    """recipients: age keys of all who may look now. bank_under_18: the bank of which nothing is ever kept."""

    db: Database
    clock: Clock
    folder: Path
    settings: ReviewSettings
    subjects: Subjects
    recipients: Callable[[], Sequence[str]]
    bank_under_18: str

    @property
    def is_on(self) -> bool:
        """Whether this desk keeps uploads for looks."""
        return self.settings.media == "sealed"

    def keep(self, data: bytes, client_id: int, item_id: str | None, verdict: Verdict) -> bool:
        """Seal and keep one upload, where there is reason and room; whether it was kept. Never in the way of an answer: raises nothing of ours."""
        if not self.is_on or verdict.suggested_action == "none" or verdict.may_be_minor or self._is_barred(verdict):
            return False
        contents = sorted({one.content_id for one in verdict.matches})[:CONTENTS_MAX]
        try:
            recipients = self.recipients()
            return bool(recipients) and self._kept(age.seal(data, recipients), client_id, item_id, contents)
        except AmparoError as error:
            structlog.get_logger().warning("upload not kept for a look", slug=error.slug)
            return False

    def place_within(self, connection: Connection, subject: Subject, copy: CopyKey, now_us: int) -> str:
        """The name of a file of this copy, "" where none is kept."""
        held = rows.held_of(connection, subject.content_ids, now_us) if subject.content_ids else ()
        same = [one for one in held if (one.client_id, one.item_id or "") == (copy.client_id, copy.item_id)]
        return str(same[0].name) if same else ""

    async def bytes_at(self, place: str, copy: CopyKey, principal: StaffPrincipal) -> bytes:
        """The file, opened with the key of who asks. Raises: NotFound (no_media), Tampered (sealed_damaged)."""
        del copy
        return await run_sync(self._opened, place, principal)

    def forget(self, limit: int = 500) -> int:
        """Delete files whose time is over, those no row knows too; how many rows went."""
        with self.db.read() as connection:
            over = rows.expired(connection, to_us(self.clock.now()), limit)
        for row in over:
            self._unlink(row.name)
        if over:
            with self.db.write() as connection:
                rows.drop_held(connection, [row.id for row in over])
        return len(over)

    def there(self, late_us: int) -> There:
        """How much is held, by the ledger. late_us: how long after its end a file counts as late."""
        with self.db.read() as connection:
            return There(*rows.held_figures(connection, to_us(self.clock.now()) - late_us))

    def sweep(self) -> int:
        """Delete files no row knows: of an older ledger, or half written by a process that was killed; how many."""
        found = [one.name for one in self.folder.glob("*")] if self.folder.is_dir() else []
        with self.db.read() as connection:
            known = rows.held_names(connection)
        lost = [name for name in found if _whose(name) not in known]
        for name in lost:
            self._unlink(name)
        return len(lost)

    def _is_barred(self, verdict: Verdict) -> bool:
        barred = self.bank_under_18.casefold()
        return any(one.bank.casefold() == barred for one in (*verdict.matches, *verdict.vetoes))

    def _kept(self, sealed: bytes, client_id: int, item_id: str | None, contents: Sequence[int]) -> bool:
        name = secrets.token_hex(16) + SUFFIX
        with self.db.write() as connection:
            now_us = to_us(self.clock.now())
            is_room = rows.held_bytes(connection) + len(sealed) <= self.settings.media_bytes_max
            others = rows.held_of(connection, contents, now_us)
            if not is_room or len(others) >= COPIES_MAX:
                return False
            if self.subjects.any_minor_within(connection, contents, CopyKey(client_id, item_id or "")):
                return False
            expires_us = now_us + self.settings.media_hours * HOUR_US
            row = {"name": name, "client_id": client_id, "item_id": item_id, "size_bytes": len(sealed)}
            rows.add_held(connection, row | {"at_us": now_us, "expires_us": expires_us}, contents)
        make_private_folder(self.folder)
        write_whole(self.folder / name, sealed)
        return True

    def _opened(self, name: str, principal: StaffPrincipal) -> bytes:
        try:
            sealed = (self.folder / name).read_bytes()
        except OSError:
            raise NotFound("no_media", "the picture is gone", "Decide by the facts, or pass it on.") from None
        return age.unseal(sealed, principal.identity)

    def _unlink(self, name: str) -> None:
        with contextlib.suppress(OSError):
            (self.folder / name).unlink(missing_ok=True)
        for part in self.folder.glob(f".{name}.*.part"):
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)


def drop_within(connection: Connection, content_ids: Sequence[int]) -> None:
    """What met these contents is shown no more, and its files go with the next round (decided; under-18 switch)."""
    if content_ids:
        rows.expire_held(connection, content_ids)


def _whose(name: str) -> str:
    """The name a half-written file was to have."""
    return name.removeprefix(".").partition(SUFFIX)[0] + SUFFIX
