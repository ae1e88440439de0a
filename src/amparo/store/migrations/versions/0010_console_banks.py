"""What the console needs of banks: leave to export a list (banks), questions of other thresholds (match), ways to what is guarded or gone."""

import sqlalchemy as sa
from alembic import op

ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the tables, and two indexes over few of the contents."""
    for name, columns, only in (
        ("ix_content_flooded", ["bank_id", "id"], "flooded_us IS NOT NULL"),
        ("ix_content_withdrawn", ["bank_id", "withdrawn_us"], "withdrawn_us IS NOT NULL"),
    ):
        where = sa.text(only)
        op.create_index(name, "content", columns, sqlite_where=where, postgresql_where=where)
    op.create_table(
        "bank_export",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("bank_id", sa.BigInteger, nullable=False),
        sa.Column("first_id", sa.BigInteger, nullable=False),
        sa.Column("second_id", sa.BigInteger, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("until_us", sa.BigInteger, nullable=False),
        sa.Column("taken", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_bank_export"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_bank_export_bank_id_id", "bank_export", ["bank_id", "id"])
    _what_if()


def _what_if() -> None:
    op.create_table(
        "what_if",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("bank_id", sa.BigInteger, nullable=False),
        sa.Column("thresholds", sa.Text, nullable=False),
        sa.Column("days", sa.Integer, nullable=False),
        sa.Column("staff_id", sa.BigInteger, nullable=False),
        sa.Column("asked_us", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("signal_last", sa.BigInteger, nullable=False),
        sa.Column("slice", sa.BigInteger, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("lost", sa.Text, nullable=False),
        sa.Column("gained", sa.Text, nullable=False),
        sa.Column("done", sa.BigInteger, nullable=False),
        sa.Column("total", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_what_if"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_what_if_bank_id_id", "what_if", ["bank_id", "id"])
