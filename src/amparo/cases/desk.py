"""The desk: moves rows between intake and ledger, step by step, each of which may be cut short anywhere and done again. Serves nobody.

What came in is taken once: its place in the queue is written in the transaction that does what it asks. What is shown is made whole
from the ledger, and shown until it was (adr/0023). One desk works on a ledger at a time.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import structlog
from sqlalchemy import Connection

from amparo.banks.feed import newest_change, withdrawn_among
from amparo.cases import mark_rows, rows
from amparo.cases.model import UIDS, Aside, MatchSeen
from amparo.cases.taking import KINDS, Taker, unreadable
from amparo.cases.views import view_of
from amparo.errors import AmparoError, Misconfigured, Tampered, Unavailable
from amparo.intake.model import UID, CaseView, Envelope
from amparo.store.db import Database
from amparo.terms.clock import Clock, to_us

BATCH: Final = 50
EVENTS: Final = 1_000
LOOK: Final = 10_000
UNKNOWN: Final = "unknown"
ROUNDS_MAX: Final = 20
"""Batches a step works through before the others have their turn."""


class Inbox(Protocol):
    """The side of intake that the desk sees."""

    def epoch(self) -> str:
        """Names this queue; another after a restore."""
        ...

    def envelopes_after(self, seq: int, limit: int) -> Sequence[Envelope]:
        """What came in, in order."""
        ...

    def went_back(self, seq: int) -> bool:
        """Whether it never came as far as this: an older copy was put in its place."""
        ...

    def renew_epoch(self) -> str:
        """From now on it is another queue; the new epoch."""
        ...

    def taken(self, seq: int) -> None:
        """The desk holds everything up to that one, or has set it aside."""
        ...

    def show(self, view: CaseView) -> None:
        """Show this of the case, in place of what was shown."""
        ...


class MatchNews(Protocol):
    """Tells of match events."""

    def after(self, event_id: int, limit: int) -> Sequence[MatchSeen]:
        """Up to ``limit`` events with ids over ``event_id``, in order."""
        ...


class InForce(Protocol):
    """Knows how far those are who answer platforms."""

    def everywhere(self, change: int) -> bool:
        """Whether all of them have taken in this change."""
        ...


@dataclass(slots=True)
class Desk:
    """One desk over one ledger and one intake."""

    db: Database
    clock: Clock
    inbox: Inbox
    taker: Taker
    news: MatchNews
    in_force: InForce
    _has_retried: set[str] = field(default_factory=set)
    _told: tuple[str, int] = ("", 0)
    _looked_at: int = -1

    def work_once(self) -> None:
        """Every step once. Raises: those of either database, from the first step that could not go on."""
        self.take()
        self.count_matches()
        self.notice_gone()
        self.settle()
        self.show()

    def take(self) -> int:
        """Take what came in; how many were taken. What cannot be taken is set aside and holds up nothing.

        Raises: those of either database; what was taken before stays taken.
        """
        epoch = self.inbox.epoch()
        seq = self._begun(epoch)
        if seq and self.inbox.went_back(seq):
            before, epoch, seq = epoch, self.inbox.renew_epoch(), 0
            structlog.get_logger().warning("the intake is an older copy of itself: all of it is taken and shown again")
            with self.db.write() as connection:
                rows.follow_epoch(connection, before, epoch)
            self._begun(epoch)
        taken = self._retry(epoch)
        for _ in range(ROUNDS_MAX):
            envelopes = self.inbox.envelopes_after(seq, BATCH)
            for envelope in envelopes:
                self._take(epoch, envelope)
                seq = envelope.seq
            taken += len(envelopes)
            if not envelopes:
                break
        self._tell_taken(
            epoch, seq
        )  # before anything is shown: what she took back and was taken is no longer "being taken back"
        return taken

    def count_matches(self) -> None:
        """Count match events of cases' contents, each once."""
        for _ in range(ROUNDS_MAX):
            with self.db.read() as connection:
                after = mark_rows.events_counted(connection)
            events = self.news.after(after, EVENTS)
            if not events:
                return
            with self.db.write() as connection:
                if mark_rows.events_counted(connection) != after:
                    return  # another counts; never twice
                self._count(connection, events)
                mark_rows.set_events_counted(connection, events[-1].event_id)
            if len(events) < EVENTS:
                return

    def settle(self) -> None:
        """Say that files are withdrawn once they are so everywhere."""
        with self.db.read() as connection:
            going = rows.items_in(connection, "withdrawing")
        changes = {change for change in {item.change for item in going} if self.in_force.everywhere(change)}
        gone = [item for item in going if item.change in changes]
        if not gone:
            return
        now_us = to_us(self.clock.now())
        with self.db.write() as connection:
            for item in gone:
                rows.set_item(connection, item.case_id, item.number, {"state": "withdrawn", "at_us": now_us})
            for case_id, number in Counter(item.case_id for item in gone).items():
                rows.touch(connection, case_id)
                changes_told = sorted({item.change for item in gone if item.case_id == case_id})
                causes = " ".join(f"change:{change}" for change in changes_told)
                rows.log(connection, case_id, now_us, f"{number} files withdrawn in every worker", causes)

    def notice_gone(self) -> None:
        """Find contents of cases that somebody else withdrew, or whose bank was deleted, or that a restore keeps silent."""
        newest = newest_change(self.db)
        if newest == self._looked_at:
            return
        after = 0
        while True:
            with self.db.read() as connection:
                items = rows.listed_after(connection, after, LOOK)
            gone = withdrawn_among(self.db, [item.content_id for item in items])
            if gone:
                self._note_gone(gone)
            if len(items) < LOOK:
                break
            after = items[-1].content_id
        self._looked_at = newest

    def show(self) -> None:
        """Show every case of which something is new to this intake."""
        epoch, after = self.inbox.epoch(), 0
        self._begun(epoch)
        for _ in range(ROUNDS_MAX):
            with self.db.read() as connection:
                due = rows.due(connection, epoch, after, BATCH)
                views = [(case.id, view_of(connection, case)) for case in due]
            for _, view in views:
                self.inbox.show(view)
            if views:
                with self.db.write_soon() as connection:
                    rows.shown(connection, [(case_id, view.version) for case_id, view in views])
                after = views[-1][0]
            if len(views) < BATCH:
                return

    def asides(self) -> list[Aside]:
        """What stands aside; the intake must keep it."""
        with self.db.read() as connection:
            return mark_rows.asides(connection)

    # --- taking

    def _begun(self, epoch: str) -> int:
        """How far this queue is taken; one never seen is begun."""
        with self.db.read() as connection:
            seq = mark_rows.mark(connection, epoch)
        if seq is not None:
            return seq
        with self.db.write() as connection:
            if mark_rows.mark(connection, epoch) is None:
                mark_rows.begin_epoch(connection, epoch)
        return 0

    def _tell_taken(self, epoch: str, seq: int) -> None:
        """Once; where that failed, again in the next round."""
        if self._told < (epoch, seq) or self._told[0] != epoch:
            self.inbox.taken(seq)
            self._told = epoch, seq

    def _take(self, epoch: str, envelope: Envelope) -> None:
        try:
            self._do(epoch, envelope)
        except Exception as error:  # what one envelope holds must not hold up the others
            slug = slug_of(error)
            if slug is None:
                raise
            kind = envelope.kind if envelope.kind in KINDS else UNKNOWN
            aside = {"envelope_uid": _uid_of(envelope), "kind": kind, "slug": slug}
            with self.db.write() as connection:
                at = {"epoch": epoch, "seq": envelope.seq, "at_us": to_us(self.clock.now())}
                mark_rows.set_aside(connection, at | aside)
                mark_rows.set_mark(connection, epoch, envelope.seq)
            told = {"slug": slug, "error": type(error).__name__, "kind": kind, "seq": envelope.seq}
            structlog.get_logger().error("an envelope was set aside", **told)

    def _do(self, epoch: str, envelope: Envelope) -> None:
        if envelope.body is None:
            raise unreadable()
        self.taker.prepare(envelope)
        with self.db.write() as connection:
            is_done = (mark_rows.mark(connection, epoch) or 0) >= envelope.seq
            if is_done and not mark_rows.is_aside(connection, envelope.uid):
                return  # another desk took it
            self.taker.take(connection, envelope, epoch)
            mark_rows.drop_aside(connection, envelope.uid)
            mark_rows.set_mark(connection, epoch, envelope.seq)

    def _retry(self, epoch: str) -> int:
        """What stands aside is tried once more by each desk that starts, oldest first: this version may be able to take it."""
        if epoch in self._has_retried:
            return 0
        with self.db.read() as connection:
            waiting = [row.seq for row in mark_rows.asides(connection) if row.epoch == epoch]
        taken = 0
        for seq in waiting:
            for envelope in self.inbox.envelopes_after(seq - 1, 1):
                if envelope.seq == seq:
                    self._take(epoch, envelope)
                    taken += 1
        self._has_retried.add(epoch)
        return taken

    # --- what comes of contents

    def _count(self, connection: Connection, events: Sequence[MatchSeen]) -> None:
        known = rows.items_of_contents(connection, sorted({one for event in events for one in event.content_ids}))
        times: Counter[tuple[int, int, str]] = Counter()
        last: dict[tuple[int, int, str], tuple[int, int]] = {}
        for event in events:
            for content_id in event.content_ids:
                if (item := known.get(content_id)) is not None:
                    key = (item.case_id, item.number, event.client)
                    times[key] += 1
                    last[key] = (event.event_id, event.at_us)
        for key, number in times.items():
            rows.add_match(connection, key, number, last[key])
        for case_id in {key[0] for key in times}:
            rows.touch(connection, case_id)

    def _note_gone(self, gone: set[int]) -> None:
        now_us = to_us(self.clock.now())
        with self.db.write() as connection:
            change = newest_change(self.db)
            for content_id, item in rows.items_of_contents(connection, sorted(gone)).items():
                if item.state != "listed":
                    continue
                stands = {"state": "withdrawing", "reason": "desk", "cause": f"content:{content_id}", "change": change}
                rows.set_item(connection, item.case_id, item.number, stands | {"at_us": now_us})
                rows.touch(connection, item.case_id)
                rows.log(connection, item.case_id, now_us, "file withdrawn by others", f"content:{content_id}")


def _uid_of(envelope: Envelope) -> str:
    """Its uid; where that is none, a digest of it: no text of a stranger's gets into the ledger, or keeps it from being set aside."""
    if UIDS.match(envelope.uid):
        return envelope.uid
    return hashlib.sha256(envelope.uid.encode("utf-8", "surrogatepass")).hexdigest()[:UID]


def slug_of(error: Exception) -> str | None:
    """Why one envelope cannot be taken; None when it is no fault of the envelope's, and waiting may help."""
    if isinstance(error, AmparoError):
        if (
            error.slug == "database_failed"
        ):  # a value the database will not have; were it the database's fault, setting aside fails too
            return error.slug
        is_ours = isinstance(error, Unavailable | Tampered | Misconfigured) or error.slug == "unknown_bank"
        return None if is_ours else error.slug
    return None if isinstance(error, OSError | MemoryError) else "unexpected"
