"""Is she safe now? Where not, or where she does not know: what to do first, and both ways on."""

from amparo.errors import BadInput
from amparo.portal.steps.language import WAYS
from amparo.portal.visit import Step, Visit
from amparo.web.forms import Form
from amparo.web.place_names import NAMES

UNSAFE = frozenset({"no", "unsure"})


def show(visit: Visit) -> dict[str, object]:
    """Whether to tell what to do, and the emergency number of each place."""
    numbers = [(name, visit.doors.routes.route(place).of("emergency")) for place, name in NAMES.items()]
    return {"is_unsafe": visit.draft.safe in UNSAFE, "emergency": numbers}


def take(visit: Visit, form: Form) -> str:
    """On; where she is not safe, first the same page with what to do. Raises: BadInput (no_answer)."""
    if form.act in WAYS:
        return WAYS[form.act]
    if form.act == "skip":
        visit.draft.safe = ""
        return "age"
    answer = form.one("safe")
    if answer == "yes" or (not answer and visit.draft.safe in UNSAFE):
        visit.draft.safe = answer or visit.draft.safe
        return "age"
    if answer not in UNSAFE:
        raise BadInput("no_answer", "none of the answers was chosen", "Press one of the buttons, or skip.")
    visit.draft.safe = answer
    return "safe"


STEP = Step("safe", show, take, before=lambda _: "language", is_of_path=True)
