"""Decisions: one person's, of many works at once, and their undo. Shows nothing.

A decision, what it orders and what is told of it are one durable transaction, one writer at a time. The same key of the same person
is the same decision, however often it arrives. Against a request that stands, or where somebody may be under 18, one person's
"not this" only waits: another must say so too (seconds.py).
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args

from sqlalchemy import Connection

from amparo.access.staff_model import StaffPrincipal, StaffRole
from amparo.errors import BadInput, Conflict, LimitReached, NotFound, Refused
from amparo.review import covering, queue_rows, second_rows
from amparo.review import work_rows as rows
from amparo.review.asking import KEY_CHARS_MAX, MANY_MAX, OfMany, Outcome
from amparo.review.cards import WORK_KINDS, decision_of
from amparo.review.effects import RULE, Because, Effects
from amparo.review.model import ActionName, Answer, Decision, DecisionMade
from amparo.review.queue import MINUTE_US, check_lock, seen_work
from amparo.store.db import AnyRow, Database
from amparo.terms.clock import Clock, to_us

DAY_US: Final = 86_400_000_000
NOT_THIS: Final = ("other_picture", "listing_wrong", "no_ground")
"""Why it is not: near but another picture; the listing is wrong; nothing in it to act on."""
CONFIRM: Final[tuple[ActionName, ...]] = ("hide", "remove")
FORM: Final = "form:"
"""Before a key that came from outside, so that it is none of ours."""
LIFT: Final = "lift_hide"
UNDO_OTHERS: Final[frozenset[StaffRole]] = frozenset({"lead", "admin"})


def nobody_looked(_connection: Connection, _staff_id: int, _work_id: int) -> bool:
    """Where no looks are granted."""
    return False


@dataclass(frozen=True, slots=True)
class By:
    """In whose name. id: 0 for the rule. override: an admin's, where two should have decided."""

    id: int
    name: str
    key: str
    is_override: bool = False
    follows: int | None = None

    @property
    def whom(self) -> str:
        """As actions name it."""
        return f"staff:{self.id}" if self.id else RULE


@dataclass(frozen=True, slots=True)
class Deciding:
    """The verbs over one ledger. looked: whether a person was shown a picture of a work (looks.looked_within)."""

    db: Database
    clock: Clock
    effects: Effects
    looked: Callable[[Connection, int, int], bool] = nobody_looked

    def decide(self, principal: StaffPrincipal, work_id: int, decision: Decision, key: str) -> Outcome:
        """Decide a work. key: names this one decision; the same again gives the same outcome.

        Raises: Refused (staff_role, same_person), NotFound (unknown_work), Conflict (work_locked, card_grew), BadInput
        (bad_reason, bad_decision).
        """
        principal.may("work.decide")
        decision = checked(decision)
        if not 0 < len(key) <= KEY_CHARS_MAX:
            raise BadInput("bad_decision", "a decision needs its key", "Load the card anew.")
        by = By(principal.id, principal.name, f"{FORM}{key}")
        with self.db.write() as connection:
            work = seen_work(connection, principal, work_id)
            known = second_rows.decision_by_key(connection, work.id, principal.id, by.key)
            if known is not None:
                return self._again(connection, known, principal)
            if work.state == "done":
                stands = second_rows.decision_by_id(connection, work.decision_id or 0)
                return Outcome("already", None if stands is None else decision_of(stands, principal))
            check_lock(work, principal, to_us(self.clock.now()))
            copies, late = covering.late(connection, work.id, decision.shown)
            if work.state == "second":
                return self._second(connection, work, decision, by)
            if work.barred_id == principal.id:
                raise same_person()
            if decision.answer == "not_this" and self._needs_two(connection, work):
                return self._wait(connection, work, decision, by)
            made = self._final(connection, work, decision, by)
            return Outcome("decided", decision_of(made, principal), copies=copies, late=late)

    def decide_many(
        self, principal: StaffPrincipal, work_ids: Sequence[int], decision: Decision, key: str
    ) -> list[OfMany]:
        """The same decision of each, each a record of its own; what one cannot have holds up no other.

        Raises: BadInput (too_many_works, bad_reason, bad_decision), Refused (staff_role).
        """
        principal.may("work.decide")
        checked(decision)
        if len(work_ids) > MANY_MAX:
            raise BadInput("too_many_works", f"one decision takes at most {MANY_MAX} works", "Choose fewer.")
        done = []
        for work_id in dict.fromkeys(work_ids):
            try:
                done.append(OfMany(work_id, self.decide(principal, work_id, decision, key)))
            except (NotFound, Conflict, Refused) as error:
                done.append(OfMany(work_id, slug=error.slug))
        return done

    def recent(self, principal: StaffPrincipal, limit: int) -> list[DecisionMade]:
        """This person's decisions that can still be taken back, newest first."""
        with self.db.read() as connection:
            found = second_rows.still_undoable(connection, principal.id, to_us(self.clock.now()), limit)
        return [decision_of(row, principal) for row in found]

    def made(self, before: int | None, limit: int) -> list[DecisionMade]:
        """The record: decisions and undos with numbers under ``before``, newest first. What waits for a second person is told later."""
        with self.db.read() as connection:
            found = second_rows.decisions_before(connection, before, limit)
        return [decision_of(row) for row in found]

    def follow_within(self, connection: Connection, work: AnyRow, decision: AnyRow) -> None:
        """An exact copy follows what was decided of its picture: recorded by rule, and it can be taken back."""
        by = By(0, RULE, f"work:{work.id}", follows=decision.follows or decision.id)
        self._final(connection, work, Decision("confirm", decision.action), by)

    def undo(self, principal: StaffPrincipal, decision_id: int) -> DecisionMade:
        """Take a decision back, within some minutes, by who made it or a lead: a new record; what it ordered is reversed in order.

        Raises: NotFound (unknown_decision), Refused (undo_not_yours), Conflict (undo_over), LimitReached (undo_limit).
        """
        principal.may("work.decide")
        with self.db.write() as connection:
            made = second_rows.decision_by_id(connection, decision_id)
            work = None if made is None else rows.work_by_id(connection, made.work_id)
            if made is None or work is None or work.kind not in WORK_KINDS[principal.role]:
                raise NotFound("unknown_decision", "there is no such decision", "Go back to the queue.")
            if made.undone_by is not None:
                undone = second_rows.decision_by_id(connection, made.undone_by)
                if undone is not None and undone.by_id == principal.id:
                    return decision_of(undone, principal)
            self._check_undo(connection, principal, work, made)
            is_counted = made.answer == "confirm" and self._is_weighty(connection, work, made)
            return decision_of(self._undone(connection, made, principal, is_counted=is_counted), principal)

    # --- for seconds.py

    def lift_within(self, connection: Connection, work_id: int, first: Decision, by: By, *, yes: bool) -> None:
        """A second person answered whether a hide is lifted: no means that it is confirmed, the stricter of the two.

        Raises: Conflict (second_answered).
        """
        work = rows.work_by_id(connection, work_id)
        if work is None or work.state != "second":
            raise answered()
        said = first if yes else Decision("confirm")
        self._close_first(connection, work, "agreed" if yes else "outvoted")
        self._final(connection, work, said, by)

    # --- steps

    def _needs_two(self, connection: Connection, work: AnyRow) -> bool:
        return work.kind in rows.OF_ITEMS and bool(work.minor_possible or self.effects.requests(connection, work))

    def _again(self, connection: Connection, known: AnyRow, principal: StaffPrincipal) -> Outcome:
        if known.state == "waits":
            waiting = second_rows.waiting_of(connection, LIFT, subject_of(known.work_id))
            return Outcome("waits_for_second", decision_of(known, principal), None if waiting is None else waiting.id)
        return Outcome("decided", decision_of(known, principal))

    def _wait(self, connection: Connection, work: AnyRow, decision: Decision, by: By) -> Outcome:
        """Keep the first answer; nothing is ordered."""
        made = self._record(connection, work, decision, by, "waits")
        question = {
            "kind": LIFT,
            "subject": subject_of(work.id),
            "work_id": work.id,
            "payload": json.dumps({"reason": decision.reason, "action": decision.action}),
            "state": "waiting",
            "first_id": by.id,
            "first_name": by.name,
            "first_answer": decision.answer,
            "first_reason": decision.reason,
            "at_us": to_us(self.clock.now()),
        }
        second_id = second_rows.add_second(connection, question)
        rows.set_work(connection, work.id, {"state": "second", "assigned_to": None} | FREE)
        return Outcome("waits_for_second", decision_of(made), second_id)

    def _second(self, connection: Connection, work: AnyRow, decision: Decision, by: By) -> Outcome:
        """The answer of a second person on the card itself; the stricter of two different ones stands."""
        waiting = second_rows.waiting_of(connection, LIFT, subject_of(work.id))
        if waiting is not None and waiting.first_id == by.id:
            raise same_person()
        self._close_first(connection, work, "agreed" if decision.answer == "not_this" else "outvoted")
        if waiting is not None:
            answer = {"second_id": by.id, "second_name": by.name, "second_yes": int(decision.answer == "not_this")}
            over = {"state": "done" if decision.answer == "not_this" else "refused"}
            second_rows.set_second(connection, waiting.id, answer | over | {"answered_us": to_us(self.clock.now())})
        return Outcome("decided", decision_of(self._final(connection, work, decision, by)))

    def _close_first(self, connection: Connection, work: AnyRow, state: str) -> None:
        for one in second_rows.waiting_decisions(connection, work.id):
            second_rows.set_decision(connection, one.id, {"state": state, "undo_until_us": None})

    def _final(self, connection: Connection, work: AnyRow, decision: Decision, by: By) -> AnyRow:
        made = self._record(connection, work, decision, by, "stands")
        if work.kind in rows.OF_ITEMS:
            opinions = self._effect(connection, work, made, by)
            second_rows.set_decision(connection, made.id, {"opinions": opinions})
        now_us = to_us(self.clock.now())
        over = {"state": "done", "decision_id": made.id, "decided_us": now_us, "updated_us": now_us, "barred_id": None}
        rows.set_work(connection, work.id, over | FREE)
        queue_rows.drop_skips(connection, work.id)
        return made

    def _effect(self, connection: Connection, work: AnyRow, made: AnyRow, by: By) -> str:
        if made.answer == "confirm":
            because = Because(made.id, by.whom, "looked" if made.looked else "facts")
            return self.effects.confirm(connection, work, made.action, because)
        because = Because(made.id, by.whom, "not_this")
        return self.effects.lift(connection, work, because, is_wrong=made.reason == "listing_wrong")

    def _record(self, connection: Connection, work: AnyRow, decision: Decision, by: By, state: str) -> AnyRow:
        settings, now_us = self.effects.settings, to_us(self.clock.now())
        action = decision.action or (settings.confirm_action if work.kind in rows.OF_ITEMS else None)
        values: dict[str, Any] = {
            "work_id": work.id,
            "by_id": by.id,
            "by_name": by.name,
            "answer": decision.answer,
            "action": action if decision.answer == "confirm" else None,
            "reason": decision.reason,
            "severity": decision.severity,
            "state": state,
            "key": by.key,
            "at_us": now_us,
            "undo_until_us": now_us + settings.undo_minutes * MINUTE_US,
            "follows": by.follows,
            "is_override": int(by.is_override),
            "looked": int(bool(by.id) and self.looked(connection, by.id, work.id)),
            "against_request": int(work.kind in rows.OF_ITEMS and bool(self.effects.requests(connection, work))),
            "opinions": "{}",
        }
        return _read(connection, second_rows.add_decision(connection, values))

    def _is_weighty(self, connection: Connection, work: AnyRow, made: AnyRow) -> bool:
        """Whether two must say that it is not this: then, or now."""
        return bool(made.against_request) or self._needs_two(connection, work)

    def _check_undo(self, connection: Connection, principal: StaffPrincipal, work: AnyRow, made: AnyRow) -> None:
        now_us = to_us(self.clock.now())
        if made.by_id != principal.id and principal.role not in UNDO_OTHERS:
            raise Refused("undo_not_yours", "this decision is another person's", "Ask a lead.")
        if made.state not in ("stands", "waits") or made.answer == "undo" or now_us > (made.undo_until_us or 0):
            raise Conflict(
                "undo_over", "this decision can be taken back no more", "Leave a comment for who has it next."
            )
        if made.answer == "confirm" and self._is_weighty(connection, work, made):
            undone = second_rows.count_undone_requests(connection, principal.id, now_us - DAY_US)
            if undone >= self.effects.settings.undo_standing_per_day:
                raise LimitReached(
                    "undo_limit",
                    "you took back as many decisions on what a person asked for as one may in a day",
                    "Ask a lead.",
                )

    def _undone(self, connection: Connection, made: AnyRow, principal: StaffPrincipal, *, is_counted: bool) -> AnyRow:
        """Take it back, and first what followed it by rule. is_counted: against how often that is allowed in a day."""
        for follower in second_rows.followers(connection, made.id) if made.state == "stands" else ():
            self._undone(connection, follower, principal, is_counted=False)
        undo = self._record_undo(connection, made, principal, is_counted=is_counted)
        work = rows.work_by_id(connection, made.work_id)
        assert work is not None, "works are never deleted"
        second_rows.set_decision(connection, made.id, {"state": "undone", "undone_by": undo.id})
        if made.state == "waits":
            waiting = second_rows.waiting_of(connection, LIFT, subject_of(work.id))
            if waiting is not None:
                second_rows.set_second(connection, waiting.id, {"state": "void", "answered_us": undo.at_us})
        elif work.kind in rows.OF_ITEMS:
            because = Because(undo.id, f"staff:{principal.id}", "undo")
            self.effects.take_back(connection, work, made, because)
        is_barred = made.answer == "confirm" and self._is_weighty(connection, work, made)
        again = {"state": "open", "decision_id": None, "decided_us": None, "updated_us": undo.at_us}
        rows.set_work(connection, work.id, again | {"barred_id": principal.id if is_barred else None} | FREE)
        return undo

    def _record_undo(
        self, connection: Connection, made: AnyRow, principal: StaffPrincipal, *, is_counted: bool
    ) -> AnyRow:
        values = {
            "work_id": made.work_id,
            "by_id": principal.id,
            "by_name": principal.name,
            "answer": "undo",
            "action": None,
            "reason": "",
            "state": "stands",
            "key": f"undo:{made.id}",
            "at_us": to_us(self.clock.now()),
            "undoes": made.id,
            "is_override": 0,
            "looked": 0,
            "against_request": int(is_counted),
            "opinions": "{}",
        }
        return _read(connection, second_rows.add_decision(connection, values))


FREE: Final[dict[str, Any]] = {"locked_by": None, "locked_until_us": None}


def subject_of(work_id: int) -> str:
    """How a question to a second person names a work."""
    return f"work:{work_id}"


def same_person() -> Refused:
    """The error where another person must answer."""
    return Refused("same_person", "another person must decide this now", "Take the next one.")


def answered() -> Conflict:
    """The error for a question that is over."""
    return Conflict("second_answered", "this was answered already", "Load the list anew.")


def checked(decision: Decision) -> Decision:
    """``decision``. Raises: BadInput (bad_decision, bad_reason)."""
    if decision.answer not in get_args(Answer) or decision.action not in (None, *CONFIRM):
        raise BadInput("bad_decision", "this is no decision", "Load the card anew.")
    if decision.answer == "not_this" and decision.reason not in NOT_THIS:
        raise BadInput("bad_reason", '"not this" needs one of its reasons', f"One of: {', '.join(NOT_THIS)}.")
    return decision


def _read(connection: Connection, decision_id: int) -> AnyRow:
    row = second_rows.decision_by_id(connection, decision_id)
    assert row is not None, "it was written just now"
    return row
