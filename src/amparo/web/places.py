"""Where somebody under 18, or in danger, can turn in a place: read from ``routes/<place>.toml`` when a process starts. Calls nobody.

The place is picked from a list by who needs it; it is never guessed from an address. Links are shown as text and never fetched by us.
What the places are called on a page stands with the page. A recipe for one more place: docs/extend/route.md.
"""

import datetime as dt
from dataclasses import dataclass
from importlib.resources import files
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from amparo.errors import Misconfigured

Kind = Literal["emergency", "removal", "helpline", "report", "police"]

ELSEWHERE: Final = "international"
"""The route of whoever picks no place, or one we know nothing of."""
CODES: Final = ("AU", "CA", "CN", "HK", "IE", "JP", "KR", "MY", "NZ", "SG", "TW", "GB", "US", ELSEWHERE)
"""Every place there is a file for (ISO 3166-1), in the order in which they are offered."""

Line = Annotated[str, Meta(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f<>]*\Z")]
Source = Annotated[str, Meta(min_length=1, max_length=200)]
Address = Annotated[str, Meta(max_length=200, pattern=r"^https://[a-z0-9.-]+(/[A-Za-z0-9._~/?=&%-]*)?\Z")]
Phone = Annotated[str, Meta(max_length=30, pattern=r"^[0-9 +#*()-]*[0-9][0-9 +#*()-]*\Z")]


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One place to turn to. name: its own, in its own language. url, phone: at least one of them.

    always: answers day and night. under_18: for people under 18 alone. source: where it was read. checked_on: when;
    None where it is known and was not read again. confirmed_by: who in that place confirmed it; empty until somebody did.
    """

    kind: Kind
    name: Line
    source: Source
    url: Address | None = None
    phone: Phone | None = None
    always: bool = False
    under_18: bool = False
    checked_on: dt.date | None = None
    confirmed_by: str = ""

    def __post_init__(self) -> None:
        if self.url is None and self.phone is None:
            raise ValueError("an entry has a url or a phone")

    @property
    def dialled(self) -> str:
        """The phone number as a ``tel:`` link holds it."""
        return "".join(sign for sign in self.phone or "" if sign in "0123456789+#*")


class Route(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where to turn in one place: an emergency number and a way to get pictures taken down at the least."""

    place: str
    entry: Annotated[list[Entry], Meta(min_length=2, max_length=12)]

    def __post_init__(self) -> None:
        dialled = any(entry.phone for entry in self.of("emergency"))
        if not (dialled and self.of("removal")):
            raise ValueError("a route has an emergency number and a way to get pictures taken down")

    def of(self, kind: Kind) -> list[Entry]:
        """Its entries of that kind, in the order of the file."""
        return [entry for entry in self.entry if entry.kind == kind]


@dataclass(frozen=True, slots=True)
class Places:
    """Every route, by the code of its place."""

    routes: dict[str, Route]

    def route(self, place: str) -> Route:
        """The route of that place; the international one where there is none."""
        return self.routes.get(place) or self.routes[ELSEWHERE]


def load() -> Places:
    """Read every route. Done once, when the process starts.

    Raises: Misconfigured (bad_route), naming the file.
    """
    return Places({place: read(place, _text(place)) for place in CODES})


def read(place: str, text: str) -> Route:
    """The route in the text of its file.

    Raises: Misconfigured (bad_route).
    """
    try:
        route = msgspec.toml.decode(text, type=Route)
    except (msgspec.MsgspecError, ValueError) as error:
        raise _unfit(place, str(error)) from error
    if route.place != place:
        raise _unfit(place, f"it says it is of {route.place[:20]}")
    return route


def _unfit(place: str, why: str) -> Misconfigured:
    return Misconfigured("bad_route", f"routes/{place}.toml cannot be used: {why}", "See docs/extend/route.md.")


def _text(place: str) -> str:
    return (files("amparo.web") / "routes" / f"{place}.toml").read_text("utf-8")
