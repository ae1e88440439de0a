"""How soon a work should be decided, as data. Sorts nothing itself.

A work is due so many hours after it was opened as its most urgent class says; the list is by due time, so whatever waits long
comes first in the end, and nothing starves.
"""

from collections.abc import Iterable
from typing import Final, Literal

HOUR_US: Final = 3_600_000_000
Urgency = Literal["under_18", "urgent_report", "request", "hidden", "case", "tip", "report", "match"]
HOURS: Final[dict[Urgency, int]] = {
    "under_18": 0,
    "urgent_report": 4,
    "request": 8,
    "hidden": 24,
    "case": 24,
    "tip": 36,
    "report": 36,
    "match": 72,
}
"""under_18: somebody may be under 18. urgent_report: the reporter says that it spreads now, or threatens. request: a person's case
asks for it. hidden: it is hidden by machine alone, and somebody may be wronged by that."""


def due_us(opened_us: int, classes: Iterable[Urgency]) -> int:
    """When a work opened then is due. classes: at least one."""
    return opened_us + min(HOURS[one] for one in classes) * HOUR_US
