"""The console behind its gate: who asks, whether they may, and which view answers. What is not in the table is not there."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final, TypeAlias

import msgspec
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp

from amparo.access.staff_model import StaffPrincipal
from amparo.console.door import CSP, Door
from amparo.console.doors import Doors
from amparo.console.pages import assets
from amparo.console.settings import check
from amparo.console.table import TABLE
from amparo.console.visit import Visit
from amparo.doorway.bodies import header, media_type_of
from amparo.errors import AmparoError, Conflict, NotFound, Unauthenticated
from amparo.web import forms
from amparo.web.addresses import is_secure
from amparo.web.bodies import Bodies
from amparo.web.forms import Form
from amparo.web.guard import Guard, MethodNotAllowed
from amparo.web.policy import headers
from amparo.web.session import check_sender, is_of

FORM: Final = "amparo-form"
"""Where the token of the forms stands: a field of each, and the header of scripts. Not ``form``: a field of that name hides the DOM's own."""
PART_HEADER: Final = b"hx-request"
JSON: Final = "application/json"
SIGN_IN: Final = "/sign-in"
OURS: Final = frozenset({"publickey-credentials-create", "publickey-credentials-get"})
"""Features of browsers that the console uses: passkeys."""
Answering: TypeAlias = Callable[[Request], Awaitable[Response]]


class Console:
    """The doors of the table, and the few addresses beside it."""

    def __init__(self, doors: Doors, table: tuple[Door, ...] = TABLE) -> None:
        check(doors.settings)
        self._doors = doors
        self._table = table
        self._there = frozenset(door.path for door in table)
        self._assets = assets()
        self._bodies = Bodies(doors.settings.bodies_max)
        self._cookies = doors.cookies
        self._plain: dict[str, Answering] = {"/livez": self._live, "/readyz": self._ready}

    async def view(self, request: Request) -> Response:
        """The answer to one request. Raises: NotFound (unknown_route), MethodNotAllowed (wrong_method), Unauthenticated, Refused, what views raise."""
        path, method = request.scope["path"], request.scope["method"]
        asked = "GET" if method == "HEAD" else method
        if plain := self._plain.get(path) or (self._assets_at if path in self._assets else None):
            if asked != "GET":
                raise MethodNotAllowed("wrong_method", "this address does not take this method", "GET")
            return await plain(request)
        door, args = self._door(path, asked)
        return await self._answered(request, door, args)

    async def tell(self, request: Request, error: AmparoError) -> Response:
        """The answer to a request that led to ``error``: JSON for scripts, the way to the sign-in, or a page."""
        if JSON in header(request, b"accept"):
            told: Response = _json_of(error)
        elif isinstance(error, Unauthenticated) and request.scope["method"] in {"GET", "HEAD"}:
            told = Response(status_code=303, headers={"location": SIGN_IN})
        else:
            told = await run_sync(self._trouble, request, error)
        if isinstance(error, Unauthenticated) and self._cookies.token(request):
            told.headers["set-cookie"] = self._cookies.ended()
        if isinstance(error, MethodNotAllowed):
            told.headers["allow"] = error.hint
        if error.retry_after_s is not None:
            told.headers["Retry-After"] = str(error.retry_after_s)
        return told

    def _door(self, path: str, method: str) -> tuple[Door, dict[str, str]]:
        """A path that is written out goes before one with arguments."""
        there = [(door, args) for door in self._table if (args := door.args(path)) is not None]
        if not there:
            raise NotFound("unknown_route", "there is no such address", "Go to the queue.")
        taken = [(door, args) for door, args in there if door.method == method]
        if not taken:
            allowed = ", ".join(dict.fromkeys(door.method for door, _ in there))
            raise MethodNotAllowed("wrong_method", "this address does not take this method", allowed)
        door, args = min(taken, key=lambda each: len(each[1]))
        return door, dict(args)

    async def _answered(self, request: Request, door: Door, args: dict[str, str]) -> Response:
        token = self._cookies.token(request)
        principal = None
        if door.permission is not None:
            principal = await run_sync(self._doors.staff.principal, token)
            principal.may(door.permission)
        form, body = await self._sent(request, token, door) if door.method == "POST" else (Form(), b"")
        visit = self._visit(request, token if principal else "", principal, forms.read(request.scope["query_string"]))
        told = await run_sync(door.view, replace(visit, args=args, form=form, body=body))
        if door.csp != CSP:
            told.headers["content-security-policy"] = door.csp
        return told

    def _visit(self, request: Request, token: str, principal: StaffPrincipal | None, query: Form) -> Visit:
        return Visit(
            self._doors,
            request.scope["path"],
            self._language(request, principal, query),
            query=query,
            token=token,
            principal=principal,
            place=self._doors.networks.place(request.scope),
            is_part=bool(header(request, PART_HEADER)),
            there=self._there,
        )

    def _language(self, request: Request, principal: StaffPrincipal | None, query: Form) -> str:
        """Their own choice; before they are known what the page was asked in, else what the browser asks for."""
        chosen = principal.language if principal else query.one("in")
        languages = self._doors.pages.languages
        return chosen if chosen in languages.by_tag else languages.negotiate(header(request, b"accept-language"))

    async def _sent(self, request: Request, token: str, door: Door) -> tuple[Form, bytes]:
        """What a page of ours sent: a form, or JSON. Raises: Refused (foreign_form), WrongMediaType, TooLarge, TooSlow, Conflict (stale_page)."""
        settings = self._doors.settings
        check_sender(request.scope, settings.public_url)
        is_json = media_type_of(request) == JSON
        if not is_json:
            forms.check_type(request)
        place = self._doors.networks.place(request.scope)
        body = await self._bodies.whole(request, place, settings.form_bytes_max, settings.body_ms_max)
        form = Form() if is_json else await run_sync(forms.read, body)
        given = header(request, FORM.encode()) or form.one(FORM)
        if door.permission is not None and not is_of(token, given):
            raise Conflict("stale_page", "the form is not of this session", "Open the page anew.")
        return form, body if is_json else b""

    def _trouble(self, request: Request, error: AmparoError) -> Response:
        """The page of an error. What cannot be read of who asks is left out."""
        token, principal, query = self._cookies.token(request), None, Form()
        try:
            query = forms.read(request.scope["query_string"])
            principal = self._doors.staff.principal(token) if token else None
        except AmparoError:
            pass  # the page is the same for everybody, only without their links
        visit = self._visit(request, token if principal else "", principal, query)
        return visit.page("trouble", error)

    async def _assets_at(self, request: Request) -> Response:
        return self._assets.answer(request)

    async def _live(self, _request: Request) -> Response:
        return PlainTextResponse("live\n")

    async def _ready(self, _request: Request) -> Response:
        await run_sync(self._doors.ready)
        return PlainTextResponse("ready\n")


def application(doors: Doors, table: tuple[Door, ...] = TABLE) -> ASGIApp:
    """The whole console behind its guard."""
    console = Console(doors, table)
    return Guard(console.view, console.tell, doors.settings, common(doors))


def common(doors: Doors) -> dict[str, str]:
    """The headers of every answer."""
    return headers(is_secure=is_secure(doors.settings.public_url), csp=CSP, allowed=OURS)


def _json_of(error: AmparoError) -> Response:
    told = {"slug": error.slug, "status": error.http_status}
    return Response(msgspec.json.encode(told), error.http_status, media_type=JSON)
