"""Which snapshots of the index were made of this ledger (match)."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table, empty: snapshots come with the next change of size."""
    op.create_table(
        "index_snapshot",
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.Column("signal_last", sa.BigInteger, nullable=False),
        sa.Column("made_us", sa.BigInteger, nullable=False),
        sa.Column("kinds", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("token", name="pk_index_snapshot"),
    )
