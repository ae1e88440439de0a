"""The first page: which language. Nothing is stored before it is answered."""

from amparo.errors import BadInput
from amparo.portal.visit import Step, Visit
from amparo.web.forms import Form

WAYS = {"open": "home", "tip": "tip"}
"""The other doors of the first pages, by the button's act."""


def show(visit: Visit) -> dict[str, object]:
    """The languages there are."""
    return {"offered": visit.doors.pages.offered}


def take(visit: Visit, form: Form) -> str:
    """On in the language she chose, or by another door. Raises: BadInput (no_answer)."""
    if form.act in WAYS:
        return WAYS[form.act]
    chosen = form.one("language")
    if chosen not in {words.tag for words in visit.doors.pages.offered}:
        raise BadInput("no_answer", "none of the languages was chosen", "Press one of the buttons.")
    visit.draft.language = chosen
    return "safe"


STEP = Step("language", show, take, before=lambda _: "", is_of_path=True, may_skip=False)
