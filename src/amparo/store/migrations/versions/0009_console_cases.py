"""cases: what actions came to, tips key; what else the console needs of cases."""

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the tables."""
