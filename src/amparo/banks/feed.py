"""What matchers read of the banks: the changes since they last looked, and what a near signal belongs to. Writes nothing."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from amparo.banks import feed_rows, rows
from amparo.banks.model import Bank, Candidate
from amparo.banks.service import bank_of, opinion_of
from amparo.store.db import AnyRow, Database
from amparo.store.glance import Glance
from amparo.terms.signal import Signal

SLICE = 50_000
"""Signals read in one transaction, and changes: what is acknowledged meanwhile waits for one of these at most."""
NARROW = 16
"""A run of fewer ids is read with others in one statement."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look found: the newest change, and the newest that may end a key or change a policy."""

    newest: int
    newest_policy: int


class Newest:
    """The newest change, asked before each lookup. Reads no signal."""

    def __init__(self, db: Database) -> None:
        self._glance = Glance(db, feed_rows.NEWEST)
        self.is_at_hand = self._glance.is_at_hand

    def now(self, known: int, known_policy: int) -> Seen | None:
        """What came after the change ``known``, without waiting; None where that cannot be told at once."""
        row = self._glance.now(known)
        return None if row is None else _seen(row, known_policy)

    def look(self, known: int, known_policy: int) -> Seen:
        """As ``now``, waiting for the database. Raises: those of ``Database.read``."""
        return _seen(self._glance.look(known), known_policy)

    def close(self) -> None:
        """Give the connection back."""
        self._glance.close()


def _seen(row: tuple[int | None, int | None], known_policy: int) -> Seen:
    return Seen(row[0] or 0, max(row[1] or 0, known_policy))


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """How far a follower is: all changes to ``seq`` taken in, and of the next one the signals before ``signal``."""

    seq: int
    signal: int = 0


@dataclass(frozen=True, slots=True)
class Reread:
    """The signals there are now among ``ids`` (int64, ascending): (id, code) by kind. What is not here, is gone."""

    ids: NDArray[np.int64]
    by_kind: Mapping[str, Sequence[tuple[int, bytes]]]


@dataclass(frozen=True, slots=True)
class News:
    """The next piece of what changed. banks: None when no policy did.

    is_all: nothing more had changed when it was read, so whoever took in all pieces holds what the ledger held then.
    """

    mark: Mark
    reread: Reread
    banks: Sequence[Bank] | None
    is_all: bool


def news_since(db: Database, mark: Mark, at_once: int = SLICE) -> News | None:
    """What changed after ``mark``, at most ``at_once`` signals of it, read at one moment; None when nothing did.

    Each signal is read as it is now, so pieces read at later moments do no harm: what changed since comes again.
    Raises: LedgerWentBack, and those of ``Database.read``.
    """
    with db.read() as connection:
        last = feed_rows.last_change(connection)
        if last < mark.seq:
            raise LedgerWentBack
        if last == mark.seq:
            return None
        changes = feed_rows.changes_after(connection, mark.seq, at_once)
        runs, upto = _runs([row for row in changes if row.signal_first is not None], mark, at_once)
        upto = upto or Mark(changes[-1].seq)
        has_policy = any(row.signal_first is None for row in changes if row.seq <= upto.seq)
        banks = [bank_of(row) for row in rows.banks(connection)] if has_policy else None
        return News(upto, _reread(connection, runs), banks, is_all=upto == Mark(last))


def everything(db: Database) -> tuple[int, int, Sequence[Bank]]:
    """For a follower that knows nothing: the newest change, the highest signal id, all banks, at one moment."""
    with db.read() as connection:
        banks = [bank_of(row) for row in rows.banks(connection)]
        return feed_rows.last_change(connection), feed_rows.last_signal(connection), banks


def signals_in(db: Database, first: int, last: int, kinds: Sequence[str]) -> Mapping[str, Sequence[tuple[int, bytes]]]:
    """The signals of these kinds there are now with ids ``first``..``last``: (id, code) by kind."""
    by_kind: dict[str, list[tuple[int, bytes]]] = {}
    with db.read() as connection:
        for number, kind, code in feed_rows.signals_between(connection, first, last, kinds):
            by_kind.setdefault(kind, []).append((number, code))
    return by_kind


def last_signal(db: Database) -> int:
    """The highest signal id ever given, 0 when none was; what is listed from now on has a higher one."""
    with db.read() as connection:
        return feed_rows.given_signals(connection)


def changed_since(db: Database, seq: int, signal_last: int) -> tuple[int, bool]:
    """How many signals the changes over ``seq`` name, and whether one of them stood already when ``signal_last`` was the last."""
    with db.read() as connection:
        row = feed_rows.changed_after(connection, seq, signal_last)
        return int(row.ids), bool(row.old)


class LedgerWentBack(Exception):
    """The ledger is older than what was taken in: another was put in its place. Start anew."""


def _runs(changes: Sequence[AnyRow], mark: Mark, room: int) -> tuple[list[tuple[int, int]], Mark | None]:
    """Unbroken runs of changed ids, ascending, ``room`` in all, and where they were cut, if they were."""
    found: list[tuple[int, int]] = []
    cut = None
    for row in changes:
        first = max(row.signal_first, mark.signal) if row.seq == mark.seq + 1 else row.signal_first
        last = min(row.signal_last, first + room - 1)
        if last >= first:
            found.append((first, last))
        room -= max(0, last - first + 1)
        if last < row.signal_last:
            cut = Mark(row.seq - 1, last + 1)
            break
    merged: list[tuple[int, int]] = []
    for first, last in sorted(found):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged, cut


def _reread(connection: Connection, runs: Sequence[tuple[int, int]]) -> Reread:
    by_kind: dict[str, list[tuple[int, bytes]]] = {}
    single = [number for first, last in runs if last - first < NARROW for number in range(first, last + 1)]
    found: list[Sequence[AnyRow]] = [feed_rows.signals_among(connection, single)] if single else []
    found += [feed_rows.signals_between(connection, *run) for run in runs if run[1] - run[0] >= NARROW]
    for number, kind, code in chain.from_iterable(found):
        by_kind.setdefault(kind, []).append((number, code))
    spans = [np.arange(first, last + 1, dtype=np.int64) for first, last in runs]
    return Reread(np.concatenate([np.empty(0, np.int64), *spans]), by_kind)


def candidates(db: Database, signal_ids: Sequence[int]) -> dict[int, Candidate]:
    """The live signals among ``signal_ids`` with content, bank and opinions, read at one moment."""
    with db.read() as connection:
        found = feed_rows.candidates(connection, signal_ids)
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


def signals_of(db: Database, content_ids: Collection[int]) -> list[Signal]:
    """The live signals of these contents."""
    with db.read() as connection:
        found = rows.signals_of(connection, sorted(content_ids))
    return [Signal(row.kind, row.code) for of in found.values() for row in of]


def newest_signal(db: Database) -> int:
    """The highest signal id there is, 0 when there is none. Ids are never given twice."""
    with db.read() as connection:
        return feed_rows.last_signal(connection)


def listed(db: Database, bank: Bank, last_id: int, since_us: int = 0) -> Iterator[tuple[int, str, bytes]]:
    """(id, kind, code) of the bank's live signals with ids up to ``last_id``, of contents listed since then; read in slices
    of contents, so that a long list holds up nobody.
    """
    after, is_more = 0, True
    while is_more:
        with db.read() as connection:
            ids = feed_rows.listed_after(connection, bank.id, after, since_us, SLICE)
            found = rows.signals_of(connection, ids)
        yield from ((row.id, row.kind, row.code) for of in found.values() for row in of if row.id <= last_id)
        is_more = len(ids) == SLICE
        after = ids[-1] if ids else after


def counts_by_kind(db: Database) -> dict[str, int]:
    """How many signals there are of each kind, for checks."""
    with db.read() as connection:
        return feed_rows.count_signals(connection)


def left_behind(db: Database) -> int:
    """How many signals of withdrawn contents are still there, which must be none."""
    with db.read() as connection:
        return feed_rows.count_left_behind(connection)


def newest_change(db: Database) -> int:
    """The number of the newest change, 0 when nothing was ever listed."""
    with db.read() as connection:
        return feed_rows.last_change(connection)


def withdrawn_among(db: Database, content_ids: Sequence[int]) -> set[int]:
    """Which of these contents stand no more."""
    with db.read() as connection:
        return feed_rows.withdrawn_among(connection, content_ids)


def latest_us(db: Database) -> int:
    """When something was last listed or withdrawn, 0 when nothing was."""
    with db.read() as connection:
        return feed_rows.latest_us(connection)


def newest_us(db: Database) -> int:
    """When the newest content was listed, 0 when none was."""
    with db.read() as connection:
        return feed_rows.newest_us(connection)
