"""The queue: gives the most urgent work to whoever asks, one card at a time, and lists what waits. Decides nothing.

A card stays with who opened it for some minutes; who skips it or passes it on gives no reason, and nobody counts how often.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection

from amparo.access.staff_model import STAFF_MATRIX, StaffPrincipal, StaffRole
from amparo.errors import BadInput, Conflict, NotFound
from amparo.review import queue_rows, second_rows
from amparo.review import work_rows as rows
from amparo.review.asking import PAGE, Counts, Cursor, Filter, Page
from amparo.review.cards import WORK_KINDS, Cards, work_of
from amparo.review.model import Card, WorkKind
from amparo.review.settings import ReviewSettings
from amparo.store.db import AnyRow, Database
from amparo.terms.clock import Clock, from_us, to_us

MINUTE_US: Final = 60_000_000
SKIP_US: Final = 4 * 3_600_000_000
"""A skipped card is not given to the same person again for so long."""
HEADS: Final = 8
COMMENT_CHARS_MAX: Final = 2_000
LISTED_MAX: Final = 200


def can_always_look(_principal: StaffPrincipal, _work_id: int) -> str:
    """No desk shows pictures but by `review.looks`."""
    return "no_media"


@dataclass(frozen=True, slots=True)
class Queue:
    """The queue over one ledger. why_no_look: "" where the person can be granted a look at a work, else the slug why not.

    role_of: of the member of staff of that number; None where there is none, or not any more.
    """

    db: Database
    clock: Clock
    cards: Cards
    settings: ReviewSettings
    role_of: Callable[[Connection, int], StaffRole | None]
    why_no_look: Callable[[StaffPrincipal, int], str] = can_always_look

    def next(self, principal: StaffPrincipal, wanted: Filter) -> Card | None:
        """The most urgent card that this person may be given, which is theirs from now on; first one they have open already.

        None where there is none. Raises: Refused (staff_role).
        """
        wanted = self._allowed(principal, wanted)
        now_us = to_us(self.clock.now())
        with self.db.read() as connection:
            held = queue_rows.held_by(connection, wanted, principal.id, now_us)
            free = queue_rows.heads(connection, wanted, principal.id, now_us, HEADS)
        for row in ([held] if held is not None else []) + free:
            if self._lock(principal, row.id):
                return self._card(principal, row.id)
        return None

    def card(self, principal: StaffPrincipal, work_id: int) -> Card:
        """The card of that work, theirs from now on where it is free. Raises: NotFound (unknown_work), Refused (staff_role)."""
        with self.db.read() as connection:
            work = seen_work(connection, principal, work_id)
        if work.state in rows.UNDECIDED:
            self._lock(principal, work_id)
        return self._card(principal, work_id)

    def seen(self, principal: StaffPrincipal, work_id: int) -> Card:
        """The card as it is, kept for nobody, for who was refused: nothing is written. Raises: NotFound (unknown_work), Refused (staff_role)."""
        return self._card(principal, work_id)

    def of_case(self, principal: StaffPrincipal, uid: str) -> int | None:
        """The work that a case or tip is; None where there is none, or none for this role."""
        with self.db.read() as connection:
            row = rows.work_of_case(connection, uid)
        return row.id if row is not None and row.kind in WORK_KINDS[principal.role] else None

    def listed(self, principal: StaffPrincipal, wanted: Filter, after: Cursor | None = None, limit: int = PAGE) -> Page:
        """Work of the filter, the most urgent first. Raises: Refused (staff_role)."""
        wanted, limit = self._allowed(principal, wanted), max(1, min(limit, LISTED_MAX))
        with self.db.read() as connection:
            found = queue_rows.listed(connection, wanted, after, limit + 1)
            clients = rows.clients_of(connection, [row.id for row in found[:limit]])
        works = tuple(work_of(row, clients.get(row.id, ())) for row in found[:limit])
        last = found[limit - 1] if len(found) > limit else None
        return Page(works, None if last is None else (last.due_us, last.id))

    def counts(self, principal: StaffPrincipal) -> Counts:
        """How much waits that this person may see. Raises: Refused (staff_role)."""
        principal.may("work.read")
        with self.db.read() as connection:
            found = queue_rows.counts(connection, WORK_KINDS[principal.role])
            oldest_us = queue_rows.oldest(connection, WORK_KINDS[principal.role])
        return Counts(
            sum(row.number for row in found if row.state == "open"),
            sum(row.number for row in found if row.state == "second"),
            sum(row.number for row in found if row.state == "open" and row.queue == "under_18"),
            None if oldest_us is None else from_us(oldest_us),
        )

    def skip(self, principal: StaffPrincipal, work_id: int) -> None:
        """Not now: it goes back, and is not given to this person for some hours. Raises: NotFound (unknown_work)."""
        principal.may("work.decide")
        until_us = to_us(self.clock.now()) + SKIP_US
        with self.db.write_soon() as connection:
            work = seen_work(connection, principal, work_id)
            queue_rows.unlock(connection, work.id, principal.id)
            queue_rows.skip(connection, work.id, principal.id, until_us)

    def pass_on(self, principal: StaffPrincipal, work_id: int, to: int | None = None) -> None:
        """Not by me: it is never given to this person again unless assigned to them. to: one of the staff, None for anybody else.

        Raises: NotFound (unknown_work), Conflict (work_locked, work_decided), BadInput (not_for_them).
        """
        principal.may("work.decide")
        with self.db.write() as connection:
            work = self._free_work(connection, principal, work_id)
            queue_rows.unlock(connection, work.id, principal.id)
            queue_rows.skip(connection, work.id, principal.id, None)
            if to is not None or work.assigned_to == principal.id:
                self._assign(connection, work, to)

    def assign(self, principal: StaffPrincipal, work_id: int, to: int | None) -> None:
        """It is for one of the staff, or with None for everybody.

        Raises: NotFound (unknown_work), Conflict (work_decided), BadInput (not_for_them).
        """
        principal.may("work.decide")
        with self.db.write() as connection:
            work = seen_work(connection, principal, work_id)
            if work.state not in rows.UNDECIDED:
                raise decided()
            self._assign(connection, work, to)

    def release(self) -> None:
        """What is assigned to who has left, or may not have it any more, is for everybody again."""
        with self.db.read() as connection:
            held = queue_rows.assigned(connection)
            stale = [one for one in held if not may_have(self.role_of(connection, one.assigned_to), one.kind)]
        if stale:
            with self.db.write() as connection:
                for one in stale:
                    queue_rows.unassign(connection, one.assigned_to, one.kind)

    def comment(self, principal: StaffPrincipal, work_id: int, text: str) -> None:
        """Leave a note for whoever has it next. Raises: NotFound (unknown_work), BadInput (bad_comment)."""
        principal.may("work.decide")
        words = text.strip()
        if not 0 < len(words) <= COMMENT_CHARS_MAX or any("\ud800" <= one <= "\udfff" or one == "\0" for one in words):
            raise BadInput("bad_comment", f"a comment is 1 to {COMMENT_CHARS_MAX} characters of text", "Shorten it.")
        with self.db.write() as connection:
            work = seen_work(connection, principal, work_id)
            at_us = to_us(self.clock.now())
            said = {"work_id": work.id, "staff_id": principal.id, "by_name": principal.name}
            rows.add_comment_once(connection, said | {"text": words, "at_us": at_us})

    def _lock(self, principal: StaffPrincipal, work_id: int) -> bool:
        if not principal.has("work.decide"):
            return True
        now_us = to_us(self.clock.now())
        until_us = now_us + self.settings.lock_minutes * MINUTE_US
        with self.db.write_soon() as connection:
            if second_rows.waits_of(connection, work_id, principal.id):
                return False  # who answered first must not keep the second away
            return queue_rows.lock(connection, work_id, principal.id, now_us, until_us)

    def _card(self, principal: StaffPrincipal, work_id: int) -> Card:
        with self.db.read() as connection:
            work = seen_work(connection, principal, work_id)
            card = self.cards.card_within(connection, principal, work)
        why = self.why_no_look(principal, work_id)
        return replace(card, can_look=not why, why_no_look=why)

    def _free_work(self, connection: Connection, principal: StaffPrincipal, work_id: int) -> AnyRow:
        work = seen_work(connection, principal, work_id)
        if work.state not in rows.UNDECIDED:
            raise decided()
        check_lock(work, principal, to_us(self.clock.now()))
        return work

    def _assign(self, connection: Connection, work: AnyRow, to: int | None) -> None:
        if to is not None and not may_have(self.role_of(connection, to), work.kind):
            raise BadInput(
                "not_for_them", "who was chosen cannot have this work", "Choose one of the list, or whoever comes next."
            )
        rows.set_work(connection, work.id, {"assigned_to": to, "updated_us": to_us(self.clock.now())})
        if to is not None:
            queue_rows.unskip(connection, work.id, to)

    def _allowed(self, principal: StaffPrincipal, wanted: Filter) -> Filter:
        principal.may("work.read")
        may = WORK_KINDS[principal.role]
        return replace(wanted, kinds=tuple(one for one in may if not wanted.kinds or one in wanted.kinds))


def seen_work(connection: Connection, principal: StaffPrincipal, work_id: int) -> AnyRow:
    """A work of a kind that the role sees. Raises: Refused (staff_role), NotFound (unknown_work)."""
    principal.may("work.read")
    work = rows.work_by_id(connection, work_id)
    if work is None or work.kind not in WORK_KINDS[principal.role]:
        raise unknown_work()
    return work


def may_have(role: StaffRole | None, kind: WorkKind) -> bool:
    """Whether somebody of that role can be given works of that kind."""
    return role is not None and kind in WORK_KINDS[role] and "work.decide" in STAFF_MATRIX[role]


def unknown_work() -> NotFound:
    """The error for a work that is not there, or not for this role: alike."""
    return NotFound("unknown_work", "there is no such work", "Go back to the queue.")


def check_lock(work: AnyRow, principal: StaffPrincipal, now_us: int) -> None:
    """Raises: Conflict (work_locked) while another has the card open."""
    if work.locked_by not in (None, principal.id) and work.locked_until_us > now_us:
        raise Conflict("work_locked", "another of the staff has this card open", "Take the next one.")


def decided() -> Conflict:
    """The error for what comes after a decision."""
    return Conflict("work_decided", "this work is decided already", "Take the next one.")
