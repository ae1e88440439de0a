"""What comes back over the wire: an answer, or the error its problem document tells. Opens no connection."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec

from amparo import errors
from amparo.errors import AmparoError, BadInput, Unavailable

SLUG = re.compile(r"[a-z][a-z0-9_]{0,63}")
TEXT_CHARS_MAX = 500
RETRY_AFTER_S_MAX = 86_400


@dataclass(frozen=True, slots=True)
class Reply:
    """A good answer, read whole. headers: names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON. Raises: Unavailable (bad_answer)."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Unavailable("bad_answer", "the server's answer is not JSON", "Is the address Amparo's?") from None


def error_of(status: int, headers: Mapping[str, str], body: bytes) -> AmparoError:
    """The error an answer with a status of 400 or more tells (RFC 9457), of the class that stands for its status.

    What the other side says is cut to `TEXT_CHARS_MAX` printable characters; without a problem document the slug is `bad_answer`.
    """
    cls = CLASSES.get(status, BadInput if status < HTTPStatus.INTERNAL_SERVER_ERROR else Unavailable)
    told = _problem(headers, body)
    slug, retry = told.get("slug"), headers.get("retry-after", "")
    retry_after_s = min(int(retry), RETRY_AFTER_S_MAX) if re.fullmatch("[0-9]{1,9}", retry) else None
    if not isinstance(slug, str) or not SLUG.fullmatch(slug):
        text, hint = f"the server answered {status} without a reason", "Is the address Amparo's? See the server's log."
        return cls("bad_answer", text, hint, retry_after_s=retry_after_s)
    return cls(slug, _plain(told.get("detail")), _plain(told.get("hint")), retry_after_s=retry_after_s)


def _problem(headers: Mapping[str, str], body: bytes) -> dict[str, object]:
    if headers.get("content-type", "").partition(";")[0].strip() != "application/problem+json":
        return {}
    try:
        return msgspec.json.decode(body, type=dict[str, object])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return {}


def _plain(text: object) -> str:
    """Text of the other side, harmless on a terminal."""
    cut = text[:TEXT_CHARS_MAX] if isinstance(text, str) else ""
    return "".join(each if each.isprintable() else " " for each in cut)


def _classes() -> Iterator[tuple[int, type[AmparoError]]]:
    """The first class of the tree for each status; 500 is the root itself, which of its children it was is not told."""
    known = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, AmparoError)]
    for cls in reversed(known):
        yield cls.http_status, cls
    yield AmparoError.http_status, AmparoError


CLASSES: Mapping[int, type[AmparoError]] = dict(_classes())
