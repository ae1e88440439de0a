"""The queue: what waits, the most urgent first, by filter and page; and one decision for many of it. Judges no value."""

import secrets
from collections import Counter
from collections.abc import Sequence
from typing import Final

from starlette.responses import Response

from amparo.console.card_words import TABLES
from amparo.console.door import Door
from amparo.console.filtering import address, cursor_of, filter_of
from amparo.console.views.card import ANSWERS, decision_of
from amparo.console.visit import Visit
from amparo.errors import AmparoError, BadInput
from amparo.review.asking import MANY_MAX, PAGE, OfMany
from amparo.review.model import Work
from amparo.web.forms import Form

UNDO_SHOWN: Final = 3


def listed(visit: Visit) -> Response:
    """A page of it."""
    return _queue(visit)


def bulk(visit: Visit) -> Response:
    """Many at once: first how many and which, then, when that was agreed to, the decision of each."""
    try:
        if visit.form.act not in ANSWERS:
            return _asked(visit, _chosen(visit))
        decision = decision_of(visit.form, ANSWERS[visit.form.act])
        told = visit.doors.deciding.decide_many(
            visit.staff, _ids(visit.form.many("work")), decision, visit.form.one("key")
        )
    except AmparoError as error:
        return _queue(visit, error)
    return _queue(visit, told=told)


def _queue(visit: Visit, error: AmparoError | None = None, told: Sequence[OfMany] = ()) -> Response:
    wanted = filter_of(visit.query, visit.staff)
    found = visit.doors.queue.listed(visit.staff, wanted, cursor_of(visit.query.one("after")), PAGE)
    members = visit.doors.staff.members()
    return visit.page(
        "queue",
        error,
        found=found,
        wanted=wanted,
        is_filtered=wanted != filter_of(Form(), visit.staff),
        more=address("/queue", wanted, found.after) if found.after else "",
        next_path=address("/queue/next", wanted),
        bulk_path=address("/queue/bulk", wanted),
        counts=visit.doors.queue.counts(visit.staff),
        names={one.id: one.name for one in members},
        recent=visit.doors.deciding.recent(visit.staff, UNDO_SHOWN) if visit.has("work.decide") else [],
        told=Counter(one.outcome.word if one.outcome else "refused" for one in told),
        now=visit.doors.clock.now(),
        says=TABLES,
    )


def _asked(visit: Visit, works: Sequence[Work]) -> Response:
    wanted = filter_of(visit.query, visit.staff)
    return visit.page(
        "bulk",
        view="queue",
        works=works,
        kinds=Counter(one.kind for one in works),
        copies=sum(one.copies for one in works),
        key=secrets.token_hex(8),
        bulk_path=address("/queue/bulk", wanted),
        queue_path=address("/queue", wanted),
        says=TABLES,
    )


def _chosen(visit: Visit) -> list[Work]:
    """Those that were ticked, or all that the filter finds. Raises: BadInput (no_answer) for none."""
    ids = set(_ids(visit.form.many("work")))
    if visit.form.act == "all":
        wanted = filter_of(visit.query, visit.staff)
        works = list(visit.doors.queue.listed(visit.staff, wanted, None, MANY_MAX).works)
    else:
        works = [visit.doors.queue.card(visit.staff, each).work for each in sorted(ids)[:PAGE]] if ids else []
    if not works:
        raise BadInput("no_answer", "no work was chosen", "Tick some.")
    return works


def _ids(texts: Sequence[str]) -> list[int]:
    """Raises: BadInput (bad_form)."""
    if len(texts) > MANY_MAX or not all(text.isascii() and text.isdigit() and len(text) <= 18 for text in texts):
        raise BadInput("bad_form", "these are no works", "Tick them on the page.")
    return [int(text) for text in texts]


DOORS: Final = (
    Door("GET", "/queue", "work.read", listed),
    Door("POST", "/queue/bulk", "work.decide", bulk),
)
