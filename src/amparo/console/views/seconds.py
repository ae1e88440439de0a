"""What needs a second person: what waits, one of it with its facts, the answer; and what one person alone did or can do.

The first answer is on no page here: who answers second does not see it.
"""

from collections import Counter
from typing import Any, Final

from starlette.responses import Response

from amparo.console.card_words import TABLES
from amparo.console.door import Door
from amparo.console.views.card import facts_beside
from amparo.console.visit import Visit
from amparo.errors import AmparoError, BadInput, NotFound


def listed(visit: Visit) -> Response:
    """All that waits for who asks."""
    exceptions = visit.doors.seconds.exceptions() if visit.has("record.read") else []
    waiting = visit.doors.seconds.waiting(visit.staff)
    kinds = Counter(one.kind for one in exceptions)
    return visit.page("seconds", waiting=waiting, exceptions=exceptions, kinds=kinds, says=TABLES)


def shown(visit: Visit) -> Response:
    """One of it."""
    return _shown(visit)


def answer(visit: Visit) -> Response:
    """Yes, no, or an admin's alone; then the next that waits."""
    second_id = visit.number("id")
    try:
        if visit.form.act == "override":
            visit.staff.may("override")
            visit.doors.seconds.override(visit.staff, second_id, visit.form.one("reason").strip())
        elif visit.form.act in {"yes", "no"}:
            visit.doors.seconds.answer(visit.staff, second_id, yes=visit.form.act == "yes")
        else:
            raise BadInput("no_answer", "no button was pressed", "Use the buttons.")
    except NotFound:
        raise
    except AmparoError as error:
        return _shown(visit, error)
    waiting = visit.doors.seconds.waiting(visit.staff)
    return visit.see(f"/seconds/{waiting[0].id}" if waiting else "/seconds", "answered")


def _shown(visit: Visit, error: AmparoError | None = None) -> Response:
    one = visit.doors.seconds.one(visit.staff, visit.number("id"))
    card = visit.doors.queue.card(visit.staff, one.work_id) if one.work_id is not None else None
    nothing: dict[str, Any] = {"cases": [], "names": {}, "members": []}
    beside = facts_beside(visit, card) if card else nothing
    typed = visit.form.one("reason")
    return visit.page("second", error, view="seconds", one=one, card=card, typed=typed, says=TABLES, **beside)


DOORS: Final = (
    Door("GET", "/seconds", "second", listed),
    Door("GET", "/seconds/{id}", "second", shown),
    Door("POST", "/seconds/{id}", "second", answer),
)
