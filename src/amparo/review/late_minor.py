"""A word of under 18 that comes after a work was opened, from another list: the work is marked, and gains nothing else by it. Decides nothing.

What a person states reaches the works of her picture when her case is taken; what came by other ways (lists of others, the API) when
somebody asks to look. Before a picture is shown it is asked itself: a platform may have put another in its place.

Near is within a bank's threshold of what the work met, so up to twice as far from its copies: enough to show nothing, and no ground to
decide on what is near. That is not added to the work.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import structlog
from sqlalchemy import Connection

from amparo.errors import TooLarge
from amparo.review import work_rows as rows
from amparo.review.held_media import drop_within
from amparo.review.looks import end_within
from amparo.review.model import MinorCause
from amparo.review.urgency import due_us
from amparo.store.db import Database
from amparo.store.many import parts
from amparo.terms.clock import Clock, to_us
from amparo.terms.signal import Signal

AT_ONCE: Final = 200
"""Who else writes waits for a transaction that marks so many."""


class Near(Protocol):
    """Asks one process's indexes (match.finding.Finder). Both raise: TooLarge (too_many_hits)."""

    def like(self, content_ids: Collection[int]) -> Mapping[int, str]:
        """Contents near one of these, with the name of their bank."""
        ...

    def near(self, signals: Sequence[Signal]) -> Mapping[int, str]:
        """Contents near one of these, with the name of their bank."""
        ...


@dataclass(frozen=True, slots=True)
class LateMinor:
    """Over one ledger. under_18: the name of the bank of what may show somebody under 18. at_once: works marked in one transaction."""

    db: Database
    clock: Clock
    finder: Near
    under_18: str
    at_once: int = AT_ONCE

    def settle(self, work_id: int, signals: Sequence[Signal] = ()) -> None:
        """Mark this work, where what it met, or one of the signals of what is to be shown, is near what stands in the bank of under 18.

        Raises: TooLarge (too_many_hits): then it is not known, and nothing is to be shown.
        """
        with self.db.read() as connection:
            contents = rows.contents_of(connection, [work_id])
        if self._is_under_18(self.finder.like(contents)) or self.is_near(signals):
            with self.db.write() as connection:
                self._mark(connection, rows.unmarked(connection, [work_id]), "listed")

    def is_near(self, signals: Sequence[Signal]) -> bool:
        """Whether one of these signals is near what stands in the bank of under 18. Raises: TooLarge (too_many_hits)."""
        return self._is_under_18(self.finder.near(signals))

    def stated(self, content_ids: Collection[int]) -> None:
        """Somebody states that these contents show a person under 18: mark the open works of what is near them.

        In steps, each whole by itself; done again it does no harm. Where too much is near to be told, nothing is marked: a look asks again.
        """
        try:
            near = self.finder.like(content_ids)
        except TooLarge:
            structlog.get_logger().warning(
                "too much is near what a person states; works are marked when somebody asks to look"
            )
            return
        for part in parts(sorted(near)):
            while found := self._some_with(part):
                with self.db.write() as connection:
                    self._mark(connection, rows.unmarked(connection, found), "stated")

    def _is_under_18(self, found: Mapping[int, str]) -> bool:
        return any(bank.casefold() == self.under_18.casefold() for bank in found.values())

    def _some_with(self, content_ids: Sequence[int]) -> list[int]:
        with self.db.read() as connection:
            return rows.unmarked_with(connection, content_ids, self.at_once)

    def _mark(self, connection: Connection, work_ids: Sequence[int], cause: MinorCause) -> None:
        now_us = to_us(self.clock.now())
        drop_within(connection, rows.contents_of(connection, work_ids))
        rows.mark_minor(connection, work_ids, cause, now_us, due_us(0, ["under_18"]))
        for work_id in work_ids:
            end_within(connection, work_id, now_us)
