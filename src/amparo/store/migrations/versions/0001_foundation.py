"""Foundation: clients and keys (access), banks, contents, signals, tombstones, changes (banks), events and rates (match)."""

import sqlalchemy as sa
from alembic import op

ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables of the first release."""
    _access()
    _banks()
    _contents()
    _match()


def _access() -> None:
    op.create_table(
        "client",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_key", sa.Text, nullable=False),
        sa.Column("created_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_client"),
        sa.UniqueConstraint("name_key", name="uq_client_name_key"),
    )
    op.create_table(
        "api_key",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("client_id", ROW_ID, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("is_limited", sa.Integer, nullable=False),
        sa.Column("rate_per_s", sa.Integer),
        sa.Column("created_us", sa.BigInteger, nullable=False),
        sa.Column("ended_us", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_api_key"),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name="fk_api_key_client_id"),
        sa.UniqueConstraint("digest", name="uq_api_key_digest"),
    )
    op.create_table(
        "api_key_bank",
        sa.Column("api_key_id", ROW_ID, nullable=False),
        sa.Column("bank_id", ROW_ID, nullable=False),
        sa.PrimaryKeyConstraint("api_key_id", "bank_id", name="pk_api_key_bank"),
        sa.ForeignKeyConstraint(["api_key_id"], ["api_key.id"], name="fk_api_key_bank_api_key_id"),
    )


def _banks() -> None:
    op.create_table(
        "bank",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_key", sa.Text),
        sa.Column("identity_key", sa.Text, nullable=False),
        sa.Column("polarity", sa.Text, nullable=False),
        sa.Column("thresholds", sa.Text, nullable=False),
        sa.Column("staged_share", sa.Double, nullable=False),
        sa.Column("paused", sa.Integer, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("created_us", sa.BigInteger, nullable=False),
        sa.Column("deleted_us", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_bank"),
        sa.UniqueConstraint("name_key", name="uq_bank_name_key"),
    )
    op.create_table(
        "tombstone",
        sa.Column("identity", sa.LargeBinary(32), nullable=False),
        sa.Column("withdrawn_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("identity", name="pk_tombstone"),
    )
    op.create_table(
        "change",
        sa.Column("seq", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("signal_first", sa.BigInteger),
        sa.Column("signal_last", sa.BigInteger),
        sa.PrimaryKeyConstraint("seq", name="pk_change"),
    )
    counter = op.create_table(
        "counter",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("next", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counter"),
    )
    op.bulk_insert(counter, [{"name": name, "next": 1} for name in ("content", "signal", "change")])


def _contents() -> None:
    op.create_table(
        "content",
        sa.Column("id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("bank_id", ROW_ID, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("external_id", sa.Text),
        sa.Column("note", sa.Text),
        sa.Column("metadata", sa.Text),
        sa.Column("identity", sa.LargeBinary(32)),
        sa.Column("created_us", sa.BigInteger, nullable=False),
        sa.Column("disable_until_us", sa.BigInteger),
        sa.Column("withdrawn_us", sa.BigInteger),
        sa.Column("flooded_us", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_content"),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name="fk_content_bank_id"),
        sa.UniqueConstraint("identity", name="uq_content_identity"),
    )
    op.create_index("ix_content_bank_id_id", "content", ["bank_id", "id"])
    op.create_table(
        "signal",
        sa.Column("id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("content_id", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("code", sa.LargeBinary, nullable=False),
        sa.Column("quality", sa.Integer),
        sa.Column("profile", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_signal"),
        sa.ForeignKeyConstraint(["content_id"], ["content.id"], name="fk_signal_content_id"),
    )
    op.create_index("ix_signal_content_id", "signal", ["content_id"])
    op.create_table(
        "opinion",
        sa.Column("content_id", sa.BigInteger, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("opinion", sa.Text, nullable=False),
        sa.Column("given_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("content_id", "client", name="pk_opinion"),
        sa.ForeignKeyConstraint(["content_id"], ["content.id"], name="fk_opinion_content_id"),
    )


def _match() -> None:
    op.create_table(
        "match_event",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("client_id", ROW_ID, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("item_id", sa.Text),
        sa.Column("uploader_ref", sa.Text),
        sa.Column("uploaded_us", sa.BigInteger),
        sa.Column("suggested_action", sa.Text, nullable=False),
        sa.Column("policy", sa.Text, nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.Column("matches", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_match_event"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_match_event_at_us", "match_event", ["at_us"])
    op.create_table(
        "match_count",
        sa.Column("client_id", ROW_ID, nullable=False),
        sa.Column("hour_us", sa.BigInteger, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("client_id", "hour_us", "verdict", name="pk_match_count"),
    )
    op.create_table(
        "match_rate",
        sa.Column("content_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("hour_us", sa.BigInteger, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("base_per_hour", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("content_id", name="pk_match_rate"),
    )
