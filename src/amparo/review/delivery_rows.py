"""The tables of webhooks, of what is delivered to them and of clients' own doors, and all SQL on them. Private to the room."""

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    Text,
    insert,
    literal,
    select,
)

from amparo.store.db import LEDGER, ROW_ID

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
