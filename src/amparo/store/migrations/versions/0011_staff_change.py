"""What was done to accounts of staff (access/record.py); of a match, whether it may show somebody under 18 (match)."""

import sqlalchemy as sa
from alembic import op

ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the table and the column."""
    op.add_column("match_event", sa.Column("may_be_minor", sa.Integer, nullable=False, server_default="0"))
    op.create_table(
        "staff_change",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("by_id", sa.BigInteger),
        sa.Column("staff_id", sa.BigInteger),
        sa.Column("detail", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_staff_change"),
        sqlite_autoincrement=True,
    )
