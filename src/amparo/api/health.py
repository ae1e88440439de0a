"""Whether this worker lives, is ready, and what it holds."""

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response

from amparo import __version__, hashing, index
from amparo.access.model import Principal
from amparo.api import shapes
from amparo.api.doors import Doors
from amparo.api.problems import answer
from amparo.errors import Refused


async def live(_request: Request, doors: Doors) -> Response:
    """GET /livez: the event loop answers."""
    del doors
    return answer(shapes.HealthOut(status="live"))


async def ready(_request: Request, doors: Doors) -> Response:
    """GET /readyz: the ledger answers and the index is as fresh as it. Raises: Unavailable (lagging)."""
    await doors.pulse.catch_up(await doors.pulse.look())
    return answer(shapes.HealthOut(status="ready"))


async def status(request: Request, doors: Doors, principal: Principal) -> Response:
    """GET /v1/status.

    Raises: Refused (limited_key): counts and digests are over all banks.
    """
    check_unlimited(principal)
    await doors.pulse.catch_up(request.state.seen)
    figures = await run_sync(doors.matcher.lookup.figures)
    kinds, generation = figures["kinds"], figures["generation"]
    return answer(
        shapes.StatusOut(
            version=__version__,
            worker=doors.worker,
            index_kernel=index.kernel(),
            hashing_kernel=hashing.kernel(),
            generation=generation if isinstance(generation, int) else 0,
            kinds=kinds if isinstance(kinds, dict) else {},
        )
    )


def check_unlimited(principal: Principal) -> None:
    """Raises: Refused (limited_key): counts and digests are over all banks."""
    if principal.bank_ids is not None:
        raise Refused(
            "limited_key", "a key limited to banks may not look at all of them", "Use a key without that limit."
        )
