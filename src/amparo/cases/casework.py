"""What staff do with a case on its page: find it, read it, answer, make a new receipt. Each keeps to what the person agreed to.

Sealed tips are none of it: they have a page of their own (tips.py). Who of the staff may is the doors' to say.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from amparo.cases import reading_rows
from amparo.cases.minors import Minors
from amparo.cases.model import CaseFilter, CaseRecord, Summary, may_answer
from amparo.cases.records import summary_of
from amparo.cases.service import PAGE_MAX, Cases
from amparo.cases.words import sealed_again
from amparo.errors import BadInput, NotFound, Refused
from amparo.intake.receipts import Receipts
from amparo.intake.texts import bounded
from amparo.sealing.age import Identity
from amparo.sealing.proof import signer_of
from amparo.terms.clock import to_us


@dataclass(frozen=True, slots=True)
class Casework:
    """The verbs over one ledger. receipts: makes numbers; raises where their secret is missing. desk: to whom is sealed now."""

    cases: Cases
    minors: Minors
    receipts: Callable[[], Receipts]
    desk: Callable[[], str]

    def found(self, wanted: CaseFilter, before: int | None, limit: int) -> list[Summary]:
        """Up to ``limit`` (at most PAGE_MAX) cases and tips with numbers under ``before``, newest first; sealed tips stand in no list."""
        with self.cases.db.read() as connection:
            rows = reading_rows.cases_like(connection, wanted, before, min(limit, PAGE_MAX))
            states = reading_rows.states_of(connection, [row.id for row in rows])
            return [summary_of(row, states.get(row.id, {})) for row in rows]

    def case(self, uid: str) -> CaseRecord:
        """All of one case or tip. Raises: NotFound (unknown_case), also for a sealed tip."""
        record = self.cases.case(uid)
        if record.summary.uid != uid or record.summary.is_sealed_tip:
            raise NotFound("unknown_case", "there is no such case", "Open the list of cases.")
        return record

    def reply(self, uid: str, text: str, by: str) -> str:
        """Leave her a message; its uid. by: as ``staff:7``, kept in the timeline.

        Raises: NotFound (unknown_case), Refused (no_consent) where she neither agreed that the team reads and answers nor wrote to
        it, BadInput (bad_text), TooLarge (text_too_long).
        """
        words, record = bounded(text), self.case(uid)
        if not may_answer(record):
            raise Refused("no_consent", "she did not agree to be answered, and wrote nothing", "Wait until she writes.")
        return self.cases.reply(uid, words, self.desk(), by)

    def renew(self, uid: str, number: int, keys: Sequence[Identity], by: str) -> str:
        """A new receipt; its digits, which are kept nowhere: show them once. The one before opens nothing once it is shown.

        number: which one it is to be, as ``record.receipts + 1`` when the page was made. keys: the reader's desk keys, by which what
        the desk wrote is sealed anew to her; without any it stays closed to her.
        Raises: NotFound (unknown_case), BadInput (receipt_overtaken), Misconfigured (secret_missing), Unavailable (busy).
        """
        record, desk = self.case(uid), self.desk()
        if number != record.receipts + 1:
            raise BadInput("receipt_overtaken", "another receipt was made just now", "Make one once more.")
        new = self.receipts().new(uid, number, to_us(self.cases.clock.now()))
        again = sealed_again(record, keys, [new.receipt.recipient, desk])
        self.cases.new_receipt(uid, new.receipt, signer_of(new.identity.secret), by)
        self.cases.replace_messages(uid, again)
        return new.digits

    def mark_minor(self, uid: str, by: str) -> None:
        """It may show somebody under 18: all it lists moves at once; for a case that has no work of its own.

        Raises: NotFound (unknown_case), Misconfigured (banks_not_apart, bank_unfit).
        """
        self.case(uid)
        self.minors.prepare()
        with self.cases.db.write() as connection:
            self.minors.mark_case_minor_within(connection, uid, by)
