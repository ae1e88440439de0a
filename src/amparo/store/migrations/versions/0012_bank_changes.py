"""What a bank was before it was changed, and by whose key (access/record.py); why a work was marked as under 18 later
(review/late_minor.py); how serious it is (review/deciding.py)."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the columns."""
    op.add_column("decision", sa.Column("severity", sa.Integer, nullable=False, server_default="0"))
    op.add_column("work", sa.Column("minor_cause", sa.Text))
    op.add_column("staff_change", sa.Column("by_client", sa.Text))
    op.add_column("staff_change", sa.Column("changed", sa.Text, nullable=False, server_default="[]"))
