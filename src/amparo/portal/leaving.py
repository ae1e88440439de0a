"""The exit: ends her session and has the browser forget what it kept of this place. What it shows says nothing of it."""

from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from amparo.doorway.bodies import header
from amparo.errors import AmparoError
from amparo.portal.doors import Doors
from amparo.portal.neutral import month_of
from amparo.web.guard import note
from amparo.web.session import OURS, Cookies

FORGET: Final = '"cache", "cookies", "storage"'


def left(doors: Doors, cookies: Cookies, request: Request) -> Response:
    """The page behind the exit, which leads on to ``portal.exit_url`` where that is set. It says nothing of this place.

    A link on another site leads there too, but ends nothing; and what a browser fetches in advance is no wish to leave.
    """
    if header(request, b"sec-purpose").startswith("prefetch"):
        return Response(status_code=HTTPStatus.NO_CONTENT)
    headers, language = {}, ""
    if header(request, b"sec-fetch-site") in {*OURS, ""}:
        headers = {"clear-site-data": FORGET, "set-cookie": cookies.ended()}
        if token := cookies.token(request):
            try:
                draft = doors.intake.draft(token)
                language = draft.language if draft else ""
                doors.intake.end(token)
            except AmparoError as error:
                note(error, error)  # she leaves all the same; what is left of the session ends by itself
    words = doors.pages.words(language or doors.pages.languages.negotiate(header(request, b"accept-language")))
    month = month_of(doors.clock.now().date(), words.locale)
    told = doors.pages.answer("left", words.tag, {"onward": doors.settings.exit_url, "month": month})
    told.headers.update(headers)
    return told
