"""The tables of actions and of what stands for an item, and all SQL on them. Private to the room."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Index, Table, Text, bindparam, func, insert, select, update

from amparo.store.db import LEDGER, ROW_ID, AnyRow

# the number given last; its row stays locked until the transaction ends, so actions appear in the order of their numbers
action_last = Table(
    "action_last",
    LEDGER,
    Column("one", ROW_ID, primary_key=True, autoincrement=False),
    Column("id", BigInteger, nullable=False),
)
action = Table(
    "action",
    LEDGER,
    Column("id", ROW_ID, primary_key=True, autoincrement=False),
    Column("client_id", BigInteger, nullable=False),
    Column("client", Text, nullable=False),
    Column("item_id", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("ground", Text, nullable=False),
    Column("by_whom", Text, nullable=False),
    Column("work_id", BigInteger),
    Column("decision_id", BigInteger),
    Column("at_us", BigInteger, nullable=False),
    Column("until_us", BigInteger),
    Column("reverses", BigInteger),
    Column("idempotency_key", Text, nullable=False, unique=True),
    Index("ix_action_client_id_id", "client_id", "id"),
    Index("ix_action_client_id_item_id_id", "client_id", "item_id", "id"),
    Index("ix_action_decision_id", "decision_id"),
)
item_standing = Table(
    "item_standing",
    LEDGER,
    Column("client_id", ROW_ID, primary_key=True, autoincrement=False),
    Column("item_id", Text, primary_key=True),
    Column("action_id", BigInteger, nullable=False),
    Column("action", Text, nullable=False),
    Column("ground", Text, nullable=False),
    Column("until_us", BigInteger),
    Index("ix_item_standing_until_us", "until_us"),
)

NEWEST = select(func.coalesce(func.max(action.c.id), 0)).where(action.c.id > bindparam("known"))
"""The newest number over ``known``, 0 where there is none, as `store.glance` asks for it."""


def next_id(connection: Connection) -> int:
    """A number for an action, over all before it."""
    taken = connection.execute(update(action_last).values(id=action_last.c.id + 1).returning(action_last.c.id)).scalar()
    if taken is None:
        connection.execute(insert(action_last).values(one=1, id=1))
        return 1
    return int(taken)


def skip(connection: Connection, many: int) -> None:
    """Give these many numbers to nothing."""
    if connection.execute(update(action_last).values(id=action_last.c.id + many)).rowcount == 0:
        connection.execute(insert(action_last).values(one=1, id=many))


def newest(connection: Connection) -> int:
    """The number given last, 0 before the first."""
    return int(connection.execute(select(action_last.c.id)).scalar() or 0)


def add(connection: Connection, values: Mapping[str, Any]) -> None:
    """Keep an action."""
    connection.execute(insert(action).values(**values))


def stand(connection: Connection, values: Mapping[str, Any]) -> None:
    """Put what stands for an item in the place of what stood."""
    there = (item_standing.c.client_id == values["client_id"]) & (item_standing.c.item_id == values["item_id"])
    if connection.execute(update(item_standing).where(there).values(**values)).rowcount == 0:
        connection.execute(insert(item_standing).values(**values))


def standing(connection: Connection, client_id: int, item_id: str) -> AnyRow | None:
    """What stands for an item."""
    there = (item_standing.c.client_id == client_id) & (item_standing.c.item_id == item_id)
    return connection.execute(select(item_standing).where(there)).first()


def standings(connection: Connection, client_id: int, item_ids: Sequence[str]) -> Sequence[AnyRow]:
    """What stands for these items of a client."""
    there = (item_standing.c.client_id == client_id) & item_standing.c.item_id.in_(item_ids)
    return connection.execute(select(item_standing).where(there)).all()


def one(connection: Connection, action_id: int) -> AnyRow | None:
    """An action."""
    return connection.execute(select(action).where(action.c.id == action_id)).first()


def before(connection: Connection, found: AnyRow) -> AnyRow | None:
    """The action on the same item before this one."""
    same = (action.c.client_id == found.client_id) & (action.c.item_id == found.item_id)
    query = select(action).where(same, action.c.id < found.id).order_by(action.c.id.desc()).limit(1)
    return connection.execute(query).first()


def of_decision(connection: Connection, decision_id: int) -> Sequence[AnyRow]:
    """The actions a decision ordered, newest first."""
    query = select(action).where(action.c.decision_id == decision_id).order_by(action.c.id.desc())
    return connection.execute(query).all()


def after(connection: Connection, client_id: int | None, cursor: int, limit: int) -> Sequence[AnyRow]:
    """Actions with numbers over ``cursor``, of one client or of all."""
    query = select(action).where(action.c.id > cursor).order_by(action.c.id).limit(limit)
    if client_id is not None:
        query = query.where(action.c.client_id == client_id)
    return connection.execute(query).all()


def due(connection: Connection, now_us: int, limit: int) -> Sequence[AnyRow]:
    """Interim hides whose time is over, oldest first."""
    over = (item_standing.c.action == "hide") & (item_standing.c.until_us <= now_us)
    return connection.execute(select(item_standing).where(over).order_by(item_standing.c.until_us).limit(limit)).all()


def put_off(connection: Connection, found: AnyRow, until_us: int) -> None:
    """What stands for an item stands until then."""
    there = (item_standing.c.client_id == found.client_id) & (item_standing.c.item_id == found.item_id)
    connection.execute(update(item_standing).where(there).values(until_us=until_us))
