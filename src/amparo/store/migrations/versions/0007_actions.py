"""Actions ordered of platforms and how they are delivered: in what order, what stands for an item, webhooks, deliveries (review)."""

import sqlalchemy as sa
from alembic import op

ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the tables."""
    _actions()
    _webhooks()
    _deliveries()


def _actions() -> None:
    op.create_table(
        "action_last",
        sa.Column("one", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("one", name="pk_action_last"),
    )
    op.create_table(
        "action",
        sa.Column("id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("client_id", sa.BigInteger, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("item_id", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("ground", sa.Text, nullable=False),
        sa.Column("by_whom", sa.Text, nullable=False),
        sa.Column("work_id", sa.BigInteger),
        sa.Column("decision_id", sa.BigInteger),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("until_us", sa.BigInteger),
        sa.Column("reverses", sa.BigInteger),
        sa.Column("idempotency_key", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_action"),
        sa.UniqueConstraint("idempotency_key", name="uq_action_idempotency_key"),
    )
    op.create_index("ix_action_client_id_id", "action", ["client_id", "id"])
    op.create_index("ix_action_client_id_item_id_id", "action", ["client_id", "item_id", "id"])
    op.create_index("ix_action_decision_id", "action", ["decision_id"])
    op.create_table(
        "item_standing",
        sa.Column("client_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("item_id", sa.Text, nullable=False),
        sa.Column("action_id", sa.BigInteger, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("ground", sa.Text, nullable=False),
        sa.Column("until_us", sa.BigInteger),
        sa.PrimaryKeyConstraint("client_id", "item_id", name="pk_item_standing"),
    )
    op.create_index("ix_item_standing_until_us", "item_standing", ["until_us"])


def _webhooks() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("client_id", sa.BigInteger, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("made_us", sa.BigInteger, nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("secret_before", sa.LargeBinary),
        sa.Column("before_until_us", sa.BigInteger),
        sa.Column("failures", sa.BigInteger, nullable=False),
        sa.Column("held_until_us", sa.BigInteger, nullable=False),
        sa.Column("delivered_us", sa.BigInteger),
        sa.Column("failed_us", sa.BigInteger),
        sa.Column("last_outcome", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhook"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_webhook_client_id", "webhook", ["client_id"])
    op.create_table(
        "client_door",
        sa.Column("client_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("media_url", sa.Text, nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("set_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("client_id", name="pk_client_door"),
    )


def _deliveries() -> None:
    op.create_table(
        "delivery",
        sa.Column("webhook_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("action_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("item_id", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("tries", sa.BigInteger, nullable=False),
        sa.Column("since_us", sa.BigInteger, nullable=False),
        sa.Column("next_us", sa.BigInteger, nullable=False),
        sa.Column("lease", sa.Text),
        sa.Column("leased_until_us", sa.BigInteger, nullable=False),
        sa.Column("last_us", sa.BigInteger),
        sa.Column("last_outcome", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("webhook_id", "action_id", name="pk_delivery"),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.id"], name="fk_delivery_webhook_id_webhook"),
    )
    op.create_index("ix_delivery_webhook_id_state_action_id", "delivery", ["webhook_id", "state", "action_id"])
    op.create_index("ix_delivery_webhook_id_item_id_action_id", "delivery", ["webhook_id", "item_id", "action_id"])
