"""What matchers read of the banks: the changes since they last looked, and what a near signal belongs to. Writes nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from amparo.banks import rows
from amparo.banks.model import Bank, Candidate
from amparo.banks.service import bank_of, opinion_of
from amparo.store.db import Database

SLICE = 50_000


@dataclass(frozen=True, slots=True)
class Reread:
    """The signals there are now with ids ``first``..``last``: (id, code) by kind. What is not here, is gone."""

    first: int
    last: int
    by_kind: Mapping[str, Sequence[tuple[int, bytes]]]


@dataclass(frozen=True, slots=True)
class News:
    """What changed up to ``generation``; banks is None when no policy did."""

    generation: int
    rereads: Sequence[Reread]
    banks: Sequence[Bank] | None


def news_since(db: Database, generation: int | None) -> News | None:
    """What changed after ``generation``, read at one moment; None when nothing did. With None: all there is."""
    with db.read() as connection:
        last = rows.last_change(connection)
        if last == generation:
            return None
        if generation is None:
            ends = [(1, rows.last_signal(connection))]
            policy_changed = True
        else:
            changes = rows.changes_after(connection, generation)
            ends = [(row.signal_first, row.signal_last) for row in changes if row.signal_first is not None]
            policy_changed = any(row.signal_first is None for row in changes)
        rereads = [
            _reread(connection, first, min(first + SLICE - 1, end))
            for start, end in ends
            for first in range(start, end + 1, SLICE)
        ]
        banks = [bank_of(row) for row in rows.banks(connection)] if policy_changed else None
        return News(last, rereads, banks)


def _reread(connection: Connection, first: int, last: int) -> Reread:
    by_kind: dict[str, list[tuple[int, bytes]]] = {}
    for row in rows.signals_between(connection, first, last):
        by_kind.setdefault(row.kind, []).append((row.id, row.code))
    return Reread(first, last, by_kind)


def candidates(db: Database, signal_ids: Sequence[int]) -> dict[int, Candidate]:
    """The live signals among ``signal_ids`` with content, bank and opinions, read at one moment."""
    with db.read() as connection:
        found = rows.candidates(connection, signal_ids)
        opinions = rows.opinions_of(connection, sorted({row.content_id for row in found}))
    banks: dict[int, Bank] = {}
    return {
        row.signal_id: Candidate(
            signal_id=row.signal_id,
            content_id=row.content_id,
            kind=row.kind,
            origin=row.origin,
            bank=banks.setdefault(row.id, bank_of(row)),
            disable_until_us=row.disable_until_us,
            is_flooded=row.flooded_us is not None,
            opinions=tuple(opinion_of(one) for one in opinions.get(row.content_id, ())),
        )
        for row in found
    }


def newest_signal(db: Database) -> int:
    """The highest signal id there is, 0 when there is none. Ids are never given twice."""
    with db.read() as connection:
        return rows.last_signal(connection)


def listed(db: Database, bank: Bank, last_id: int, since_us: int = 0) -> Iterator[tuple[int, str, bytes]]:
    """(id, kind, code) of the bank's live signals with ids up to ``last_id``, of contents listed since then, by id; read in
    slices, so that a long list holds up nobody.
    """
    after, is_more = 0, True
    while is_more:
        with db.read() as connection:
            found = rows.listed_after(connection, bank.id, (after, last_id), since_us, SLICE)
        yield from ((row.id, row.kind, row.code) for row in found)
        is_more = len(found) == SLICE
        after = found[-1].id if found else after


def counts_by_kind(db: Database) -> dict[str, int]:
    """How many signals there are of each kind, for checks."""
    with db.read() as connection:
        return rows.count_signals(connection)


def left_behind(db: Database) -> int:
    """How many signals of withdrawn contents are still there, which must be none."""
    with db.read() as connection:
        return rows.count_left_behind(connection)


def latest_us(db: Database) -> int:
    """When something was last listed or withdrawn, 0 when nothing was."""
    with db.read() as connection:
        return rows.latest_us(connection)


def newest_us(db: Database) -> int:
    """When the newest content was listed, 0 when none was."""
    with db.read() as connection:
        return rows.newest_us(connection)
