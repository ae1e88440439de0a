"""`amparo client new|list`."""

import argparse
from typing import Any

from amparo.app.rooms import opened
from amparo.cli.options import data_option


def add(commands: Any) -> None:
    """Add the command."""
    verbs = commands.add_parser("client", help="the platforms, desks and tools of this deployment").add_subparsers(
        required=True
    )
    new = verbs.add_parser("new", help="make a client")
    new.add_argument("name")
    listed = verbs.add_parser("list", help="all clients")
    for parser, run in ((new, _new), (listed, _list)):
        data_option(parser)
        parser.set_defaults(run=run)


def _new(wanted: argparse.Namespace) -> None:
    with opened(wanted.data) as rooms:
        print(rooms.access.new_client(wanted.name).name)


def _list(wanted: argparse.Namespace) -> None:
    with opened(wanted.data) as rooms:
        for client in rooms.access.clients():
            print(client.name)
