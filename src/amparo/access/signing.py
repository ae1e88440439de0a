"""Signing up and signing in: by passkey, or by password and one-time code. Each ends in a session. Knows no page.

A challenge is kept until it is answered, once. Every sign-in that fails has one answer. Names and networks have few tries.
"""

import hashlib
import secrets
import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from amparo.access import codes, passkeys
from amparo.access import staff_rows as rows
from amparo.access.key_slots import Hashed, Slots, check_password, new_salt
from amparo.access.model import check_name
from amparo.access.passkeys import NewPasskey, Site, refused
from amparo.access.staff import Staff, digest_of
from amparo.access.staff_model import (
    ATTEMPTS_NAME_MAX,
    ATTEMPTS_NETWORK_MAX,
    ATTEMPTS_US,
    BEGUN_NETWORK_MAX,
    CEREMONY_US,
    Passkey,
    StaffPrincipal,
)
from amparo.errors import BadInput, Conflict, Gone, LimitReached, NotFound, Tampered
from amparo.sealing.age import Identity, identity_of, new_identity
from amparo.store.db import AnyRow
from amparo.terms.clock import from_us, to_us

HANDLE_BYTES: Final = 32
NO_SALT: Final = bytes(16)
"""For names nobody has: they cost what others cost."""
SIGN_UP_CODE: Final = "sign-up code"
HASHING: Final = threading.BoundedSemaphore(2)
"""Passwords computed at the same time: each takes 64 MiB."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a browser is asked. token: names the challenge, and comes back with the answer."""

    token: str = field(repr=False)
    options: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CodeAsked:
    """A new secret for one-time codes. address: as an app reads it. picture: the same as SVG."""

    token: str = field(repr=False)
    secret: str = field(repr=False)
    address: str = field(repr=False)
    picture: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who signs up. link: the token of the invitation. name: chosen, where the invitation has none."""

    link: str = field(repr=False)
    name: str
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Signing:
    """The verbs over one ledger."""

    staff: Staff
    site: Site

    # --- signing up

    def begin_passkey(self, newcomer: Newcomer) -> Asked:
        """Options for making a passkey. Raises: Gone (invite_over), BadInput (bad_name), Conflict (member_taken)."""
        handle = secrets.token_bytes(HANDLE_BYTES)
        with self.staff.db.write() as connection:
            name = self._name(connection, newcomer)
            token, challenge = self._challenge(connection, "sign-up", handle)
        return Asked(token, passkeys.making(self.site, name, handle, challenge, ()))

    def finish_passkey(self, newcomer: Newcomer, token: str, answer: dict[str, Any]) -> str:
        """The session of the new member. Raises: as ``begin_passkey``, and BadInput (bad_passkey, bad_prf), Gone (page_too_old)."""
        with self.staff.db.write() as connection:
            row = self._answered(connection, token, "sign-up")
            made = passkeys.made(self.site, row.challenge, answer)
            identity = new_identity()
            member_id = self._enter(connection, newcomer, identity, {"handle": row.about})
            self._keep_passkey(connection, member_id, made, identity)
            return self.staff.begin_session(connection, member_id, identity.secret, "passkey")

    def begin_code(self, newcomer: Newcomer) -> CodeAsked:
        """A secret for one-time codes, kept until the first code is typed. Raises: as ``begin_passkey``."""
        with self.staff.db.write() as connection:
            return self._new_code(connection, self._name(connection, newcomer), SIGN_UP_CODE)

    def code_again(self, newcomer: Newcomer, token: str) -> CodeAsked:
        """The secret that is asked for already, for a page that is shown again. Raises: Gone (page_too_old)."""
        return self._code_again(newcomer.name, token, SIGN_UP_CODE)

    def finish_password(self, newcomer: Newcomer, token: str, password: str, code: str) -> str:
        """The session of the new member. Raises: as ``begin_passkey``, and BadInput (bad_password, bad_code), Gone (page_too_old)."""
        salt = new_salt()
        hashed = self._hashed(check_password(password), salt)
        with self.staff.db.write() as connection:
            secret, step = self._typed(connection, token, SIGN_UP_CODE, code)
            identity, handle = new_identity(), secrets.token_bytes(HANDLE_BYTES)
            member_id = self._enter(connection, newcomer, identity, {"handle": handle})
            self._keep_password(connection, member_id, (hashed, salt), identity)
            self._keep_code(connection, member_id, secret, step)
            return self.staff.begin_session(connection, member_id, identity.secret, "password")

    # --- signing in

    def begin_sign_in(self, network: bytes) -> Asked:
        """Options for showing a passkey. network: stands for where it comes from. Raises: LimitReached (sign_in_tries)."""
        about = _digest("begun", network)
        with self.staff.db.write() as connection:
            self.staff.forget(connection)
            self._check_tries(connection, {about: BEGUN_NETWORK_MAX})
            rows.add_attempt(connection, about, self._now_us())
            token, challenge = self._challenge(connection, "sign-in", b"")
        return Asked(token, passkeys.showing(self.site, challenge))

    def finish_sign_in(self, token: str, answer: dict[str, Any]) -> str:
        """A session. Raises: Unauthenticated (bad_sign_in), Gone (page_too_old)."""
        with self.staff.db.write() as connection:
            asked = self._answered(connection, token, "sign-in")
            shown = passkeys.claimed(answer)
            key = rows.passkey(connection, shown.credential)
            row = None if key is None else rows.member(connection, key.staff_id)
            if key is None or row is None or row.ended_us is not None or row.handle != shown.handle:
                raise refused()
            count = passkeys.check_shown(self.site, asked.challenge, answer, key.public_key, key.sign_count)
            rows.used_passkey(connection, key.id, count, self._now_us())
            identity = self._opened_by_passkey(connection, key, shown.prf)
            return self.staff.begin_session(connection, row.id, identity.secret, "passkey")

    def sign_in(self, name: str, password: str, code: str, network: bytes) -> str:
        """A session, by password and one-time code. network: stands for where it came from.

        Raises: Unauthenticated (bad_sign_in), LimitReached (sign_in_tries).
        """
        abouts = self._count_try(name, network)
        with self.staff.db.read() as connection:
            row = rows.member_named(connection, name.strip().casefold())
        salt = NO_SALT if row is None or row.password_salt is None else row.password_salt
        hashed = self._hashed(password[:1_000], salt)
        with self.staff.db.write() as connection:
            row = None if row is None else rows.member(connection, row.id)  # as it is now: it may have ended meanwhile
            identity = self._opened_by_password(connection, row, hashed, code)
            if identity is not None and row is not None:
                for attempt in abouts:
                    rows.drop_attempt(connection, attempt)
                return self.staff.begin_session(connection, row.id, identity.secret, "password")
        raise refused()

    # --- one's own ways in

    def passkeys(self, principal: StaffPrincipal) -> list[Passkey]:
        """One's own, oldest first."""
        with self.staff.db.read() as connection:
            own = {one.passkey_id for one in rows.slots(connection, principal.id) if one.how == "prf"}
            return [
                Passkey(row.id, row.name, from_us(row.made_us), _when(row.used_us), row.id in own)
                for row in rows.passkeys(connection, principal.id)
            ]

    def has_password(self, principal: StaffPrincipal) -> bool:
        """Whether one may also sign in by password and code."""
        with self.staff.db.read() as connection:
            row = rows.member(connection, principal.id)
            return row is not None and row.password_check is not None

    def begin_another_passkey(self, principal: StaffPrincipal) -> Asked:
        """Options for one more passkey."""
        with self.staff.db.write() as connection:
            row = rows.member(connection, principal.id)
            assert row is not None, "who is signed in is there"
            token, challenge = self._challenge(connection, "another", str(principal.id).encode())
            known = [one.credential for one in rows.passkeys(connection, principal.id)]
        return Asked(token, passkeys.making(self.site, row.name, row.handle, challenge, known))

    def finish_another_passkey(self, principal: StaffPrincipal, token: str, answer: dict[str, Any], name: str) -> None:
        """Keep it. Raises: BadInput (bad_passkey, bad_name), Gone (page_too_old), Conflict (passkey_known)."""
        called = check_name(name, "passkey") if name.strip() else ""
        with self.staff.db.write() as connection:
            row = self._answered(connection, token, "another")
            if row.about != str(principal.id).encode():
                raise _too_old()
            made = passkeys.made(self.site, row.challenge, answer)
            self._keep_passkey(connection, principal.id, made, identity_of(principal.identity), called)

    def drop_passkey(self, principal: StaffPrincipal, passkey_id: int) -> None:
        """It signs nobody in any more. Raises: NotFound (unknown_passkey), Conflict (last_way_in)."""
        with self.staff.db.write() as connection:
            row, held = rows.member(connection, principal.id), rows.passkeys(connection, principal.id)
            if len(held) == 1 and held[0].id == passkey_id and (row is None or row.password_check is None):
                raise Conflict(
                    "last_way_in", "nothing else would sign you in", "Add another passkey or a password first."
                )
            if not rows.drop_passkey(connection, principal.id, passkey_id):
                raise NotFound("unknown_passkey", "you have no such passkey", "The settings page lists yours.")

    def begin_own_code(self, principal: StaffPrincipal) -> CodeAsked:
        """A new secret for one-time codes, in place of the last once a code of it was typed."""
        with self.staff.db.write() as connection:
            return self._new_code(connection, principal.name, _own_code(principal))

    def own_code_again(self, principal: StaffPrincipal, token: str) -> CodeAsked:
        """As ``code_again``, for one's own."""
        return self._code_again(principal.name, token, _own_code(principal))

    def set_password(self, principal: StaffPrincipal, token: str, password: str, code: str) -> None:
        """Password and codes in place of those before, if any. Raises: BadInput (bad_password, bad_code), Gone (page_too_old)."""
        salt = new_salt()
        hashed = self._hashed(check_password(password), salt)
        with self.staff.db.write() as connection:
            secret, step = self._typed(connection, token, _own_code(principal), code)
            self._keep_password(connection, principal.id, (hashed, salt), identity_of(principal.identity))
            self._keep_code(connection, principal.id, secret, step)
            rows.drop_sessions(connection, principal.id, but=principal.session)

    def drop_password(self, principal: StaffPrincipal) -> None:
        """Only passkeys sign one in from now on. Raises: Conflict (last_way_in)."""
        with self.staff.db.write() as connection:
            if not rows.passkeys(connection, principal.id):
                raise Conflict("last_way_in", "nothing else would sign you in", "Add a passkey first.")
            nothing = {"password_check": None, "password_salt": None, "totp_locked": None}
            rows.set_member(connection, principal.id, nothing)
            rows.drop_slots(connection, principal.id, "password")

    # --- inside

    @property
    def _slots(self) -> Slots:
        return Slots(self.staff.secret)

    def _now_us(self) -> int:
        return to_us(self.staff.clock.now())

    def _name(self, connection: Connection, newcomer: Newcomer) -> str:
        invited = self.staff.invitation(connection, newcomer.link)
        name = check_name(invited.name or newcomer.name, "member of staff")
        taken = rows.member_named(connection, name.casefold())
        if taken is not None and taken.id != invited.member_id:
            raise Conflict("member_taken", "there is somebody of this name already", "Choose another name.")
        return name

    def _enter(self, connection: Connection, newcomer: Newcomer, identity: Identity, own: dict[str, Any]) -> int:
        """The member of the invitation, new or begun anew, with a key of their own; the invitation is used up."""
        name, invited = self._name(connection, newcomer), self.staff.invitation(connection, newcomer.link)
        values = {**own, "recipient": identity.recipient, "language": newcomer.language[:35], "totp_step": 0}
        if invited.member_id is None:
            new = {"name": name, "name_key": name.casefold(), "role": invited.role, "created_us": self._now_us()}
            member_id = rows.add_member(connection, values | new)
        else:
            member_id = invited.member_id
            nothing = {"password_check": None, "password_salt": None, "totp_locked": None}
            rows.drop_sessions(connection, member_id)
            rows.drop_credentials(connection, member_id)
            rows.set_member(connection, member_id, values | nothing)
        self.staff.take_invitation(connection, newcomer.link, member_id)
        return member_id

    def _challenge(self, connection: Connection, purpose: str, about: bytes) -> tuple[str, bytes]:
        token, challenge = secrets.token_urlsafe(32), secrets.token_bytes(32)
        values = {"digest": digest_of(token), "purpose": purpose, "challenge": challenge, "about": about}
        rows.add_ceremony(connection, values | {"until_us": self._now_us() + CEREMONY_US})
        return token, challenge

    def _answered(self, connection: Connection, token: str, purpose: str) -> AnyRow:
        row = rows.take_ceremony(connection, digest_of(token))
        if row is None or row.purpose != purpose or row.until_us <= self._now_us():
            raise _too_old()
        return row

    def _new_code(self, connection: Connection, name: str, purpose: str) -> CodeAsked:
        secret = codes.new_secret()
        token, _ = self._challenge(connection, purpose, self._slots.of_machine("code").lock(secret.encode(), b"new"))
        return self._code(name, token, secret)

    def _code_again(self, name: str, token: str, purpose: str) -> CodeAsked:
        with self.staff.db.read() as connection:
            row = rows.ceremony(connection, digest_of(token))
        if row is None or row.purpose != purpose or row.until_us <= self._now_us():
            raise _too_old()
        return self._code(name, token, self._slots.of_machine("code").open(row.about, b"new").decode())

    def _code(self, name: str, token: str, secret: str) -> CodeAsked:
        address = codes.address_of(secret, name, self.site.name)
        return CodeAsked(token, secret, address, codes.picture_of(address))

    def _typed(self, connection: Connection, token: str, purpose: str, code: str) -> tuple[str, int]:
        """The new secret and the step of the code that was typed; a wrong code may be typed again."""
        row = self._answered(connection, token, purpose)
        secret = self._slots.of_machine("code").open(row.about, b"new").decode()
        step = codes.step_of(secret, code, self.staff.clock.now())
        if step is None:
            raise BadInput("bad_code", "this is not the code of now", "Type the six digits the app shows.")
        return secret, step

    def _keep_passkey(
        self, connection: Connection, member_id: int, made: NewPasskey, identity: Identity, name: str = ""
    ) -> None:
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

    def _keep_password(
        self, connection: Connection, member_id: int, password: tuple[Hashed, bytes], identity: Identity
    ) -> None:
        hashed, salt = password
        rows.set_member(connection, member_id, {"password_check": hashed.check, "password_salt": salt})
        rows.drop_slots(connection, member_id, "password")
        locked = self._slots.by_password(hashed).lock(identity.secret.encode(), _about(member_id))
        rows.add_slot(connection, {"staff_id": member_id, "how": "password", "passkey_id": None, "locked": locked})

    def _keep_code(self, connection: Connection, member_id: int, secret: str, step: int) -> None:
        locked = self._slots.of_machine("code").lock(secret.encode(), _about(member_id))
        rows.set_member(connection, member_id, {"totp_locked": locked, "totp_step": step})

    def _opened_by_passkey(self, connection: Connection, key: AnyRow, prf: bytes) -> Identity:
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

    def _opened_by_password(
        self, connection: Connection, row: AnyRow | None, hashed: Hashed, code: str
    ) -> Identity | None:
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

    def _hashed(self, password: str, salt: bytes) -> Hashed:
        with HASHING:
            return self._slots.hashed(password, salt)

    def _count_try(self, name: str, network: bytes) -> list[int]:
        """Count it before it is looked at, so that many at once are no more than one after the other; the ids to forget if it succeeds.

        Raises: LimitReached (sign_in_tries).
        """
        folded = name.strip().casefold().encode("utf-8", "surrogatepass")
        most = {_digest("name", folded): ATTEMPTS_NAME_MAX, _digest("network", network): ATTEMPTS_NETWORK_MAX}
        with self.staff.db.write() as connection:
            self._check_tries(connection, most)
            return [rows.add_attempt(connection, about, self._now_us()) for about in most]

    def _check_tries(self, connection: Connection, most: dict[bytes, int]) -> None:
        since_us = self._now_us() - ATTEMPTS_US
        if any(rows.attempts(connection, about, since_us) >= at_most for about, at_most in most.items()):
            raise LimitReached(
                "sign_in_tries",
                "too many tries failed",
                "Wait a quarter of an hour, or use a passkey.",
                retry_after_s=ATTEMPTS_US // 1_000_000,
            )


def _own_code(principal: StaffPrincipal) -> str:
    return f"own code {principal.id}"


def _digest(what: str, about: bytes) -> bytes:
    return hashlib.sha256(what.encode() + b":" + about).digest()


def _about(member_id: int) -> bytes:
    return f"member {member_id}".encode()


def _too_old() -> Gone:
    return Gone("page_too_old", "this page waited too long, or was answered already", "Open it anew.")


def _when(us: int | None) -> datetime | None:
    return None if us is None else from_us(us)
