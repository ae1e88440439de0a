"""The under-18 switch: one person sets it, at once, for all copies and contents of a cluster; two take it away. Shows and renders nothing.

From then on nothing of it is drawn anywhere, no bank of adults holds it, and it has a queue of its own. No picture is needed for it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from sqlalchemy import Connection

from amparo.access.staff_model import StaffPrincipal
from amparo.banks.facts import facts_within
from amparo.banks.service import Banks
from amparo.review import work_rows as rows
from amparo.review.held_media import drop_within
from amparo.review.looks import end_within
from amparo.review.queue import seen_work
from amparo.review.urgency import due_us
from amparo.store.db import AnyRow, Database
from amparo.terms.clock import Clock, to_us

FILE: Final = "the withdrawals file"
"""The cause of a mark that is set again after a restore."""
WORKS_MAX: Final = 100_000
"""Works one switch reaches: more share no picture."""


class CasesMinor(Protocol):
    """What the cases do when somebody may be under 18 (cases/minors.py)."""

    def prepare(self) -> None:
        """Have the banks ready; before the transaction."""
        ...

    def mark_minor_within(self, connection: Connection, content_ids: Sequence[int], cause: str) -> set[str]:
        """Mark the cases that list these contents, and move all they list; their uids."""
        ...

    def clear_minor_within(self, connection: Connection, content_ids: Sequence[int], cause: str) -> set[str]:
        """Take that mark away; what a person stated herself stays."""
        ...

    def mark_case_minor_within(self, connection: Connection, uid: str, cause: str) -> Collection[int]:
        """As ``mark_minor_within`` of one case or tip; its contents."""
        ...

    def clear_case_minor_within(self, connection: Connection, uid: str, cause: str) -> Collection[int]:
        """As ``clear_minor_within`` of one case or tip; its contents."""
        ...


@dataclass(frozen=True, slots=True)
class Minors:
    """The switch over one ledger. under_18: the name of the bank of what may show somebody under 18."""

    db: Database
    clock: Clock
    banks: Banks
    cases: CasesMinor
    under_18: str

    def set_minor(self, principal: StaffPrincipal, work_id: int, cause: str = "") -> None:
        """It may show somebody under 18. Nothing waits for a second person, or for a lock.

        cause: why, in the staff's words, kept as a comment. Raises: Refused (staff_role), NotFound (unknown_work).
        """
        principal.may("work.decide")
        self.cases.prepare()
        with self.db.write() as connection:
            work = seen_work(connection, principal, work_id)
            self.set_within(connection, work, f"staff:{principal.id}")
            said = {"work_id": work.id, "staff_id": principal.id, "by_name": principal.name}
            text = f"under 18: {cause.strip()[:1_000]}" if cause.strip() else "under 18"
            rows.add_comment_once(connection, said | {"text": text, "at_us": to_us(self.clock.now())})

    def set_within(self, connection: Connection, work: AnyRow, cause: str) -> None:
        """As ``set_minor`` in the caller's transaction, after ``cases.prepare``. Raises: those of Banks.move_within."""
        works, contents = self._cluster(connection, work)
        now_us = to_us(self.clock.now())
        for one in works:
            values = {"minor_possible": 1, "queue": "under_18", "updated_us": now_us}
            due = min(one.due_us, due_us(one.opened_us, ["under_18"]))
            rows.set_work(connection, one.id, values | {"due_us": due})
            end_within(connection, one.id, now_us)
        drop_within(connection, contents)
        self.cases.mark_minor_within(connection, contents, cause)
        for one in works:
            if one.case_uid is not None:
                self.cases.mark_case_minor_within(connection, one.case_uid, cause)
        self._move(connection, contents, now_us)

    @property
    def home(self) -> str:
        """The bank that contents leave by two people's word alone: no older backup and no crash takes a mark away."""
        return self.under_18

    def prepare(self) -> None:
        """Have the banks ready; before the transaction that marks."""
        self.cases.prepare()

    def came_within(self, connection: Connection, came: Mapping[int, str]) -> None:
        """The withdrawals file tells that these contents were moved, from the banks named, by a mark the ledger does not hold."""
        rows.note_moves(connection, came, to_us(self.clock.now()))
        self.cases.mark_minor_within(connection, list(came), FILE)
        for number in sorted(rows.with_contents(connection, list(came))):
            work = rows.work_by_id(connection, number)
            if work is not None and not work.minor_possible:
                self.set_within(connection, work, FILE)

    def cluster_within(self, connection: Connection, work: AnyRow) -> dict[str, list[int]]:
        """What the switch of this work reaches now: ``works`` and ``contents``, by number."""
        works, contents = self._cluster(connection, work)
        return {"works": [one.id for one in works], "contents": contents}

    def clear_within(
        self, connection: Connection, work: AnyRow, cause: str, asked: Mapping[str, Sequence[int]]
    ) -> None:
        """Two people said that nobody in it is under 18: the cluster goes back to where it was. She who said so herself stays.

        asked: the cluster as it was when it was asked about (``cluster_within``); what came to it since stays marked.
        """
        works, contents = self._cluster(connection, work)
        works = [one for one in works if one.id in set(asked["works"])]
        contents = [one for one in contents if one in set(asked["contents"])]
        self.cases.clear_minor_within(connection, contents, cause)
        for one in works:
            if one.case_uid is not None:
                self.cases.clear_case_minor_within(connection, one.case_uid, cause)
        moves = rows.moves_of(connection, contents)
        for bank in sorted(set(moves.values())):
            ids = [one for one, name in moves.items() if name == bank]
            self._rename(connection, self.banks.move_within(connection, ids, bank, relist=True))
        rows.drop_moves(connection, list(moves))
        left = self._left(connection, contents)
        now_us = to_us(self.clock.now())
        for one in works:
            if not left & set(rows.contents_of(connection, [one.id])):
                plain = {"minor_possible": 0, "minor_cause": None, "queue": "adult", "updated_us": now_us}
                rows.set_work(connection, one.id, plain)

    def _left(self, connection: Connection, contents: Sequence[int]) -> set[int]:
        """Those that still stand in the bank of what may show somebody under 18."""
        facts = facts_within(connection, contents)
        return {one.content_id for one in facts.values() if self._is_under_18(one.bank) and one.is_live}

    def _move(self, connection: Connection, contents: Sequence[int], now_us: int) -> None:
        """What others than persons list goes out of the banks of adults too."""
        facts = facts_within(connection, contents).values()
        going = {
            one.content_id: one.bank
            for one in facts
            if one.is_live and one.polarity == "positive" and not self._is_under_18(one.bank)
        }
        if not going:
            return
        places = self.banks.move_within(connection, list(going), self.under_18, relist=True)
        rows.note_moves(connection, {places.get(one, one): bank for one, bank in going.items()}, now_us)
        self._rename(connection, places)

    def _rename(self, connection: Connection, places: dict[int, int]) -> None:
        for old, new in places.items():
            if old != new:
                rows.rename_content(connection, old, new)

    def _is_under_18(self, bank: str) -> bool:
        return bank.casefold() == self.under_18.casefold()

    def _cluster(self, connection: Connection, work: AnyRow) -> tuple[list[AnyRow], list[int]]:
        """All works that share a content with it, or with one that does, and all their contents."""
        works, contents, new = {work.id}, set[int](), {work.id}
        while new and len(works) < WORKS_MAX:
            more = set(rows.contents_of(connection, sorted(new))) - contents
            contents |= more
            new = rows.with_contents(connection, sorted(more)) - works
            works |= new
        return rows.works_by_id(connection, sorted(works)), sorted(contents)
