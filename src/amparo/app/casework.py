"""What the console's pages of cases stand on: casework, helpers' names. Decides nothing."""

from collections.abc import Sequence
from typing import Final

from amparo.access.staff_model import StaffPrincipal
from amparo.app.intake import receipts_of, secrets_of
from amparo.app.review import Reviewing, tips_of
from amparo.app.rooms import Rooms
from amparo.app.staff_keys import tips_key
from amparo.cases.casework import Casework
from amparo.cases.minors import Minors
from amparo.cases.service import Cases
from amparo.cases.settings import CasesSettings
from amparo.console.case_doors import CaseDoors, TipDoors
from amparo.review.seconds import Question
from amparo.sealing.keys import desk_recipient

TIP: Final = "tip:"
"""Begins what a question about a sealed tip is about."""


def casework_of(rooms: Rooms) -> Casework:
    """Casework over these rooms. The pepper is read when a receipt is made: the database of what persons send is not opened."""
    deployment = rooms.settings.deployment
    minors = Minors(rooms.banks, rooms.clock, rooms.settings.section(CasesSettings))
    return Casework(
        Cases(rooms.db, rooms.clock),
        minors,
        receipts=lambda: receipts_of(rooms.settings),
        desk=lambda: desk_recipient(secrets_of(deployment)),
    )


def case_doors(rooms: Rooms, room: Reviewing) -> CaseDoors:
    """What the pages of cases need."""
    work = casework_of(rooms)

    def helper(key_id: int) -> str:
        keys = rooms.access.keys()
        return next((f"{key.client} / {key.name}" for key in keys if key.id == key_id), str(key_id))

    def mark_minor(principal: StaffPrincipal, uid: str) -> None:
        card = room.queue.of_case(principal, uid)
        if card is not None:
            room.minors.set_minor(principal, card)
        else:
            work.mark_minor(uid, f"staff:{principal.id}")

    return CaseDoors(work, helper, room.queue.of_case, mark_minor)


def tip_doors(rooms: Rooms, room: Reviewing) -> TipDoors:
    """What the pages of sealed tips need."""
    seconds = room.seconds

    def ask(principal: StaffPrincipal, uid: str, reason: str) -> None:
        seconds.ask(principal, Question("open_tip", f"{TIP}{uid}", {"uid": uid}, "open", reason))

    def asked(uids: Sequence[str]) -> set[str]:
        found = seconds.waits_among("open_tip", [f"{TIP}{uid}" for uid in uids])
        return {subject.removeprefix(TIP) for subject in found}

    return TipDoors(tips_of(rooms), ready=tips_key(rooms), ask=ask, asked=asked)
