"""HMA's /h: the hashes of one file. Lists nothing and looks nothing up."""

from starlette.requests import Request
from starlette.responses import Response

from amparo.access.model import Principal
from amparo.api.doors import Doors
from amparo.api.hma.media import by_address, by_form, hashes
from amparo.api.hma.words import needed
from amparo.api.problems import answer


async def hash_by_address(request: Request, doors: Doors, _principal: Principal) -> Response:
    """GET /h/hash: the hashes of the file at an address."""
    (url,) = needed(request, "url")
    return answer(hashes(await by_address(request, doors, url)))


async def hash_file(request: Request, doors: Doors, _principal: Principal) -> Response:
    """POST /h/hash: the hashes of the file in a form."""
    return answer(hashes(await by_form(request, doors)))
