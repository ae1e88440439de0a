"""Which copies a decision is for: those its card showed, and the very same picture. A near copy that came meanwhile is looked at first.

Decides nothing. All copies of one picture are one decision, but how near a copy is has to be seen by who decides.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from amparo.errors import Conflict
from amparo.review import work_rows as rows
from amparo.store.db import AnyRow

DIGEST_CHARS: Final = 16
DIGITS_MAX: Final = 9


@dataclass(frozen=True, slots=True)
class Covered:
    """How many copies a work has, and a digest of those that are not the very same picture as what they met."""

    copies: int
    near: str

    def __str__(self) -> str:
        return f"{self.copies}-{self.near}"


def covered(copies: Sequence[AnyRow]) -> Covered:
    """All copies of a work as they are now."""
    near = sorted(f"{one.client_id}:{one.item_id}" for one in copies if one.distance_bits != 0)
    return Covered(len(copies), hashlib.sha256("\n".join(near).encode()).hexdigest()[:DIGEST_CHARS])


def late(connection: Connection, work_id: int, shown: str) -> tuple[int, int]:
    """How many copies a decision is for, and how many of them came since the card. shown: of the card, "" where none is compared.

    Raises: Conflict (card_grew) where a near copy came since.
    """
    now = covered(rows.copies_of(connection, work_id))
    before, _, near = shown.partition("-")
    if not shown:
        return now.copies, 0
    if near != now.near or not (before.isascii() and before.isdecimal() and len(before) <= DIGITS_MAX):
        raise Conflict("card_grew", "copies that are near came since the card was opened", "Look at them, and decide.")
    return now.copies, max(0, now.copies - int(before))
