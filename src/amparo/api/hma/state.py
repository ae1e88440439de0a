"""HMA's /status and what it says of its types and indexes. What is set there elsewhere is not: no type can be turned off."""

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from amparo.access.model import Principal
from amparo.api import health
from amparo.api.doors import Doors
from amparo.api.hma.shapes import HMAContentType, HMAIndex, HMAIndexState, HMASignalType
from amparo.api.hma.types import CONTENT_TYPES, TYPES
from amparo.api.problems import answer, headers_of
from amparo.banks.feed import counts_by_kind, newest_us
from amparo.errors import BadInput, Unavailable
from amparo.match.lookup import Lookup

ALIVE = "I-AM-ALIVE"
STALE = "INDEX-STALE"
NOTHING_TS = -1


async def status_text(request: Request, doors: Doors) -> Response:
    """GET /status: whether this worker is ready, as /readyz says it."""
    try:
        await health.ready(request, doors)
    except Unavailable as error:
        return PlainTextResponse(STALE, error.http_status, headers_of(error))
    return PlainTextResponse(ALIVE)


async def live_text(_request: Request, doors: Doors) -> Response:
    """GET /status/live: the event loop answers."""
    del doors
    return PlainTextResponse(ALIVE)


async def index_status(request: Request, doors: Doors, principal: Principal) -> Response:
    """GET /m/index/status: what the index of each signal type holds."""
    health.check_unlimited(principal)
    names = _names(request)
    await doors.pulse.catch_up(request.state.seen)

    def told() -> dict[str, HMAIndex]:
        """Counts."""
        sizes, built_to = _sizes(doors.matcher.lookup), _newest_ts(doors)
        return {name: HMAIndex(present=True, built_to=built_to, size=sizes[TYPES[name].kind]) for name in names}

    return answer(await run_sync(told))


async def signal_type_index(request: Request, doors: Doors, principal: Principal) -> Response:
    """GET /c/signal_type/index: each index beside the ledger."""
    health.check_unlimited(principal)
    names = _names(request)
    await doors.pulse.catch_up(request.state.seen)

    def told() -> dict[str, HMAIndexState]:
        """Counted in both."""
        listed, newest = counts_by_kind(doors.banks.db), _newest_ts(doors)
        sizes = _sizes(doors.matcher.lookup)
        return {
            name: HMAIndexState(
                db_size=listed.get(TYPES[name].kind, 0),
                index_size=sizes[TYPES[name].kind],
                index_out_of_date=listed.get(TYPES[name].kind, 0) != sizes[TYPES[name].kind],
                newest_db_item=newest,
                index_built_to=newest,
            )
            for name in names
        }

    return answer(await run_sync(told))


async def signal_types(_request: Request, _doors: Doors, _principal: Principal) -> Response:
    """GET /c/signal_type: the signal types there are, all of them on."""
    return answer([HMASignalType(name=name, enabled_ratio=1.0) for name in TYPES])


async def content_types(_request: Request, _doors: Doors, _principal: Principal) -> Response:
    """GET /c/content_type: the content types there are, all of them on."""
    return answer([HMAContentType(name=name, enabled=True) for name in CONTENT_TYPES])


async def exchange_apis(_request: Request, _doors: Doors, _principal: Principal) -> Response:
    """GET /c/exchanges/apis: the exchanges that can be set up, so far none."""
    return answer([])


def _names(request: Request) -> tuple[str, ...]:
    """The signal types asked for. Raises: BadInput (unknown_signal_type)."""
    name = request.query_params.get("signal_type")
    if name is None:
        return tuple(TYPES)
    if name not in TYPES:
        raise BadInput("unknown_signal_type", "no such signal type", f"Known: {', '.join(TYPES)}.")
    return (name,)


def _sizes(lookup: Lookup) -> dict[str, int]:
    kinds = lookup.figures()["kinds"]
    assert isinstance(kinds, dict)
    return {name: figures["count"] for name, figures in kinds.items()}


def _newest_ts(doors: Doors) -> int:
    return newest_us(doors.banks.db) // 1_000_000 or NOTHING_TS
