"""The portal's addresses: few, each with its methods; whatever is not among them is not there. No page is made here."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

import msgspec
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp

from amparo.doorway.bodies import header, media_type_of
from amparo.errors import AmparoError, Conflict, Gone, NotFound
from amparo.portal import caller, parts
from amparo.portal.doors import Doors
from amparo.portal.leaving import left
from amparo.portal.pages import assets
from amparo.portal.settings import check
from amparo.portal.steps import TABLE
from amparo.portal.visit import Step, Steps, Visit
from amparo.web import forms
from amparo.web.addresses import is_secure
from amparo.web.bodies import Bodies
from amparo.web.forms import Form
from amparo.web.guard import Guard, MethodNotAllowed, note
from amparo.web.policy import headers
from amparo.web.session import Cookies, check_sender, is_of

COOKIE: Final = "s"
JSON_PATHS: Final = frozenset({"/files", "/livez", "/readyz"})


Answering: TypeAlias = Callable[[Request], Awaitable[Response]]


class Portal:
    """The views, and which address and method leads to which."""

    def __init__(self, doors: Doors, table: tuple[Step, ...] = TABLE) -> None:
        check(doors.settings)
        self._doors = doors
        self._steps = Steps(table, doors)
        self._assets = assets()
        self._bodies = Bodies(doors.settings.bodies_max)
        self._cookies = Cookies(COOKIE, is_secure=is_secure(doors.settings.public_url))
        self._routes: dict[str, dict[str, Answering]] = {
            "/": {"GET": self._look, "POST": self._send},
            "/files": {"POST": self._files},
            "/exit": {"GET": self._leave, "POST": self._leave},
            caller.PATH: {"GET": self._helper, "POST": self._help},
            "/livez": {"GET": self._live},
            "/readyz": {"GET": self._ready},
        }

    async def view(self, request: Request) -> Response:
        """The answer to one request. Raises: NotFound (unknown_route), MethodNotAllowed (wrong_method), what the views raise."""
        path, method = request.scope["path"], request.scope["method"]
        views = self._routes.get(path) or ({"GET": self._asset} if path in self._assets else None)
        if views is None:
            raise NotFound("unknown_route", "there is no such address", "Go to the first page.")
        view = views.get("GET" if method == "HEAD" else method)
        if view is None:
            raise MethodNotAllowed("wrong_method", "this address does not take this method", ", ".join(views))
        return await view(request)

    async def tell(self, request: Request, error: AmparoError) -> Response:
        """The answer to a request that led to ``error``: JSON for scripts, a page for her."""
        if request.scope["path"] in JSON_PATHS:
            told: Response = _json({"slug": error.slug, "status": error.http_status}, error.http_status)
        else:
            told = await run_sync(self._steps.trouble, error, _asked(request), None, "")
        if isinstance(error, MethodNotAllowed):
            told.headers["allow"] = error.hint
        if error.retry_after_s is not None:
            told.headers["Retry-After"] = str(error.retry_after_s)
        return told

    async def _look(self, request: Request) -> Response:
        place, token = self._doors.networks.place(request.scope), self._cookies.token(request)
        # she came from a form of ours and brings no cookie: most likely none is kept
        notice = "" if token or header(request, b"sec-fetch-site") != "same-origin" else "no_cookie"
        return await run_sync(self._steps.looked, token, _asked(request), place, notice)

    async def _send(self, request: Request) -> Response:
        form = await self._form(request)
        if form.act == "exit":
            return await self._leave(request)
        place = self._doors.networks.place(request.scope)
        return await run_sync(self._taken, self._cookies.token(request), form, _asked(request), place)

    async def _form(self, request: Request) -> Form:
        settings = self._doors.settings
        check_sender(request.scope, settings.public_url)
        forms.check_type(request)
        body = await self._body(request, settings.form_bytes_max)
        return await run_sync(forms.read, body)  # a large one takes a moment, and others wait for none of it

    async def _body(self, request: Request, bytes_max: int) -> bytes:
        place = self._doors.networks.place(request.scope)
        return await self._bodies.whole(request, place, bytes_max, self._doors.settings.body_ms_max)

    def _taken(self, token: str, form: Form, asked: str, place: bytes | None) -> Response:
        """Take a form: on by 303, or the page again with all she typed and why it was not taken."""
        try:
            return self._taken_once(token, form, asked, place)
        except Gone:  # the session ended between two looks at it
            return self._taken_once("", form, asked, place)

    def _taken_once(self, token: str, form: Form, asked: str, place: bytes | None) -> Response:
        visit = None
        try:
            draft = self._doors.intake.draft(token) if token else None
            known = token if draft is not None else ""
            visit = Visit(self._doors, draft or self._steps.of_form(form, asked), known, place)
            self._steps.sent(visit, form)
        except AmparoError as error:
            if isinstance(error, Gone) and error.slug == "session_over" and token:
                raise
            note(error, error)
            return self._again(error, visit or token, form, asked)
        told = Response(status_code=303, headers={"location": "/"})
        if not known:
            told.headers["set-cookie"] = self._cookies.set(visit.token)
        return told

    def _again(self, error: AmparoError, visit: Visit | str, form: Form, asked: str) -> Response:
        """visit: or the token of her session, where not even that could be read."""
        if isinstance(visit, Visit) and error.http_status < 500:
            try:
                visit.form, visit.draft.step = form, form.one("step")
                return self._steps.page(visit, error)
            except AmparoError as second:
                note(second, second)
        return self._steps.trouble(error, asked, form, visit.token if isinstance(visit, Visit) else visit)

    async def _files(self, request: Request) -> Response:
        settings = self._doors.settings
        check_sender(request.scope, settings.public_url)
        body = await self._body(request, settings.part_bytes_max)
        part = parts.read(body, media_type_of(request))
        token, place = self._cookies.token(request), self._doors.networks.place(request.scope)
        return _json(await run_sync(self._held, token, place, part))

    def _held(self, token: str, place: bytes | None, part: parts.PartIn) -> parts.HeldOut:
        draft = self._doors.intake.draft(token) if token else None
        if draft is None or not is_of(token, part.form):
            raise Conflict("expired", "the session of this page is over", "Open the page anew.")
        try:
            return parts.taken(Visit(self._doors, draft, token, place), part)
        except Gone as error:
            raise Conflict("expired", "the session of this page is over", "Open the page anew.") from error

    async def _leave(self, request: Request) -> Response:
        return await run_sync(left, self._doors, self._cookies, request)

    async def _helper(self, request: Request) -> Response:
        return await run_sync(caller.asked, self._doors, self._doors.pages.languages.negotiate(_asked(request)))

    async def _help(self, request: Request) -> Response:
        form = await self._form(request)
        try:
            return await run_sync(caller.entered, self._doors, self._cookies, request, form)
        except AmparoError as error:
            note(error, error)
            return await run_sync(caller.asked, self._doors, form.one("in"), error)

    async def _live(self, _request: Request) -> Response:
        return PlainTextResponse("live\n")

    async def _ready(self, _request: Request) -> Response:
        await run_sync(self._doors.intake.epoch)
        return PlainTextResponse("ready\n")

    async def _asset(self, request: Request) -> Response:
        return self._assets.answer(request)


def application(doors: Doors) -> ASGIApp:
    """The whole portal behind its guard."""
    portal = Portal(doors)
    ours = headers(is_secure=is_secure(doors.settings.public_url))
    return Guard(portal.view, portal.tell, doors.settings, ours)


def _asked(request: Request) -> str:
    return header(request, b"accept-language")


def _json(shape: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(shape), status, media_type="application/json")
