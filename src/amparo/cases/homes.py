"""Which bank what a person protects stands in, by her age; the banks are made when first needed and kept apart. Lists nothing itself."""

from dataclasses import dataclass
from typing import Final

from amparo.banks.model import Bank, BankPolicy
from amparo.banks.service import Banks
from amparo.cases import rows
from amparo.cases.settings import CasesSettings
from amparo.errors import Conflict, Misconfigured, NotFound
from amparo.intake.model import Age

ADULT: Final[Age] = "adult_stated"
NOT_ADULT: Final[Age] = "minor_possible"


@dataclass(frozen=True, slots=True)
class Homes:
    """The two banks of cases over one ledger."""

    banks: Banks
    settings: CasesSettings

    def of(self, age: Age) -> str:
        """The name of the bank for that age. Whoever may have been a child is never among the adults."""
        return self.settings.bank if age == ADULT else self.settings.bank_under_18

    def ready(self, age: Age) -> None:
        """Make the bank for that age where it is missing; before any transaction that lists in it.

        Raises: Misconfigured (banks_not_apart, bank_unfit), those of Banks.
        """
        name = self.of(age)
        bank = self._bank(name) or self._new_bank(name, self.settings.new_action if age == ADULT else "hide")
        self._check_apart(bank, age)
        if bank.polarity != "positive":
            raise Misconfigured(
                "bank_unfit",
                "the bank for what persons protect is a negative one: nothing in it would be found",
                "Name another in [cases], or rename it with `amparo bank set`.",
            )

    def _bank(self, name: str) -> Bank | None:
        try:
            return self.banks.bank(name)
        except NotFound:
            return None

    def _new_bank(self, name: str, action: str) -> Bank:
        try:
            return self.banks.new_bank(name, BankPolicy(action=action))
        except Conflict:  # somebody made it just now
            return self.banks.bank(name)

    def _check_apart(self, bank: Bank, age: Age) -> None:
        """That no bank holds both, whatever the settings say now or said before. Raises: Misconfigured (banks_not_apart)."""
        other = self._bank(self.settings.bank_under_18 if age == ADULT else self.settings.bank)
        with self.banks.db.read() as connection:
            ages = rows.ages_in(connection, bank.name)
        if (other is not None and other.id == bank.id) or any((one == ADULT) != (age == ADULT) for one in ages):
            raise Misconfigured(
                "banks_not_apart",
                "what shows a person under 18 and what shows adults would stand in one bank",
                "Name two banks in [cases], neither of which held the other's cases before.",
            )
