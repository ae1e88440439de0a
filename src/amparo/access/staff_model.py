"""Staff as values: roles, what each may do, members, and who stands behind a session. Reads no database and checks no password."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, get_args

from amparo.errors import BadInput, Refused

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


KeyName = Literal["desk", "tips"]
KEY_PERMISSIONS: Final[dict[KeyName, StaffPermission]] = {"desk": "cases.read", "tips": "tips.open"}
"""Whose role may hold which key: the desk's opens what persons in cases wrote, the tips' what names a child."""
SignedInBy = Literal["passkey", "password"]
MINUTE_US: Final = 60_000_000
INVITE_US: Final = 60 * MINUTE_US
"""How long an invitation can be used."""
CEREMONY_US: Final = 10 * MINUTE_US
"""How long a challenge can be answered."""
FRESH_US: Final = 5 * MINUTE_US
"""How long after signing in one may change what signs one in: who finds a session open cannot keep the account."""
ATTEMPTS_US: Final = 15 * MINUTE_US
ATTEMPTS_NAME_MAX: Final = 10
"""Passwords and codes that may fail for one name in a quarter of an hour; a passkey is not held up by them.

As many passphrases one of the staff may try of a key."""
ATTEMPTS_NETWORK_MAX: Final = 30
"""The same from one network."""
BEGUN_NETWORK_MAX: Final = 120
"""Sign-ins by passkey one network may begin in a quarter of an hour: each keeps a challenge for a while."""


@dataclass(frozen=True, slots=True)
class SessionTimes:
    """How long sessions last. idle_us: unused. most_us: at all."""

    idle_us: int = 30 * MINUTE_US
    most_us: int = 12 * 60 * MINUTE_US


@dataclass(frozen=True, slots=True)
class Invited:
    """What an invitation is for. name: who it is for, "" where they choose. member_id: of one who begins anew.

    handle: names it on a page, and opens nothing. until: its last moment.
    """

    role: StaffRole
    name: str
    member_id: int | None
    handle: str
    until: datetime


@dataclass(frozen=True, slots=True)
class StaffSession:
    """One session of a member. digest: names it. is_own: the one that asks."""

    digest: bytes = field(repr=False)
    how: SignedInBy
    began_at: datetime
    seen_at: datetime
    is_own: bool


@dataclass(frozen=True, slots=True)
class Passkey:
    """One passkey of a member. has_own_secret: it alone opens their key; else this machine's files do too."""

    id: int
    name: str
    made_at: datetime
    used_at: datetime | None
    has_own_secret: bool


@dataclass(frozen=True, slots=True)
class ReadMade:
    """That somebody read a case or searched: what, never the words searched for."""

    id: int
    by: str
    at: datetime
    what: str
    subject: str


StaffChangeName = Literal[
    "invited",
    "link_made",
    "link_taken_back",
    "signed_up",
    "began_anew",
    "role_changed",
    "signed_out",
    "ended",
    "key_handed_over",
    "key_opened",
    "bank_made",
    "bank_changed",
    "bank_deleted",
    "content_off",
    "content_on",
    "content_released",
    "content_withdrawn",
]
"""signed_up, began_anew: a link was used; by: who had made it."""
ChangeSubject = Literal["accounts", "banks", "contents"]
_OF_BANKS: Final[frozenset[StaffChangeName]] = frozenset({"bank_made", "bank_changed", "bank_deleted"})
_OF_CONTENTS: Final[frozenset[StaffChangeName]] = frozenset(
    {"content_off", "content_on", "content_released", "content_withdrawn"}
)
BANK_CHANGES: Final = _OF_BANKS | _OF_CONTENTS
"""Those done to a bank or to one of its contents, and to nobody's account."""
CHANGES_OF: Final[Mapping[ChangeSubject, frozenset[StaffChangeName]]] = {
    "accounts": frozenset(get_args(StaffChangeName)) - BANK_CHANGES,
    "banks": _OF_BANKS,
    "contents": _OF_CONTENTS,
}
DoerKind = Literal["staff", "key", "command"]


@dataclass(frozen=True, slots=True)
class ChangeFilter:
    """Which changes: done to what, by whom (command: the command line); None leaves all."""

    of: ChangeSubject | None = None
    by: DoerKind | None = None


@dataclass(frozen=True, slots=True)
class Doer:
    """Who did something: one of the staff, or a key of a client; neither at the command line."""

    staff_id: int | None = None
    client: str = ""


@dataclass(frozen=True, slots=True)
class Changed:
    """One setting of a bank's policy, by the API's name for it (``thresholds.KIND`` for a threshold in bits), as it was and as it is."""

    setting: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class StaffChange:
    """What was done to an account or a bank. by: "" for the command line and for a client's key. client: whose key, else "".

    member: whose account, "" where there is none (yet). detail: a role or a key's name; the bank's name where it was done to a bank, and the number of the content after it.
    changed: of the bank's policy; () also where it was kept before this was told.
    """

    id: int
    at: datetime
    what: StaffChangeName
    by: str
    client: str
    member: str
    detail: str
    changed: tuple[Changed, ...] = ()


def check_staff_role(role: str) -> StaffRole:
    """``role`` as one of STAFF_ROLES. Raises: BadInput (unknown_staff_role)."""
    for known in STAFF_ROLES:
        if role == known:
            return known
    raise BadInput("unknown_staff_role", "there is no such role of staff", f"Roles: {', '.join(STAFF_ROLES)}.")


def roles_with(permission: StaffPermission) -> list[StaffRole]:
    """The roles that have it."""
    return [role for role in STAFF_ROLES if permission in STAFF_MATRIX[role]]
