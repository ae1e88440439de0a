"""What is shown of a case, made whole from its rows each time: so a view that was lost, late or doubled does no harm. Writes nothing."""

from collections.abc import Iterator

from sqlalchemy import Connection

from amparo.cases import reading_rows, rows
from amparo.cases.model import OUTCOMES
from amparo.intake.model import CaseView, DeskMessage, Receipt, State, StateName
from amparo.store.db import AnyRow


def view_of(connection: Connection, case: AnyRow) -> CaseView:
    """All that is shown of ``case``, a row of the room's own."""
    return CaseView(
        case_uid=case.uid,
        version=case.version,
        states=tuple(_states(connection, case)),
        messages=tuple(
            DeskMessage(row.uid, row.sealed, row.at_us)
            for row in reading_rows.messages_of(connection, case.id)
            if row.direction == "desk"
        ),
        receipt=_receipt(connection, case.id),
    )


def _states(connection: Connection, case: AnyRow) -> Iterator[State]:
    sent, items = f"envelope:{case.envelope_uid}", rows.items_of(connection, case.id)
    if case.taken_back_uid is None:
        yield State("case", 0, "received", case.opened_us, sent)
    else:
        name: StateName = "withdrawing" if any(item.state == "withdrawing" for item in items) else "withdrawn"
        yield State("case", 0, name, case.taken_back_us, f"envelope:{case.taken_back_uid}")
    for item in items:
        yield State("file", item.number, item.state, item.at_us, item.cause, item.reason)
    for row in reading_rows.matches_of(connection, case.id):
        cause = f"match_event:{row.last_event_id}"
        yield State("file", row.number, "matched", row.last_us, cause, client=row.client, times=row.times)
    for one in sorted(reading_rows.outcomes_of(connection, case.id), key=told_in_order):
        yield State("file", one.number, one.state, one.at_us, one.cause, one.reason, one.client, one.times)
    for place in reading_rows.places_of(connection, case.id):
        yield State("place", place.number, "received", case.opened_us, sent)


def told_in_order(outcome: AnyRow) -> tuple[int, int]:
    """As it came, so that the last word on a file stands last."""
    return outcome.at_us, OUTCOMES.index(outcome.state)


def _receipt(connection: Connection, case_id: int) -> Receipt | None:
    row = reading_rows.last_receipt(connection, case_id)
    return None if row is None else Receipt(row.verifier, row.sealed_identity, row.recipient, row.number, row.made_us)
