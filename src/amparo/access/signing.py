"""Signing up and signing in: by passkey, or by password and one-time code. Each ends in a session. Knows no page.

A challenge is kept until it is answered, once. Every sign-in that fails has one answer. Names and networks have few tries, and so has
who opens a key by its passphrase.
"""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from amparo.access import passkeys
from amparo.access import staff_rows as rows
from amparo.access.key_slots import check_password, new_salt
from amparo.access.model import check_name
from amparo.access.passkeys import Site, refused
from amparo.access.staff import Staff
from amparo.access.staff_model import (
    ATTEMPTS_NAME_MAX,
    ATTEMPTS_NETWORK_MAX,
    ATTEMPTS_US,
    BEGUN_NETWORK_MAX,
    FRESH_US,
    KEY_PERMISSIONS,
    KeyName,
    Passkey,
    StaffPrincipal,
)
from amparo.access.ways import CodeAsked, Ways, too_old
from amparo.errors import Conflict, LimitReached, NotFound, Refused
from amparo.sealing.age import Identity, identity_of, new_identity
from amparo.terms.clock import from_us, to_us

HANDLE_BYTES: Final = 32
NO_SALT: Final = bytes(16)
"""For names nobody has: they cost what others cost."""
SIGN_UP_CODE: Final = "sign-up code"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a browser is asked. token: names the challenge, and comes back with the answer."""

    token: str = field(repr=False)
    options: dict[str, Any]


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
            token, challenge = self._ways.challenge(connection, "sign-up", handle)
        return Asked(token, passkeys.making(self.site, name, handle, challenge, ()))

    def finish_passkey(self, newcomer: Newcomer, token: str, answer: dict[str, Any]) -> str:
        """The session of the new member. Raises: as ``begin_passkey``, and BadInput (bad_passkey, bad_prf), Gone (page_too_old)."""
        with self.staff.db.write() as connection:
            row = self._ways.answered(connection, token, "sign-up")
            made = passkeys.made(self.site, row.challenge, answer)
            identity = new_identity()
            member_id = self._enter(connection, newcomer, identity, {"handle": row.about})
            self._ways.keep_passkey(connection, member_id, made, identity)
            return self.staff.begin_session(connection, member_id, identity.secret, "passkey")

    def begin_code(self, newcomer: Newcomer) -> CodeAsked:
        """A secret for one-time codes, kept until the first code is typed. Raises: as ``begin_passkey``."""
        with self.staff.db.write() as connection:
            return self._ways.new_code(connection, self._name(connection, newcomer), SIGN_UP_CODE)

    def code_again(self, newcomer: Newcomer, token: str) -> CodeAsked:
        """The secret that is asked for already, for a page that is shown again. Raises: Gone (page_too_old)."""
        return self._ways.code_again(newcomer.name, token, SIGN_UP_CODE)

    def finish_password(self, newcomer: Newcomer, token: str, password: str, code: str) -> str:
        """The session of the new member. Raises: as ``begin_passkey``, and BadInput (bad_password, bad_code), Gone (page_too_old)."""
        salt = new_salt()
        hashed = self._ways.hashed(check_password(password), salt)
        with self.staff.db.write() as connection:
            secret, step = self._ways.typed(connection, token, SIGN_UP_CODE, code)
            identity, handle = new_identity(), secrets.token_bytes(HANDLE_BYTES)
            member_id = self._enter(connection, newcomer, identity, {"handle": handle})
            self._ways.keep_password(connection, member_id, (hashed, salt), identity)
            self._ways.keep_code(connection, member_id, secret, step)
            return self.staff.begin_session(connection, member_id, identity.secret, "password")

    # --- signing in

    def begin_sign_in(self, network: bytes) -> Asked:
        """Options for showing a passkey. network: stands for where it comes from. Raises: LimitReached (sign_in_tries)."""
        about = _digest("begun", network)
        with self.staff.db.write() as connection:
            self.staff.forget(connection)
            self._check_tries(connection, {about: BEGUN_NETWORK_MAX})
            rows.add_attempt(connection, about, self._now_us())
            token, challenge = self._ways.challenge(connection, "sign-in", b"")
        return Asked(token, passkeys.showing(self.site, challenge))

    def finish_sign_in(self, token: str, answer: dict[str, Any]) -> str:
        """A session. Raises: Unauthenticated (bad_sign_in), Gone (page_too_old)."""
        with self.staff.db.write() as connection:
            asked = self._ways.answered(connection, token, "sign-in")
            shown = passkeys.claimed(answer)
            key = rows.passkey(connection, shown.credential)
            row = None if key is None else rows.member(connection, key.staff_id)
            if key is None or row is None or row.ended_us is not None or row.handle != shown.handle:
                raise refused()
            count = passkeys.check_shown(self.site, asked.challenge, answer, key.public_key, key.sign_count)
            rows.used_passkey(connection, key.id, count, self._now_us())
            identity = self._ways.opened_by_passkey(connection, key, shown.prf)
            return self.staff.begin_session(connection, row.id, identity.secret, "passkey")

    def sign_in(self, name: str, password: str, code: str, network: bytes) -> str:
        """A session, by password and one-time code. network: stands for where it came from.

        Raises: Unauthenticated (bad_sign_in), LimitReached (sign_in_tries).
        """
        abouts = self._count_try(name, network)
        with self.staff.db.read() as connection:
            row = rows.member_named(connection, name.strip().casefold())
        salt = NO_SALT if row is None or row.password_salt is None else row.password_salt
        hashed = self._ways.hashed(password[:1_000], salt)
        with self.staff.db.write() as connection:
            row = None if row is None else rows.member(connection, row.id)  # as it is now: it may have ended meanwhile
            identity = self._ways.opened_by_password(connection, row, hashed, code)
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

    def is_fresh(self, principal: StaffPrincipal) -> bool:
        """Whether the session began so short a while ago that ways in may be changed by it."""
        with self.staff.db.read() as connection:
            return self._is_fresh(connection, principal)

    def begin_another_passkey(self, principal: StaffPrincipal) -> Asked:
        """Options for one more passkey. Raises, as all that changes a way in: Refused (not_fresh)."""
        with self.staff.db.write() as connection:
            self._check_fresh(connection, principal)
            row = rows.member(connection, principal.id)
            assert row is not None, "who is signed in is there"
            token, challenge = self._ways.challenge(connection, "another", str(principal.id).encode())
            known = [one.credential for one in rows.passkeys(connection, principal.id)]
        return Asked(token, passkeys.making(self.site, row.name, row.handle, challenge, known))

    def finish_another_passkey(self, principal: StaffPrincipal, token: str, answer: dict[str, Any], name: str) -> None:
        """Keep it. Raises: BadInput (bad_passkey, bad_name), Gone (page_too_old), Conflict (passkey_known), Refused (not_fresh)."""
        called = check_name(name, "passkey") if name.strip() else ""
        with self.staff.db.write() as connection:
            self._check_fresh(connection, principal)
            row = self._ways.answered(connection, token, "another")
            if row.about != str(principal.id).encode():
                raise too_old()
            made = passkeys.made(self.site, row.challenge, answer)
            self._ways.keep_passkey(connection, principal.id, made, identity_of(principal.identity), called)

    def drop_passkey(self, principal: StaffPrincipal, passkey_id: int) -> None:
        """It signs nobody in any more. Raises: NotFound (unknown_passkey), Conflict (last_way_in), Refused (not_fresh)."""
        with self.staff.db.write() as connection:
            self._check_fresh(connection, principal)
            row, held = rows.member(connection, principal.id), rows.passkeys(connection, principal.id)
            if len(held) == 1 and held[0].id == passkey_id and (row is None or row.password_check is None):
                raise Conflict(
                    "last_way_in", "nothing else would sign you in", "Add another passkey or a password first."
                )
            if not rows.drop_passkey(connection, principal.id, passkey_id):
                raise NotFound("unknown_passkey", "you have no such passkey", "The settings page lists yours.")

    def begin_own_code(self, principal: StaffPrincipal) -> CodeAsked:
        """A new secret for one-time codes, in place of the last once a code of it was typed. Raises: Refused (not_fresh)."""
        with self.staff.db.write() as connection:
            self._check_fresh(connection, principal)
            return self._ways.new_code(connection, principal.name, _own_code(principal))

    def own_code_again(self, principal: StaffPrincipal, token: str) -> CodeAsked:
        """As ``code_again``, for one's own."""
        return self._ways.code_again(principal.name, token, _own_code(principal))

    def set_password(self, principal: StaffPrincipal, token: str, password: str, code: str) -> None:
        """Password and codes in place of those before, if any.

        Raises: BadInput (bad_password, bad_code), Gone (page_too_old), Refused (not_fresh).
        """
        salt = new_salt()
        hashed = self._ways.hashed(check_password(password), salt)
        with self.staff.db.write() as connection:
            self._check_fresh(connection, principal)
            secret, step = self._ways.typed(connection, token, _own_code(principal), code)
            self._ways.keep_password(connection, principal.id, (hashed, salt), identity_of(principal.identity))
            self._ways.keep_code(connection, principal.id, secret, step)
            rows.drop_sessions(connection, principal.id, but=principal.session)

    def drop_password(self, principal: StaffPrincipal) -> None:
        """Only passkeys sign one in from now on. Raises: Conflict (last_way_in), Refused (not_fresh)."""
        with self.staff.db.write() as connection:
            self._check_fresh(connection, principal)
            if not rows.passkeys(connection, principal.id):
                raise Conflict("last_way_in", "nothing else would sign you in", "Add a passkey first.")
            nothing = {"password_check": None, "password_salt": None, "totp_locked": None}
            rows.set_member(connection, principal.id, nothing)
            rows.drop_slots(connection, principal.id, "password")

    # --- keys

    def open_key(self, principal: StaffPrincipal, key_name: KeyName, opened: Callable[[], Sequence[Identity]]) -> None:
        """Keep for oneself a key that a passphrase opens. opened: tries it, once it is known that it may be tried.

        Raises: Refused (staff_role), LimitReached (passphrase_tries), what ``opened`` raises, those of ``Staff.take_key``.
        """
        principal.may(KEY_PERMISSIONS[key_name])
        about = _digest(f"key {key_name}", str(principal.id).encode())
        with self.staff.db.write() as connection:
            if self._is_over(connection, {about: ATTEMPTS_NAME_MAX}):
                raise LimitReached(
                    "passphrase_tries",
                    "this passphrase was tried too often",
                    "Wait a quarter of an hour, or have the key handed over by somebody who holds it.",
                    retry_after_s=ATTEMPTS_US // 1_000_000,
                )
            attempt = rows.add_attempt(connection, about, self._now_us())
        self.staff.take_key(principal, key_name, opened())
        with self.staff.db.write() as connection:
            rows.drop_attempt(connection, attempt)

    # --- inside

    @property
    def _ways(self) -> Ways:
        return Ways(self.staff, self.site)

    def _is_fresh(self, connection: Connection, principal: StaffPrincipal) -> bool:
        row = rows.session(connection, principal.session)
        return row is not None and self._now_us() - row.made_us <= FRESH_US

    def _check_fresh(self, connection: Connection, principal: StaffPrincipal) -> None:
        """Raises: Refused (not_fresh)."""
        if not self._is_fresh(connection, principal):
            raise Refused("not_fresh", "what signs one in is changed just after signing in", "Sign in once more first.")

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
        if self._is_over(connection, most):
            raise LimitReached(
                "sign_in_tries",
                "too many tries failed",
                "Wait a quarter of an hour, or use a passkey.",
                retry_after_s=ATTEMPTS_US // 1_000_000,
            )

    def _is_over(self, connection: Connection, most: dict[bytes, int]) -> bool:
        """Whether as many tries as may be failed of late."""
        since_us = self._now_us() - ATTEMPTS_US
        return any(rows.attempts(connection, about, since_us) >= at_most for about, at_most in most.items())


def _own_code(principal: StaffPrincipal) -> str:
    return f"own code {principal.id}"


def _digest(what: str, about: bytes) -> bytes:
    return hashlib.sha256(what.encode() + b":" + about).digest()


def _when(us: int | None) -> datetime | None:
    return None if us is None else from_us(us)
