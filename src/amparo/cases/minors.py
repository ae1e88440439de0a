"""The mark that a case may show somebody under 18: set by one of the staff, taken away by two, with all it lists moved each time.

It decides neither, and does not count who agreed: the room of decisions does. What she stated of her age herself stays as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from amparo.banks.service import Banks
from amparo.cases import rows
from amparo.cases.homes import ADULT, NOT_ADULT, Homes
from amparo.cases.settings import CasesSettings
from amparo.errors import NotFound
from amparo.store.db import AnyRow
from amparo.terms.clock import Clock, to_us


@dataclass(frozen=True, slots=True)
class Minors:
    """The verbs over one ledger, within the transaction of a room above."""

    banks: Banks
    clock: Clock
    settings: CasesSettings

    def prepare(self) -> None:
        """Have both banks ready; before the transaction that marks or clears. Raises: Misconfigured (banks_not_apart, bank_unfit)."""
        for age in (ADULT, NOT_ADULT):
            Homes(self.banks, self.settings).ready(age)

    def mark_minor_within(self, connection: Connection, content_ids: Sequence[int], cause: str) -> set[str]:
        """The cases of these contents may show somebody under 18: from now on all they list stands in that bank.

        cause: as ``work:7``. Result: the uids of the cases. Contents of others' origins are the caller's to move.
        Raises: those of Banks.move_within.
        """
        cases = self._cases_of(connection, content_ids)
        for case in cases:
            self._mark(connection, case, cause)
        return {case.uid for case in cases}

    def mark_case_minor_within(self, connection: Connection, uid: str, cause: str) -> list[int]:
        """As ``mark_minor_within`` of one case or tip, which may list nothing; its contents. Raises: NotFound (unknown_case)."""
        case = self._case(connection, uid)
        self._mark(connection, case, cause)
        return _contents(connection, case)

    def clear_minor_within(self, connection: Connection, content_ids: Sequence[int], cause: str) -> set[str]:
        """Take the mark away from the cases of these contents; what she stated of her age herself stays. As ``mark_minor_within``."""
        cases = self._cases_of(connection, content_ids)
        for case in cases:
            self._clear(connection, case, cause)
        return {case.uid for case in cases}

    def clear_case_minor_within(self, connection: Connection, uid: str, cause: str) -> list[int]:
        """As ``clear_minor_within`` of one case or tip; its contents. Raises: NotFound (unknown_case)."""
        case = self._case(connection, uid)
        self._clear(connection, case, cause)
        return _contents(connection, case)

    def _mark(self, connection: Connection, case: AnyRow, cause: str) -> None:
        if case.minor_us is not None:
            return
        now_us, bank = to_us(self.clock.now()), case.bank and Homes(self.banks, self.settings).of(NOT_ADULT)
        rows.set_minor(connection, case.id, now_us, bank)
        rows.log(connection, case.id, now_us, "staff marked that it may show somebody under 18", cause)
        self._move(connection, case, bank)

    def _clear(self, connection: Connection, case: AnyRow, cause: str) -> None:
        if case.minor_us is None:
            return
        bank = case.bank and Homes(self.banks, self.settings).of(case.age)
        rows.set_minor(connection, case.id, None, bank)
        rows.log(connection, case.id, to_us(self.clock.now()), "two of the staff took the under-18 mark away", cause)
        self._move(connection, case, bank)

    def _move(self, connection: Connection, case: AnyRow, bank: str | None) -> None:
        """Its contents stand in ``bank``; under another id where that origin's content stood there before."""
        if not bank:
            return
        places = self.banks.move_within(connection, _contents(connection, case), bank, relist=True)
        for item in rows.items_of(connection, case.id):
            if item.content_id is not None and places.get(item.content_id, item.content_id) != item.content_id:
                rows.set_item(connection, case.id, item.number, {"content_id": places[item.content_id]})

    def _cases_of(self, connection: Connection, content_ids: Sequence[int]) -> list[AnyRow]:
        ids = {item.case_id for item in rows.items_of_contents(connection, content_ids).values()}
        return rows.cases_by_id(connection, sorted(ids))

    def _case(self, connection: Connection, uid: str) -> AnyRow:
        case = rows.case_by_uid(connection, uid)
        if case is None:
            raise NotFound("unknown_case", "there is no such case", "`amparo case list` shows those there are.")
        return case


def _contents(connection: Connection, case: AnyRow) -> list[int]:
    """What the case lists."""
    return [item.content_id for item in rows.items_of(connection, case.id) if item.state == "listed"]
