"""What one route is, as the tables of routes hold it. Serves nothing; the tables stand in routes.py and hma/routes.py."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import Response

from amparo.access.model import Permission, Principal
from amparo.api.doors import Doors
from amparo.api.shapes import ProblemOut

View = Callable[[Request, Doors, Principal], Awaitable[Response]]

JSON = "application/json"
FILE = ("multipart/form-data", None)


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a request may carry beside path and body. told: what it is for."""

    name: str
    where: Literal["query", "header"]
    told: str
    kind: str = "string"
    words: Mapping[str, Any] = field(default_factory=dict)  # further ones of JSON Schema


@dataclass(frozen=True, slots=True)
class Door:
    """One route. body: media type to shape (None: raw bytes). result: its shape, None for no body or a stream.

    files: names of the parts of a form of which one is the file. fields: text fields beside it.
    refusal: shape and media type of what tells an error.
    """

    method: str
    path: str
    permission: Permission
    view: View
    result: type | None = None
    status: int = 200
    body: Sequence[tuple[str, type | None]] = ()
    parameters: Sequence[Parameter] = ()
    fields: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    result_type: str = JSON
    files: Sequence[str] = ("file",)
    is_body_required: bool = True
    refusal: tuple[type, str] = (ProblemOut, "application/problem+json")
