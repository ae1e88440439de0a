"""The clock of a process: the only reader of the wall clock. Rooms get it handed in; it keeps no time of its own."""

from datetime import UTC, datetime


class SystemClock:
    """The machine's own time (amparo.terms.clock.Clock)."""

    def now(self) -> datetime:
        """The present instant, aware, UTC."""
        return datetime.now(UTC)  # noqa: TID251 - the one reader of the wall clock
