"""Staff as values: roles, what each may do, members, and who stands behind a session. Reads no database and checks no password."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, get_args

from amparo.errors import Refused

StaffRole = Literal["reviewer", "caseworker", "lead", "admin", "auditor"]
StaffPermission = Literal[
    "own",
    "work.read",
    "work.decide",
    "look",
    "second",
    "cases.read",
    "cases.write",
    "tips.open",
    "banks.read",
    "banks.propose",
    "banks.policy",
    "banks.export",
    "figures.read",
    "record.read",
    "webhooks.read",
    "webhooks.manage",
    "staff.manage",
    "settings.manage",
    "override",
]
STAFF_ROLES: Final[tuple[StaffRole, ...]] = get_args(StaffRole)
STAFF_PERMISSIONS: Final[tuple[StaffPermission, ...]] = get_args(StaffPermission)

_REVIEWER: Final[frozenset[StaffPermission]] = frozenset(
    {"own", "work.read", "work.decide", "look", "second", "banks.read", "banks.propose"}
)
_CASEWORKER: Final[frozenset[StaffPermission]] = frozenset(
    {"own", "work.read", "work.decide", "second", "cases.read", "cases.write", "figures.read"}
)
_LEAD: Final[frozenset[StaffPermission]] = frozenset(
    {"tips.open", "banks.policy", "banks.export", "record.read", "webhooks.read"}
)
STAFF_MATRIX: Final[dict[StaffRole, frozenset[StaffPermission]]] = {
    "reviewer": _REVIEWER,
    "caseworker": _CASEWORKER,
    "lead": _REVIEWER | _CASEWORKER | _LEAD,
    "admin": frozenset(STAFF_PERMISSIONS),
    "auditor": frozenset({"own", "figures.read", "record.read", "webhooks.read", "banks.read"}),
}
"""What each role may do; what does not stand here is refused."""


@dataclass(frozen=True, slots=True)
class StaffMember:
    """One of the staff. recipient: the age public key texts are sealed to, "" until signed up. carer_id: who sees their exposure beside themselves."""

    id: int
    name: str
    role: StaffRole
    recipient: str
    language: str
    carer_id: int | None
    created_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StaffPrincipal:
    """Who stands behind a session. session: the digest of its token. identity: the age secret opened at sign-in."""

    id: int
    name: str
    role: StaffRole
    language: str
    session: bytes = field(default=b"", repr=False)
    identity: str = field(default="", repr=False)

    def has(self, permission: StaffPermission) -> bool:
        """Whether the role has it."""
        return permission in STAFF_MATRIX[self.role]

    def may(self, permission: StaffPermission) -> None:
        """Raises: Refused (staff_role) where the role has not."""
        if not self.has(permission):
            raise Refused("staff_role", f"this needs {permission}, which {self.role} has not", "Ask an admin.")
