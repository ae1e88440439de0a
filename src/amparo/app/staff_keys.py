"""Hands keys to staff where no page does: the tips key once somebody may open tips, a renewed desk key to who held the one before. Reads no text."""

from collections.abc import Callable

from amparo.access.staff_model import STAFF_MATRIX, StaffPrincipal
from amparo.app.intake import secrets_of
from amparo.app.rooms import Rooms
from amparo.app.staff import staff_of
from amparo.sealing.age import Identity
from amparo.sealing.keys import make_tips_key, tips_recipient


def tips_key(rooms: Rooms) -> Callable[[StaffPrincipal], None]:
    """Makes the tips key where there is none and who asks may open tips: it is handed to all who may, then published."""
    folder, staff = secrets_of(rooms.settings.deployment), staff_of(rooms)

    def keep(made: Identity) -> None:
        may = [
            one.id
            for one in staff.members()
            if one.recipient and not one.ended_at and "tips.open" in STAFF_MATRIX[one.role]
        ]
        with rooms.db.write() as connection:
            for member_id in may:
                staff.grant(connection, "tips", [made], member_id)

    def ready(principal: StaffPrincipal) -> None:
        if principal.has("tips.open") and principal.identity and not tips_recipient(folder):
            make_tips_key(folder, keep)

    return ready


def hand_on(rooms: Rooms, made: Identity) -> int:
    """Hand a renewed desk key to those who hold one now; to how many."""
    staff = staff_of(rooms)
    live = {one.id for one in staff.members() if not one.ended_at and one.recipient}
    holders = sorted(live & set(staff.holders("desk")))
    with rooms.db.write() as connection:
        for member_id in holders:
            staff.grant(connection, "desk", [made], member_id)
    return len(holders)
