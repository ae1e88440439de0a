"""`amparo client new|list`."""

import argparse
from typing import Any

from amparo.cli.options import data_option, emit, jsonl_option, put
from amparo.cli.server import Asking, asked


def add(commands: Any) -> None:
    """Add the command."""
    verbs = commands.add_parser("client", help="the platforms, desks and tools of this deployment").add_subparsers(
        required=True
    )
    new = verbs.add_parser("new", help="make a client")
    new.add_argument("name")
    listed = verbs.add_parser("list", help="all clients")
    for parser, work in ((new, _new), (listed, _list)):
        jsonl_option(parser)
        data_option(parser)
        parser.set_defaults(run=asked(work))


async def _new(wanted: argparse.Namespace, service: Asking) -> None:
    made = await service.send("POST", "/v1/clients", {"name": wanted.name})
    emit(made) if wanted.jsonl else put(made["name"])


async def _list(wanted: argparse.Namespace, service: Asking) -> None:
    for client in (await service.get("/v1/clients"))["clients"]:
        emit(client) if wanted.jsonl else put(client["name"])
