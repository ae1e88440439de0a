"""How a member's age key is locked: by a passkey's own secret, by a password, or by this machine's secret alone. Keeps nothing.

Every way takes the console secret in, which lies outside the database: who has the database alone opens no slot, however
short a password was. Source: HKDF-SHA256 (RFC 5869), Argon2id (RFC 9106), the PRF extension (WebAuthn Level 3, section 10.1.4).
"""

import os
from dataclasses import dataclass, field
from typing import Final, Literal

from argon2.low_level import Type, hash_secret_raw

from amparo.errors import BadInput
from amparo.sealing.box import Box, derived_key

How = Literal["prf", "password", "machine"]
"""prf: only the passkey opens it. password: only the password. machine: whoever has this machine's files (a passkey without PRF)."""

PASSWORD_CHARS_MIN: Final = 12
PASSWORD_CHARS_MAX: Final = 256
PRF_BYTES: Final = 32
SALT_BYTES: Final = 16
_TIME, _MEMORY_KIB, _LANES, _HALF = 3, 64 * 1024, 1, 32


@dataclass(frozen=True, slots=True)
class Hashed:
    """What a password came to. check: stored. key: opens the slot, and is stored nowhere."""

    check: bytes = field(repr=False)
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Slots:
    """Locks and opens. secret: the console secret, 32 bytes or more."""

    secret: bytes = field(repr=False)

    def by_prf(self, prf: bytes) -> Box:
        """The box of a passkey that gave ``prf``. Raises: BadInput (bad_prf)."""
        if len(prf) != PRF_BYTES:
            raise BadInput("bad_prf", "the passkey's secret is not 32 bytes long", "Sign in once more.")
        return Box(derived_key(prf + self.secret, "slot prf"))

    def by_machine(self, credential: bytes) -> Box:
        """The box of a passkey that has no secret of its own."""
        return Box(derived_key(self.secret + credential, "slot machine"))

    def by_password(self, hashed: Hashed) -> Box:
        """The box of a password."""
        return Box(derived_key(hashed.key + self.secret, "slot password"))

    def hashed(self, password: str, salt: bytes) -> Hashed:
        """About 0.15 s and 64 MiB."""
        both = hash_secret_raw(
            password.encode("utf-8", "surrogatepass"), salt, _TIME, _MEMORY_KIB, _LANES, 2 * _HALF, Type.ID
        )
        return Hashed(derived_key(both[:_HALF] + self.secret, "password check"), both[_HALF:])

    def of_machine(self, what: str) -> Box:
        """The box of something that this machine alone keeps, as the secret of one-time codes."""
        return Box(derived_key(self.secret, what))


def new_salt() -> bytes:
    """A salt, drawn by chance."""
    return os.urandom(SALT_BYTES)


def check_password(password: str) -> str:
    """``password``. Raises: BadInput (bad_password)."""
    if not PASSWORD_CHARS_MIN <= len(password) <= PASSWORD_CHARS_MAX:
        raise BadInput(
            "bad_password",
            f"a password has {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} characters",
            "Take four words or more.",
        )
    return password
