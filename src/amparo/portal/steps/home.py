"""She comes back: the number of her receipt is typed here, and nothing else opens a case. Says the same of every wrong number.

Right and wrong cost the same: one computation, one look, one write of the session, and an answer not before ``portal.open_ms_min``.
"""

import time

from amparo.portal import toll
from amparo.portal.visit import Step, Visit
from amparo.web.forms import Form


def show(visit: Visit) -> dict[str, object]:
    """The field, and the question for a proof of work."""
    return {"number": visit.typed("number"), **toll.asked(visit, "guess")}


def take(visit: Visit, form: Form) -> str:
    """To the case of that number, or here again. Raises: LimitReached (too_often), Unavailable (busy)."""
    toll.pay(visit, "guess", form.one("work"))
    began = time.monotonic()
    opened = visit.doors.intake.open(form.one("number"))
    draft = visit.draft
    if draft.opened_uid:  # what was typed for that case is not this one's; after a visit that had ended it is hers
        draft.typed = {}
    draft.opened_uid = opened.case_uid if opened else ""
    draft.opened_is_tip = opened.is_tip if opened else False
    draft.opened_is_sealed = opened.is_sealed if opened else False
    draft.identity = opened.identity if opened else ""
    draft.picked = []
    draft.notice = "" if opened else "no_case"
    time.sleep(max(0.0, began + visit.doors.settings.open_ms_min / 1000 - time.monotonic()))
    return "case" if opened else "home"


STEP = Step("home", show, take, before=lambda _: "language", may_skip=False)
