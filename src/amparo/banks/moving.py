"""Moves contents from one bank into another: who it is stays the same, and the old bank keeps a tombstone. Opens no transaction.

A content keeps its id, so whatever names it (a case, a work, a match event) names it in the new bank too, and a person's
withdrawal reaches it there. Where its origin lists the same external id in the new bank already, the two become one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from amparo.banks import rows
from amparo.banks.identity import Namer
from amparo.banks.listing import clear_namesakes, tell_gone, tell_policy
from amparo.banks.withdrawals import Record
from amparo.errors import Conflict
from amparo.store.db import AnyRow
from amparo.store.many import insert_many
from amparo.terms.clock import to_us
from amparo.terms.signal import Signal


@dataclass(frozen=True, slots=True)
class Into:
    """Where contents go. key: the withdrawals key. bank_key: the new bank's part of identities. relist: also what was withdrawn there."""

    key: bytes
    bank_id: int
    bank_key: str
    relist: bool
    now: datetime


@dataclass(frozen=True, slots=True)
class Moved:
    """places: by the id it had, the id under which it stands in the bank. records: what the caller puts into the withdrawals file."""

    places: dict[int, int]
    records: list[Record]


@dataclass(frozen=True, slots=True)
class _Leaving:
    """A content on its way: old and new identity, and what stands in for each of its signals alone there."""

    row: AnyRow
    signals: Sequence[AnyRow]
    old: bytes
    old_silent: set[bytes]
    new: bytes
    new_silent: set[bytes]


def move(connection: Connection, into: Into, found: Sequence[AnyRow]) -> Moved:
    """Move those of ``found`` that stand; what stands in the bank already stays as it is.

    Raises: Conflict (withdrawn_there) where one was withdrawn from that bank, unless ``into.relist``.
    """
    keys = {row.id: row.identity_key for row in rows.banks(connection)}
    live = [row for row in found if row.withdrawn_us is None and row.bank_id in keys]
    places = {row.id: row.id for row in live if row.bank_id == into.bank_id}
    signals = rows.signals_of(connection, [row.id for row in live if row.id not in places])
    leaving = [_leaving(into, row, keys[row.bank_id], signals.get(row.id, ())) for row in live if row.id not in places]
    if not leaving:
        return Moved(places, [])
    buried = rows.tombstones_among(connection, sorted({name for one in leaving for name in {one.new, *one.new_silent}}))
    if buried and not into.relist:
        raise Conflict(
            "withdrawn_there",
            "a content was withdrawn from the bank it is to be moved to",
            "Only an explicit, recorded re-listing brings it back there.",
        )
    clear_namesakes(connection, into.bank_id, into.bank_key, [one.new for one in leaving], to_us(into.now))
    there = rows.live_by_identity(connection, [one.new for one in leaving])
    for one in leaving:
        places[one.row.id] = there.setdefault(one.new, one.row.id)
        if places[one.row.id] == one.row.id:
            _take_along(connection, into, one)
        else:
            _merge(connection, one, places[one.row.id], to_us(into.now))
    rows.drop_tombstones(connection, sorted(buried))
    rows.add_tombstones(connection, [name for one in leaving for name in (one.old, *sorted(one.old_silent))], to_us(into.now))  # fmt: skip
    tell_policy(
        connection
    )  # matchers read bank and content with each hit; the generation must tell that answers changed
    return Moved(places, _records(into, leaving, buried))


def _leaving(into: Into, row: AnyRow, old_key: str, signals: Sequence[AnyRow]) -> _Leaving:
    plain = [Signal(one.kind, one.code) for one in signals]
    old, new = Namer(into.key, old_key, row.origin), Namer(into.key, into.bank_key, row.origin)
    name = new.of(row.external_id, plain)
    return _Leaving(
        row,
        signals,
        row.identity,
        old.stand_ins(row.external_id, plain) - {row.identity},
        name,
        new.stand_ins(row.external_id, plain) - {name},
    )


def _take_along(connection: Connection, into: Into, one: _Leaving) -> None:
    """The content itself goes; where it was stays what stays of a withdrawn one."""
    rows.set_content(connection, one.row.id, {"bank_id": into.bank_id, "identity": one.new})
    left = {"id": rows.take_ids(connection, "content", 1), "bank_id": one.row.bank_id, "origin": one.row.origin}
    insert_many(
        connection,
        rows.content,
        [left | {"created_us": one.row.created_us, "withdrawn_us": to_us(into.now)}],
    )


def _merge(connection: Connection, one: _Leaving, stands: int, now_us: int) -> None:
    """What the content that stands there lacks of signals and opinions goes over to it; the rest is emptied."""
    known = {(row.kind, row.code) for row in rows.signals_of(connection, [stands]).get(stands, ())}
    rows.give_signals(connection, [row.id for row in one.signals if (row.kind, row.code) not in known], stands)
    opinions = rows.opinions_of(connection, [stands, one.row.id])
    heard = {row.client for row in opinions.get(stands, ())}
    for row in opinions.get(one.row.id, ()):
        if row.client not in heard:
            given = {"client": row.client, "opinion": row.opinion, "given_us": row.given_us}
            rows.set_opinion(connection, {"content_id": stands, **given})
    tell_gone(connection, rows.drop_signals(connection, [one.row.id]))
    rows.clear_contents(connection, [one.row.id], now_us)


def _records(into: Into, leaving: Sequence[_Leaving], relisted: set[bytes]) -> list[Record]:
    records = [Record("relist", into.now, name) for name in sorted(relisted - {one.new for one in leaving})]
    for one in leaving:
        records += [Record("relist", into.now, one.new), Record("move", into.now, one.old)]
        records += [Record("silence", into.now, name) for name in sorted(one.old_silent)]
    return records
