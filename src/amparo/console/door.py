"""A door: one address and method of the console, who may use it, what answers, and what the browser may do on its page. Opens none."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from starlette.responses import Response

from amparo.access.staff_model import StaffPermission
from amparo.console.visit import Visit
from amparo.web.policy import policy

Method: TypeAlias = Literal["GET", "POST"]
View: TypeAlias = Callable[[Visit], Response]

CSP: Final = policy({"trusted-types": "page parts"})
"""The policy of the console's pages: ``parts`` is what htmx makes pages of, in ``static/parts.js``."""
CSP_FILES: Final = policy({"trusted-types": "page parts", "img-src": "'self' blob:", "media-src": "blob:"})
"""The same where a picture is read out of the browser's own memory, to hash it there."""
ARG: Final = re.compile(r"\{(\w+)\}")
ARG_CHARS_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Door:
    """path: with arguments in braces, as ``/work/{id}``. permission: None is open to everybody; ``own`` to all who are signed in.

    view: called in a thread of its own; it may wait for what is async by ``anyio.from_thread.run``.
    """

    method: Method
    path: str
    permission: StaffPermission | None
    view: View
    csp: str = CSP
    pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        pattern = ARG.sub(lambda arg: rf"(?P<{arg[1]}>[^/\x00-\x1f\x7f]{{1,{ARG_CHARS_MAX}}})", self.path)
        object.__setattr__(self, "pattern", re.compile(pattern))

    def args(self, path: str) -> Mapping[str, str] | None:
        """The arguments in a path of this door, None for another's."""
        found = self.pattern.fullmatch(path)
        return found.groupdict() if found else None
