"""The ledger remembers how far the withdrawals file had come, and whose key it is (banks)."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table, empty: the next start fills it."""
    op.create_table(
        "withdrawals_head",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("key_check", sa.Text, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("chain", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_withdrawals_head"),
    )
