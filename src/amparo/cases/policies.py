"""How one of the staff makes a bank and changes its policy: what would turn a list around, or silence persons' cases, is refused; the rest is kept in the record.

The operator's command (`amparo bank`) is not held to this. Draws no page.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from amparo.access.staff_model import Doer, StaffPrincipal
from amparo.banks.changing import Changing, Turn
from amparo.banks.model import Bank, BankPolicy
from amparo.cases.settings import CasesSettings
from amparo.errors import Conflict


@dataclass(frozen=True, slots=True)
class Policies:
    """The verbs over one ledger."""

    changing: Changing
    settings: CasesSettings

    def new_bank(self, by: StaffPrincipal, name: str, polarity: str) -> Bank:
        """A new bank. Raises: Refused (staff_role), Conflict (bank_name_kept), those of ``Changing.new_bank``."""
        by.may("banks.policy")
        if self.is_of_cases(name):
            raise Conflict(
                "bank_name_kept",
                "this name is kept for the bank of persons' cases, which is made when it is first needed",
                "Choose another name.",
            )
        return self.changing.new_bank(Doer(by.id), name, BankPolicy(polarity=polarity))

    def change(self, by: StaffPrincipal, name: str, policy: BankPolicy) -> Bank:
        """Change what ``policy`` sets. What is as it was is not told in the record.

        Raises: Refused (staff_role), Conflict (polarity_fixed, case_bank), those of ``Changing.change``.
        """
        by.may("banks.policy")
        with self.changing.banks.db.write() as connection:
            before, bank = self.changing.change_within(connection, Doer(by.id), name, policy)
            self._check_turned(connection, before, bank)
            self._check_answers(before, bank)
            return bank

    def turn(self, by: StaffPrincipal, turn: Turn, bank: Bank, content_id: int) -> None:
        """Turn a content off or on, or release it. Raises: Refused (staff_role), those of ``Changing.turn``."""
        by.may("banks.policy")
        self.changing.turn(Doer(by.id), turn, bank, content_id)

    def is_of_cases(self, name: str) -> bool:
        """Whether persons' cases stand, or will stand, in the bank of that name."""
        return name.casefold() in {self.settings.bank.casefold(), self.settings.bank_under_18.casefold()}

    def _check_turned(self, connection: Connection, before: Bank, bank: Bank) -> None:
        """Raises: Conflict (polarity_fixed)."""
        if bank.polarity != before.polarity and self.changing.banks.count_within(connection, bank):
            raise Conflict(
                "polarity_fixed",
                "what a bank holds is looked for or is harmless for good, once it holds anything",
                "Make another bank for the other.",
            )

    def _check_answers(self, before: Bank, bank: Bank) -> None:
        """That a bank of persons' cases answers no less than before: what the operator set stays. Raises: Conflict (case_bank)."""
        if not self.is_of_cases(before.name):
            return
        is_turned = bank.polarity == "negative" and before.polarity == "positive"
        is_paused = bank.paused and not before.paused
        if is_turned or is_paused or bank.staged_share < before.staged_share:
            raise Conflict(
                "case_bank",
                "persons' cases stand in this bank: it goes on answering, for all items",
                "The operator can change it: `amparo bank set`.",
            )
