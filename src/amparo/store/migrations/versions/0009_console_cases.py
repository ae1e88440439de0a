"""cases: what came of files at platforms, which cases staff marked as perhaps showing somebody under 18, for whom a sealed tip is open."""

import sqlalchemy as sa
from alembic import op

ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the tables and the column."""
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
    op.create_table(
        "tip_opening",
        sa.Column("case_id", ROW_ID, nullable=False),
        sa.Column("staff_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("until_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("case_id", "staff_id", name="pk_tip_opening"),
        sa.ForeignKeyConstraint(["case_id"], ["desk_case.id"], name="fk_tip_opening_case_id"),
    )
    op.create_index("ix_tip_opening_staff_id_until_us", "tip_opening", ["staff_id", "until_us"])
    op.add_column("desk_case", sa.Column("minor_us", sa.BigInteger, nullable=True))
