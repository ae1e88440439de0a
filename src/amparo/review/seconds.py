"""What two people must say: asked by one, answered blind by another, or by an admin alone with a reason that is kept and counted.

It carries nothing out itself: whoever asks hands in what is to happen then, by kind.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection

from amparo.access.staff_model import StaffPermission, StaffPrincipal
from amparo.errors import BadInput, Conflict, NotFound
from amparo.review import second_rows
from amparo.review import work_rows as rows
from amparo.review.asking import Lone, Override, Waiting
from amparo.review.cards import WORK_KINDS
from amparo.review.deciding import LIFT, By, Deciding, answered, same_person
from amparo.review.minor import Minors
from amparo.review.model import Decision, SecondKind
from amparo.review.queue import check_lock, seen_work
from amparo.store.db import AnyRow, Database
from amparo.terms.clock import Clock, from_us, to_us

REASON_CHARS: Final = (10, 1_000)
LISTED_MAX: Final = 500
NEEDS: Final[Mapping[SecondKind, StaffPermission]] = {
    "bank_entry": "banks.propose",
    "clear_minor": "work.decide",
    "lift_hide": "work.decide",
    "open_tip": "tips.open",
    "export": "banks.export",
}
"""What a person must have to ask or to answer, beside ``second``."""
SHOWN: Final = ("bank", "kind", "number", "media_type", "client", "item_id")
"""Names of a payload that the second person is shown."""
TOLD: Final = frozenset({"open_tip", "export"})
"""Where the question is itself what the first wants, for a reason that the other has to weigh: who asks and why is told."""
SIGNALS: Final = "signals"
"""What a payload holds of hashes: gone once it was answered, whatever the answer."""


@dataclass(frozen=True, slots=True)
class Both:
    """Who said yes. first: id and name. second: who answered; the same person where an admin overrode."""

    id: int
    first_id: int
    first_name: str
    second: StaffPrincipal
    is_override: bool = False


Executor: TypeAlias = Callable[[Connection, Mapping[str, Any], Both], None]
"""What happens when two agreed, in the transaction of the second answer: ``(connection, payload, both)``."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. subject: names it, one question at a time about each, as ``work:7``. payload: for who carries it out, no words.

    answer: what the first says, which the second never sees. reason: why, kept; there is no question without one. is_once: the
    subject names this one question, so that a form which arrives again after the answer asks nothing new.
    """

    kind: SecondKind
    subject: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    answer: str = "yes"
    reason: str = ""
    is_once: bool = False


@dataclass(frozen=True, slots=True)
class Seconds:
    """The verbs over one ledger. executors: by kind, for kinds of other rooms. keys: keys of the API that list alone.

    checks: by kind, what is asked of a payload before a yes, outside of its transaction; a check that raises leaves the question as it is.
    """

    db: Database
    clock: Clock
    deciding: Deciding
    minors: Minors
    executors: Mapping[SecondKind, Executor] = field(default_factory=dict)
    keys: Callable[[], list[Lone]] = list
    checks: Mapping[SecondKind, Callable[[Mapping[str, Any]], None]] = field(default_factory=dict)

    def ask(self, principal: StaffPrincipal, question: Question, connection: Connection | None = None) -> int:
        """Ask for another person's answer; the number of the question. One that waits about the same already is that one.

        Raises: Refused (staff_role), BadInput (bad_reason), NotFound (unknown_work) of ``clear_minor``.
        """
        principal.may(NEEDS[question.kind])
        if connection is not None:
            return self._asked(connection, principal, question)
        with self.db.write() as own:
            return self._asked(own, principal, question)

    def waiting(self, principal: StaffPrincipal, after: int = 0, limit: int = LISTED_MAX) -> list[Waiting]:
        """What this person may answer, with numbers over ``after``, oldest first; never their own, and never what the first said."""
        principal.may("second")
        kinds = [kind for kind, permission in NEEDS.items() if principal.has(permission)]
        who = second_rows.Answerer(principal.id, kinds, WORK_KINDS[principal.role])
        with self.db.read() as connection:
            found = second_rows.waiting_for(connection, who, after, min(limit, LISTED_MAX))
        return [waiting_of(row, principal) for row in found]

    def asked(self, principal: StaffPrincipal, after: int = 0, limit: int = LISTED_MAX) -> list[Waiting]:
        """What this person asked and nobody answered yet, with numbers over ``after``, oldest first."""
        with self.db.read() as connection:
            found = second_rows.waiting_by(connection, principal.id, after, min(limit, LISTED_MAX))
        return [waiting_of(row, principal) for row in found]

    def waits_among(self, kind: SecondKind, subjects: Sequence[str]) -> set[str]:
        """About which of these subjects a question of this kind waits."""
        with self.db.read() as connection:
            return second_rows.waiting_among(connection, kind, subjects)

    def one(self, principal: StaffPrincipal, second_id: int) -> Waiting:
        """One that waits. Raises: Refused (staff_role), NotFound (unknown_second), Conflict (second_answered)."""
        principal.may("second")
        with self.db.read() as connection:
            return waiting_of(self._open(connection, principal, second_id), principal)

    def answer(self, principal: StaffPrincipal, second_id: int, *, yes: bool) -> None:
        """Say yes or no. Yes: it happens. No: it does not; a hide that was to be lifted is confirmed, an under-18 mark stays.

        The same answer of the same person again is the one that was given.

        Raises: Refused (staff_role, same_person), NotFound (unknown_second), Conflict (second_answered, work_locked).
        """
        principal.may("second")
        self._prepare(second_id, yes=yes)
        with self.db.write() as connection:
            if self._is_said(connection, principal, second_id, (int(yes), None)):
                return
            row = self._open(connection, principal, second_id)
            if row.first_id == principal.id:
                raise same_person()
            self._close(connection, row, principal, yes=yes, reason=None)

    def override(self, principal: StaffPrincipal, second_id: int, reason: str) -> None:
        """An admin says yes alone, for a desk of one person: it happens, is kept with the reason, and counted.

        Raises: Refused (staff_role), BadInput (bad_reason), NotFound (unknown_second), Conflict (second_answered).
        """
        principal.may("override")
        words = checked_reason(reason)
        self._prepare(second_id, yes=True)
        with self.db.write() as connection:
            if self._is_said(connection, principal, second_id, (1, words)):
                return
            row = self._open(connection, principal, second_id)
            self._close(connection, row, principal, yes=True, reason=words)

    def overrides(self, before: int | None, limit: int) -> tuple[list[Override], int]:
        """What an admin decided alone, with numbers under ``before``, newest first; and how often that was in all."""
        with self.db.read() as connection:
            found = second_rows.overrides(connection, before, limit)
            number = second_rows.count_overrides(connection)
        return [
            Override(row.id, row.kind, row.second_name, from_us(row.answered_us), row.override_reason, row.work_id)
            for row in found
        ], number

    # --- steps

    def _asked(self, connection: Connection, principal: StaffPrincipal, question: Question) -> int:
        payload = dict(question.payload)
        if question.kind == "clear_minor":
            work = seen_work(connection, principal, _work_id(question.subject))
            if not work.minor_possible:
                raise Conflict("not_minor", "nobody said that it may show somebody under 18", "Load the card anew.")
            payload |= self.minors.cluster_within(connection, work)
        reason = checked_reason(question.reason)
        known = second_rows.waiting_of(connection, question.kind, question.subject)
        if known is None and question.is_once:
            known = second_rows.asked_of(connection, question.kind, question.subject, principal.id)
        if known is not None:
            return int(known.id)
        values = {
            "kind": question.kind,
            "subject": question.subject,
            "work_id": _work_id(question.subject) if question.subject.startswith("work:") else None,
            "payload": json.dumps(payload),
            "state": "waiting",
            "first_id": principal.id,
            "first_name": principal.name,
            "first_answer": question.answer,
            "first_reason": reason,
            "at_us": to_us(self.clock.now()),
        }
        return second_rows.add_second(connection, values)

    def _is_said(
        self, connection: Connection, principal: StaffPrincipal, second_id: int, said: tuple[int, str | None]
    ) -> bool:
        """Whether this person answered so already: a form that arrives again is not a second answer."""
        row = second_rows.second_by_id(connection, second_id)
        if row is None or row.state not in ("done", "refused") or row.second_id != principal.id:
            return False
        return said == (row.second_yes, row.override_reason)

    def _may(self, connection: Connection, principal: StaffPrincipal, row: AnyRow) -> bool:
        if not principal.has(NEEDS[row.kind]):
            return False
        if row.work_id is None:
            return True
        work = rows.work_by_id(connection, row.work_id)
        return work is not None and work.kind in WORK_KINDS[principal.role]

    def _open(self, connection: Connection, principal: StaffPrincipal, second_id: int) -> AnyRow:
        row = second_rows.second_by_id(connection, second_id)
        if row is None or not self._may(connection, principal, row):
            raise NotFound("unknown_second", "there is no such question", "Load the list anew.")
        if row.state != "waiting":
            raise answered()
        return row

    def _prepare(self, second_id: int, *, yes: bool) -> None:
        """What has to be ready, and is asked, before the transaction."""
        with self.db.read() as connection:
            row = second_rows.second_by_id(connection, second_id)
        if row is None:
            return
        if row.kind == "clear_minor":
            self.minors.cases.prepare()
        if yes and row.state == "waiting" and row.kind in self.checks:
            self.checks[row.kind](json.loads(row.payload))

    def _close(
        self, connection: Connection, row: AnyRow, principal: StaffPrincipal, *, yes: bool, reason: str | None
    ) -> None:
        now_us = to_us(self.clock.now())
        said = {"second_id": principal.id, "second_name": principal.name, "second_yes": int(yes), "answered_us": now_us}
        over = {"state": "done" if yes else "refused", "override_reason": reason}
        payload = json.loads(row.payload)
        kept = {name: value for name, value in payload.items() if name != SIGNALS}
        second_rows.set_second(connection, row.id, said | over | {"payload": json.dumps(kept)})
        both = Both(row.id, row.first_id, row.first_name, principal, reason is not None)
        if row.kind == LIFT:
            work = seen_work(connection, principal, row.work_id)
            check_lock(work, principal, now_us)
            by = By(principal.id, principal.name, f"second:{row.id}", both.is_override)
            first = Decision("not_this", None, payload["reason"])
            self.deciding.lift_within(connection, work.id, first, by, yes=yes)
        elif not yes:
            return
        elif row.kind == "clear_minor":
            work = seen_work(connection, principal, row.work_id)
            self.minors.clear_within(connection, work, f"second:{row.id}", payload)
        else:
            self.executors[row.kind](connection, payload, both)


def waiting_of(row: AnyRow, principal: StaffPrincipal) -> Waiting:
    """A question as this person sees it: of what the first answered to it, and why, nothing."""
    payload = json.loads(row.payload)
    facts = tuple((name, str(payload[name])) for name in SHOWN if name in payload)
    if row.kind in TOLD:
        facts += (("asked_by", row.first_name), ("reason", row.first_reason))
    is_own = row.first_id == principal.id
    return Waiting(row.id, row.kind, from_us(row.at_us), row.subject, row.work_id, facts, is_own)


def checked_reason(reason: str) -> str:
    """``reason`` without blanks around it. Raises: BadInput (bad_reason)."""
    words = reason.strip()
    if not REASON_CHARS[0] <= len(words) <= REASON_CHARS[1] or any(
        "\ud800" <= one <= "\udfff" or one == "\0" for one in words
    ):
        raise BadInput(
            "bad_reason", f"a reason is {REASON_CHARS[0]} to {REASON_CHARS[1]} characters of text", "Say why."
        )
    return words


def _work_id(subject: str) -> int:
    number = subject.removeprefix("work:")
    return int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0
