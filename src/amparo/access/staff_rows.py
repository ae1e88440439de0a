"""The tables of staff, their keys and sessions, and all SQL on them. Private to the room."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    delete,
    func,
    insert,
    select,
    update,
)

from amparo.store.db import LEDGER, ROW_ID, AnyRow

staff = Table(
    "staff",
    LEDGER,
    Column("id", ROW_ID, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("handle", LargeBinary, nullable=False),  # what a passkey keeps of its owner: random, tells nothing
    Column("recipient", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("carer_id", BigInteger),
    Column("password_check", LargeBinary),
    Column("password_salt", LargeBinary),
    Column("totp_locked", LargeBinary),
    Column("totp_step", BigInteger, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("ended_us", BigInteger),
    UniqueConstraint("name_key"),
    UniqueConstraint("handle"),
    sqlite_autoincrement=True,
)
staff_passkey = Table(
    "staff_passkey",
    LEDGER,
    Column("id", ROW_ID, primary_key=True),
    Column("staff_id", ForeignKey("staff.id"), nullable=False),
    Column("credential", LargeBinary, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("made_us", BigInteger, nullable=False),
    Column("used_us", BigInteger),
    UniqueConstraint("credential"),
    Index(None, "staff_id"),
    sqlite_autoincrement=True,
)
key_slot = Table(
    "key_slot",
    LEDGER,
    Column("id", ROW_ID, primary_key=True),
    Column("staff_id", ForeignKey("staff.id"), nullable=False),
    Column("how", Text, nullable=False),
    Column("passkey_id", BigInteger),
    Column("locked", LargeBinary, nullable=False),
    Index(None, "staff_id"),
)
staff_invite = Table(
    "staff_invite",
    LEDGER,
    Column("digest", LargeBinary, primary_key=True),
    Column("staff_id", BigInteger),
    Column("role", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("by_id", BigInteger),
    Column("made_us", BigInteger, nullable=False),
    Column("until_us", BigInteger, nullable=False),
    Column("used_us", BigInteger),
    Column("keys_locked", LargeBinary),
)
staff_ceremony = Table(
    "staff_ceremony",
    LEDGER,
    Column("digest", LargeBinary, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("challenge", LargeBinary, nullable=False),
    Column("about", LargeBinary, nullable=False),
    Column("until_us", BigInteger, nullable=False),
)
staff_session = Table(
    "staff_session",
    LEDGER,
    Column("digest", LargeBinary, primary_key=True),
    Column("staff_id", ForeignKey("staff.id"), nullable=False),
    Column("how", Text, nullable=False),
    Column("identity_locked", LargeBinary, nullable=False),
    Column("made_us", BigInteger, nullable=False),
    Column("seen_us", BigInteger, nullable=False),
    Column("until_us", BigInteger, nullable=False),
    Index(None, "staff_id"),
)
staff_attempt = Table(
    "staff_attempt",
    LEDGER,
    Column("id", ROW_ID, primary_key=True),
    Column("about", LargeBinary, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Index(None, "about", "at_us"),
)
key_grant = Table(
    "key_grant",
    LEDGER,
    Column("key_name", Text, primary_key=True),
    Column("recipient", Text, primary_key=True),
    Column("staff_id", BigInteger, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("at_us", BigInteger, nullable=False),
)


def add_member(connection: Connection, values: Mapping[str, Any]) -> int:
    """The id of a new member."""
    return int(connection.execute(insert(staff).values(**values).returning(staff.c.id)).scalar_one())


def member(connection: Connection, staff_id: int) -> AnyRow | None:
    """The member with that id, ended or not."""
    return connection.execute(select(staff).where(staff.c.id == staff_id)).first()


def member_named(connection: Connection, name_key: str) -> AnyRow | None:
    """The member with that folded name."""
    return connection.execute(select(staff).where(staff.c.name_key == name_key)).first()


def member_of_handle(connection: Connection, handle: bytes) -> AnyRow | None:
    """The member whose passkeys keep that handle."""
    return connection.execute(select(staff).where(staff.c.handle == handle)).first()


def members(connection: Connection) -> Sequence[AnyRow]:
    """All members, ended ones too, oldest first."""
    return connection.execute(select(staff).order_by(staff.c.id)).all()


def set_member(connection: Connection, staff_id: int, values: Mapping[str, Any]) -> None:
    """Change a member's columns."""
    connection.execute(update(staff).where(staff.c.id == staff_id).values(**values))


def take_totp_step(connection: Connection, staff_id: int, step: int) -> bool:
    """Whether that time step was not used yet; from now on it is, and those before."""
    done = update(staff).where(staff.c.id == staff_id, staff.c.totp_step < step).values(totp_step=step)
    return connection.execute(done).rowcount == 1


def live_with_roles(connection: Connection, roles: Sequence[str]) -> Sequence[AnyRow]:
    """Members of these roles who have a key and were not ended, oldest first."""
    query = select(staff).where(staff.c.role.in_(roles), staff.c.ended_us.is_(None), staff.c.recipient != "")
    return connection.execute(query.order_by(staff.c.id)).all()


def add_passkey(connection: Connection, values: Mapping[str, Any]) -> int:
    """The id of a new passkey."""
    return int(connection.execute(insert(staff_passkey).values(**values).returning(staff_passkey.c.id)).scalar_one())


def passkey(connection: Connection, credential: bytes) -> AnyRow | None:
    """The passkey with that credential id."""
    return connection.execute(select(staff_passkey).where(staff_passkey.c.credential == credential)).first()


def passkeys(connection: Connection, staff_id: int) -> Sequence[AnyRow]:
    """A member's passkeys, oldest first."""
    query = select(staff_passkey).where(staff_passkey.c.staff_id == staff_id).order_by(staff_passkey.c.id)
    return connection.execute(query).all()


def used_passkey(connection: Connection, passkey_id: int, sign_count: int, now_us: int) -> None:
    """Note its use and how often it says that it has signed."""
    values = {"sign_count": sign_count, "used_us": now_us}
    connection.execute(update(staff_passkey).where(staff_passkey.c.id == passkey_id).values(**values))


def drop_passkey(connection: Connection, staff_id: int, passkey_id: int) -> bool:
    """False where the member has no such passkey; its slot goes with it."""
    own = (staff_passkey.c.id == passkey_id) & (staff_passkey.c.staff_id == staff_id)
    if connection.execute(delete(staff_passkey).where(own)).rowcount == 0:
        return False
    connection.execute(delete(key_slot).where(key_slot.c.passkey_id == passkey_id))
    return True


def drop_credentials(connection: Connection, staff_id: int) -> None:
    """Delete all passkeys, slots and grants of a member: nothing opens their key any more."""
    for table in (staff_passkey, key_slot, key_grant):
        connection.execute(delete(table).where(table.c.staff_id == staff_id))


def add_slot(connection: Connection, values: Mapping[str, Any]) -> None:
    """Add a slot."""
    connection.execute(insert(key_slot).values(**values))


def slots(connection: Connection, staff_id: int) -> Sequence[AnyRow]:
    """A member's slots."""
    return connection.execute(select(key_slot).where(key_slot.c.staff_id == staff_id).order_by(key_slot.c.id)).all()


def drop_slot(connection: Connection, slot_id: int) -> None:
    """Delete one slot."""
    connection.execute(delete(key_slot).where(key_slot.c.id == slot_id))


def drop_slots(connection: Connection, staff_id: int, how: str) -> None:
    """Delete a member's slots of that sort."""
    connection.execute(delete(key_slot).where(key_slot.c.staff_id == staff_id, key_slot.c.how == how))


def add_invite(connection: Connection, values: Mapping[str, Any]) -> None:
    """Keep an invitation."""
    connection.execute(insert(staff_invite).values(**values))


def invite(connection: Connection, digest: bytes) -> AnyRow | None:
    """The invitation with that digest."""
    return connection.execute(select(staff_invite).where(staff_invite.c.digest == digest)).first()


def open_invites(connection: Connection, now_us: int) -> Sequence[AnyRow]:
    """Invitations that can still be used, oldest first."""
    query = select(staff_invite).where(staff_invite.c.used_us.is_(None), staff_invite.c.until_us > now_us)
    return connection.execute(query.order_by(staff_invite.c.made_us)).all()


def use_invite(connection: Connection, digest: bytes, now_us: int) -> bool:
    """Whether it was not used before; what it held is deleted."""
    unused = (staff_invite.c.digest == digest) & staff_invite.c.used_us.is_(None)
    return connection.execute(update(staff_invite).where(unused).values(used_us=now_us, keys_locked=None)).rowcount == 1


def end_invites_by(connection: Connection, by_id: int, now_us: int) -> None:
    """Open links that a member made open nothing any more."""
    made = (staff_invite.c.by_id == by_id) & staff_invite.c.used_us.is_(None)
    connection.execute(update(staff_invite).where(made).values(used_us=now_us, keys_locked=None))


def end_invites_of(connection: Connection, staff_id: int, now_us: int) -> None:
    """A member's open links open nothing any more."""
    own = (staff_invite.c.staff_id == staff_id) & staff_invite.c.used_us.is_(None)
    connection.execute(update(staff_invite).where(own).values(used_us=now_us, keys_locked=None))


def add_ceremony(connection: Connection, values: Mapping[str, Any]) -> None:
    """Keep a challenge until it is answered."""
    connection.execute(insert(staff_ceremony).values(**values))


def ceremony(connection: Connection, digest: bytes) -> AnyRow | None:
    """The challenge, which stays."""
    return connection.execute(select(staff_ceremony).where(staff_ceremony.c.digest == digest)).first()


def take_ceremony(connection: Connection, digest: bytes) -> AnyRow | None:
    """The challenge, which is gone with this: it is answered once."""
    found = connection.execute(select(staff_ceremony).where(staff_ceremony.c.digest == digest)).first()
    gone = connection.execute(delete(staff_ceremony).where(staff_ceremony.c.digest == digest)).rowcount
    return found if gone else None


def add_session(connection: Connection, values: Mapping[str, Any]) -> None:
    """Begin a session."""
    connection.execute(insert(staff_session).values(**values))


def session(connection: Connection, digest: bytes) -> AnyRow | None:
    """The session and who it is of."""
    of = select(
        staff_session,
        staff.c.name,
        staff.c.role,
        staff.c.language,
        staff.c.ended_us,
    ).join_from(staff_session, staff)
    return connection.execute(of.where(staff_session.c.digest == digest)).first()


def sessions(connection: Connection, staff_id: int) -> Sequence[AnyRow]:
    """A member's sessions, newest first."""
    query = select(staff_session).where(staff_session.c.staff_id == staff_id)
    return connection.execute(query.order_by(staff_session.c.made_us.desc())).all()


def touch_session(connection: Connection, digest: bytes, now_us: int) -> None:
    """It was used."""
    connection.execute(update(staff_session).where(staff_session.c.digest == digest).values(seen_us=now_us))


def drop_session(connection: Connection, digest: bytes) -> None:
    """End it."""
    connection.execute(delete(staff_session).where(staff_session.c.digest == digest))


def drop_own_session(connection: Connection, staff_id: int, digest: bytes) -> bool:
    """End one of a member's; False where they have no such session."""
    own = (staff_session.c.staff_id == staff_id) & (staff_session.c.digest == digest)
    return connection.execute(delete(staff_session).where(own)).rowcount == 1


def drop_sessions(connection: Connection, staff_id: int, but: bytes = b"") -> None:
    """End all of a member's but one."""
    own = (staff_session.c.staff_id == staff_id) & (staff_session.c.digest != but)
    connection.execute(delete(staff_session).where(own))


def drop_old(connection: Connection, now_us: int, idle_us: int, attempts_us: int) -> None:
    """Delete what is over: sessions, challenges, attempts; and what open invitations past their time held."""
    over = (staff_session.c.until_us <= now_us) | (staff_session.c.seen_us <= now_us - idle_us)
    connection.execute(delete(staff_session).where(over))
    connection.execute(delete(staff_ceremony).where(staff_ceremony.c.until_us <= now_us))
    connection.execute(delete(staff_attempt).where(staff_attempt.c.at_us <= now_us - attempts_us))
    held = (staff_invite.c.until_us <= now_us) & staff_invite.c.keys_locked.is_not(None)
    connection.execute(update(staff_invite).where(held).values(keys_locked=None))


def add_attempt(connection: Connection, about: bytes, now_us: int) -> int:
    """Count an attempt; its id."""
    added = insert(staff_attempt).values(about=about, at_us=now_us).returning(staff_attempt.c.id)
    return int(connection.execute(added).scalar_one())


def drop_attempt(connection: Connection, attempt_id: int) -> None:
    """It did not fail."""
    connection.execute(delete(staff_attempt).where(staff_attempt.c.id == attempt_id))


def attempts(connection: Connection, about: bytes, since_us: int) -> int:
    """How many there were since."""
    query = select(func.count()).where(staff_attempt.c.about == about, staff_attempt.c.at_us > since_us)
    return int(connection.execute(query).scalar_one())


def set_grant(connection: Connection, values: Mapping[str, Any]) -> None:
    """Put a grant in the place of the one before."""
    own = [key_grant.c[name] == values[name] for name in ("key_name", "recipient", "staff_id")]
    connection.execute(delete(key_grant).where(*own))
    connection.execute(insert(key_grant).values(**values))


def grants(connection: Connection, key_name: str, staff_id: int | None = None) -> Sequence[AnyRow]:
    """Grants of a key, the newest first; of one member or of all."""
    query = select(key_grant).where(key_grant.c.key_name == key_name)
    if staff_id is not None:
        query = query.where(key_grant.c.staff_id == staff_id)
    return connection.execute(query.order_by(key_grant.c.at_us.desc(), key_grant.c.recipient)).all()


def drop_grants(connection: Connection, key_name: str, staff_id: int) -> None:
    """The member holds that key no more."""
    connection.execute(delete(key_grant).where(key_grant.c.key_name == key_name, key_grant.c.staff_id == staff_id))
