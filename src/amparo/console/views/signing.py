"""Coming and going: signing up by a link, signing in, signing out. Checks no passkey and no password itself (access/signing.py)."""

from typing import Any, Final

import msgspec
from starlette.responses import Response

from amparo.access.signing import Asked, Newcomer
from amparo.access.ways import CodeAsked
from amparo.console.door import Door
from amparo.console.visit import Visit
from amparo.errors import AmparoError, Gone

FORGET: Final = '"cache", "storage"'
"""What a browser shall forget of the console; the cookie ends by itself, and one on the same host may be the portal's."""
NOWHERE: Final = b"somewhere"
"""Stands for the network of a request that does not tell it."""


class Named(msgspec.Struct, frozen=True):
    """Who wants to sign up."""

    name: str = ""


class Answered(msgspec.Struct, frozen=True):
    """What a browser answers with its passkey. token: names the challenge."""

    token: str
    answer: dict[str, Any]
    name: str = ""


def home(visit: Visit) -> Response:
    """To the queue, or to the settings where the role has no queue. Whoever first comes who may open sealed tips has their key made."""
    visit.doors.tips.ready(visit.staff)
    return visit.see("/queue" if visit.has("work.read") else "/settings")


def sign_up(visit: Visit) -> Response:
    """The page behind the link of an invitation."""
    try:
        invited = visit.doors.signing.staff.invited(visit.args["token"])
    except Gone as error:
        return visit.page("sign_up", error, invited=None)
    return visit.page("sign_up", invited=invited, offered=visit.doors.pages.offered)


def sign_up_begin(visit: Visit) -> Response:
    """Options for making a passkey."""
    return asked(visit, visit.doors.signing.begin_passkey(_newcomer(visit, visit.shape(Named).name)))


def sign_up_finish(visit: Visit) -> Response:
    """The passkey: an account, and a session."""
    given = visit.shape(Answered)
    token = visit.doors.signing.finish_passkey(_newcomer(visit, given.name), given.token, given.answer)
    return _with_session(visit, token, visit.json({"path": "/"}))


def sign_up_password(visit: Visit) -> Response:
    """The page for who has no passkey: a password and one-time codes."""
    newcomer = _newcomer(visit, visit.query.one("name"))
    try:
        wanted = visit.doors.signing.begin_code(newcomer)
    except Gone as error:
        return visit.page("sign_up", error, invited=None)
    except AmparoError as error:
        invited = visit.doors.signing.staff.invited(newcomer.link)
        return visit.page("sign_up", error, invited=invited, offered=visit.doors.pages.offered, name=newcomer.name)
    return _password_page(visit, newcomer, wanted)


def sign_up_with_password(visit: Visit) -> Response:
    """Password and code: an account, and a session."""
    newcomer, signing = _newcomer(visit, visit.form.one("name")), visit.doors.signing
    token = visit.form.one("asked")
    try:
        session = signing.finish_password(newcomer, token, visit.form.one("password"), visit.form.one("code"))
    except Gone as error:
        return visit.page("sign_up", error, invited=None)
    except AmparoError as error:
        return _password_page(visit, newcomer, signing.code_again(newcomer, token), error)
    return _with_session(visit, session, visit.see("/"))


def sign_in(visit: Visit) -> Response:
    """The page to sign in."""
    return visit.page("sign_in", offered=visit.doors.pages.offered)


def sign_in_begin(visit: Visit) -> Response:
    """Options for showing a passkey."""
    return asked(visit, visit.doors.signing.begin_sign_in(_network(visit)))


def sign_in_finish(visit: Visit) -> Response:
    """The passkey: a session."""
    given = visit.shape(Answered)
    session = visit.doors.signing.finish_sign_in(given.token, given.answer)
    return _with_session(visit, session, visit.json({"path": "/"}))


def sign_in_with_password(visit: Visit) -> Response:
    """Name, password and code: a session."""
    name, password, code = (visit.form.one(field) for field in ("name", "password", "code"))
    try:
        session = visit.doors.signing.sign_in(name, password, code, _network(visit))
    except AmparoError as error:
        return visit.page("sign_in", error, offered=visit.doors.pages.offered, name=name)
    return _with_session(visit, session, visit.see("/"))


def sign_out(visit: Visit) -> Response:
    """End the session."""
    visit.doors.staff.end_session(visit.token)
    told = visit.see("/sign-in", "signed_out")
    told.headers["clear-site-data"] = FORGET
    told.headers["set-cookie"] = visit.doors.cookies.ended()
    return told


def asked(visit: Visit, what: Asked) -> Response:
    """What a browser is asked, for its script."""
    return visit.json({"token": what.token, "options": what.options})


def _newcomer(visit: Visit, name: str) -> Newcomer:
    return Newcomer(visit.args["token"], name.strip(), visit.language)


def _network(visit: Visit) -> bytes:
    return visit.place or NOWHERE


def _password_page(visit: Visit, newcomer: Newcomer, wanted: CodeAsked, error: AmparoError | None = None) -> Response:
    invited = visit.doors.signing.staff.invited(newcomer.link)
    return visit.page("sign_up_password", error, view="sign-up", asked=wanted, name=invited.name or newcomer.name)


def _with_session(visit: Visit, token: str, told: Response) -> Response:
    told.headers["set-cookie"] = visit.doors.cookies.set(token)
    return told


DOORS: Final = (
    Door("GET", "/", "own", home),
    Door("GET", "/sign-up/{token}", None, sign_up),
    Door("POST", "/sign-up/{token}/begin", None, sign_up_begin),
    Door("POST", "/sign-up/{token}/finish", None, sign_up_finish),
    Door("GET", "/sign-up/{token}/password", None, sign_up_password),
    Door("POST", "/sign-up/{token}/password", None, sign_up_with_password),
    Door("GET", "/sign-in", None, sign_in),
    Door("POST", "/sign-in", None, sign_in_with_password),
    Door("POST", "/sign-in/begin", None, sign_in_begin),
    Door("POST", "/sign-in/finish", None, sign_in_finish),
    Door("POST", "/sign-out", "own", sign_out),
)
