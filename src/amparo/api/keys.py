"""Clients and keys over HTTP, for admins."""

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response

from amparo.access.model import Client, Key, Principal
from amparo.api import bodies, shapes
from amparo.api.doors import Doors
from amparo.api.problems import answer
from amparo.errors import Conflict, Refused
from amparo.terms.clock import to_text


async def clients(_request: Request, doors: Doors, principal: Principal) -> Response:
    """GET /v1/clients."""
    _check_unlimited(principal)
    return answer(shapes.ClientsOut(clients=[_client(one) for one in await run_sync(doors.access.clients)]))


async def new_client(request: Request, doors: Doors, principal: Principal) -> Response:
    """POST /v1/clients."""
    _check_unlimited(principal)
    sent = await bodies.json_body(request, shapes.ClientIn, doors.settings.json_bytes_max, doors.settings.body_ms_max)
    return answer(_client(await run_sync(doors.access.new_client, sent.name)), 201)


async def keys(_request: Request, doors: Doors, principal: Principal) -> Response:
    """GET /v1/keys."""
    _check_unlimited(principal)

    def told() -> list[shapes.KeyOut]:
        """All keys with the names of their banks."""
        names = {bank.id: bank.name for bank in doors.banks.banks()}
        return [_key(one, names) for one in doors.access.keys()]  # noqa: SIM118  # a verb of the room, no mapping

    return answer(shapes.KeysOut(keys=await run_sync(told)))


async def new_key(request: Request, doors: Doors, principal: Principal) -> Response:
    """POST /v1/keys: the key's text is in this answer and nowhere else."""
    _check_unlimited(principal)
    sent = await bodies.json_body(request, shapes.KeyIn, doors.settings.json_bytes_max, doors.settings.body_ms_max)

    def made() -> shapes.KeyOut:
        """The new key, its text in it."""
        banks = None if sent.banks is None else [doors.banks.bank(name) for name in sent.banks]
        ids = None if banks is None else [bank.id for bank in banks]
        key, text = doors.access.new_key(
            sent.name, sent.role, client=sent.client, bank_ids=ids, rate_per_s=sent.rate_per_s
        )
        told = _key(key, {bank.id: bank.name for bank in banks or ()})
        told.key = text
        return told

    return answer(await run_sync(made), 201)


async def end_key(request: Request, doors: Doors, principal: Principal) -> Response:
    """DELETE /v1/keys/{id}: from the next request on the key opens nothing."""
    _check_unlimited(principal)
    if request.path_params["id"] == principal.key_id:
        raise Conflict(
            "own_key",
            "a key does not end itself",
            "Ask with another admin key, or run `amparo key end` on the machine.",
        )
    await run_sync(doors.access.end_key, request.path_params["id"])
    return Response(status_code=204)


def _check_unlimited(principal: Principal) -> None:
    """Raises: Refused (limited_key): a key limited to banks could make itself one without that limit."""
    if principal.bank_ids is not None:
        raise Refused(
            "limited_key", "a key limited to banks manages no clients and keys", "Use a key without that limit."
        )


def _client(one: Client) -> shapes.ClientOut:
    return shapes.ClientOut(client_id=one.id, name=one.name, created_at=to_text(one.created_at))


def _key(one: Key, bank_names: dict[int, str]) -> shapes.KeyOut:
    return shapes.KeyOut(
        key_id=one.id,
        name=one.name,
        client=one.client,
        role=one.role,
        banks=None if one.bank_ids is None else [bank_names.get(bank_id, "(deleted)") for bank_id in one.bank_ids],
        rate_per_s=one.rate_per_s,
        created_at=to_text(one.created_at),
        ended_at=None if one.ended_at is None else to_text(one.ended_at),
    )
