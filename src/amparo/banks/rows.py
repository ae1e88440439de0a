"""The tables of the banks room and the SQL of listing and withdrawing. Private to the room, as feed_rows.py is."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from amparo.store.db import LEDGER, ROW_ID, AnyRow
from amparo.store.many import insert_many, parts

bank = Table(
    "bank",
    LEDGER,
    Column("id", ROW_ID, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text),  # folded; null once deleted, so that the name is free again
    Column("identity_key", Text, nullable=False),
    Column("polarity", Text, nullable=False),
    Column("thresholds", Text, nullable=False),
    Column("staged_share", Double, nullable=False),
    Column("paused", Integer, nullable=False),
    Column("action", Text, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("deleted_us", BigInteger),
    UniqueConstraint("name_key"),
)
content = Table(
    "content",
    LEDGER,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("bank_id", ForeignKey("bank.id"), nullable=False),
    Column("origin", Text, nullable=False),
    Column("external_id", Text),
    Column("note", Text),
    Column("metadata", Text),
    Column("identity", LargeBinary(32)),  # null once withdrawn
    Column("created_us", BigInteger, nullable=False),
    Column("disable_until_us", BigInteger),
    Column("withdrawn_us", BigInteger),
    Column("flooded_us", BigInteger),
    UniqueConstraint("identity"),
    Index(None, "bank_id", "id"),
)
for _name, _columns, _only in (
    ("ix_content_flooded", ("bank_id", "id"), content.c.flooded_us.is_not(None)),
    ("ix_content_withdrawn", ("bank_id", "withdrawn_us"), content.c.withdrawn_us.is_not(None)),
):
    Index(_name, *[content.c[one] for one in _columns], sqlite_where=_only, postgresql_where=_only)
signal = Table(
    "signal",
    LEDGER,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("content_id", ForeignKey("content.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("code", LargeBinary, nullable=False),
    Column("quality", Integer),
    Column("profile", Text, nullable=False),
    Index(None, "content_id"),
)
opinion = Table(
    "opinion",
    LEDGER,
    Column("content_id", ForeignKey("content.id"), primary_key=True),
    Column("client", Text, primary_key=True),
    Column("opinion", Text, nullable=False),
    Column("given_us", BigInteger, nullable=False),
)
tombstone = Table(
    "tombstone",
    LEDGER,
    Column("identity", LargeBinary(32), primary_key=True),
    Column("withdrawn_us", BigInteger, nullable=False),
)
# What every matcher follows: "the signals with these ids changed, read them again"; null: a bank's policy changed.
change = Table(
    "change",
    LEDGER,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("signal_first", BigInteger),
    Column("signal_last", BigInteger),
)
# The withdrawals file as this ledger knows it: whose key, and how far it had come. One row.
withdrawals_head = Table(
    "withdrawals_head",
    LEDGER,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("key_check", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("chain", LargeBinary(32), nullable=False),
)
counter = Table("counter", LEDGER, Column("name", Text, primary_key=True), Column("next", BigInteger, nullable=False))


def take_ids(connection: Connection, name: str, count: int) -> int:
    """The first of ``count`` ids in a row, never given before.

    Its row is locked until the transaction ends: listings follow each other, so ``change.seq`` is in commit order.
    """
    taken = update(counter).where(counter.c.name == name).values(next=counter.c.next + count).returning(counter.c.next)
    return int(connection.execute(taken).scalar_one()) - count


# --- banks


def banks(connection: Connection) -> Sequence[AnyRow]:
    """All banks that are not deleted, oldest first."""
    return connection.execute(select(bank).where(bank.c.deleted_us.is_(None)).order_by(bank.c.id)).all()


def bank_by_key(connection: Connection, name_key: str) -> AnyRow | None:
    """The bank with this folded name."""
    return connection.execute(select(bank).where(bank.c.name_key == name_key)).first()


def bears_identity_key(connection: Connection, identity_key: str) -> bool:
    """Whether a bank that is not deleted has this part of its contents' identities."""
    query = select(bank.c.id).where(bank.c.identity_key == identity_key, bank.c.deleted_us.is_(None))
    return connection.execute(query).first() is not None


def identity_keys(connection: Connection) -> dict[int, str]:
    """What each bank, deleted or not, adds to its contents' identities, by id."""
    return {row.id: row.identity_key for row in connection.execute(select(bank.c.id, bank.c.identity_key))}


def add_bank(connection: Connection, values: Mapping[str, object]) -> int:
    """The id of the new bank."""
    return int(connection.execute(insert(bank).values(**values).returning(bank.c.id)).scalar_one())


def set_bank(connection: Connection, bank_id: int, values: Mapping[str, object]) -> None:
    """Change columns of a bank."""
    connection.execute(update(bank).where(bank.c.id == bank_id).values(**values))


# --- contents


def live_by_identity(connection: Connection, identities: Sequence[bytes]) -> dict[bytes, int]:
    """Which of these identities stand, with their content's id."""
    found: dict[bytes, int] = {}
    for part in parts(identities):
        query = select(content.c.identity, content.c.id).where(content.c.identity.in_(part))
        found.update((row.identity, row.id) for row in connection.execute(query))
    return found


def tombstones_among(connection: Connection, identities: Sequence[bytes]) -> set[bytes]:
    """Which of these identities were withdrawn."""
    found: set[bytes] = set()
    for part in parts(identities):
        found.update(connection.execute(select(tombstone.c.identity).where(tombstone.c.identity.in_(part))).scalars())
    return found


def signals_of(connection: Connection, content_ids: Sequence[int]) -> dict[int, list[AnyRow]]:
    """The signals of these contents, oldest first."""
    found: dict[int, list[AnyRow]] = {}
    for part in parts(content_ids):
        query = select(signal).where(signal.c.content_id.in_(part)).order_by(signal.c.id)
        for row in connection.execute(query):
            found.setdefault(row.content_id, []).append(row)
    return found


def code_bytes(connection: Connection, content_ids: Sequence[int]) -> dict[int, int]:
    """How many bytes the codes of these contents have in all."""
    found: dict[int, int] = {}
    for part in parts(content_ids):
        size = func.sum(func.length(signal.c.code)).label("size")
        query = select(signal.c.content_id, size).where(signal.c.content_id.in_(part)).group_by(signal.c.content_id)
        found.update((row.content_id, int(row.size)) for row in connection.execute(query))
    return found


_OPINIONS = (
    select(opinion)
    .where(opinion.c.content_id.in_(bindparam("ids", expanding=True)))
    .order_by(opinion.c.given_us, opinion.c.client)
)


def opinions_of(connection: Connection, content_ids: Sequence[int]) -> dict[int, list[AnyRow]]:
    """The opinions on these contents, oldest first."""
    found: dict[int, list[AnyRow]] = {}
    for part in parts(content_ids):
        for row in connection.execute(_OPINIONS, {"ids": part}):
            found.setdefault(row.content_id, []).append(row)
    return found


def content_by_id(connection: Connection, content_id: int) -> AnyRow | None:
    """One content, withdrawn or not."""
    return connection.execute(select(content).where(content.c.id == content_id)).first()


def contents_by_id(connection: Connection, content_ids: Sequence[int]) -> list[AnyRow]:
    """Those of these contents there are, withdrawn or not, by id."""
    found: list[AnyRow] = []
    for part in parts(sorted(set(content_ids))):
        found += connection.execute(select(content).where(content.c.id.in_(part)).order_by(content.c.id)).all()
    return found


def contents_after(connection: Connection, bank_id: int, after: int, limit: int) -> Sequence[AnyRow]:
    """Live contents of a bank with ids over ``after``, by id."""
    query = select(content).where(content.c.bank_id == bank_id, content.c.id > after, content.c.withdrawn_us.is_(None))
    return connection.execute(query.order_by(content.c.id).limit(limit)).all()


def count_contents(connection: Connection, bank_id: int) -> int:
    """Live contents of a bank."""
    query = (
        select(func.count()).select_from(content).where(content.c.bank_id == bank_id, content.c.withdrawn_us.is_(None))
    )
    return int(connection.execute(query).scalar_one())


def set_content(connection: Connection, content_id: int, values: Mapping[str, object]) -> None:
    """Change columns of a content."""
    connection.execute(update(content).where(content.c.id == content_id).values(**values))


def set_opinion(connection: Connection, values: Mapping[str, object]) -> None:
    """One opinion a client and content; a new one takes the place of the old."""
    same = (opinion.c.content_id == values["content_id"], opinion.c.client == values["client"])
    connection.execute(delete(opinion).where(*same))
    connection.execute(insert(opinion).values(**values))


def drop_opinions(connection: Connection, content_ids: Sequence[int], client: str) -> None:
    """What this client said of these contents goes."""
    for part in parts(content_ids):
        connection.execute(delete(opinion).where(opinion.c.content_id.in_(part), opinion.c.client == client))


def give_signals(connection: Connection, signal_ids: Sequence[int], content_id: int) -> None:
    """These signals belong to another content from now on."""
    for part in parts(signal_ids):
        connection.execute(update(signal).where(signal.c.id.in_(part)).values(content_id=content_id))


def add_tombstones(connection: Connection, identities: Iterable[bytes], now_us: int) -> None:
    """Mark identities as withdrawn; those that are already stay as they are."""
    wanted = list(identities)
    there = tombstones_among(connection, wanted)
    insert_many(
        connection,
        tombstone,
        [{"identity": identity, "withdrawn_us": now_us} for identity in wanted if identity not in there],
    )


def drop_tombstones(connection: Connection, identities: Sequence[bytes]) -> None:
    """The identities may be listed again."""
    for part in parts(identities):
        connection.execute(delete(tombstone).where(tombstone.c.identity.in_(part)))


def drop_signals(connection: Connection, content_ids: Sequence[int]) -> list[int]:
    """Delete the signals and opinions of contents; the ids of the signals that went, ascending."""
    gone: list[int] = []
    for part in parts(content_ids):
        gone += connection.execute(delete(signal).where(signal.c.content_id.in_(part)).returning(signal.c.id)).scalars()
        connection.execute(delete(opinion).where(opinion.c.content_id.in_(part)))
    return sorted(gone)


def clear_contents(connection: Connection, content_ids: Sequence[int], now_us: int) -> None:
    """Empty withdrawn contents: what stays is that there was one, and when it went."""
    emptied = {"identity": None, "external_id": None, "note": None, "metadata": None, "withdrawn_us": now_us}
    for part in parts(content_ids):
        connection.execute(update(content).where(content.c.id.in_(part)).values(**emptied))


def head_known(connection: Connection) -> AnyRow | None:
    """key_check, size_bytes, chain of the withdrawals file when this ledger last wrote to it; None before the first start."""
    return connection.execute(select(withdrawals_head)).first()


def set_head(connection: Connection, values: Mapping[str, object]) -> None:
    """Put what is known of the withdrawals file in the place of what was."""
    connection.execute(delete(withdrawals_head))
    connection.execute(insert(withdrawals_head).values(id=1, **values))


def forget_head(connection: Connection) -> None:
    """Nothing is known of the withdrawals file."""
    connection.execute(delete(withdrawals_head))


def all_tombstones(connection: Connection) -> list[bytes]:
    """Every identity that was withdrawn."""
    return list(connection.execute(select(tombstone.c.identity)).scalars())


def contents_of_deleted_banks(connection: Connection, limit: int) -> list[int]:
    """Live contents whose bank was deleted, by id."""
    query = select(content.c.id).join(bank).where(bank.c.deleted_us.is_not(None), content.c.withdrawn_us.is_(None))
    return list(connection.execute(query.order_by(content.c.id).limit(limit)).scalars())


def left_by_namesakes(
    connection: Connection, bank_id: int, identity_key: str, identities: Sequence[bytes]
) -> list[int]:
    """Contents of deleted banks of the same name that still hold one of these identities."""
    deleted = select(bank.c.id).where(bank.c.identity_key == identity_key, bank.c.id != bank_id)
    old = list(connection.execute(deleted).scalars())
    found: list[int] = []
    for part in parts(identities) if old else ():
        query = select(content.c.id).where(content.c.identity.in_(part), content.c.bank_id.in_(old))
        found += connection.execute(query).scalars()
    return sorted(found)
