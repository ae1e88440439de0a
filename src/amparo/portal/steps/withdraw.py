"""Before something is taken back: what that does, what it cannot do, and both ways on."""

from amparo.intake.home import HomeFile
from amparo.portal.forms import Form
from amparo.portal.steps.case import is_standing, opened_of
from amparo.portal.visit import Step, Visit


def show(visit: Visit) -> dict[str, object]:
    """The files it is about, and whether it is all. Raises: Gone (receipt_replaced)."""
    home, picked = visit.doors.intake.home(opened_of(visit)), visit.draft.picked
    chosen: list[HomeFile] = [
        file for file in home.files if is_standing(file) and (not picked or file.number in picked)
    ]
    return {"chosen": chosen, "is_all": not picked, "is_tip": home.is_tip}


def take(visit: Visit, form: Form) -> str:
    """Back to the case: with it done, or as it was. Raises: Gone (receipt_replaced), NotFound (unknown_file), Unavailable (desk_behind)."""
    if form.act == "next":
        visit.doors.intake.withdraw(opened_of(visit), visit.draft.picked or None)
        visit.draft.notice = "being_taken_back"
    visit.draft.picked = []
    return "case"


STEP = Step("withdraw", show, take, before=lambda _: "case", may_skip=False)
