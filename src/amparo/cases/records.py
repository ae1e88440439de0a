"""Cases as values, read from their rows: in a list, on a card, whole. Writes nothing and opens no sealed text."""

import json
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from amparo.cases import reading_rows, rows
from amparo.cases.model import CameOf, CaseFacts, CaseRecord, Item, LogLine, Message, Met, Summary
from amparo.cases.views import told_in_order
from amparo.intake.model import Consent
from amparo.store.db import AnyRow
from amparo.terms.clock import from_us


def next_receipt(connection: Connection, row: AnyRow) -> int:
    """The number of the receipt the desk would make now."""
    last = reading_rows.last_receipt(connection, row.id)
    return 1 if last is None else int(last.number) + 1


def summary_of(row: AnyRow, states: Mapping[str, int]) -> Summary:
    """A case's line in a list. states: how many of its files stand how."""
    return Summary(
        number=row.id,
        uid=row.uid,
        kind=row.kind,
        opened_at=from_us(row.opened_us),
        age=row.age,
        about=row.about,
        language=row.language,
        entered_by=row.entered_by,
        bank=row.bank,
        is_sealed_tip=bool(row.is_sealed_tip),
        states=states,
        is_shown=not row.is_due,
        minor_since=None if row.minor_us is None else from_us(row.minor_us),
    )


def record_of(connection: Connection, row: AnyRow) -> CaseRecord:
    """All of the case."""
    items, contact = rows.items_of(connection, row.id), reading_rows.contact_of(connection, row.id)
    met: dict[int, list[Met]] = {}
    for one in reading_rows.matches_of(connection, row.id):
        met.setdefault(one.number, []).append(Met(one.client, one.times, one.last_event_id, from_us(one.last_us)))
    came: dict[int, list[CameOf]] = {}
    for one in sorted(reading_rows.outcomes_of(connection, row.id), key=told_in_order):
        told = CameOf(one.client, one.state, one.reason, one.times, one.cause, from_us(one.at_us))
        came.setdefault(one.number, []).append(told)
    return CaseRecord(
        summary=summary_of(row, reading_rows.states_of(connection, [row.id]).get(row.id, {})),
        happened=tuple(json.loads(row.happened)),
        recipient=row.recipient,
        items=tuple(_item(one, met.get(one.number, ()), came.get(one.number, ())) for one in items),
        places=tuple(one.sealed for one in reading_rows.places_of(connection, row.id)),
        consents=tuple(
            Consent(one.purpose, bool(one.given), one.text_version, one.language, one.at_us)
            for one in reading_rows.consents_of(connection, row.id)
        ),
        messages=tuple(
            Message(one.uid, one.direction, one.sealed, from_us(one.at_us))
            for one in reading_rows.messages_of(connection, row.id)
        ),
        contact=None if contact is None else contact.sealed,
        receipts=next_receipt(connection, row) - 1,
        log=tuple(LogLine(from_us(one.at_us), one.what, one.cause) for one in reading_rows.log_of(connection, row.id)),
    )


def facts_of(connection: Connection, row: AnyRow) -> CaseFacts:
    """What may stand on a card about the case."""
    summary = summary_of(row, reading_rows.states_of(connection, [row.id]).get(row.id, {}))
    messages = reading_rows.messages_of(connection, row.id)
    listed = (item.content_id for item in rows.items_of(connection, row.id) if item.state == "listed")
    return CaseFacts(
        number=summary.number,
        uid=summary.uid,
        kind=summary.kind,
        opened_at=summary.opened_at,
        age=summary.age,
        may_be_minor=summary.may_be_minor,
        about=summary.about,
        is_sealed_tip=summary.is_sealed_tip,
        language=summary.language,
        entered_by=summary.entered_by,
        happened=tuple(json.loads(row.happened)),
        files=summary.states,
        content_ids=tuple(listed),
        places=reading_rows.count_places(connection, row.id),
        messages=len(messages),
        is_answered=bool(messages) and messages[-1].direction == "desk",
        consents={one.purpose: bool(one.given) for one in reading_rows.consents_of(connection, row.id)},
    )


def _item(row: AnyRow, met: Sequence[Met], came: Sequence[CameOf]) -> Item:
    stands = row.number, row.medium, row.content_id, row.state, row.reason, row.cause, from_us(row.at_us)
    return Item(*stands, tuple(met), tuple(came))
