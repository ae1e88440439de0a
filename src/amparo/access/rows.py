"""The tables of the access room and all SQL on them. Private to the room."""

from collections.abc import Sequence

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    insert,
    select,
    update,
)

from amparo.store.db import LEDGER, ROW_ID, AnyRow

client = Table(
    "client",
    LEDGER,
    Column("id", ROW_ID, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    UniqueConstraint("name_key"),
)
api_key = Table(
    "api_key",
    LEDGER,
    Column("id", ROW_ID, primary_key=True),
    Column("client_id", ForeignKey("client.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    Column("role", Text, nullable=False),
    # bank ids are no foreign keys: banks stand on a higher floor
    Column("is_limited", Integer, nullable=False),
    Column("rate_per_s", Integer),
    Column("created_us", BigInteger, nullable=False),
    Column("ended_us", BigInteger),
    UniqueConstraint("digest"),
)
api_key_bank = Table(
    "api_key_bank",
    LEDGER,
    Column("api_key_id", ForeignKey("api_key.id"), primary_key=True),
    Column("bank_id", ROW_ID, primary_key=True),
)


def client_by_key(connection: Connection, name_key: str) -> AnyRow | None:
    """id, name, created_us of the client with this folded name."""
    found = select(client.c.id, client.c.name, client.c.created_us).where(client.c.name_key == name_key)
    return connection.execute(found).first()


def clients(connection: Connection) -> Sequence[AnyRow]:
    """All clients, oldest first."""
    return connection.execute(select(client.c.id, client.c.name, client.c.created_us).order_by(client.c.id)).all()


def client_by_id(connection: Connection, client_id: int) -> AnyRow | None:
    """id, name, created_us of a client."""
    return connection.execute(
        select(client.c.id, client.c.name, client.c.created_us).where(client.c.id == client_id)
    ).first()


def add_client(connection: Connection, name: str, name_key: str, now_us: int) -> int:
    """The id of the new client."""
    added = insert(client).values(name=name, name_key=name_key, created_us=now_us).returning(client.c.id)
    return int(connection.execute(added).scalar_one())


def add_key(connection: Connection, values: dict[str, object], bank_ids: Sequence[int]) -> int:
    """The id of the new key."""
    key_id = int(connection.execute(insert(api_key).values(**values).returning(api_key.c.id)).scalar_one())
    if bank_ids:
        connection.execute(insert(api_key_bank), [{"api_key_id": key_id, "bank_id": bank_id} for bank_id in bank_ids])
    return key_id


_KEYS = select(
    api_key.c.id,
    api_key.c.name,
    client.c.id.label("client_id"),
    client.c.name.label("client"),
    api_key.c.role,
    api_key.c.is_limited,
    api_key.c.rate_per_s,
    api_key.c.created_us,
    api_key.c.ended_us,
).join_from(api_key, client)


def key_by_digest(connection: Connection, digest: bytes) -> AnyRow | None:
    """The key that hashes to ``digest`` and has not ended."""
    return connection.execute(_KEYS.where(api_key.c.digest == digest, api_key.c.ended_us.is_(None))).first()


def keys(connection: Connection) -> Sequence[AnyRow]:
    """All keys, ended ones too, oldest first."""
    return connection.execute(_KEYS.order_by(api_key.c.id)).all()


def digests_of_role(connection: Connection, role: str) -> dict[int, bytes]:
    """Digests by id of the keys of a role that have not ended."""
    found = select(api_key.c.id, api_key.c.digest).where(api_key.c.role == role, api_key.c.ended_us.is_(None))
    return {row.id: row.digest for row in connection.execute(found)}


def banks_of_key(connection: Connection, key_id: int) -> list[int]:
    """The banks a limited key may reach."""
    found = select(api_key_bank.c.bank_id).where(api_key_bank.c.api_key_id == key_id).order_by(api_key_bank.c.bank_id)
    return list(connection.execute(found).scalars())


def end_key(connection: Connection, key_id: int, now_us: int) -> bool:
    """False when there is no such key; ending twice keeps the first time."""
    exists = connection.execute(select(api_key.c.id).where(api_key.c.id == key_id)).first()
    connection.execute(
        update(api_key).where(api_key.c.id == key_id, api_key.c.ended_us.is_(None)).values(ended_us=now_us)
    )
    return exists is not None
