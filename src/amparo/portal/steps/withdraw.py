"""Before something is taken back: what that does, what it cannot do, and both ways on. What the page lists is what its form takes back."""

from amparo.intake.home import HomeFile
from amparo.portal.steps.case import is_standing, opened_of, picked
from amparo.portal.visit import Step, Visit
from amparo.web.forms import Form


def show(visit: Visit) -> dict[str, object]:
    """The files it is about, and whether it is all. Raises: Gone (receipt_replaced)."""
    home, wanted = visit.doors.intake.home(opened_of(visit)), visit.draft.picked
    chosen: list[HomeFile] = [
        file for file in home.files if is_standing(file) and (not wanted or file.number in wanted)
    ]
    return {"chosen": chosen, "is_all": not wanted, "is_tip": home.is_tip}


def take(visit: Visit, form: Form) -> str:
    """Back to the case: with it done, or as it was.

    Raises: BadInput (nothing_picked), Gone (receipt_replaced), NotFound (unknown_file), Unavailable (desk_behind).
    """
    if form.act == "next":
        numbers = None if form.one("all") else picked(form)  # not of the draft: another tab may have chosen anew
        visit.doors.intake.withdraw(opened_of(visit), numbers)
        visit.draft.notice = "being_taken_back"
    visit.draft.picked = []
    return "case"


STEP = Step("withdraw", show, take, before=lambda _: "case", may_skip=False)
