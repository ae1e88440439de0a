"""Her receipt, shown until she has typed its last four digits. Nobody here can tell it her again."""

from typing import Final

from amparo.errors import BadInput
from amparo.intake.model import Draft
from amparo.portal.visit import Step, Visit
from amparo.web.forms import Form

GROUP: Final = 4


def show(visit: Visit) -> dict[str, object]:
    """The number in groups of four."""
    number = visit.draft.receipt
    return {"groups": [number[at : at + GROUP] for at in range(0, len(number), GROUP)]}


def take(visit: Visit, form: Form) -> str:
    """On, once she proved that she has it; then all she answered is forgotten here. Raises: BadInput (wrong_digits)."""
    check_kept(visit, form)
    visit.doors.intake.drop_files(visit.token)
    visit.draft = Draft(language=visit.draft.language, helper=visit.draft.helper)
    return "sent"


def check_kept(visit: Visit, form: Form) -> None:
    """Raises: BadInput (wrong_digits) until the last four digits of the number are typed."""
    typed = "".join(digit(sign) for sign in form.one("last_four"))
    if not visit.draft.receipt or typed != visit.draft.receipt[-GROUP:]:
        raise BadInput("wrong_digits", "these are not the last four digits", "Look at the number once more.")


def digit(sign: str) -> str:
    """The sign as one of 0 to 9, whatever script's digit it is (full-width from an input method); "" for what is none."""
    return str(int(sign)) if sign.isdecimal() else ""


STEP = Step("receipt", show, take, before=lambda _: "", may_skip=False)
