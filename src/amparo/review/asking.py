"""What is asked of the queue and what it answers, as values. Reads no database."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias

from amparo.review.model import DecisionMade, QueueName, SecondKind, Work, WorkKind, WorkState

PAGE: Final = 50
MANY_MAX: Final = 200
"""How many works one decision of many takes at once."""
KEY_CHARS_MAX: Final = 64
OutcomeWord = Literal["decided", "waits_for_second", "already"]
Cursor: TypeAlias = tuple[int, int]
"""Where a page of the queue ended: ``due_us`` and id of its last work."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which work. kinds: empty for all that the role may see. bank, client: by name, "" for any. assigned_to: one of the staff."""

    kinds: tuple[WorkKind, ...] = ()
    queue: QueueName | None = None
    bank: str = ""
    client: str = ""
    assigned_to: int | None = None
    state: WorkState = "open"


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the work, the most urgent first. after: where the next page begins, None where there is none."""

    works: tuple[Work, ...]
    after: Cursor | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How much waits. under_18: of those that are open. oldest_at: when the oldest open one came."""

    open: int
    second: int
    under_18: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a decision. decision: the one that stands; with ``already`` it may be another person's.

    copies: how many it is for, with ``decided``. late: how many of them, all the very same picture, came since the card was opened.

    second_id: what waits for another person, with ``waits_for_second``.
    """

    word: OutcomeWord
    decision: DecisionMade | None
    second_id: int | None = None
    copies: int = 0
    late: int = 0


@dataclass(frozen=True, slots=True)
class OfMany:
    """What became of one work among many. slug: why it was not decided."""

    work_id: int
    outcome: Outcome | None = None
    slug: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A question to a second person; never what the first answered. facts: names and values that may be shown, as ``("bank", "A")``.

    is_own: who is told of it asked it.
    """

    id: int
    kind: SecondKind
    at: datetime
    subject: str
    work_id: int | None = None
    facts: tuple[tuple[str, str], ...] = ()
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class Override:
    """What an admin decided alone, where two should have. work_id: of what, where it is a work."""

    id: int
    kind: SecondKind
    by: str
    at: datetime
    reason: str
    work_id: int | None = None


@dataclass(frozen=True, slots=True)
class Lone:
    """A key of the API that lists in banks without a second person. banks: how many it is limited to, None for all."""

    client: str
    name: str
    role: str
    at: datetime
    banks: int | None = None
