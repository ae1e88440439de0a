"""The ways in of a member: challenges and their answers, and how passkeys, passwords and codes are kept and open the own key. Begins no session.

Everything happens in the caller's transaction.
"""

import secrets
import threading
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection

from amparo.access import codes
from amparo.access import staff_rows as rows
from amparo.access.key_slots import Hashed, Slots
from amparo.access.passkeys import NewPasskey, Site, refused
from amparo.access.staff import Staff, digest_of
from amparo.access.staff_model import CEREMONY_US
from amparo.errors import BadInput, Conflict, Gone, Tampered
from amparo.sealing.age import Identity, identity_of
from amparo.store.db import AnyRow
from amparo.terms.clock import to_us

HASHING: Final = threading.BoundedSemaphore(2)
"""Passwords computed at the same time: each takes 64 MiB."""


@dataclass(frozen=True, slots=True)
class CodeAsked:
    """A new secret for one-time codes. address: as an app reads it. picture: the same as SVG."""

    token: str = field(repr=False)
    secret: str = field(repr=False)
    address: str = field(repr=False)
    picture: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways in over one ledger."""

    staff: Staff
    site: Site

    @property
    def _slots(self) -> Slots:
        return Slots(self.staff.secret)

    def _now_us(self) -> int:
        return to_us(self.staff.clock.now())

    def challenge(self, connection: Connection, purpose: str, about: bytes) -> tuple[str, bytes]:
        """A new challenge for that purpose: its token and itself. about: kept with it."""
        token, challenge = secrets.token_urlsafe(32), secrets.token_bytes(32)
        values = {"digest": digest_of(token), "purpose": purpose, "challenge": challenge, "about": about}
        rows.add_ceremony(connection, values | {"until_us": self._now_us() + CEREMONY_US})
        return token, challenge

    def answered(self, connection: Connection, token: str, purpose: str) -> AnyRow:
        """The challenge of that token, which is gone with this. Raises: Gone (page_too_old)."""
        row = rows.take_ceremony(connection, digest_of(token))
        if row is None or row.purpose != purpose or row.until_us <= self._now_us():
            raise too_old()
        return row

    def new_code(self, connection: Connection, name: str, purpose: str) -> CodeAsked:
        """A new secret for one-time codes, kept with a challenge until a code of it is typed."""
        secret = codes.new_secret()
        token, _ = self.challenge(connection, purpose, self._slots.of_machine("code").lock(secret.encode(), b"new"))
        return self._code(name, token, secret)

    def code_again(self, name: str, token: str, purpose: str) -> CodeAsked:
        """The secret that is asked for already. Raises: Gone (page_too_old)."""
        with self.staff.db.read() as connection:
            row = rows.ceremony(connection, digest_of(token))
        if row is None or row.purpose != purpose or row.until_us <= self._now_us():
            raise too_old()
        return self._code(name, token, self._slots.of_machine("code").open(row.about, b"new").decode())

    def _code(self, name: str, token: str, secret: str) -> CodeAsked:
        address = codes.address_of(secret, name, self.site.name)
        return CodeAsked(token, secret, address, codes.picture_of(address))

    def typed(self, connection: Connection, token: str, purpose: str, code: str) -> tuple[str, int]:
        """The new secret and the step of the code that was typed; a wrong code may be typed again."""
        row = self.answered(connection, token, purpose)
        secret = self._slots.of_machine("code").open(row.about, b"new").decode()
        step = codes.step_of(secret, code, self.staff.clock.now())
        if step is None:
            raise BadInput("bad_code", "this is not the code of now", "Type the six digits the app shows.")
        return secret, step

    def keep_passkey(
        self, connection: Connection, member_id: int, made: NewPasskey, identity: Identity, name: str = ""
    ) -> None:
        """Keep a passkey, and the own key locked under it. Raises: Conflict (passkey_known)."""
        if rows.passkey(connection, made.credential) is not None:
            raise Conflict("passkey_known", "this passkey is in use already", "Use another device or key.")
        values = {"staff_id": member_id, "credential": made.credential, "public_key": made.public_key, "name": name}
        used = {"sign_count": made.sign_count, "made_us": self._now_us()}
        passkey_id = rows.add_passkey(connection, values | used)
        self._keep_slot(connection, member_id, passkey_id, (made.credential, made.prf), identity)

    def _keep_slot(
        self, connection: Connection, member_id: int, passkey_id: int, key: tuple[bytes, bytes], identity: Identity
    ) -> None:
        credential, prf = key
        box = self._slots.by_prf(prf) if prf else self._slots.by_machine(credential)
        locked = box.lock(identity.secret.encode(), _about(member_id))
        how = "prf" if prf else "machine"
        rows.add_slot(connection, {"staff_id": member_id, "how": how, "passkey_id": passkey_id, "locked": locked})

    def keep_password(
        self, connection: Connection, member_id: int, password: tuple[Hashed, bytes], identity: Identity
    ) -> None:
        """Keep a password, hashed and with its salt, and the own key locked under it."""
        hashed, salt = password
        rows.set_member(connection, member_id, {"password_check": hashed.check, "password_salt": salt})
        rows.drop_slots(connection, member_id, "password")
        locked = self._slots.by_password(hashed).lock(identity.secret.encode(), _about(member_id))
        rows.add_slot(connection, {"staff_id": member_id, "how": "password", "passkey_id": None, "locked": locked})

    def keep_code(self, connection: Connection, member_id: int, secret: str, step: int) -> None:
        """Keep the secret of one-time codes. step: of the code that was typed, which counts no more."""
        locked = self._slots.of_machine("code").lock(secret.encode(), _about(member_id))
        rows.set_member(connection, member_id, {"totp_locked": locked, "totp_step": step})

    def opened_by_passkey(self, connection: Connection, key: AnyRow, prf: bytes) -> Identity:
        """The member's key. A slot of the machine's alone becomes the passkey's own as soon as that tells its secret."""
        about = _about(key.staff_id)
        own = [one for one in rows.slots(connection, key.staff_id) if one.passkey_id == key.id]
        if not own:
            raise refused()
        slot = own[0]
        if slot.how == "prf" and not prf:
            raise BadInput("bad_prf", "the passkey did not tell its secret", "Use the browser you signed up with.")
        box = self._slots.by_prf(prf) if slot.how == "prf" else self._slots.by_machine(key.credential)
        try:
            identity = identity_of(box.open(slot.locked, about).decode())
        except Tampered:
            raise refused() from None
        if slot.how == "machine" and prf:
            rows.drop_slot(connection, slot.id)
            self._keep_slot(connection, key.staff_id, key.id, (key.credential, prf), identity)
        return identity

    def opened_by_password(
        self, connection: Connection, row: AnyRow | None, hashed: Hashed, code: str
    ) -> Identity | None:
        """The own key, None where name, password or code is wrong; the code counts no more."""
        if row is None or row.ended_us is not None or row.password_check is None or row.totp_locked is None:
            return None
        if not secrets.compare_digest(row.password_check, hashed.check):
            return None
        try:
            secret = self._slots.of_machine("code").open(row.totp_locked, _about(row.id)).decode()
            step = codes.step_of(secret, code, self.staff.clock.now())
            slot = next(one for one in rows.slots(connection, row.id) if one.how == "password")
            identity = identity_of(self._slots.by_password(hashed).open(slot.locked, _about(row.id)).decode())
        except (Tampered, StopIteration):
            return None
        return identity if step is not None and rows.take_totp_step(connection, row.id, step) else None

    def hashed(self, password: str, salt: bytes) -> Hashed:
        """What a password comes to; two at a time."""
        with HASHING:
            return self._slots.hashed(password, salt)


def too_old() -> Gone:
    """The error for a challenge that is over."""
    return Gone("page_too_old", "this page waited too long, or was answered already", "Open it anew.")


def _about(member_id: int) -> bytes:
    return f"member {member_id}".encode()
