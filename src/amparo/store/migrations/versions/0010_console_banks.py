"""banks: what the console needs of banks."""

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the tables."""
