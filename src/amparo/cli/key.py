"""`amparo key new|list|end`: the key alone on stdout, once."""

import argparse
import sys
from typing import Any

from amparo.access.model import ROLES
from amparo.app.rooms import opened
from amparo.cli.options import data_option


def add(commands: Any) -> None:
    """Add the command."""
    verbs = commands.add_parser("key", help="API keys").add_subparsers(required=True)
    new = verbs.add_parser("new", help="make a key; it is shown once")
    new.add_argument("name")
    new.add_argument("--role", required=True, choices=ROLES)
    new.add_argument("--client", help="whose key it is (default: the client `default`)")
    new.add_argument("--bank", action="append", help="limit the key to this bank; may be given again")
    listed = verbs.add_parser("list", help="all keys, ended ones too")
    ended = verbs.add_parser("end", help="from now on the key opens nothing")
    ended.add_argument("id", type=int)
    for parser, run in ((new, _new), (listed, _list), (ended, _end)):
        data_option(parser)
        parser.set_defaults(run=run)


def _new(wanted: argparse.Namespace) -> None:
    with opened(wanted.data) as rooms:
        banks = None if wanted.bank is None else [rooms.banks.bank(name).id for name in wanted.bank]
        key, text = rooms.access.new_key(wanted.name, wanted.role, client=wanted.client, bank_ids=banks)
        print(text)
        print(f"amparo: key {key.id} of client {key.client}, role {key.role}; it is not shown again", file=sys.stderr)


def _list(wanted: argparse.Namespace) -> None:
    with opened(wanted.data) as rooms:
        for key in rooms.access.keys():  # noqa: SIM118  # a verb of the room
            state = "open" if key.ended_at is None else "ended"
            print(f"{key.id}\t{key.name}\t{key.client}\t{key.role}\t{state}")


def _end(wanted: argparse.Namespace) -> None:
    with opened(wanted.data) as rooms:
        rooms.access.end_key(wanted.id)
