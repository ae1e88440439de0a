"""Time as it enters a room: an aware instant outside, whole microseconds UTC in the database. Reads no clock itself."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

from amparo.errors import BadInput

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Clock(Protocol):
    """Tells the time; the process hands one in (app/clock.py), tests hand in their own."""

    def now(self) -> datetime:
        """The present instant, aware, UTC."""
        ...


def to_us(instant: datetime) -> int:
    """Microseconds since 1970-01-01 UTC of an aware instant, exact."""
    assert instant.tzinfo is not None, "a naive instant has no meaning here"
    return (instant - EPOCH) // MICROSECOND


def from_us(us: int) -> datetime:
    """The aware UTC instant ``us`` microseconds after 1970-01-01 UTC."""
    return EPOCH + timedelta(microseconds=us)


def to_text(instant: datetime) -> str:
    """RFC 3339 text in UTC, with microseconds."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def from_text(text: str, *, what: str) -> datetime:
    """The instant in RFC 3339 text; without an offset it is refused, never guessed.

    Raises: BadInput (bad_time) naming ``what``.
    """
    try:
        read = datetime.fromisoformat(text)
        instant = None if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):  # the latter where its offset leads out of the calendar
        instant = None
    if instant is None:
        raise BadInput(
            "bad_time", f"{what} is not a time with its offset", "Write RFC 3339, for example 2026-05-19T08:30:00Z."
        )
    return instant
