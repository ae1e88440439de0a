"""POST /files: hashes from her browser, by a shape in which nothing else fits. No media can come by this door.

Every text in the shape has a fixed length and alphabet; a field nobody knows is refused. So a picture, in bytes or in letters, is
refused whatever it is called, and a test tries (tests/integration/test_portal_files.py).
"""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from amparo.errors import BadInput, Conflict, Unreadable, WrongMediaType
from amparo.intake.model import FILES_MAX, FileIn
from amparo.portal import toll
from amparo.portal.visit import Visit
from amparo.web.session import FORM_TOKEN_CHARS

WORK_CHARS_MAX: Final = 64
ALLOWED: Final = {"picture": frozenset({"md5", "sha256", "pdq"}), "video": frozenset({"md5", "sha256", "vpdq"})}
"""The kinds of signals a file may have."""


class PartIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Some of her files. form: the token of her session's forms. work: the answer to a proof of work, or nothing."""

    form: Annotated[str, Meta(pattern=r"^[0-9a-f]+\Z", min_length=FORM_TOKEN_CHARS, max_length=FORM_TOKEN_CHARS)]
    files: Annotated[list[FileIn], Meta(min_length=1, max_length=FILES_MAX)]
    work: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.=-]*\Z", max_length=WORK_CHARS_MAX)] = ""


class HeldOut(msgspec.Struct, frozen=True):
    """held: files of her session now."""

    held: int


def read(body: bytes, media_type: str) -> PartIn:
    """The part in a body. Raises: WrongMediaType (wrong_media_type), BadInput (bad_json), Unreadable (no_hashes)."""
    if media_type != "application/json":
        raise WrongMediaType("wrong_media_type", "this address takes application/json", "Send hashes as JSON.")
    try:
        part = msgspec.json.decode(body, type=PartIn)
    except msgspec.ValidationError as error:
        raise _no_hashes() from error  # what it quotes of the place is not told either
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput("bad_json", "the body is not JSON in UTF-8", "Send hashes as JSON.") from error
    for file in part.files:
        kinds = [signal.__struct_config__.tag for signal in file.signals]
        if len(set(kinds)) < len(kinds) or not ALLOWED[file.medium].issuperset(kinds):
            raise _no_hashes()
    if len({file.number for file in part.files}) < len(part.files):
        raise _no_hashes()
    return part


def taken(visit: Visit, part: PartIn) -> HeldOut:
    """Keep the files of a part. Raises: Conflict (already_sent), LimitReached, what ``Intake.add_files`` raises."""
    if visit.draft.step in {"receipt", "sent"} or visit.draft.opened_uid:
        raise Conflict("already_sent", "the case was handed in", "Begin a new one.")
    toll.pay(visit, "files", part.work)
    return HeldOut(visit.doors.intake.add_files(visit.token, part.files))


def _no_hashes() -> Unreadable:
    return Unreadable("no_hashes", "the body is not hashes as this address takes them", "Nothing else is taken here.")
