"""Where somebody under 18 can turn, beside a card or a case: by the place that staff pick. Calls nobody and keeps nothing."""

from collections.abc import Mapping

from amparo.console.visit import Visit
from amparo.web.place_names import NAMES, WHAT


def turning(visit: Visit) -> Mapping[str, object]:
    """What ``parts.turning`` shows: the places, which is picked, and its route once one is."""
    asked = visit.query.one("place") or visit.form.one("place")
    route = visit.doors.places.route(asked)
    found = [(WHAT[kind], entries) for kind in WHAT if (entries := route.of(kind))]
    return {"places": NAMES, "picked": route.place, "route": found if asked in NAMES else []}
