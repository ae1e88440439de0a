"""Errors as HMA tells them: ``{"message": …}`` with its statuses. What went wrong inside is told as little as elsewhere."""

from collections.abc import Mapping
from typing import Any, Final, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from amparo.api import bodies
from amparo.api.doors import Doors
from amparo.api.problems import headers_of
from amparo.errors import AmparoError, BadInput, Conflict, Gone, Unreadable

T = TypeVar("T")
TRUTH: Final = {"true": True, "1": True, "false": False, "0": False, "": False}
"""A yes or no in a query string, in any case."""
STATUSES: Final[Mapping[type[AmparoError], int]] = {Unreadable: 400, Gone: 404}
NAME_TAKEN: Final = 403  # HMA's answer to a bank name that is taken


class Misfit(BadInput):
    """A field is missing or of another type (RFC 9110 section 15.5.21, as HMA answers)."""

    http_status = 422


def refusal(error: AmparoError) -> Response:
    """The answer that tells ``error``."""
    status = STATUSES.get(type(error), error.http_status)
    if isinstance(error, Conflict) and error.slug == "name_taken":
        status = NAME_TAKEN
    message = error.text if not error.hint else f"{error.text}. {error.hint}"
    return JSONResponse({"message": message}, status, headers_of(error))


async def json_object(request: Request, doors: Doors) -> dict[str, Any]:
    """The body, a JSON object. Raises: those of ``bodies.json_body``."""
    limits = doors.settings
    return await bodies.json_body(request, dict[str, Any], limits.json_bytes_max, limits.body_ms_max)


def fitted(told: Mapping[str, Any], shape: type[T]) -> T:
    """``told`` as ``shape``. Raises: Misfit (bad_json)."""
    try:
        return msgspec.convert(told, shape)
    except msgspec.ValidationError as error:
        # msgspec names the place and the types, never the value
        raise Misfit("bad_json", f"the body does not fit: {error}", "See /openapi.json.") from error


def ratio(sent: float | str | None) -> float | None:
    """A number that may be written as text. Raises: Misfit (bad_json)."""
    try:
        return None if sent is None else float(sent)
    except (ValueError, OverflowError):
        raise Misfit("bad_json", "enabled_ratio is no number", "From 0 to 1.") from None


def yes(sent: bool | float | str | None) -> bool | None:
    """A truth that may be written as a number or text. Raises: Misfit (bad_json)."""
    text = None if sent is None else str(sent).lower()
    if text is not None and text not in TRUTH:
        raise Misfit("bad_json", "enabled is neither true nor false", "Write true or false.")
    return None if text is None else TRUTH[text]


def needed(request: Request, *names: str) -> tuple[str, ...]:
    """Parameters of the query string that must be there. Raises: Misfit (missing)."""
    found = [request.query_params.get(name) for name in names]
    if None in found:
        raise Misfit("missing", "a parameter is missing", f"This route takes {' and '.join(names)}.")
    return tuple(one for one in found if one is not None)


def truth(request: Request, name: str, default: bool) -> bool:
    """A yes or no in the query string. Raises: Misfit (bad_flag)."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if text.lower() not in TRUTH:
        raise Misfit("bad_flag", f"{name} is neither true nor false", "Write true or false.")
    return TRUTH[text.lower()]
