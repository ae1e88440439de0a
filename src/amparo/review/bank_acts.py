"""What staff do to a bank's list: enter and take away with a second person, withdraw alone what is no person's case. Draws no page.

A bank of what may show somebody under 18 takes no entry by staff, and what a person's case lists is withdrawn by her alone.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection

from amparo.access.staff_model import Doer, StaffPrincipal
from amparo.banks.changing import Changing
from amparo.banks.desk import BankDesk
from amparo.banks.model import Bank, Content, Listing, check_listing
from amparo.banks.service import Banks
from amparo.cases.model import origin_of
from amparo.cases.settings import CasesSettings
from amparo.errors import BadInput, Refused
from amparo.hashing import parse_signal, value_of
from amparo.review.model import SecondKind
from amparo.review.seconds import Both, Question
from amparo.terms.signal import Signal

ORIGIN: Final = "desk"
"""In whose name staff list."""
CASE_ORIGIN: Final = origin_of("")
"""How the origin of what persons' cases list begins."""


ENTRY_KEY: Final = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Entry:
    """What is said of an entry. key: names this one; note: stays with it; reason: why. client, item_id: of which item at whose platform it is, if any."""

    key: str
    note: str
    reason: str
    client: str = ""
    item_id: str = ""


IsNear: TypeAlias = Callable[[Sequence[Signal]], bool]
"""Whether one of these signals is near what may show somebody under 18 (late_minor.LateMinor.is_near)."""


@dataclass(frozen=True, slots=True)
class BankActs:
    """The verbs. ask: puts a question to a second person (`review.seconds`)."""

    changing: Changing
    settings: CasesSettings
    ask: Callable[[StaffPrincipal, Question], int]
    is_near_minor: IsNear

    def ask_entry(self, by: StaffPrincipal, bank: Bank, signals: Sequence[Signal], entry: Entry) -> int:
        """Ask that these signals of one picture be listed. The number of the question.

        Raises: Refused (under_18_bank, under_18_near), BadInput (bad_reason, bad_decision), TooLarge (too_many_hits), those of check_listing.
        """
        note = entry.note
        if not ENTRY_KEY.fullmatch(entry.key):
            raise BadInput("bad_decision", "an entry needs its key", "Load the page anew.")
        check_entry(bank, self.settings)
        check_listing(Listing(tuple(signals), note=note or None))
        check_near(signals, self.is_near_minor)
        told = [{"kind": one.kind, "value": value_of(one), "quality": one.quality} for one in signals]
        payload = {"bank": bank.name, "number": len(told), "signals": told, "note": note}
        if entry.item_id:
            payload |= {"client": entry.client, "item_id": entry.item_id}
        return self.ask(by, Question("bank_entry", f"entry:{entry.key}", payload, "yes", entry.reason, is_once=True))

    def ask_export(self, by: StaffPrincipal, bank: Bank, reason: str) -> int:
        """Ask for leave to take the bank's list away. Raises: BadInput (bad_reason)."""
        return self.ask(by, Question("export", f"export:{bank.id}:{by.id}", {"bank": bank.name}, "yes", reason))

    def withdraw(self, by: StaffPrincipal, bank: Bank, content: Content) -> None:
        """Withdraw what another origin lists; it is final. Raises: Refused (staff_role, case_content)."""
        by.may("banks.policy")
        if content.origin.startswith(CASE_ORIGIN):
            raise Refused(
                "case_content",
                "what a person's case lists is withdrawn by her alone",
                "Pause the content, or write to her.",
            )
        self.changing.withdraw(Doer(by.id), bank, content.id)


def check_entry(bank: Bank, settings: CasesSettings) -> None:
    """Raises: Refused (under_18_bank)."""
    if bank.name.casefold() == settings.bank_under_18.casefold():
        raise Refused(
            "under_18_bank",
            "staff enter nothing into the bank of what may show somebody under 18",
            "Use the route of the place.",
        )


def check_near(signals: Sequence[Signal], is_near_minor: IsNear) -> None:
    """That none of it is near what may show somebody under 18. Raises: Refused (under_18_near), TooLarge (too_many_hits)."""
    if is_near_minor(signals):
        raise Refused(
            "under_18_near",
            "what may show somebody under 18 is near this: it is listed in no bank of adults",
            "Use the route of the place.",
        )


def checks(is_near_minor: IsNear) -> Mapping[SecondKind, Callable[[Mapping[str, Any]], None]]:
    """What is asked of a payload once more, before the second answer does something, by kind. Raises: as ``check_near``."""
    return {"bank_entry": lambda payload: check_near(_signals(payload), is_near_minor)}


def _signals(payload: Mapping[str, Any]) -> tuple[Signal, ...]:
    return tuple(replace(parse_signal(one["kind"], one["value"]), quality=one["quality"]) for one in payload["signals"])


def executors(
    banks: Banks, settings: CasesSettings
) -> Mapping[SecondKind, Callable[[Connection, Mapping[str, Any], Both], None]]:
    """What happens when two agreed, by kind, in the transaction of the second answer."""

    def enter(connection: Connection, payload: Mapping[str, Any], both: Both) -> None:
        bank = banks.bank_within(connection, payload["bank"])
        check_entry(bank, settings)
        item = {name: payload[name] for name in ("client", "item_id") if name in payload}
        metadata = json.dumps(item) if item else None
        listing = Listing(_signals(payload), f"second:{both.id}", payload["note"] or None, metadata)
        banks.list_within(connection, bank.name, ORIGIN, [listing])

    def allow(connection: Connection, payload: Mapping[str, Any], both: Both) -> None:
        BankDesk(banks).allow_export_within(connection, payload["bank"], both.first_id, both.second.id)

    return {"bank_entry": enter, "export": allow}
