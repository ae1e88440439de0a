"""Banks and contents that somebody changes: each is kept in the record with who did it and what was before, in one step with what is done.

Judges nobody: what a role or key may do, the rooms above ask.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from sqlalchemy import Connection

from amparo.access.model import OPERATOR, Principal
from amparo.access.record import StaffRecord
from amparo.access.staff_model import Changed, Doer
from amparo.banks.model import DISABLED, Bank, BankPolicy
from amparo.banks.service import Banks

Turn = Literal["content_off", "content_on", "content_released"]
TURNS: Final[Mapping[Turn, dict[str, object]]] = {
    "content_off": {"disable_until_us": DISABLED},
    "content_on": {"disable_until_us": None},
    "content_released": {"flooded_us": None},
}
"""What is set on a content, by the record's name for it."""


def doer_of(principal: Principal) -> Doer:
    """A key of the API, or the operator at the command line, as the record names who did something."""
    return Doer() if principal == OPERATOR else Doer(client=principal.client)


@dataclass(frozen=True, slots=True)
class Changing:
    """The verbs over one ledger. Each raises what the same verb of Banks does."""

    banks: Banks
    record: StaffRecord

    def new_bank(self, by: Doer, name: str, policy: BankPolicy) -> Bank:
        """As ``Banks.new_bank``."""
        with self.banks.db.write() as connection:
            bank = self.banks.new_bank_within(connection, name, policy)
            self.record.note_bank(connection, "bank_made", by, bank.name, _changed(_usual(bank), bank))
            return bank

    def change(self, by: Doer, name: str, policy: BankPolicy) -> Bank:
        """As ``Banks.set_policy``."""
        with self.banks.db.write() as connection:
            return self.change_within(connection, by, name, policy)[1]

    def change_within(self, connection: Connection, by: Doer, name: str, policy: BankPolicy) -> tuple[Bank, Bank]:
        """As ``change``, in the durable transaction of a room above: the bank before and after. What is as it was is not told."""
        before = self.banks.bank_within(connection, name)
        after = self.banks.set_policy_within(connection, name, policy)
        changed = _changed(before, after)
        if changed:
            self.record.note_bank(connection, "bank_changed", by, after.name, changed)
        return before, after

    def delete(self, by: Doer, name: str) -> None:
        """As ``Banks.delete_bank``."""
        with self.banks.db.write() as connection:
            bank = self.banks.bank_within(connection, name)
            self.banks.delete_bank_within(connection, name)
            self.record.note_bank(connection, "bank_deleted", by, bank.name, ())

    def turn(self, by: Doer, turn: Turn, bank: Bank, content_id: int) -> None:
        """As ``Banks.annotate``, of what TURNS says."""
        with self.banks.db.write() as connection:
            self.banks.annotate_within(connection, bank, content_id, TURNS[turn])
            self.record.note_bank(connection, turn, by, f"{bank.name} {content_id}", ())

    def withdraw(self, by: Doer, bank: Bank, content_id: int) -> None:
        """As ``Banks.withdraw``, of a content of that bank."""
        with self.banks.db.write() as connection:
            self.record.note_bank(connection, "content_withdrawn", by, f"{bank.name} {content_id}", ())
            self.banks.withdraw_within(connection, [content_id])


def _changed(before: Bank, after: Bank) -> tuple[Changed, ...]:
    """What differs in force, by the names the API has for it, thresholds by kind as ``thresholds.pdq``."""
    old, new = _told(before, after), _told(after, before)
    return tuple(Changed(name, old[name], new[name]) for name in old if old[name] != new[name])


def _told(bank: Bank, other: Bank) -> Mapping[str, str]:
    """All of the policy as text. other: with the kinds of both, so that the two compare."""
    kinds = sorted({*bank.thresholds, *other.thresholds})
    own = {
        "name": bank.name,
        "polarity": bank.polarity,
        "action": bank.action,
        "paused": "yes" if bank.paused else "no",
    }
    bits = {f"thresholds.{kind}": str(bank.threshold_bits(kind)) for kind in kinds}
    return {**own, "staged_share": f"{bank.staged_share:.12g}", **bits}


def _usual(bank: Bank) -> Bank:
    """It as it would be had nothing been chosen for it but its name and what it holds."""
    return replace(bank, thresholds={}, action="review", paused=False, staged_share=1.0)
