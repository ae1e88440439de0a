"""Under 18 when it was made: who helps first, by place, and the way on here. She picks the place; it is never guessed."""

from amparo.portal.visit import Step, Visit
from amparo.web.forms import Form
from amparo.web.place_names import NAMES, WHAT


def show(visit: Visit) -> dict[str, object]:
    """The places to pick from, and who helps in the one she picked."""
    route = visit.doors.routes.route(visit.draft.place)
    groups = [(WHAT[kind], found) for kind in WHAT if (found := route.of(kind))]
    return {"names": NAMES, "picked": route.place, "groups": groups}


def keep(visit: Visit, form: Form) -> None:
    """The place she picked."""
    if form.one("place") in NAMES:
        visit.draft.place = form.one("place")


def take(visit: Visit, form: Form) -> str:
    """On; or the same page for another place."""
    keep(visit, form)
    return "under-18" if form.act == "place" else "happened"


STEP = Step("under-18", show, take, before=lambda _: "age", keep=keep, is_of_path=True)
