"""Webhooks over HTTP: a client's own, or all for an admin. Delivers nothing but a test."""

from datetime import datetime

import msgspec
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response

from amparo.access.model import Principal
from amparo.api import action_shapes as shapes
from amparo.api import bodies
from amparo.api.actions import whose
from amparo.api.doors import Doors
from amparo.api.matching import number_of
from amparo.api.problems import answer
from amparo.errors import NotFound, Refused
from amparo.review.webhooks import PAGE_MAX, Dead, Webhook
from amparo.terms.clock import to_text


async def webhooks(_request: Request, doors: Doors, principal: Principal) -> Response:
    """GET /v1/webhooks."""
    found = await run_sync(doors.webhooks.all, whose(principal))
    return answer(shapes.WebhooksOut(webhooks=[_webhook(one) for one in found]))


async def new_webhook(request: Request, doors: Doors, principal: Principal) -> Response:
    """POST /v1/webhooks: its secret is in this answer and nowhere else."""
    sent = await bodies.json_body(request, shapes.WebhookIn, doors.settings.json_bytes_max, doors.settings.body_ms_max)

    def made() -> shapes.WebhookOut:
        """The new webhook, its secret in it."""
        one, secret = doors.webhooks.new(_client_id(doors, principal, sent.client), sent.url)
        return _webhook(one, secret)

    return answer(await run_sync(made), 201)


async def webhook(request: Request, doors: Doors, principal: Principal) -> Response:
    """GET /v1/webhooks/{id}."""
    return answer(_webhook(await run_sync(doors.webhooks.one, request.path_params["id"], whose(principal))))


async def change_webhook(request: Request, doors: Doors, principal: Principal) -> Response:
    """PATCH /v1/webhooks/{id}."""
    limits, own = doors.settings, whose(principal)
    sent = await bodies.json_body(request, shapes.WebhookPatch, limits.json_bytes_max, limits.body_ms_max)

    def changed() -> shapes.WebhookOut:
        """The webhook as it is now; a new secret in it."""
        webhook_id = request.path_params["id"]
        url = None if sent.url is msgspec.UNSET else sent.url
        is_paused = None if sent.paused is msgspec.UNSET else sent.paused
        one = doors.webhooks.change(webhook_id, own, url=url, is_paused=is_paused)
        if sent.renew_secret is not True:
            return _webhook(one)
        one, secret = doors.webhooks.renew_secret(webhook_id, own)
        return _webhook(one, secret)

    return answer(await run_sync(changed))


async def delete_webhook(request: Request, doors: Doors, principal: Principal) -> Response:
    """DELETE /v1/webhooks/{id}: what waits for it goes; the actions stay in the record."""
    await run_sync(doors.webhooks.delete, request.path_params["id"], whose(principal))
    return Response(status_code=204)


async def test_webhook(request: Request, doors: Doors, principal: Principal) -> Response:
    """POST /v1/webhooks/{id}/test: send a message of type webhook.test now and tell how it ended."""
    posted = await doors.webhooks.test(request.path_params["id"], whose(principal))
    return answer(shapes.TriedOut(delivered=posted.is_taken, outcome=posted.outcome))


async def dead(request: Request, doors: Doors, principal: Principal) -> Response:
    """GET /v1/webhooks/{id}/dead: messages that were set aside."""
    after, limit = number_of(request, "after", 0), max(1, min(number_of(request, "limit", 100), PAGE_MAX))
    found = await run_sync(doors.webhooks.dead, request.path_params["id"], whose(principal), after, limit)
    last = found[-1].action_id if found else after
    return answer(shapes.DeadListOut(dead=[_dead(one) for one in found], next=last))


async def replay(request: Request, doors: Doors, principal: Principal) -> Response:
    """POST /v1/webhooks/{id}/replay: send dead ones again, but none after which a later one was delivered."""
    limits = doors.settings
    sent = await bodies.json_body(request, shapes.ReplayIn, limits.json_bytes_max, limits.body_ms_max)
    ids = None if sent.action_ids is None else [one for one in sent.action_ids if 0 < one < 2**63][:PAGE_MAX]
    number = await run_sync(doors.webhooks.replay, request.path_params["id"], whose(principal), ids)
    return answer(shapes.ReplayOut(waiting=number))


async def set_client(request: Request, doors: Doors, principal: Principal) -> Response:
    """PATCH /v1/clients/{id}: where its media may be fetched for a look; the secret that signs the questions is told once."""
    if principal.bank_ids is not None:
        raise Refused("limited_key", "a key limited to banks manages no clients", "Use a key without that limit.")
    limits, client_id = doors.settings, request.path_params["id"]
    sent = await bodies.json_body(request, shapes.ClientPatch, limits.json_bytes_max, limits.body_ms_max)
    secret = await run_sync(doors.webhooks.set_media_door, client_id, sent.media_url)
    return answer(shapes.MediaDoorOut(client_id=client_id, media_url=sent.media_url, secret=secret))


def _client_id(doors: Doors, principal: Principal, named: str | None) -> int:
    """Whose webhook it becomes. Raises: NotFound (unknown_client), also for a client that is not the key's own."""
    if named is None:
        return principal.client_id
    wanted = named.strip().casefold()
    if whose(principal) is None:
        for one in doors.access.clients():
            if one.name.casefold() == wanted:
                return one.id
    elif principal.client.casefold() == wanted:
        return principal.client_id
    raise NotFound("unknown_client", "there is no such client", "Make it first: `amparo client new NAME`.")


def _webhook(one: Webhook, secret: str | None = None) -> shapes.WebhookOut:
    return shapes.WebhookOut(
        webhook_id=one.id,
        client=one.client,
        url=one.url,
        state=one.state,
        made_at=to_text(one.made_at),
        waiting=one.waiting,
        dead=one.dead,
        last_outcome=one.last_outcome,
        oldest_at=_text(one.oldest_at),
        delivered_at=_text(one.delivered_at),
        failed_at=_text(one.failed_at),
        both_until=_text(one.both_until),
        secret=secret,
    )


def _dead(one: Dead) -> shapes.DeadOut:
    return shapes.DeadOut(
        action_id=one.action_id,
        item_id=one.item_id,
        action=one.action,
        tries=one.tries,
        since=to_text(one.since),
        last_at=_text(one.last_at),
        last_outcome=one.last_outcome,
        may_go=one.may_go,
    )


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else to_text(instant)
