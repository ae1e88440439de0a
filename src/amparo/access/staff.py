"""Staff accounts: who there is, who is signed in, which keys they hold. Checks no password and no passkey."""

import contextlib
import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from amparo.access import staff_rows as rows
from amparo.access.invitations import Invitations, invite_over, invited_of
from amparo.access.model import check_name
from amparo.access.record import StaffRecord
from amparo.access.staff_model import (
    ATTEMPTS_US,
    INVITE_US,
    KEY_PERMISSIONS,
    MINUTE_US,
    STAFF_MATRIX,
    Invited,
    KeyName,
    SessionTimes,
    SignedInBy,
    StaffChangeName,
    StaffMember,
    StaffPermission,
    StaffPrincipal,
    StaffRole,
    StaffSession,
    check_staff_role,
    roles_with,
)
from amparo.errors import BadInput, Conflict, Gone, NotFound, Tampered, Unauthenticated, Unavailable
from amparo.sealing.age import Identity, identity_of, seal, unseal
from amparo.sealing.box import Box, derived_key
from amparo.store.db import AnyRow, Database
from amparo.terms.clock import Clock, from_us, to_us


@dataclass(frozen=True, slots=True)
class Staff:
    """The verbs over one ledger. secret: the console secret, which lies outside the database."""

    db: Database
    clock: Clock
    secret: bytes = field(repr=False)
    times: SessionTimes = field(default_factory=SessionTimes)

    @property
    def record(self) -> StaffRecord:
        """What they read, and what was done to accounts and banks."""
        return StaffRecord(self.db, self.clock)

    @property
    def invitations(self) -> Invitations:
        """Those that can still be used."""
        return Invitations(self.db, self.clock)

    # --- invitations

    def invite(
        self,
        role: str,
        name: str = "",
        *,
        by: StaffPrincipal | None = None,
        keys: Mapping[KeyName, Sequence[Identity]] | None = None,
    ) -> str:
        """The token of a link that makes one account within the hour. by: None for the command line.

        keys: handed over to who signs up, where the role may hold them; without it those that ``by`` holds.
        Raises: BadInput (unknown_staff_role, bad_name), Conflict (member_taken), Refused (staff_role).
        """
        known = check_staff_role(role)
        name = check_name(name, "member of staff") if name else ""
        if by is not None:
            by.may("staff.manage")
        with self.db.read() as connection:
            if name and rows.member_named(connection, name.casefold()):
                raise Conflict("member_taken", "there is somebody of this name already", "Choose another name.")
        return self._invite(known, name, by, keys if keys is not None else self._held(by), None)

    def restart(self, member_id: int, *, by: StaffPrincipal | None = None) -> str:
        """The token of a link by which a member who lost every way in begins anew; until it is used nothing changes.

        Raises: NotFound (unknown_member), Refused (staff_role), Gone (member_ended).
        """
        if by is not None:
            by.may("staff.manage")
        with self.db.write() as connection:
            row = self._live(connection, member_id)
            rows.end_invites_of(connection, row.id, self._now_us())
        return self._invite(check_staff_role(row.role), row.name, by, self._held(by), row.id)

    def invited(self, token: str) -> Invited:
        """What the link is for. Raises: Gone (invite_over): used, late or never made, all alike."""
        with self.db.read() as connection:
            return self.invitation(connection, token)

    def invitation(self, connection: Connection, token: str) -> Invited:
        """As ``invited``, in the caller's transaction."""
        row = rows.invite(connection, digest_of(token))
        if row is None or row.used_us is not None or row.until_us <= self._now_us():
            raise invite_over()
        return invited_of(row)

    def take_invitation(self, connection: Connection, token: str, member_id: int) -> None:
        """Use it up, and hand over the keys that came with it. Raises: Gone (invite_over)."""
        row = rows.invite(connection, digest_of(token))
        if row is None or not rows.use_invite(connection, digest_of(token), self._now_us()):
            raise invite_over()
        what: StaffChangeName = "signed_up" if row.staff_id is None else "began_anew"
        self.record.note_change(connection, what, row.by_id, member_id, row.role)
        if row.keys_locked is None:
            return
        held = json.loads(_invite_box(token).open(row.keys_locked, b"keys"))
        for key_name, found in held.items():
            if KEY_PERMISSIONS[key_name] in STAFF_MATRIX[check_staff_role(row.role)]:
                self.grant(connection, key_name, [identity_of(one) for one in found], member_id)

    # --- members

    def members(self) -> list[StaffMember]:
        """All, ended ones too, oldest first."""
        with self.db.read() as connection:
            return [member_of(row) for row in rows.members(connection)]

    def member(self, member_id: int) -> StaffMember:
        """One. Raises: NotFound (unknown_member)."""
        with self.db.read() as connection:
            return member_of(self._row(connection, member_id))

    def role_of(self, connection: Connection, member_id: int) -> StaffRole | None:
        """Of a member of staff, in the caller's transaction; None for nobody of that number and for who was ended."""
        row = rows.member(connection, member_id) if 0 < member_id < 2**63 else None
        return None if row is None or row.ended_us is not None else row.role

    def set_role(self, principal: StaffPrincipal, member_id: int, role: str) -> StaffMember:
        """Another role: sessions and links they made end, and keys the role may not hold go. Raises: Refused, NotFound, Gone, Conflict (last_admin)."""
        principal.may("staff.manage")
        known = check_staff_role(role)
        with self.db.write() as connection:
            row = self._live(connection, member_id)
            self._check_admin_left(connection, row.id, known)
            rows.set_member(connection, row.id, {"role": known})
            rows.drop_sessions(connection, row.id)
            rows.end_invites_by(connection, row.id, self._now_us())
            for key_name, permission in KEY_PERMISSIONS.items():
                if permission not in STAFF_MATRIX[known]:
                    rows.drop_grants(connection, key_name, row.id)
            self.record.note_change(connection, "role_changed", principal.id, row.id, known)
            return member_of(self._row(connection, member_id))

    def end_sessions(self, principal: StaffPrincipal, member_id: int) -> None:
        """Sign a member out everywhere; what signs them in stays. Raises: Refused, NotFound, Gone (member_ended)."""
        principal.may("staff.manage")
        with self.db.write() as connection:
            row = self._live(connection, member_id)
            rows.drop_sessions(connection, row.id)
            self.record.note_change(connection, "signed_out", principal.id, row.id, row.role)

    def end_member(self, principal: StaffPrincipal | None, member_id: int) -> None:
        """From now on nothing signs them in and no key opens for them. Raises: Refused, NotFound, Conflict (last_admin)."""
        if principal is not None:
            principal.may("staff.manage")
        with self.db.write() as connection:
            row = self._row(connection, member_id)
            self._check_admin_left(connection, row.id, None)
            if row.ended_us is None:
                by_id = None if principal is None else principal.id
                rows.set_member(connection, row.id, {"ended_us": self._now_us()})
                self.record.note_change(connection, "ended", by_id, row.id, row.role)
            rows.drop_sessions(connection, row.id)
            rows.drop_credentials(connection, row.id)
            rows.end_invites_of(connection, row.id, self._now_us())
            rows.end_invites_by(connection, row.id, self._now_us())

    def set_carer(self, principal: StaffPrincipal, carer_id: int | None) -> None:
        """Who sees one's exposure beside oneself: named by the person alone. Raises: NotFound, Gone, BadInput (own_carer)."""
        if carer_id == principal.id:
            raise BadInput("own_carer", "a carer is somebody else", "Choose another of the staff, or nobody.")
        with self.db.write() as connection:
            if carer_id is not None:
                self._live(connection, carer_id)
            rows.set_member(connection, principal.id, {"carer_id": carer_id})

    def set_language(self, principal: StaffPrincipal, language: str) -> None:
        """The language of their pages, by its tag."""
        with self.db.write() as connection:
            rows.set_member(connection, principal.id, {"language": language[:35]})

    def recipients(self, permission: StaffPermission) -> list[str]:
        """The age recipients of all who have it: what they may read is sealed to these."""
        with self.db.read() as connection:
            return [row.recipient for row in rows.live_with_roles(connection, roles_with(permission))]

    # --- sessions

    def begin_session(self, connection: Connection, member_id: int, identity: str, how: SignedInBy) -> str:
        """A new session; its token, which only the browser keeps. identity: the age secret, opened."""
        token, now_us = secrets.token_urlsafe(32), self._now_us()
        locked = self._session_box(token).lock(identity.encode(), digest_of(token))
        own = {"digest": digest_of(token), "staff_id": member_id, "how": how, "identity_locked": locked}
        times = {"made_us": now_us, "seen_us": now_us, "until_us": now_us + self.times.most_us}
        self.forget(connection)
        rows.add_session(connection, own | times)
        return token

    def forget(self, connection: Connection) -> None:
        """Delete what is over: sessions, challenges, attempts, keys that an invitation past its hour held."""
        rows.drop_old(connection, self._now_us(), self.times.idle_us, ATTEMPTS_US)

    def forget_old(self) -> None:
        """As ``forget``, in a transaction of its own."""
        with self.db.write_soon() as connection:
            self.forget(connection)

    def principal(self, session_token: str) -> StaffPrincipal:
        """Who stands behind it; the session counts as used. Raises: Unauthenticated (session_over)."""
        digest, now_us = digest_of(session_token), self._now_us()
        with self.db.read() as connection:
            row = rows.session(connection, digest) if session_token else None
        if (
            row is None
            or row.ended_us is not None
            or row.until_us <= now_us
            or row.seen_us <= now_us - self.times.idle_us
        ):
            raise Unauthenticated("session_over", "nobody is signed in", "Sign in.")
        try:
            identity = self._session_box(session_token).open(row.identity_locked, digest).decode()
        except Tampered:
            raise Unauthenticated("session_over", "nobody is signed in", "Sign in.") from None
        if now_us - row.seen_us > MINUTE_US // 2:
            # where nothing can be written now the session stands all the same: a page must be able to say what is wrong
            with contextlib.suppress(Unavailable), self.db.write_soon() as connection:
                rows.touch_session(connection, digest, now_us)
        return StaffPrincipal(row.staff_id, row.name, check_staff_role(row.role), row.language, digest, identity)

    def end_session(self, session_token: str) -> None:
        """End it; one that is not there is no error."""
        with self.db.write() as connection:
            rows.drop_session(connection, digest_of(session_token))

    def sessions(self, principal: StaffPrincipal) -> list[StaffSession]:
        """One's own, newest first."""
        with self.db.read() as connection:
            return [
                StaffSession(
                    one.digest, one.how, from_us(one.made_us), from_us(one.seen_us), one.digest == principal.session
                )
                for one in rows.sessions(connection, principal.id)
            ]

    def end_own_session(self, principal: StaffPrincipal, digest: bytes) -> None:
        """One of one's own, by its digest. Raises: NotFound (unknown_session), for another's too."""
        with self.db.write() as connection:
            if not rows.drop_own_session(connection, principal.id, digest):
                raise NotFound("unknown_session", "you have no such session", "The settings page lists yours.")

    def end_other_sessions(self, principal: StaffPrincipal) -> None:
        """All of one's own but the one that asks."""
        with self.db.write() as connection:
            rows.drop_sessions(connection, principal.id, but=principal.session)

    # --- keys

    def grant(self, connection: Connection, key_name: KeyName, held: Sequence[Identity], member_id: int) -> None:
        """Hand over a key, the present one first, and its earlier ones: sealed to the member's own. Raises: NotFound, Gone, Conflict (no_own_key)."""
        row = self._live(connection, member_id)
        if not row.recipient:
            raise Conflict("no_own_key", "this member has not signed up yet", "Hand it over when they have.")
        for place, one in enumerate(held):
            sealed = seal(one.secret.encode(), [row.recipient])
            own = {"key_name": key_name, "recipient": one.recipient, "staff_id": row.id}
            rows.set_grant(connection, own | {"sealed": sealed, "at_us": self._now_us() - place})  # so the order stays

    def hand_over(self, principal: StaffPrincipal, key_name: KeyName, member_id: int) -> None:
        """Hand over a key one holds oneself. Raises: Refused (staff_role), Conflict (no_key, role_without_key, no_own_key), NotFound."""
        principal.may(KEY_PERMISSIONS[key_name])
        held = self.keys_of(principal, key_name)
        if not held:
            raise Conflict("no_key", "you do not hold this key yourself", "Ask somebody who does.")
        with self.db.write() as connection:
            row = self._live(connection, member_id)
            if KEY_PERMISSIONS[key_name] not in STAFF_MATRIX[check_staff_role(row.role)]:
                raise Conflict("role_without_key", "their role may not hold this key", "Change the role first.")
            self.grant(connection, key_name, held, member_id)
            self.record.note_change(connection, "key_handed_over", principal.id, member_id, key_name)

    def take_key(self, principal: StaffPrincipal, key_name: KeyName, held: Sequence[Identity]) -> None:
        """Keep for oneself a key one opened by its passphrase. Raises: Refused (staff_role), Gone, Conflict (no_own_key)."""
        principal.may(KEY_PERMISSIONS[key_name])
        with self.db.write() as connection:
            self.grant(connection, key_name, held, principal.id)
            self.record.note_change(connection, "key_opened", principal.id, principal.id, key_name)

    def keys_of(self, principal: StaffPrincipal, key_name: KeyName) -> list[Identity]:
        """The key and its earlier ones as far as the principal holds them; the present one first. None held: empty."""
        if not principal.has(KEY_PERMISSIONS[key_name]) or not principal.identity:
            return []
        with self.db.read() as connection:
            found = rows.grants(connection, key_name, principal.id)
        opened = []
        for row in found:
            try:
                opened.append(identity_of(unseal(row.sealed, principal.identity).decode()))
            except (Tampered, BadInput):
                continue  # handed over to a key they had before
        return opened

    def holders(self, key_name: KeyName) -> dict[int, set[str]]:
        """Who holds it: by member the recipients of the key's generations."""
        found: dict[int, set[str]] = {}
        with self.db.read() as connection:
            for row in rows.grants(connection, key_name):
                found.setdefault(row.staff_id, set()).add(row.recipient)
        return found

    # --- inside

    def _invite(
        self,
        role: StaffRole,
        name: str,
        by: StaffPrincipal | None,
        keys: Mapping[KeyName, Sequence[Identity]],
        member_id: int | None,
    ) -> str:
        token, now_us = secrets.token_urlsafe(32), self._now_us()
        held = {key: [one.secret for one in found] for key, found in keys.items() if found}
        values = {
            "digest": digest_of(token),
            "staff_id": member_id,
            "role": role,
            "name": name,
            "by_id": None if by is None else by.id,
            "made_us": now_us,
            "until_us": now_us + INVITE_US,
            "keys_locked": _invite_box(token).lock(json.dumps(held).encode(), b"keys") if held else None,
        }
        with self.db.write() as connection:
            self.forget(connection)
            rows.add_invite(connection, values)
            what: StaffChangeName = "invited" if member_id is None else "link_made"
            self.record.note_change(connection, what, None if by is None else by.id, member_id, role)
        return token

    def _held(self, by: StaffPrincipal | None) -> dict[KeyName, Sequence[Identity]]:
        return {} if by is None else {key: self.keys_of(by, key) for key in KEY_PERMISSIONS}

    def _check_admin_left(self, connection: Connection, member_id: int, role: StaffRole | None) -> None:
        """Raises: Conflict (last_admin) where nobody would be left who can invite."""
        others = [one for one in rows.live_with_roles(connection, ["admin"]) if one.id != member_id]
        row = self._row(connection, member_id)
        if row.role == "admin" and row.ended_us is None and role != "admin" and not others:
            raise Conflict("last_admin", "nobody else is an admin", "Make somebody else an admin first.")

    def _row(self, connection: Connection, member_id: int) -> AnyRow:
        row = rows.member(connection, member_id) if 0 < member_id < 2**63 else None
        if row is None:
            raise NotFound("unknown_member", "there is no such member of staff", "`amparo staff list` shows all.")
        return row

    def _live(self, connection: Connection, member_id: int) -> AnyRow:
        row = self._row(connection, member_id)
        if row.ended_us is not None:
            raise Gone("member_ended", "this member of staff was ended", "Invite them anew under another name.")
        return row

    def _session_box(self, token: str) -> Box:
        return Box(derived_key(token.encode() + self.secret, "session"))

    def _now_us(self) -> int:
        return to_us(self.clock.now())


def digest_of(token: str) -> bytes:
    """What is kept of a token: 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def member_of(row: AnyRow) -> StaffMember:
    """A row as a member."""
    return StaffMember(
        id=row.id,
        name=row.name,
        role=check_staff_role(row.role),
        recipient=row.recipient,
        language=row.language,
        carer_id=row.carer_id,
        created_at=from_us(row.created_us),
        ended_at=None if row.ended_us is None else from_us(row.ended_us),
    )


def _invite_box(token: str) -> Box:
    return Box(derived_key(token.encode(), "invite"))
