"""Was she under 18 when it was made? What is not known counts as possible, so that no such picture stands among others."""

from typing import Final

from amparo.errors import BadInput
from amparo.intake.model import Age
from amparo.portal.visit import Step, Visit
from amparo.web.forms import Form

ANSWERS: Final[dict[str, Age]] = {"adult": "adult_stated", "minor": "minor_stated", "unsure": "minor_possible"}


def show(_visit: Visit) -> dict[str, object]:
    """Nothing beside the question."""
    return {}


def take(visit: Visit, form: Form) -> str:
    """On, by the page for those under 18 where she was. Raises: BadInput (no_answer)."""
    answer = "unsure" if form.act == "skip" else form.one("age")
    if answer not in ANSWERS:
        raise BadInput("no_answer", "none of the answers was chosen", "Press one of the buttons, or skip.")
    visit.draft.age = ANSWERS[answer]
    return "under-18" if answer == "minor" else "happened"


STEP = Step("age", show, take, before=lambda _: "safe", is_of_path=True)
