"""The table of routes: path, method, who may, what goes in and out. The application and /openapi.json are made of it."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from starlette.convertors import IntegerConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from amparo.access.model import Principal
from amparo.api import action_shapes, actions, banking, fields, health, keys, lists, matching, reports, shapes, webhooks
from amparo.api.door import FILE, JSON, Door, Parameter
from amparo.api.doors import Doors
from amparo.api.guard import Guard
from amparo.api.hma import routes as hma
from amparo.api.hma import state as hma_state
from amparo.api.openapi import document
from amparo.api.problems import answer

ID_DIGITS_MAX = 18


class _Id(IntegerConvertor):
    """A number in a path. One with too many digits is no id of anything, and int() refuses thousands of them."""

    def convert(self, value: str) -> int:
        """The number, or one over every id."""
        return int(value) if len(value) <= ID_DIGITS_MAX else 2**63


register_url_convertor("int", _Id())

BANK, CONTENT = "/v1/banks/{bank}", "/v1/banks/{bank}/contents/{id:int}"
JSONL = "application/jsonl"
LIST_TYPES = ((JSONL, None), ("text/csv", None))
RAW = (("image/*", None), ("video/*", None), ("application/octet-stream", None))
PAGE = (
    Parameter("after", "query", "The `next` of the page before; 0 for the first.", "integer", fields.NUMBER),
    Parameter("limit", "query", "Entries of a page, at most 1000; 100 without it.", "integer", fields.NUMBER),
)
RELIST = Parameter("relist", "query", "`true`: bring back what this origin withdrew; recorded.", words=fields.FLAG)
ABOUT_ITEM = (
    Parameter(
        "Amparo-Item-Id",
        "header",
        "Your own id of the item, kept in the event of a match.",
        words=fields.ITEM_FIELD,
    ),
    Parameter(
        "Amparo-Uploader-Ref",
        "header",
        "Your own opaque reference of who uploaded it.",
        words=fields.ITEM_FIELD,
    ),
    Parameter("Amparo-Uploaded-At", "header", "When it was uploaded, RFC 3339.", words=fields.TIME),
    Parameter(
        "Amparo-Seed",
        "header",
        "Decides the staged share in the place of the item id.",
        words=fields.ITEM_FIELD,
    ),
    Parameter(
        "banks",
        "query",
        "Names of the banks to ask, joined by commas; without it all the key sees.",
        words=fields.BANK_NAMES,
    ),
)
ITEM_FIELDS: dict[str, Mapping[str, Any]] = {
    "item_id": fields.ITEM_FIELD,
    "uploader_ref": fields.ITEM_FIELD,
    "uploaded_at": fields.TIME,
    "seed": fields.ITEM_FIELD,
    "banks": fields.BANK_NAMES,
}

WEBHOOK = "/v1/webhooks/{id:int}"
WAIT = Parameter(
    "wait_s", "query", "Seconds to wait where there is no action yet, at most 60.", "integer", fields.NUMBER
)
ABOUT_ACTIONS = (
    Door("GET", "/v1/actions", "actions.read", actions.actions, action_shapes.ActionsOut, parameters=(*PAGE, WAIT)),
    Door("POST", "/v1/reports", "reports.write", reports.new_report, action_shapes.ReportOut, 201, ((JSON, action_shapes.ReportIn),)),
    Door("GET", "/v1/webhooks", "webhooks.manage", webhooks.webhooks, action_shapes.WebhooksOut),
    Door("POST", "/v1/webhooks", "webhooks.manage", webhooks.new_webhook, action_shapes.WebhookOut, 201, ((JSON, action_shapes.WebhookIn),)),
    Door("GET", WEBHOOK, "webhooks.manage", webhooks.webhook, action_shapes.WebhookOut),
    Door("PATCH", WEBHOOK, "webhooks.manage", webhooks.change_webhook, action_shapes.WebhookOut, 200, ((JSON, action_shapes.WebhookPatch),)),
    Door("DELETE", WEBHOOK, "webhooks.manage", webhooks.delete_webhook, None, 204),
    Door("POST", WEBHOOK + "/test", "webhooks.manage", webhooks.test_webhook, action_shapes.TriedOut),
    Door("GET", WEBHOOK + "/dead", "webhooks.manage", webhooks.dead, action_shapes.DeadListOut, parameters=PAGE),
    Door("POST", WEBHOOK + "/replay", "webhooks.manage", webhooks.replay, action_shapes.ReplayOut, 200, ((JSON, action_shapes.ReplayIn),)),
    Door("PATCH", "/v1/clients/{id:int}", "access.manage", webhooks.set_client, action_shapes.MediaDoorOut, 200, ((JSON, action_shapes.ClientPatch),)),
)  # fmt: skip

TABLE: tuple[Door, ...] = (
    Door(
        "POST",
        "/v1/match",
        "match",
        matching.match,
        shapes.VerdictOut,
        200,
        ((JSON, shapes.MatchIn), *RAW, FILE),
        ABOUT_ITEM,
        ITEM_FIELDS,
    ),
    Door(
        "POST", "/v1/match/batch", "match", matching.batch, shapes.BatchOut, 200, (("application/octet-stream", None),)
    ),
    Door("GET", "/v1/matches", "events.read", matching.events, shapes.EventsOut, parameters=PAGE),
    Door("GET", "/v1/banks", "banks.read", banking.banks, shapes.BanksOut),
    Door("POST", "/v1/banks", "banks.write", banking.new_bank, shapes.BankOut, 201, ((JSON, shapes.BankIn),)),
    Door("GET", BANK, "banks.read", banking.bank, shapes.BankOut),
    Door("PATCH", BANK, "banks.write", banking.change_bank, shapes.BankOut, 200, ((JSON, shapes.BankPatch),)),
    Door("DELETE", BANK, "banks.write", banking.delete_bank, None, 204),
    Door("GET", BANK + "/contents", "contents.read", banking.contents, shapes.ContentsOut, parameters=PAGE),
    Door(
        "POST",
        BANK + "/contents",
        "contents.write",
        banking.new_content,
        shapes.ListedOut,
        201,
        ((JSON, shapes.ContentIn), FILE),
        fields={"external_id": fields.EXTERNAL_ID, "note": fields.NOTE, "relist": fields.FLAG},
    ),
    Door("GET", CONTENT, "contents.read", banking.content, shapes.ContentOut),
    Door(
        "PATCH",
        CONTENT,
        "contents.write",
        banking.change_content,
        shapes.ContentOut,
        200,
        ((JSON, shapes.ContentPatch),),
    ),
    Door("DELETE", CONTENT, "contents.write", banking.withdraw, shapes.WithdrawnOut),
    Door("POST", BANK + "/import", "contents.write", lists.import_list, None, 200, LIST_TYPES, (RELIST,), {}, JSONL),
    Door("GET", BANK + "/export", "contents.export", lists.export_list, result_type=JSONL),
    Door("GET", "/v1/clients", "access.manage", keys.clients, shapes.ClientsOut),
    Door("POST", "/v1/clients", "access.manage", keys.new_client, shapes.ClientOut, 201, ((JSON, shapes.ClientIn),)),
    Door("GET", "/v1/keys", "access.manage", keys.keys, shapes.KeysOut),
    Door("POST", "/v1/keys", "access.manage", keys.new_key, shapes.KeyOut, 201, ((JSON, shapes.KeyIn),)),
    Door("DELETE", "/v1/keys/{id:int}", "access.manage", keys.end_key, None, 204),
    Door("GET", "/v1/status", "access.manage", health.status, shapes.StatusOut),
    *ABOUT_ACTIONS,
    *hma.TABLE,
)


def application(doors: Doors) -> ASGIApp:
    """The API as one ASGI application over ``doors``."""
    routes: list[Route] = [
        Route("/livez", partial(health.live, doors=doors), methods=["GET"]),
        Route("/readyz", partial(health.ready, doors=doors), methods=["GET"]),
        Route("/status", partial(hma_state.status_text, doors=doors), methods=["GET"]),
        Route("/status/live", partial(hma_state.live_text, doors=doors), methods=["GET"]),
        Route("/openapi.json", partial(_openapi, told=document(TABLE)), methods=["GET"]),
        *(Route(door.path, partial(_enter, door=door, doors=doors), methods=[door.method]) for door in TABLE),
    ]
    # the router alone: the framework's own error pages would stand before our problem documents
    return Guard(_Straight(routes, doors), doors, _methods(routes))


class _Straight:
    """The framework's router, but a path without a variable is looked up and not searched for. Same doors, same checks."""

    def __init__(self, routes: Sequence[Route], doors: Doors) -> None:
        self._router = Router(routes, redirect_slashes=False)
        self._doors = doors
        by_path = {route.path: route for route in routes if not route.param_convertors}
        named = {(door.method, door.path): door for door in TABLE if door.path in by_path}
        self._known = {key: (door, by_path[door.path]) for key, door in named.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        known = self._known.get((scope["method"], scope["path"]))
        if known is None:
            await self._router(scope, receive, send)
            return
        door, scope["route"] = known
        told = await _enter(Request(scope, receive), door, self._doors)
        await told(scope, receive, send)


def _methods(routes: Sequence[Route]) -> dict[str, str]:
    by_path: dict[str, set[str]] = {}
    for route in routes:
        by_path.setdefault(route.path, set()).update(route.methods or ())
    return {path: ", ".join(sorted(methods)) for path, methods in by_path.items()}


async def _enter(request: Request, door: Door, doors: Doors) -> Response:
    principal: Principal = request.state.principal
    principal.may(door.permission)
    return await door.view(request, doors, principal)


async def _openapi(_request: Request, told: dict[str, Any]) -> Response:
    return answer(told)
