"""The tables of webhooks, of what is delivered to them and of clients' own doors, and all SQL on them. Private to the room."""

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
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)

from amparo.review.action_rows import action
from amparo.store.db import LEDGER, ROW_ID, AnyRow

WAITING, DELIVERED, DEAD, PASSED = "waiting", "delivered", "dead", "passed"
"""passed: dead, and a later action on the same item was delivered, so that it is not sent again."""
LIVE, PAUSED, ENDED = "live", "paused", "ended"
"""ended: the receiver answered 410."""

webhook = Table(
    "webhook",
    LEDGER,
    Column("id", ROW_ID, primary_key=True),
    Column("client_id", BigInteger, nullable=False),
    Column("client", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("made_us", BigInteger, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("secret_before", LargeBinary),
    Column("before_until_us", BigInteger),
    # how often it failed without a success between, and until when it is left alone for it
    Column("failures", BigInteger, nullable=False),
    Column("held_until_us", BigInteger, nullable=False),
    Column("delivered_us", BigInteger),
    Column("failed_us", BigInteger),
    Column("last_outcome", Text, nullable=False),
    Index("ix_webhook_client_id", "client_id"),
    sqlite_autoincrement=True,
)
client_door = Table(
    "client_door",
    LEDGER,
    Column("client_id", ROW_ID, primary_key=True, autoincrement=False),
    Column("media_url", Text, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("set_us", BigInteger, nullable=False),
)
delivery = Table(
    "delivery",
    LEDGER,
    Column("webhook_id", ROW_ID, ForeignKey("webhook.id"), primary_key=True, autoincrement=False),
    Column("action_id", BigInteger, primary_key=True, autoincrement=False),
    Column("item_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("tries", BigInteger, nullable=False),
    Column("since_us", BigInteger, nullable=False),
    Column("next_us", BigInteger, nullable=False),
    Column("lease", Text),
    Column("leased_until_us", BigInteger, nullable=False),
    Column("last_us", BigInteger),
    Column("last_outcome", Text, nullable=False),
    Index("ix_delivery_webhook_id_state_action_id", "webhook_id", "state", "action_id"),
    Index("ix_delivery_webhook_id_item_id_action_id", "webhook_id", "item_id", "action_id"),
)


def enqueue(connection: Connection, client_id: int, action_id: int, item_id: str, now_us: int) -> None:
    """A delivery to each webhook of the client that has not ended."""
    to = select(
        webhook.c.id,
        literal(action_id),
        literal(item_id),
        literal(WAITING),
        literal(0),
        literal(now_us),
        literal(now_us),
        literal(0),
        literal(""),
    ).where(webhook.c.client_id == client_id, webhook.c.state != ENDED)
    names = (
        "webhook_id",
        "action_id",
        "item_id",
        "state",
        "tries",
        "since_us",
        "next_us",
        "leased_until_us",
        "last_outcome",
    )
    connection.execute(insert(delivery).from_select(names, to))


def add_webhook(connection: Connection, values: Mapping[str, Any], now_us: int) -> int:
    """The id of the new webhook, its secret not yet in it."""
    new = {"state": LIVE, "made_us": now_us, "secret": b"", "failures": 0, "held_until_us": 0, "last_outcome": ""}
    return int(connection.execute(insert(webhook).values(**new, **values).returning(webhook.c.id)).scalar_one())


def webhooks(connection: Connection, client_id: int | None) -> Sequence[AnyRow]:
    """Webhooks of one client or of all, oldest first."""
    query = select(webhook).order_by(webhook.c.id)
    if client_id is not None:
        query = query.where(webhook.c.client_id == client_id)
    return connection.execute(query).all()


def webhook_by_id(connection: Connection, webhook_id: int) -> AnyRow | None:
    """A webhook."""
    return connection.execute(select(webhook).where(webhook.c.id == webhook_id)).first()


def secret_of(connection: Connection, webhook_id: int) -> bytes:
    """Its locked secret."""
    return bytes(connection.execute(select(webhook.c.secret).where(webhook.c.id == webhook_id)).scalar_one())


def set_webhook(connection: Connection, webhook_id: int, values: Mapping[str, Any]) -> None:
    """Change it."""
    connection.execute(update(webhook).where(webhook.c.id == webhook_id).values(**values))


def drop_webhook(connection: Connection, webhook_id: int) -> None:
    """Delete it and what waits for it."""
    connection.execute(delete(delivery).where(delivery.c.webhook_id == webhook_id))
    connection.execute(delete(webhook).where(webhook.c.id == webhook_id))


def figures(connection: Connection, webhook_id: int) -> tuple[int, int, int | None]:
    """How many wait, how many are dead, since when the oldest waits."""
    query = select(delivery.c.state, func.count(), func.min(delivery.c.since_us)).where(
        delivery.c.webhook_id == webhook_id, delivery.c.state.in_((WAITING, DEAD))
    )
    found = {row[0]: (int(row[1]), row[2]) for row in connection.execute(query.group_by(delivery.c.state))}
    number, oldest = found.get(WAITING, (0, None))
    return number, found.get(DEAD, (0, None))[0], oldest


def waiting(connection: Connection) -> tuple[int, int | None]:
    """How many messages wait in all, and since when the oldest."""
    query = select(func.count(), func.min(delivery.c.since_us)).where(delivery.c.state == WAITING)
    number, oldest = connection.execute(query).one()
    return int(number), oldest


# --- the deliverer's


def ready(connection: Connection, now_us: int) -> Sequence[AnyRow]:
    """Webhooks that may be posted to now."""
    return connection.execute(
        select(webhook).where(webhook.c.state == LIVE, webhook.c.held_until_us <= now_us).order_by(webhook.c.id)
    ).all()


def heads(connection: Connection, webhook_id: int, now_us: int, limit: int, *, least_tried: bool) -> Sequence[AnyRow]:
    """What may go to a webhook now: of each item the earliest that waits, if it is due and nobody has it."""
    earlier = delivery.alias()
    before = exists(
        select(1).where(
            earlier.c.webhook_id == webhook_id,
            earlier.c.item_id == delivery.c.item_id,
            earlier.c.state == WAITING,
            earlier.c.action_id < delivery.c.action_id,
        )
    )
    query = (
        select(delivery.c.action_id, delivery.c.item_id, delivery.c.tries, delivery.c.since_us)
        .where(
            delivery.c.webhook_id == webhook_id,
            delivery.c.state == WAITING,
            delivery.c.next_us <= now_us,
            delivery.c.leased_until_us <= now_us,
            ~before,
        )
        .order_by(*([delivery.c.tries] if least_tried else []), delivery.c.action_id)
        .limit(limit)
    )
    return connection.execute(query).all()


def actions(connection: Connection, ids: Sequence[int]) -> dict[int, AnyRow]:
    """Actions by number."""
    return {row.id: row for row in connection.execute(select(action).where(action.c.id.in_(ids)))}


def take_lease(connection: Connection, webhook_id: int, ids: Sequence[int], lease: str, until_us: int) -> None:
    """Nobody else takes these before ``until_us``."""
    connection.execute(
        update(delivery)
        .where(delivery.c.webhook_id == webhook_id, delivery.c.action_id.in_(ids))
        .values(lease=lease, leased_until_us=until_us)
    )


def note(connection: Connection, webhook_id: int, action_id: int, lease: str, values: Mapping[str, Any]) -> bool:
    """How one ended; False where another has taken it since, or it is gone. The lease ends."""
    done = connection.execute(
        update(delivery)
        .where(
            delivery.c.webhook_id == webhook_id,
            delivery.c.action_id == action_id,
            delivery.c.state == WAITING,
            delivery.c.lease == lease,
        )
        .values(lease=None, leased_until_us=0, **values)
    )
    return done.rowcount == 1


def pass_earlier(connection: Connection, webhook_id: int, item_id: str, action_id: int) -> None:
    """Earlier messages on an item are not sent after a later one was delivered."""
    connection.execute(
        update(delivery)
        .where(
            delivery.c.webhook_id == webhook_id,
            delivery.c.item_id == item_id,
            delivery.c.action_id < action_id,
            delivery.c.state.in_((WAITING, DEAD)),
        )
        .values(state=PASSED, lease=None, leased_until_us=0)
    )


def wake(connection: Connection, webhook_id: int, now_us: int) -> None:
    """What waits for its next try goes now: the receiver is back."""
    connection.execute(
        update(delivery)
        .where(delivery.c.webhook_id == webhook_id, delivery.c.state == WAITING, delivery.c.next_us > now_us)
        .values(next_us=now_us)
    )


def bury(connection: Connection, webhook_id: int, outcome: str, now_us: int) -> int:
    """All that waits for a webhook is dead; how many."""
    done = connection.execute(
        update(delivery)
        .where(delivery.c.webhook_id == webhook_id, delivery.c.state == WAITING)
        .values(state=DEAD, lease=None, leased_until_us=0, last_us=now_us, last_outcome=outcome)
    )
    return int(done.rowcount)


def bury_old(connection: Connection, before_us: int, outcome: str, now_us: int) -> int:
    """What waits since before ``before_us`` is dead; how many."""
    done = connection.execute(
        update(delivery)
        .where(delivery.c.state == WAITING, delivery.c.since_us < before_us, delivery.c.leased_until_us <= now_us)
        .values(state=DEAD, lease=None, leased_until_us=0, last_us=now_us, last_outcome=outcome)
    )
    return int(done.rowcount)


def forget(connection: Connection, before_us: int) -> int:
    """Delete what was delivered or set aside before ``before_us``; how many went."""
    old = (delivery.c.state != WAITING) & (delivery.c.last_us < before_us)
    return int(connection.execute(delete(delivery).where(old)).rowcount)


# --- dead letters


def dead(connection: Connection, webhook_id: int, after: int, limit: int) -> Sequence[AnyRow]:
    """What was set aside, with the name of its action."""
    query = (
        select(*delivery.c, action.c.action)
        .join(action, action.c.id == delivery.c.action_id)
        .where(
            delivery.c.webhook_id == webhook_id,
            delivery.c.state.in_((DEAD, PASSED)),
            delivery.c.action_id > after,
        )
        .order_by(delivery.c.action_id)
        .limit(limit)
    )
    return connection.execute(query).all()


def replay(connection: Connection, webhook_id: int, ids: Sequence[int] | None, now_us: int) -> int:
    """Let dead ones wait again as if new; how many."""
    those = (delivery.c.webhook_id == webhook_id) & (delivery.c.state == DEAD)
    if ids is not None:
        those &= delivery.c.action_id.in_(ids)
    done = connection.execute(
        update(delivery).where(those).values(state=WAITING, tries=0, since_us=now_us, next_us=now_us)
    )
    return int(done.rowcount)


# --- clients' doors


def set_door(connection: Connection, client_id: int, url: str, secret: bytes | None, now_us: int) -> None:
    """Put a client's door in the place of the one before; without a secret there is none any more."""
    connection.execute(delete(client_door).where(client_door.c.client_id == client_id))
    if secret is not None:
        connection.execute(insert(client_door).values(client_id=client_id, media_url=url, secret=secret, set_us=now_us))


def door(connection: Connection, client_id: int) -> AnyRow | None:
    """A client's door."""
    return connection.execute(select(client_door).where(client_door.c.client_id == client_id)).first()


def doors(connection: Connection) -> Sequence[AnyRow]:
    """All clients' doors."""
    return connection.execute(select(client_door)).all()
