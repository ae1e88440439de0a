"""What needs a second person: what waits, one of it with its facts, the answer; and what one person alone did or can do.

The first answer is on no page here: who answers second does not see it.
"""

from typing import Any, Final

from starlette.responses import Response

from amparo.console.card_words import TABLES
from amparo.console.door import Door
from amparo.console.views.card import facts_beside
from amparo.console.visit import Visit
from amparo.errors import AmparoError, BadInput, NotFound

PAGE: Final = 50


def listed(visit: Visit) -> Response:
    """All that waits for who asks, and what they asked themselves."""
    seconds, after, own = visit.doors.seconds, visit.place_in("after") or 0, visit.place_in("own") or 0
    waiting, asked = seconds.waiting(visit.staff, after, PAGE + 1), seconds.asked(visit.staff, own, PAGE + 1)
    return visit.page(
        "seconds",
        waiting=waiting[:PAGE],
        more=f"/seconds?after={waiting[PAGE - 1].id}" if len(waiting) > PAGE else "",
        asked=asked[:PAGE],
        more_asked=f"/seconds?own={asked[PAGE - 1].id}#asked-title" if len(asked) > PAGE else "",
        says=TABLES,
    )


def alone(visit: Visit) -> Response:
    """What one person alone did or can do: overrides by pages, and the keys of the API that list."""
    before, start = visit.place_in("before"), visit.place_in("key") or 0
    done, number = visit.doors.seconds.overrides(before, PAGE + 1)
    keys = visit.doors.seconds.keys()
    return visit.page(
        "alone",
        view="seconds",
        overrides=done[:PAGE],
        number=number,
        more=f"/alone?before={done[PAGE - 1].id}" if len(done) > PAGE else "",
        keys=keys[start : start + PAGE],
        keys_number=len(keys),
        more_keys=f"/alone?key={start + PAGE}#keys-title" if len(keys) > start + PAGE else "",
        says=TABLES,
    )


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
    waiting = visit.doors.seconds.waiting(visit.staff, limit=1)
    return visit.see(f"/seconds/{waiting[0].id}" if waiting else "/seconds", "answered")


def _shown(visit: Visit, error: AmparoError | None = None) -> Response:
    one = visit.doors.seconds.one(visit.staff, visit.number("id"))
    card = visit.doors.queue.card(visit.staff, one.work_id) if one.work_id is not None else None
    nothing: dict[str, Any] = {"cases": [], "names": {}, "members": []}
    beside = facts_beside(visit, card, error) if card else nothing
    typed = visit.form.one("reason")
    return visit.page("second", error, view="seconds", one=one, card=card, typed=typed, says=TABLES, **beside)


DOORS: Final = (
    Door("GET", "/seconds", "second", listed),
    Door("GET", "/alone", "record.read", alone),
    Door("GET", "/seconds/{id}", "second", shown),
    Door("POST", "/seconds/{id}", "second", answer),
)
