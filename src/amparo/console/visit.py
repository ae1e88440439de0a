"""One request of one of the staff: what was asked, who asks, and the answers a view can give. Decides nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec
from starlette.responses import Response

from amparo.access.staff_model import StaffPermission, StaffPrincipal
from amparo.console import notices
from amparo.console.nav import links
from amparo.errors import AmparoError, BadInput, NotFound
from amparo.web.forms import Form
from amparo.web.session import form_token

if TYPE_CHECKING:
    from amparo.console.doors import Doors

NUMBER_CHARS_MAX: Final = 18
SAID: Final = "said"
Shape = TypeVar("Shape")


@dataclass(frozen=True, slots=True)
class Visit:
    """args: of the path. query, form: their fields. body: what was sent where it is JSON. token: of the session, "" where there is none.

    place: where the request comes from (web/place.py). is_part: a script asked, to put a part of the page in. there: the addresses this console has.
    """

    doors: "Doors"
    path: str
    language: str
    args: Mapping[str, str] = field(default_factory=dict)
    query: Form = field(default_factory=Form)
    form: Form = field(default_factory=Form)
    body: bytes = field(default=b"", repr=False)
    token: str = field(default="", repr=False)
    principal: StaffPrincipal | None = None
    place: bytes | None = field(default=None, repr=False)
    is_part: bool = False
    there: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def staff(self) -> StaffPrincipal:
        """Who asks, behind a door that is not open to everybody."""
        assert self.principal is not None, "the door is open to everybody: nobody is known"
        return self.principal

    @property
    def form_token(self) -> str:
        """What each form holds, so that no other site can send it."""
        return form_token(self.token)

    def has(self, permission: StaffPermission) -> bool:
        """Whether who asks may do that: for what a page shows. The doors themselves refuse."""
        return self.principal is not None and self.principal.has(permission)

    def gettext(self, sentence: str) -> str:
        """The sentence in the reader's language."""
        return self.doors.pages.words(self.language).gettext(sentence)

    def number(self, name: str) -> int:
        """An argument of the path that is a number. Raises: NotFound (unknown_route)."""
        text = self.args[name]
        if not (text.isascii() and text.isdigit() and len(text) <= NUMBER_CHARS_MAX):
            raise NotFound("unknown_route", "there is no such address", "Go to the queue.")
        return int(text)

    def place_in(self, name: str) -> int | None:
        """Where a list goes on, by a number in the query; None at its beginning, and where it is no number."""
        text = self.query.one(name)
        return int(text) if text.isascii() and text.isdigit() and len(text) <= NUMBER_CHARS_MAX else None

    def shape(self, kind: type[Shape]) -> Shape:
        """What was sent as JSON. Raises: BadInput (bad_json)."""
        try:
            return msgspec.json.decode(self.body, type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise BadInput(
                "bad_json", "the body is not JSON in the shape of this address", "Load the page anew."
            ) from error

    def page(self, template: str, error: AmparoError | None = None, status: int = 200, **values: object) -> Response:
        """A page by the name of its template, which is the name of its view too (contract §6) unless ``view`` is among the values.

        error: what could not be taken, which the page says above all else, with its status.
        """
        notice = notices.sentence(error, self.gettext) if error else self._said()
        given = {
            "visit": self,
            "path": self.path,
            "form_token": self.form_token,
            "notice": notice,
            "is_error": error is not None,
            "nav": links(self),
            "view": template.replace("_", "-"),
            **values,
        }
        told = self.doors.pages.answer(template, self.language, given, error.http_status if error else status)
        if error is not None and error.retry_after_s is not None:
            told.headers["Retry-After"] = str(error.retry_after_s)
        return told

    def see(self, path: str, said: str = "") -> Response:
        """On to another page (303), which says the sentence of that name (notices.py) above all else."""
        joint = "&" if "?" in path else "?"
        return Response(status_code=303, headers={"location": f"{path}{joint}{SAID}={said}" if said else path})

    def json(self, shape: object, status: int = 200) -> Response:
        """An answer to a script."""
        return Response(msgspec.json.encode(shape), status, media_type="application/json")

    def picture(self, data: bytes, media_type: str) -> Response:
        """A rendered picture. Nothing else of the console answers with one."""
        return Response(data, media_type=media_type)

    def _said(self) -> str:
        return self.gettext(notices.DONE[name]) if (name := self.query.one(SAID)) in notices.DONE else ""
