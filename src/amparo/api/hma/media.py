"""A file as HMA's clients hand it in: named by its address, or as the one file of a form, whose name says what it is.

What a server calls its file is no more than a hint where the first bytes say nothing; nothing is trusted because of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.requests import Request

from amparo.api import bodies
from amparo.api.doors import Doors
from amparo.api.hma.types import KINDS_OF, PHOTO, VIDEO, SignalType, chosen, content_type_named
from amparo.doorway.bodies import media_type_of
from amparo.errors import BadInput, Unreadable
from amparo.hashing import value_of
from amparo.match.judge import is_searched
from amparo.media.model import UNDECODABLE, Reading, trouble_of
from amparo.terms.signal import IDENTITY, Signal


@dataclass(frozen=True, slots=True)
class Sent:
    """One file that was read. types: what of it is asked for, is_chosen: by name. fields: text that came beside it."""

    content_type: str
    types: tuple[SignalType, ...]
    is_chosen: bool
    reading: Reading
    fields: Mapping[str, str]
    data: bytes = field(repr=False)

    @property
    def signals(self) -> tuple[Signal, ...]:
        """The signals that count for its content type, all views."""
        return tuple(one for one in self.reading.signals if one.kind in KINDS_OF[self.content_type])

    def check_read(self) -> None:
        """Raises: the reading's trouble; a video is known by its bytes, so none of its own stops it."""
        if self.content_type == PHOTO and self.reading.trouble is not None:
            raise self.reading.trouble


async def by_address(request: Request, doors: Doors, url: str) -> Sent:
    """The file at ``url``; the query string may say content_type and types.

    Raises: BadInput (unknown_content_type, unknown_signal_type), those of the fetcher and of the reader.
    """
    query = request.query_params
    content_type = query.get("content_type")
    if content_type is not None:
        chosen(content_type_named(content_type), query.get("types"))
    fetched = await doors.fetcher.fetch(url)
    reading = await doors.media.read(fetched.data)
    found = content_type or _content_type(reading.media_type or fetched.media_type)
    return Sent(found, chosen(found, query.get("types")), "types" in query, reading, {}, fetched.data)


async def by_form(request: Request, doors: Doors) -> Sent:
    """The one file of a form, its part named photo or video.

    Raises: BadInput (no_file, unknown_content_type, unknown_signal_type), those of ``bodies.form`` and of the reader.
    """
    if media_type_of(request) != "multipart/form-data":
        raise BadInput("no_file", "there is no file", "Send multipart/form-data with one file, named photo or video.")
    form = await bodies.form(request, doors.settings.media_bytes_max, doors.settings.body_ms_max)
    if form.file is None:
        raise BadInput("no_file", "there is no file", "Send one file, its part named photo or video, with a file name.")
    content_type = content_type_named(form.file[0])
    query = request.query_params
    types = chosen(content_type, query.get("types"))
    reading = await doors.media.read(form.file[1])
    return Sent(content_type, types, "types" in query, reading, form.fields, form.file[1])


def hashes(sent: Sent) -> dict[str, str]:
    """The hash of each type; "" where the file has too little detail. Raises: the reading's trouble."""
    sent.check_read()
    told = {}
    for one in sent.types:
        if not (one.is_usual or sent.is_chosen):
            continue
        signal = next((each for each in sent.signals if each.kind == one.kind and each.view == IDENTITY), None)
        if signal is None:
            raise sent.reading.trouble or trouble_of(UNDECODABLE)
        told[one.name] = value_of(signal) if is_searched(signal.kind, signal.quality) else ""
    return told


def too_little_detail() -> Unreadable:
    """What is said of a picture that cannot be looked up."""
    return Unreadable("low_detail", "the picture has too little detail to be known again", "Send another copy of it.")


def _content_type(media_type: str) -> str:
    for content_type, start in ((PHOTO, "image/"), (VIDEO, "video/")):
        if media_type.startswith(start):
            return content_type
    raise BadInput("unknown_content_type", "the file is neither a picture nor a video", "Say it with content_type.")
