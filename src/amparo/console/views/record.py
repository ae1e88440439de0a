"""The record: what was decided and taken back, and who read or searched. Never what was searched for, and nobody's looks."""

from typing import Final

from starlette.responses import Response

from amparo.console.card_words import TABLES
from amparo.console.door import Door
from amparo.console.visit import Visit
from amparo.web.words import N_

PAGE: Final = 100
READS: Final = {
    "case": N_("read a case"),
    "tip": N_("read a tip"),
    "receipt": N_("made a new receipt"),
    "search": N_("searched the banks"),
}
"""What was read, by its name in the log; another name is told as it is."""


def decisions(visit: Visit) -> Response:
    """What was decided, newest first."""
    found = visit.doors.deciding.made(visit.place_in("before"), PAGE)
    more = f"/record?before={found[-1].id}" if len(found) == PAGE else ""
    return visit.page("record", decisions=found, more=more, says=TABLES)


def reads(visit: Visit) -> Response:
    """What was read, newest first."""
    found = visit.doors.staff.reads(visit.place_in("before"), PAGE)
    more = f"/record/reads?before={found[-1].id}" if len(found) == PAGE else ""
    return visit.page("record_reads", view="record", reads=found, more=more, names=READS)


DOORS: Final = (
    Door("GET", "/record", "record.read", decisions),
    Door("GET", "/record/reads", "record.read", reads),
)
