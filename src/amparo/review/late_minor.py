"""A word of under 18 that comes after a work was opened, from another list: the work is marked as if its next copy had met it. Decides nothing.

What a person states reaches the works of her picture when her case is taken; what came by other ways (lists of others, the API) when
somebody asks to look. Before a picture is shown it is asked itself: a platform may have put another in its place.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection

from amparo.banks.facts import facts_within
from amparo.review import work_rows as rows
from amparo.review.held_media import drop_within
from amparo.review.looks import end_within
from amparo.review.urgency import due_us
from amparo.store.db import AnyRow, Database
from amparo.terms.clock import Clock, to_us
from amparo.terms.signal import Signal


class Near(Protocol):
    """Asks one process's indexes (match.finding.Finder)."""

    def like(self, content_ids: Collection[int]) -> Mapping[int, str]:
        """Contents near one of these, with the name of their bank."""
        ...

    def near(self, signals: Sequence[Signal]) -> Mapping[int, str]:
        """Contents near one of these, with the name of their bank."""
        ...


@dataclass(frozen=True, slots=True)
class LateMinor:
    """Over one ledger. under_18: the name of the bank of what may show somebody under 18."""

    db: Database
    clock: Clock
    finder: Near
    under_18: str

    def settle(self, work_id: int, signals: Sequence[Signal] = ()) -> None:
        """Mark this work, where what it met, or one of the signals of what is to be shown, is near what stands in the bank of under 18."""
        with self.db.read() as connection:
            contents = rows.contents_of(connection, [work_id])
        found = self._of_under_18({**self.finder.like(contents), **self.finder.near(signals)})
        if found:
            with self.db.write() as connection:
                self._mark(connection, [work_id], found)

    def stated_within(self, connection: Connection, stated: Collection[int], near: Collection[int]) -> None:
        """Somebody states that these contents show a person under 18: mark the works of what is near them."""
        self._mark(connection, rows.with_contents(connection, sorted({*stated, *near})), sorted(stated))

    def _of_under_18(self, near: Mapping[int, str]) -> list[int]:
        return sorted(number for number, bank in near.items() if bank.casefold() == self.under_18.casefold())

    def _mark(self, connection: Connection, work_ids: Collection[int], contents: Sequence[int]) -> None:
        """Those of the works that are of items and not decided gain these contents, as far as they stand, and the mark."""
        banks = {one.content_id: one.bank for one in facts_within(connection, contents).values() if one.is_live}
        found = rows.works_by_id(connection, sorted(work_ids)) if banks else ()
        for work in found:
            if work.state in rows.UNDECIDED and work.kind in rows.OF_ITEMS and not work.minor_possible:
                self._mark_one(connection, work, banks)

    def _mark_one(self, connection: Connection, work: AnyRow, banks: Mapping[int, str]) -> None:
        now_us = to_us(self.clock.now())
        drop_within(connection, rows.contents_of(connection, [work.id]))
        if work.state == "open":  # nobody is to agree to what the first of two did not see
            rows.add_contents(connection, work.id, banks)
        due = min(work.due_us, due_us(work.opened_us, ["under_18"]))
        marked = {"minor_possible": 1, "queue": "under_18", "due_us": due, "updated_us": now_us}
        rows.set_work(connection, work.id, marked)
        end_within(connection, work.id, now_us)
