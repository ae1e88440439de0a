"""Coming and going: the page to sign in, signing out. Checks no passkey and no password itself."""

from typing import Final

from starlette.responses import Response

from amparo.console.door import Door
from amparo.console.visit import Visit

FORGET: Final = '"cache", "storage"'
"""What a browser shall forget of the console; the cookie ends by itself, and one on the same host may be the portal's."""


def home(visit: Visit) -> Response:
    """To the queue, or to the settings where the role has no queue."""
    return visit.see("/queue" if visit.has("work.read") else "/settings")


def sign_in(visit: Visit) -> Response:
    """The page to sign in."""
    return visit.page("sign_in", offered=visit.doors.pages.offered)


def sign_out(visit: Visit) -> Response:
    """End the session."""
    visit.doors.staff.end_session(visit.token)
    told = visit.see("/sign-in", "signed_out")
    told.headers["clear-site-data"] = FORGET
    told.headers["set-cookie"] = visit.doors.cookies.ended()
    return told


DOORS: Final = (
    Door("GET", "/", "own", home),
    Door("GET", "/sign-in", None, sign_in),
    Door("POST", "/sign-out", "own", sign_out),
)
