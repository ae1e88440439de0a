"""The page of routes and the OpenAPI document, read from the API's table of routes. Asks no server."""
# ruff: noqa: INP001 - beside the pages it writes, no package

import json

from amparo.access.model import MATRIX
from amparo.api.openapi import PARAMETER, document
from amparo.api.routes import TABLE, Door

INTRO = """# HTTP API

`Authorization: Bearer KEY` on every route but `/livez`, `/readyz`, `/openapi.json`, `/status` and `/status/live`. `/h/*`, `/m/*`, `/c/*` are
HMA's ([hma.md](../hma.md)): their errors are `{"message"}`, and where it is turned on they stand under `/hma/KEY/` too. All other errors are problem documents (RFC 9457) with the slugs of
[errors.md](errors.md). Every answer carries `Amparo-Worker` and `Amparo-Request-Id`. Shapes of bodies and answers: [openapi.json](openapi.json), which a running
service gives at `/openapi.json`. Limits: the keys `api.*` of [settings.md](settings.md).

| route | roles | query and headers | body | answer |
|---|---|---|---|---|
"""


def api_page() -> str:
    """docs/reference/api.md: every route with who may use it."""
    return INTRO + "".join(map(_line, TABLE))


def _line(door: Door) -> str:
    path = PARAMETER.sub(r"{\1}", door.path)
    roles = ", ".join(role for role, held in MATRIX.items() if door.permission in held)
    body = ", ".join(f"`{media_type}`" for media_type, _ in door.body) or "-"
    result = "" if door.result is None else f" `{door.result.__name__}`"
    beside = ", ".join(f"`{one.name}`" for one in door.parameters) or "-"
    return f"| `{door.method} {path}` | {roles} | {beside} | {body} | {door.status}{result} |\n"


def openapi_page() -> str:
    """docs/reference/openapi.json: what a service gives at /openapi.json."""
    return json.dumps(document(TABLE), indent=1, sort_keys=True) + "\n"
