"""Forms as they come in, and the text in them made safe to keep and show. Judges no answer."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, TypeVar
from urllib.parse import parse_qsl

from starlette.requests import Request

from amparo.doorway.bodies import media_type_of
from amparo.errors import BadInput, WrongMediaType

T = TypeVar("T", bound=str)
FIELDS_MAX: Final = 300
TYPE: Final = "application/x-www-form-urlencoded"
INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""Control characters, marks that turn the direction of text around, and letters nobody sees: they can make a text look like another.

What joins letters in Persian or in emoji (U+200C, U+200D) stays, and so does writing from right to left itself.
Source: Unicode TR 36 section 2.7, TR 9 section 2."""
LINE_END: Final = re.compile(r"\r\n|\r|\u2028|\u2029|\x85")
MARKS_MAX: Final = 30
"""Marks on one letter; more are dropped. No writing has as many, and sorting a run of them takes time by the square of its length.

Source: Unicode TR 15 section 13 (Stream-Safe Text Format)."""
HIDDEN_MARKS: Final = frozenset("\u0f73\u0f75\u0f81")
"""Marks that say they are none: taken apart they are."""


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of one form, in the order of the page. Text is plain: no control characters, lines ended by \\n."""

    fields: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def one(self, name: str) -> str:
        """The first value of that field, "" where there is none."""
        return next(iter(self.fields.get(name, ())), "")

    def among(self, name: str, values: Iterable[T]) -> T | None:
        """The one of ``values`` that field names, None where it names none."""
        return next((one for one in values if one == self.one(name)), None)

    def many(self, name: str) -> tuple[str, ...]:
        """All values of that field."""
        return self.fields.get(name, ())

    @property
    def act(self) -> str:
        """Which button was pressed; none: on."""
        return self.one("act") or "next"


def check_type(request: Request) -> None:
    """That the request brings a form. Raises: WrongMediaType (wrong_media_type)."""
    if media_type_of(request) != TYPE:
        raise WrongMediaType("wrong_media_type", f"this address takes {TYPE}", "Send the page's form.")


def read(body: bytes) -> Form:
    """The form in a body (application/x-www-form-urlencoded, UTF-8). Raises: BadInput (bad_form)."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=FIELDS_MAX
        )
    except ValueError as error:
        raise BadInput("bad_form", "the form cannot be read", "Send it as a browser does.") from error
    fields: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        fields[name] = (*fields.get(name, ()), plain(value))
    return Form(fields)


def plain(text: str) -> str:
    """The text in one form (NFC), with \\n at line ends and without what nobody sees."""
    text = INVISIBLE.sub("", LINE_END.sub("\n", text))
    return text if text.isascii() else unicodedata.normalize("NFC", _with_few_marks(text))


def lines(text: str) -> list[str]:
    """The lines that hold something, trimmed, each once, in their order."""
    return list(dict.fromkeys(line for each in text.split("\n") if (line := each.strip())))


def _with_few_marks(text: str) -> str:
    kept, marks = [], 0
    for sign in text:
        marks = marks + 1 if unicodedata.combining(sign) or sign in HIDDEN_MARKS else 0
        if marks <= MARKS_MAX:
            kept.append(sign)
    return "".join(kept)
