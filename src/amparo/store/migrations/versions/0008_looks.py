"""What looking costs and how much of it is allowed; media held, sealed, for a look (review)."""

import sqlalchemy as sa
from alembic import op

ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the tables."""
    _looks()
    _limits()
    _held()


def _looks() -> None:
    op.create_table(
        "look",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("staff_id", sa.BigInteger, nullable=False),
        sa.Column("work_id", sa.BigInteger, nullable=False),
        sa.Column("copy_key", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("clarity", sa.Integer, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("severity", sa.Integer, nullable=False),
        sa.Column("granted_ms", sa.BigInteger, nullable=False),
        sa.Column("counted_ms", sa.BigInteger, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("until_us", sa.BigInteger, nullable=False),
        sa.Column("shown_us", sa.BigInteger),
        sa.Column("ended_us", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_look"),
        sa.UniqueConstraint("digest", name="uq_look_digest"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_look_staff_id_at_us", "look", ["staff_id", "at_us"])
    op.create_index("ix_look_work_id", "look", ["work_id"])


def _limits() -> None:
    op.create_table(
        "exposure_limit",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("staff_id", sa.BigInteger, nullable=False),
        sa.Column("by_id", sa.BigInteger, nullable=False),
        sa.Column("set_us", sa.BigInteger, nullable=False),
        sa.Column("from_us", sa.BigInteger, nullable=False),
        sa.Column("looks_day", sa.BigInteger, nullable=False),
        sa.Column("seconds_day", sa.BigInteger, nullable=False),
        sa.Column("looks_28", sa.BigInteger, nullable=False),
        sa.Column("seconds_28", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_exposure_limit"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_exposure_limit_staff_id_by_id", "exposure_limit", ["staff_id", "by_id"])


def _held() -> None:
    op.create_table(
        "held_media",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("client_id", sa.BigInteger, nullable=False),
        sa.Column("item_id", sa.Text),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("expires_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_held_media"),
        sa.UniqueConstraint("name", name="uq_held_media_name"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_held_media_expires_us", "held_media", ["expires_us"])
    op.create_index("ix_held_media_client_id_item_id", "held_media", ["client_id", "item_id"])
    op.create_table(
        "held_content",
        sa.Column("held_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("content_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("held_id", "content_id", name="pk_held_content"),
        sa.ForeignKeyConstraint(["held_id"], ["held_media.id"], name="fk_held_content_held_id"),
    )
    op.create_index("ix_held_content_content_id", "held_content", ["content_id"])
