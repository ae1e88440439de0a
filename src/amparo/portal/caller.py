"""A helper takes the place of a caller: her key opens the same path, with sentences to say aloud. Opens no case and knows no list."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from amparo.errors import AmparoError, BadInput
from amparo.intake.model import Draft
from amparo.portal import notices, toll
from amparo.portal.doors import Doors
from amparo.portal.visit import FIRST, Visit
from amparo.web.forms import Form
from amparo.web.session import Cookies

PATH: Final = "/helper"
KEY_CHARS_MAX: Final = 200


def asked(doors: Doors, language: str, error: AmparoError | None = None) -> Response:
    """The page on which the key is typed. error: why it was not taken."""
    visit = Visit(doors, Draft(language=language))
    notice = notices.sentence(error.slug, error.http_status, visit.gettext) if error else ""
    values = {
        "step": "",
        "action": PATH,
        "notice": notice,
        "form_token": "",
        "is_helper": False,
        "may_go_back": False,
        **toll.asked(visit, "guess"),
    }
    told = doors.pages.answer("caller", language, values, error.http_status if error else 200)
    if error is not None and error.retry_after_s is not None:
        told.headers["Retry-After"] = str(error.retry_after_s)
    return told


def entered(doors: Doors, cookies: Cookies, request: Request, form: Form) -> Response:
    """Begin a helper's session, or tell that this is no key of a helper.

    Raises: BadInput (no_helper_key), LimitReached (too_often), what ``Intake.begin`` raises.
    """
    visit = Visit(doors, Draft(language=form.one("in"), step=FIRST), place=doors.networks.place(request.scope))
    toll.pay(visit, "guess", form.one("work"))
    key = form.one("key").strip()
    visit.draft.helper = doors.intake.helper_of(key) if 0 < len(key) <= KEY_CHARS_MAX else None
    if visit.draft.helper is None:
        raise BadInput("no_helper_key", "this is no key of a helper", "Type it as it was handed out.")
    if before := cookies.token(request):
        doors.intake.end(before)
    visit.save()
    return Response(status_code=303, headers={"location": "/", "set-cookie": cookies.set(visit.token)})
