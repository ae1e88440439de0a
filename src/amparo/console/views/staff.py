"""The page of the staff: who there is, invitations, roles, keys, the end of an account. Decides nothing itself."""

from collections.abc import Callable
from typing import Final

from starlette.responses import Response

from amparo.access.staff_model import KEY_PERMISSIONS, STAFF_MATRIX, STAFF_ROLES, KeyName, StaffMember
from amparo.console.door import Door
from amparo.console.visit import Visit
from amparo.errors import AmparoError, BadInput

HERE: Final = "/staff"


def listed(visit: Visit, error: AmparoError | None = None, link: str = "") -> Response:
    """The page. link: of an invitation that was made just now; it is shown this once."""
    staff, me = visit.doors.staff, visit.staff
    held = {name: staff.holders(name) for name in KEY_PERMISSIONS}
    mine = {name for name in KEY_PERMISSIONS if me.id in held[name]}
    return visit.page(
        "staff",
        error,
        members=staff.members(),
        roles=STAFF_ROLES,
        invitations=staff.invitations.open(),
        link=link,
        holds=lambda member, key: member.id in held[key],
        may_get=lambda member, key: key in mine and _lacks(member, key, held[key]),
    )


def invite(visit: Visit) -> Response:
    """A new link, or one taken back."""
    try:
        if visit.form.act == "take-back":
            visit.doors.staff.invitations.take_back(visit.staff, visit.form.one("link"))
            return visit.see(HERE, "saved")
        token = visit.doors.staff.invite(visit.form.one("role"), visit.form.one("name"), by=visit.staff)
    except AmparoError as error:
        return listed(visit, error)
    return listed(visit, link=_link(visit, token))


def change(visit: Visit) -> Response:
    """One button beside one of the staff."""
    member_id = visit.number("id")
    try:
        act = ACTS.get(visit.form.act)
        if act is None:
            raise BadInput("no_answer", "none of the page's buttons was pressed", "Use a button of the page.")
        link = act(visit, member_id)
    except AmparoError as error:
        return listed(visit, error)
    return listed(visit, link=link) if link else visit.see(HERE, "saved")


def _lacks(member: StaffMember, key: KeyName, holders: dict[int, set[str]]) -> bool:
    may = KEY_PERMISSIONS[key] in STAFF_MATRIX[member.role]
    return may and member.ended_at is None and bool(member.recipient) and member.id not in holders


def _link(visit: Visit, token: str) -> str:
    return f"{visit.doors.signing.site.origin}/sign-up/{token}"


def _role(visit: Visit, member_id: int) -> str:
    visit.doors.staff.set_role(visit.staff, member_id, visit.form.one("role"))
    return ""


def _end(visit: Visit, member_id: int) -> str:
    visit.doors.staff.end_member(visit.staff, member_id)
    return ""


def _sign_out(visit: Visit, member_id: int) -> str:
    visit.doors.staff.end_sessions(visit.staff, member_id)
    return ""


def _anew(visit: Visit, member_id: int) -> str:
    return _link(visit, visit.doors.staff.restart(member_id, by=visit.staff))


def _hand_over(key: KeyName) -> Callable[[Visit, int], str]:
    def hand_over(visit: Visit, member_id: int) -> str:
        """The key, to that member."""
        visit.doors.staff.hand_over(visit.staff, key, member_id)
        return ""

    return hand_over


ACTS: Final[dict[str, Callable[[Visit, int], str]]] = {
    "role": _role,
    "end": _end,
    "sign-out": _sign_out,
    "link": _anew,
    "give-desk": _hand_over("desk"),
    "give-tips": _hand_over("tips"),
}
DOORS: Final = (
    Door("GET", HERE, "staff.manage", listed),
    Door("POST", HERE, "staff.manage", invite),
    Door("POST", "/staff/{id}", "staff.manage", change),
)
