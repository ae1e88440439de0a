"""The receipt of a tip, shown until its last four digits were typed; where a child or a witness may be in it, where that belongs."""

from amparo.intake.model import Draft
from amparo.portal.steps import receipt
from amparo.portal.visit import Step, Visit
from amparo.web.forms import Form
from amparo.web.place_names import NAMES


def show(visit: Visit) -> dict[str, object]:
    """The number, and the ways to police by place where the tip may show a child or a witness."""
    is_sealed = visit.draft.tip.get("names_child", "unsure") != "no"
    picked = visit.doors.routes.route(visit.draft.place)
    return {**receipt.show(visit), "is_sealed": is_sealed, "names": NAMES, "picked": picked}


def take(visit: Visit, form: Form) -> str:
    """On, once it is proved that the number was kept; or the same page for another place. Raises: BadInput (wrong_digits)."""
    if form.act == "place":
        if form.one("place") in NAMES:
            visit.draft.place = form.one("place")
        return "tip-receipt"
    receipt.check_kept(visit, form)
    visit.draft = Draft(language=visit.draft.language, helper=visit.draft.helper)
    return "sent"


STEP = Step("tip-receipt", show, take, before=lambda _: "", may_skip=False)
