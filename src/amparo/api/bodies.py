"""Bodies as the API takes them: lines, JSON, forms; kept in memory, never spooled to disk. Knows no route."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from amparo.doorway.bodies import media_type_of, too_large, too_slow, whole
from amparo.errors import BadInput, WrongMediaType

T = TypeVar("T")
FIELDS_MAX = 16
FIELD_BYTES_MAX = 16_384
STRETCH_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """A file and the text fields beside it."""

    data: bytes
    fields: dict[str, str]


async def lines(request: Request, bytes_max: int, line_bytes_max: int, ms_max: int) -> AsyncIterator[list[bytes]]:
    """The body's lines as they come, without their newline; a line over ``line_bytes_max`` comes cut, one byte too long.

    ms_max: for each STRETCH_BYTES; only the sender's time counts, not what is done with the lines between.
    Raises: TooLarge (too_large), TooSlow (too_slow).
    """
    rest, size, stretch, left_s = b"", 0, 0, ms_max / 1000
    stream = request.stream().__aiter__()
    while True:
        begun = time.monotonic()
        try:
            async with asyncio.timeout(left_s):
                chunk = await anext(stream, None)
        except TimeoutError as error:
            raise too_slow() from error
        if chunk is None:
            break
        size, stretch, left_s = size + len(chunk), stretch + len(chunk), left_s - (time.monotonic() - begun)
        if stretch >= STRETCH_BYTES:
            stretch, left_s = 0, ms_max / 1000
        if size > bytes_max:
            raise too_large(bytes_max)
        *done, rest = (rest + chunk).split(b"\n")
        rest = rest[: line_bytes_max + 1]
        if done:
            yield done
    if rest:
        yield [rest]


async def json_body(request: Request, shape: type[T], bytes_max: int, ms_max: int) -> T:
    """The body as ``shape``. Raises: WrongMediaType (wrong_media_type), BadInput (bad_json) and those of ``whole``."""
    if media_type_of(request) not in {"application/json", ""}:
        raise WrongMediaType(
            "wrong_media_type", "this route takes application/json", "Set Content-Type: application/json."
        )
    body = await whole(request, bytes_max, ms_max)
    try:
        try:
            return msgspec.json.decode(body, type=shape)
        except msgspec.ValidationError:
            # a number like 3.0 is a whole one in JSON; said once more, so that the usual body pays nothing for it
            return msgspec.convert(_whole_numbers(msgspec.json.decode(body)), shape)
    except msgspec.ValidationError as error:
        # msgspec names the place and the types, never the value
        raise BadInput("bad_json", f"the body does not fit: {error}", "See /openapi.json.") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput("bad_json", "the body is not JSON in UTF-8", "See /openapi.json.") from error


def _whole_numbers(told: Any) -> Any:
    if isinstance(told, dict):
        return {name: _whole_numbers(value) for name, value in told.items()}
    if isinstance(told, list):
        return [_whole_numbers(value) for value in told]
    return int(told) if isinstance(told, float) and told.is_integer() else told


class _InMemory(MultiPartParser):
    spool_max_size = 1 << 40  # never rolls over to a file: media are not stored to answer a question


@dataclass(frozen=True, slots=True)
class Form:
    """A multipart body. file: the name of its one file part and what is in it, None where there is none."""

    file: tuple[str, bytes] | None
    fields: dict[str, str]


async def form(request: Request, bytes_max: int, ms_max: int) -> Form:
    """A multipart body of at most one file. Raises: BadInput (bad_multipart) and those of ``whole``."""
    body = await whole(request, bytes_max + FIELDS_MAX * FIELD_BYTES_MAX, ms_max)

    async def once() -> AsyncGenerator[bytes, None]:
        """The body, bounded already, as the parser wants it."""
        yield body
        yield b""

    parser = _InMemory(request.headers, once(), max_files=1, max_fields=FIELDS_MAX, max_part_size=FIELD_BYTES_MAX)
    try:
        parsed = await parser.parse()
    except (MultiPartException, KeyError, UnicodeError, LookupError) as error:
        raise BadInput(
            "bad_multipart", "the body is not multipart/form-data as it says", "Send one file, and text fields."
        ) from error
    try:
        file = next(((name, value) for name, value in parsed.items() if isinstance(value, UploadFile)), None)
        told = None if file is None else (file[0], await file[1].read())
        return Form(told, {name: value for name, value in parsed.items() if isinstance(value, str)})
    finally:
        await parsed.close()


async def upload(request: Request, bytes_max: int, ms_max: int) -> Upload:
    """The part `file` of a multipart body and the text fields beside it.

    Raises: BadInput (bad_multipart, no_file) and those of ``whole``.
    """
    sent = await form(request, bytes_max, ms_max)
    if sent.file is None or sent.file[0] != "file":
        raise BadInput(
            "no_file", "there is no part named file", "Send the media as a part named file, with a file name."
        )
    return Upload(sent.file[1], sent.fields)


def flag(text: str | None, name: str) -> bool:
    """``true`` or ``false``, false when left out. Raises: BadInput (bad_flag) naming ``name``."""
    if text not in {None, "true", "false"}:
        raise BadInput("bad_flag", f"{name} is neither true nor false", "Leave it out for false.")
    return text == "true"
