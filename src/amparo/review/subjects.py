"""What a look is asked at: a work's copies and contents, and whether anything of it may be shown. Shows nothing and keeps nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from sqlalchemy import Connection

from amparo.access.staff_model import StaffPrincipal
from amparo.errors import BadInput, NotFound
from amparo.review import look_rows as rows
from amparo.review import work_rows
from amparo.review.model import WorkKind

KEY_CHARS_MAX: Final = 300
COPIES_MAX: Final = 200
"""Copies of one work among which a picture is looked for; all are of one picture."""


@dataclass(frozen=True, slots=True)
class CopyKey:
    """One copy of a work: whose, and the item's id there, "" where the client named none. As text ``CLIENT_ID:ITEM_ID``."""

    client_id: int
    item_id: str

    def __str__(self) -> str:
        return f"{self.client_id}:{self.item_id}"


def copy_key(text: str) -> CopyKey:
    """The key in ``text``. Raises: BadInput (bad_copy)."""
    client, colon, item = text.partition(":")
    if not (colon and client.isascii() and client.isdigit() and len(client) <= 18) or len(text) > KEY_CHARS_MAX:
        raise BadInput("bad_copy", "the copy is named wrongly", "Load the card anew.")
    return CopyKey(int(client), item)


@dataclass(frozen=True, slots=True)
class Subject:
    """is_minor: it, or another work of the same item or content, may show somebody under 18, so nothing of it is ever shown. is_over: it is decided. kind: of the work."""

    work_id: int
    is_minor: bool
    is_over: bool
    copies: tuple[CopyKey, ...]
    content_ids: tuple[int, ...]
    kind: WorkKind


class Subjects(Protocol):
    """The works, as far as looks want to know them."""

    def of_within(self, connection: Connection, work_id: int) -> Subject:
        """One work. Raises: NotFound (unknown_work)."""
        ...

    def any_minor_within(self, connection: Connection, content_ids: Sequence[int], item: CopyKey) -> bool:
        """Whether any work that holds one of these contents, or this item, may show somebody under 18."""
        ...


@dataclass(frozen=True, slots=True)
class LedgerSubjects:
    """The works of the ledger."""

    def of_within(self, connection: Connection, work_id: int) -> Subject:
        """One work. Raises: NotFound (unknown_work)."""
        work = rows.work_of(connection, work_id)
        if work is None:
            raise NotFound("unknown_work", "there is no such work", "Go to the queue.")
        copies = rows.copies_of(connection, work_id, COPIES_MAX)
        contents = rows.contents_of(connection, work_id)
        is_minor = bool(work.minor_possible) or work.queue == "under_18"
        return Subject(
            work_id,
            is_minor=is_minor or rows.any_minor(connection, contents) or rows.any_minor_copy(connection, work_id),
            is_over=work.state == "done",
            copies=tuple(CopyKey(row.client_id, row.item_id or "") for row in copies),
            content_ids=tuple(contents),
            kind=work.kind,
        )

    def any_minor_within(self, connection: Connection, content_ids: Sequence[int], item: CopyKey) -> bool:
        """Whether any work that holds one of these contents, or this item, may show somebody under 18."""
        is_item = work_rows.is_minor_item(connection, item.client_id, item.item_id)
        return is_item or rows.any_minor(connection, content_ids)


class Source(Protocol):
    """Where the bytes of a look come from."""

    def place_within(self, connection: Connection, subject: Subject, copy: CopyKey, now_us: int) -> str:
        """Where a picture of this copy is to be had, "" where there is none."""
        ...

    async def bytes_at(self, place: str, copy: CopyKey, principal: StaffPrincipal) -> bytes:
        """The file. Raises: NotFound (no_media), Tampered (sealed_damaged), what fetching raises."""
        ...
