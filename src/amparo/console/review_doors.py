"""What the pages of the queue need of the rooms below, as Protocols. Makes nothing itself.

principal: who asks; the service refuses what is theirs by role alone, and what depends on the row.
"""

from collections.abc import Sequence
from typing import Protocol

from amparo.access.staff_model import StaffPrincipal
from amparo.cases.model import CaseFacts
from amparo.review.asking import Counts, Cursor, Filter, Lone, OfMany, Outcome, Override, Page, Waiting
from amparo.review.model import Card, Decision, DecisionMade
from amparo.review.seconds import Question


class Queue(Protocol):
    """What waits to be decided. Errors: NotFound (unknown_work), Conflict (work_locked, work_decided)."""

    def next(self, principal: StaffPrincipal, wanted: Filter) -> Card | None:
        """The most urgent that nobody else has before them, now theirs for a while; one they hold already goes first."""
        ...

    def seen(self, principal: StaffPrincipal, work_id: int) -> Card:
        """The card as it is, kept for nobody: nothing is written."""
        ...

    def card(self, principal: StaffPrincipal, work_id: int) -> Card:
        """One work; theirs for a while where it is open and nobody has it."""
        ...

    def listed(self, principal: StaffPrincipal, wanted: Filter, after: Cursor | None, limit: int) -> Page:
        """Some of the work, the most urgent first."""
        ...

    def counts(self, principal: StaffPrincipal) -> Counts:
        """How much waits."""
        ...

    def skip(self, principal: StaffPrincipal, work_id: int) -> None:
        """Not now, and not to this person for a while."""
        ...

    def pass_on(self, principal: StaffPrincipal, work_id: int, to: int | None) -> None:
        """Never to this person again; to that one, or to whoever comes next. No reason is asked."""
        ...

    def assign(self, principal: StaffPrincipal, work_id: int, to: int | None) -> None:
        """It is that person's; None: anybody's."""
        ...

    def comment(self, principal: StaffPrincipal, work_id: int, text: str) -> None:
        """Leave a note among staff. Raises: BadInput (bad_comment)."""
        ...


class Deciding(Protocol):
    """Decisions and their undo."""

    def decide(self, principal: StaffPrincipal, work_id: int, decision: Decision, key: str) -> Outcome:
        """Decide; the same key once more gives the same outcome and does nothing."""
        ...

    def decide_many(
        self, principal: StaffPrincipal, work_ids: Sequence[int], decision: Decision, key: str
    ) -> list[OfMany]:
        """The same decision of each, recorded of each (at most MANY_MAX)."""
        ...

    def undo(self, principal: StaffPrincipal, decision_id: int) -> DecisionMade:
        """Take it back: a record of its own. Raises: Conflict (undo_over), Refused (undo_not_yours), LimitReached (undo_limit)."""
        ...

    def recent(self, principal: StaffPrincipal, limit: int) -> list[DecisionMade]:
        """Their own decisions that can still be taken back, the newest first."""
        ...

    def made(self, before: int | None, limit: int) -> list[DecisionMade]:
        """The record: decisions and undos with numbers under ``before``, the newest first."""
        ...


class Minors(Protocol):
    """The under-18 switch. under_18: the name of its bank."""

    @property
    def under_18(self) -> str:
        """The bank of what may show somebody under 18."""
        ...

    def set_minor(self, principal: StaffPrincipal, work_id: int, cause: str) -> None:
        """From now on it may show somebody under 18: every copy, at once."""
        ...


class Seconds(Protocol):
    """What needs two people. Errors: NotFound (unknown_second), Conflict (second_answered), Refused (same_person)."""

    def ask(self, principal: StaffPrincipal, question: Question) -> int:
        """Give the first answer; the number of what waits for the second. Raises: BadInput (bad_reason)."""
        ...

    def waiting(self, principal: StaffPrincipal, after: int = 0, limit: int = 500) -> list[Waiting]:
        """What they could answer, oldest first, with numbers over ``after``; never what they answered first."""
        ...

    def asked(self, principal: StaffPrincipal, after: int = 0, limit: int = 500) -> list[Waiting]:
        """What they asked and nobody answered yet, likewise."""
        ...

    def one(self, principal: StaffPrincipal, second_id: int) -> Waiting:
        """One of these."""
        ...

    def answer(self, principal: StaffPrincipal, second_id: int, *, yes: bool) -> None:
        """Give the second answer."""
        ...

    def override(self, principal: StaffPrincipal, second_id: int, reason: str) -> None:
        """Decide alone, with a reason, which is recorded and counted. Raises: BadInput (bad_reason)."""
        ...

    def overrides(self, before: int | None, limit: int) -> tuple[list[Override], int]:
        """What an admin decided alone, newest first, and how often that was in all."""
        ...

    def keys(self) -> list[Lone]:
        """The keys of the API that list in banks without a second person."""
        ...


class Cases(Protocol):
    """Facts of cases, without a word of theirs."""

    def facts(self, uid: str) -> CaseFacts:
        """What may stand on a card. Raises: NotFound (unknown_case)."""
        ...
