"""What staff see of a bank beside its contents, and the list taken away with two people's leave. Asks nobody and judges no role."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection

from amparo.banks import desk_rows, rows
from amparo.banks.lists import rows_of
from amparo.banks.model import Bank, Content
from amparo.banks.service import PAGE_MAX, Banks
from amparo.errors import NotFound
from amparo.terms.clock import from_us, to_us

ORIGINS_MAX: Final = 50
EXPORTS_SHOWN: Final = 10
EXPORT_HOURS: Final = 24
HOUR_US: Final = 3_600_000_000
DAYS_SHOWN: Final = 90


@dataclass(frozen=True, slots=True)
class Left:
    """What left a bank, by withdrawal or by a move: how many in all, when the last, and by day of late. Nothing says what."""

    number: int
    last_at: datetime | None
    days: tuple[tuple[date, int], ...]


@dataclass(frozen=True, slots=True)
class Leave:
    """Leave to take a list away. staff: the two it was given to, who may take it until then."""

    id: int
    staff: frozenset[int]
    at: datetime
    until: datetime
    taken: int


@dataclass(frozen=True, slots=True)
class BankDesk:
    """The verbs over one ledger."""

    banks: Banks

    def flooded(self, bank: Bank, after: int, limit: int) -> list[Content]:
        """Up to ``limit`` guarded contents with ids over ``after``, by id."""
        with self.banks.db.read() as connection:
            return self.banks.contents_in(connection, desk_rows.flooded_after(connection, bank.id, after, min(limit, PAGE_MAX)))  # fmt: skip

    def count_flooded(self, bank: Bank) -> int:
        """How many are guarded."""
        with self.banks.db.read() as connection:
            return desk_rows.count_flooded(connection, bank.id)

    def counts(self) -> Mapping[int, tuple[int, int]]:
        """By id of each bank that holds any: how many contents, and how many of them are guarded."""
        with self.banks.db.read() as connection:
            return desk_rows.counts(connection)

    def left(self, bank: Bank) -> Left:
        """What left the bank."""
        since_us = to_us(self.banks.clock.now()) - DAYS_SHOWN * desk_rows.DAY_US
        with self.banks.db.read() as connection:
            number, last_us = desk_rows.withdrawn(connection, bank.id)
            days = desk_rows.withdrawn_by_day(connection, bank.id, since_us)
        last_at = None if last_us is None else from_us(last_us)
        return Left(number, last_at, tuple((from_us(row.day).date(), row.number) for row in days))

    def origins(self, bank: Bank, joined: str) -> list[tuple[str, int]]:
        """Who lists here and how much, most first; all whose name begins with ``joined`` as one."""
        with self.banks.db.read() as connection:
            found = desk_rows.origins(connection, bank.id, joined, ORIGINS_MAX)
        return [(row.name, row.number) for row in found]

    # --- taking a list away

    def allow_export_within(self, connection: Connection, bank_name: str, first_id: int, second_id: int) -> int:
        """These two may take the list for EXPORT_HOURS. Raises: NotFound (unknown_bank)."""
        row = rows.bank_by_key(connection, bank_name.casefold())
        if row is None:
            raise NotFound("unknown_bank", "there is no such bank", "List the banks.")
        now_us = to_us(self.banks.clock.now())
        until = {"at_us": now_us, "until_us": now_us + EXPORT_HOURS * HOUR_US, "taken": 0}
        return desk_rows.add_export(connection, {"bank_id": row.id, "first_id": first_id, "second_id": second_id, **until})  # fmt: skip

    def exports(self, bank: Bank) -> list[Leave]:
        """The newest leaves, newest first."""
        with self.banks.db.read() as connection:
            found = desk_rows.exports(connection, bank.id, EXPORTS_SHOWN)
        return [
            Leave(
                row.id, frozenset({row.first_id, row.second_id}), from_us(row.at_us), from_us(row.until_us), row.taken
            )
            for row in found
        ]

    def taken_away(self, bank: Bank, export_id: int, staff_id: int) -> Iterator[bytes]:
        """The list as JSON lines, read in pages while it is taken. It counts before the first line goes.

        Raises: NotFound (no_leave) for anybody but the two, another bank, or later than its time.
        """
        now_us = to_us(self.banks.clock.now())
        with self.banks.db.write() as connection:
            row = desk_rows.export_by_id(connection, export_id)
            if row is None or row.bank_id != bank.id or staff_id not in {row.first_id, row.second_id} or now_us >= row.until_us:  # fmt: skip
                raise NotFound("no_leave", "there is no leave of yours to take this list", "Ask for it anew.")
            desk_rows.count_taken(connection, export_id)
        return self._lines(bank)

    def _lines(self, bank: Bank) -> Iterator[bytes]:
        after = 0
        while found := self.banks.contents(bank, after, PAGE_MAX):
            for content in found:
                yield b"".join(rows_of(content))
            after = found[-1].id
