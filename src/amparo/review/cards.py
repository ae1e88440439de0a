"""Makes the card of a work: all that is known of it, and no picture. Gives it to nobody and decides nothing."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from amparo.access.staff_model import StaffPrincipal, StaffRole
from amparo.banks.facts import facts_within
from amparo.cases.model import origin_of
from amparo.cases.outcomes import standing_within
from amparo.cases.words import opened
from amparo.errors import AmparoError
from amparo.review import second_rows
from amparo.review import work_rows as rows
from amparo.review.actions import Actions
from amparo.review.covering import covered
from amparo.review.model import Card, Comment, Copy, DecisionMade, ReportWords, Standing, Vouched, Work, WorkKind
from amparo.sealing.age import Identity, identity_of
from amparo.store.db import AnyRow
from amparo.terms.clock import from_us

COPIES_MAX: Final = 100
"""Copies on a card; the work tells how many there are."""
SHOWN_MAX: Final = 50
EARLIER_MAX: Final = 3
WORK_KINDS: Final[Mapping[StaffRole, tuple[WorkKind, ...]]] = {
    "reviewer": ("match", "report"),
    "caseworker": ("case", "tip"),
    "lead": ("match", "report", "case", "tip"),
    "admin": ("match", "report", "case", "tip"),
    "auditor": (),
}
"""Which work each role sees; what does not stand here is not there for it."""
CASE_ORIGIN: Final = origin_of("")
REPORT_PARTS: Final = ("words", "where", "reason", "reported_by")


def no_keys(_principal: StaffPrincipal) -> Sequence[Identity]:
    """None."""
    return ()


@dataclass(frozen=True, slots=True)
class Cards:
    """Cards over one ledger. desk_keys: those a person holds beside their own: words of reports that came before anybody signed up open with these."""

    actions: Actions
    desk_keys: Callable[[StaffPrincipal], Sequence[Identity]] = no_keys

    def card_within(self, connection: Connection, principal: StaffPrincipal, work: AnyRow) -> Card:
        """The card of a work as this person may see it."""
        contents = self._contents(connection, work)
        every = rows.copies_of(connection, work.id)
        found = every[:COPIES_MAX]
        stands = self.actions.standings(connection, [(row.client_id, row.item_id) for row in found if row.item_id])
        copies = tuple(_copy(row, stands.get((row.client_id, row.item_id))) for row in found)
        comments = rows.comments_of(connection, work.id, SHOWN_MAX)
        return Card(
            work=work_of(work, rows.clients_of(connection, [work.id]).get(work.id, ())),
            copies=copies,
            contents=contents,
            comments=tuple(Comment(one.by_name, one.text, from_us(one.at_us)) for one in comments),
            words=self._words(rows.reports_of(connection, work.id, SHOWN_MAX), principal),
            decisions=decisions_shown(connection, principal, work, [one.content_id for one in contents]),
            can_look=False,
            why_no_look="",
            shown=str(covered(every)),
        )

    def _contents(self, connection: Connection, work: AnyRow) -> tuple[Vouched, ...]:
        ids = rows.contents_of(connection, [work.id])
        requests = standing_within(connection, ids)
        return tuple(
            Vouched(
                one.content_id,
                one.bank,
                one.origin,
                one.is_live,
                one.content_id in requests,
                one.is_flooded,
                one.opinions,
                one.origin.removeprefix(CASE_ORIGIN) if one.origin.startswith(CASE_ORIGIN) else None,
            )
            for one in sorted(facts_within(connection, ids).values(), key=lambda one: one.content_id)
        )

    def _words(self, reports: Sequence[AnyRow], principal: StaffPrincipal) -> tuple[ReportWords, ...]:
        """What reporters wrote, as far as the reader's keys open it."""
        sealed = [one.sealed for one in reports if one.sealed is not None]
        if not sealed or not principal.identity:
            return ()
        own, found = [identity_of(principal.identity)], []
        for one in sealed:
            said = _said(one, own) or _said(one, self.desk_keys(principal))
            if said is not None:
                found.append(ReportWords(*(str(said.get(part) or "") for part in REPORT_PARTS)))
        return tuple(found)


def _said(sealed: bytes, keys: Sequence[Identity]) -> Mapping[str, object] | None:
    """What a report says; None where it was sealed to others, or is damaged: the card goes on without."""
    try:
        said = json.loads(opened(sealed, keys)) if keys else None
    except (AmparoError, ValueError):
        return None
    return said if isinstance(said, dict) else None


def _copy(row: AnyRow, stands: Standing | None) -> Copy:
    return Copy(
        client_id=row.client_id,
        client=row.client,
        item_id=row.item_id or None,
        times=row.times,
        first_at=from_us(row.first_us),
        last_at=from_us(row.last_us),
        event_id=row.event_id,
        report_id=row.report_id,
        kind=row.kind,
        distance_bits=row.distance_bits,
        threshold_bits=row.threshold_bits,
        view=row.view,
        standing=None if stands is None else stands.action,
        standing_until=None if stands is None else stands.until,
    )


def decisions_shown(
    connection: Connection, principal: StaffPrincipal, work: AnyRow, content_ids: Sequence[int]
) -> tuple[DecisionMade, ...]:
    """The decisions on a work, and the last ones on earlier works of its contents, oldest first.

    What waits for a second person is shown to who gave it alone, also after that was taken back; and so is whether they looked.
    """
    earlier = [one for one in rows.done_with(connection, content_ids, EARLIER_MAX) if one.id != work.id]
    found = [second_rows.decision_by_id(connection, one.decision_id or 0) for one in earlier]
    own = [
        one
        for one in second_rows.decisions_of(connection, work.id, SHOWN_MAX)
        if one.by_id == principal.id or not _is_blind(work, one)
    ]
    kept = [one for one in found if one is not None] + own
    return tuple(decision_of(one, principal) for one in sorted(kept, key=lambda one: one.id))


def _is_blind(work: AnyRow, decision: AnyRow) -> bool:
    return bool(work.state == "second" and decision.state == "waits")


def decision_of(row: AnyRow, reader: StaffPrincipal | None = None) -> DecisionMade:
    """A decision as it is in the record. reader: who sees it."""
    return DecisionMade(
        id=row.id,
        work_id=row.work_id,
        by_id=row.by_id,
        by=row.by_name,
        answer=row.answer,
        action=row.action,
        reason=row.reason,
        at=from_us(row.at_us),
        undo_until=None if row.undo_until_us is None else from_us(row.undo_until_us),
        undone_by=row.undone_by,
        undoes=row.undoes,
        is_override=bool(row.is_override),
        severity=row.severity,
        looked=bool(row.looked) and reader is not None and reader.id == row.by_id,
    )


def work_of(row: AnyRow, clients: tuple[str, ...]) -> Work:
    """A work from its row."""
    return Work(
        id=row.id,
        kind=row.kind,
        state=row.state,
        queue=row.queue,
        due_at=from_us(row.due_us),
        opened_at=from_us(row.opened_us),
        copies=row.copies,
        minor_possible=bool(row.minor_possible),
        assigned_to=row.assigned_to,
        locked_by=row.locked_by,
        locked_until=None if row.locked_until_us is None else from_us(row.locked_until_us),
        case_uid=row.case_uid,
        clients=clients,
        minor_cause=row.minor_cause or "",
    )
