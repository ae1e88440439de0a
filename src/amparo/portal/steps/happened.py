"""What happened, in five plain answers. Never why."""

from typing import Final, get_args

from amparo.intake.model import Draft, Happened
from amparo.portal.visit import Step, Visit
from amparo.web.forms import Form

ANSWERS: Final[tuple[str, ...]] = get_args(Happened)


def before(draft: Draft) -> str:
    """The page she came from."""
    return "under-18" if draft.age == "minor_stated" else "age"


def show(visit: Visit) -> dict[str, object]:
    """What she ticked."""
    return {"ticked": visit.ticked("happened", visit.draft.happened)}


def keep(visit: Visit, form: Form) -> None:
    """What she ticked; what is none of the answers is no answer."""
    visit.draft.happened = [answer for answer in ANSWERS if answer in form.many("happened")]


def take(visit: Visit, form: Form) -> str:
    """On."""
    if form.act == "skip":
        visit.draft.happened = []
    else:
        keep(visit, form)
    return "files"


STEP = Step("happened", show, take, before=before, keep=keep, is_of_path=True)
