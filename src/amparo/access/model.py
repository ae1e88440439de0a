"""Roles and what each may do, as data. Reads no database."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args

from amparo.errors import BadInput, NotFound, Refused

Role = Literal["platform", "curator", "helper", "admin"]
Permission = Literal[
    "match",
    "events.read",
    "banks.read",
    "banks.write",
    "contents.read",
    "contents.write",
    "contents.export",
    "access.manage",
    "reports.write",
    "actions.read",
    "webhooks.manage",
]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
HELPER: Final[Role] = "helper"
"""Who enters on the portal for a caller."""

# The access matrix: what is not here is refused.
MATRIX: Final[dict[Role, frozenset[Permission]]] = {
    "platform": frozenset({"match", "events.read", "banks.read", "reports.write", "actions.read", "webhooks.manage"}),
    "curator": frozenset({"match", "events.read", "banks.read", "banks.write", "contents.read", "contents.write"}),
    "helper": frozenset(),  # opens the portal's page for helpers, and nothing here
    "admin": frozenset(get_args(Permission)),
}

NAME = re.compile(r"[^\W_][\w .@+-]{0,63}\Z")


@dataclass(frozen=True, slots=True)
class Client:
    """A platform, desk or tool of this deployment; every key belongs to one."""

    id: int
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Key:
    """An API key as it may be shown: the key itself is kept nowhere."""

    id: int
    name: str
    client: str
    role: Role
    bank_ids: tuple[int, ...] | None
    rate_per_s: int | None
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. bank_ids: the banks it is limited to, None for all."""

    key_id: int
    client_id: int
    client: str
    role: Role
    bank_ids: frozenset[int] | None = None
    rate_per_s: int | None = None

    def may(self, permission: Permission) -> None:
        """Raises: Refused (role) when the role does not hold ``permission``."""
        if permission not in MATRIX[self.role]:
            raise Refused(
                "role", f"a key of role {self.role} may not do this", "Ask an admin for a key of another role."
            )

    def sees_bank(self, bank_id: int) -> bool:
        """Whether the key reaches this bank at all."""
        return self.bank_ids is None or bank_id in self.bank_ids

    def check_bank(self, bank_id: int) -> None:
        """Raises: NotFound (unknown_bank), so that a limited key cannot learn which others exist."""
        if not self.sees_bank(bank_id):
            raise NotFound("unknown_bank", "there is no such bank", "List the banks this key may see.")


OPERATOR: Final = Principal(key_id=0, client_id=0, client="operator", role="admin")
"""The person at this machine's command line, who can read the files anyway; never reachable over a socket."""


def check_name(name: str, what: str) -> str:
    """``name`` trimmed. Raises: BadInput (bad_name): 1-64 letters, digits and ``space . @ + - _``, first a letter or digit."""
    name = name.strip()
    if not NAME.match(name):
        raise BadInput("bad_name", f"this is no name for a {what}", "1 to 64 letters, digits, spaces and . @ + - _")
    return name


def check_role(role: str) -> Role:
    """``role`` as one of ROLES. Raises: BadInput (unknown_role)."""
    for known in ROLES:
        if role == known:
            return known
    raise BadInput("unknown_role", "there is no such role", f"Roles: {', '.join(ROLES)}.")
