"""cases: what came of files at platforms, and which cases staff marked as perhaps showing somebody under 18."""

import sqlalchemy as sa
from alembic import op

ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the table and the column."""
    op.create_table(
        "case_outcome",
        sa.Column("case_id", ROW_ID, nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("times", sa.BigInteger, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("case_id", "number", "client", "state", name="pk_case_outcome"),
        sa.ForeignKeyConstraint(["case_id"], ["desk_case.id"], name="fk_case_outcome_case_id"),
    )
    op.add_column("desk_case", sa.Column("minor_us", sa.BigInteger, nullable=True))
