"""review: work, decisions, second looks."""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the tables."""
