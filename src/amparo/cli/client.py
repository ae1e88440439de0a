"""`amparo client new|list|set`."""

import argparse
from typing import Any

from amparo.cli.options import data_option, emit, jsonl_option, put, say
from amparo.cli.server import Asking, asked
from amparo.errors import NotFound


def add(commands: Any) -> None:
    """Add the command."""
    verbs = commands.add_parser("client", help="the platforms, desks and tools of this deployment").add_subparsers(
        required=True
    )
    new = verbs.add_parser("new", help="make a client")
    new.add_argument("name")
    listed = verbs.add_parser("list", help="all clients")
    changed = verbs.add_parser("set", help="where a client hands out its media for a look")
    changed.add_argument("name")
    changed.add_argument(
        "--media-url", required=True, metavar="URL", help="with {item_id} in it; empty: it hands out none"
    )
    for parser, work in ((new, _new), (listed, _list), (changed, _set)):
        jsonl_option(parser)
        data_option(parser)
        parser.set_defaults(run=asked(work))


async def _new(wanted: argparse.Namespace, service: Asking) -> None:
    made = await service.send("POST", "/v1/clients", {"name": wanted.name})
    emit(made) if wanted.jsonl else put(made["name"])


async def _list(wanted: argparse.Namespace, service: Asking) -> None:
    for client in (await service.get("/v1/clients"))["clients"]:
        emit(client) if wanted.jsonl else put(client["name"])


async def _set(wanted: argparse.Namespace, service: Asking) -> None:
    known = (await service.get("/v1/clients"))["clients"]
    ids = [one["client_id"] for one in known if one["name"].casefold() == wanted.name.strip().casefold()]
    if not ids:
        raise NotFound("unknown_client", "there is no such client", "List them with `amparo client list`.")
    made = await service.send("PATCH", f"/v1/clients/{ids[0]}", {"media_url": wanted.media_url or None})
    emit(made) if wanted.jsonl else put(made["secret"] or "")
    if made["secret"]:
        say("questions are signed with this secret; it is not shown again")
