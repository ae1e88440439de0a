"""Purpose by purpose, none ticked before she does; then it is handed in. The only question that cannot be skipped."""

from amparo.intake.model import Consent
from amparo.portal import toll
from amparo.portal.consents import CONSENTS
from amparo.portal.visit import Step, Visit
from amparo.terms.clock import to_us
from amparo.web.forms import Form


def show(visit: Visit) -> dict[str, object]:
    """The purposes, what she ticked, and what she is about to hand in."""
    draft = visit.draft
    given = [consent.purpose for consent in draft.consents if consent.given]
    files = visit.doors.intake.files(visit.token) if visit.token else []
    return {
        "consents": CONSENTS,
        "ticked": visit.ticked("consent", [str(purpose) for purpose in given]),
        "asks_again": bool(draft.consents) and "match" not in given,
        "files_count": len(files),
        **toll.asked(visit, "case"),
        "places_count": len([*draft.addresses.splitlines(), *draft.names.splitlines()]),
    }


def keep(visit: Visit, form: Form) -> None:
    """What she ticked, in which words and language."""
    ticked, now_us = form.many("consent"), to_us(visit.doors.clock.now())
    visit.draft.consents = [
        Consent(asked.purpose, asked.purpose in ticked, asked.version, visit.draft.language, now_us)
        for asked in CONSENTS
    ]


def take(visit: Visit, form: Form) -> str:
    """Hand it in; without leave to look for copies she is told first what that means, and may go on all the same."""
    draft = visit.draft
    keep(visit, form)
    if "match" not in form.many("consent") and form.one("sure") != "yes":
        draft.notice = "no_match_consent"
        return "consent"
    toll.pay(visit, "case", form.one("work"))
    draft.receipt = visit.doors.intake.submit_case(visit.token, draft)
    return "receipt"


STEP = Step("consent", show, take, before=lambda _: "where", keep=keep, is_of_path=True, may_skip=False)
