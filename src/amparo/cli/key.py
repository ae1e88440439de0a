"""`amparo key new|list|end`: the key alone on stdout, once."""

import argparse
from typing import Any

from amparo.access.model import ROLES
from amparo.cli.options import data_option, emit, jsonl_option, put, say
from amparo.cli.server import Asking, asked


def add(commands: Any) -> None:
    """Add the command."""
    verbs = commands.add_parser("key", help="API keys").add_subparsers(required=True)
    new = verbs.add_parser("new", help="make a key; it is shown once")
    new.add_argument("name")
    new.add_argument("--role", required=True, choices=ROLES)
    new.add_argument("--client", help="whose key it is (default: the client `default`)")
    new.add_argument(
        "--bank", action="extend", nargs="+", metavar="NAME", help="limit the key to these banks; may be given again"
    )
    new.add_argument("--rate", type=int, metavar="N", help="requests a second (default: as the settings say)")
    listed = verbs.add_parser("list", help="all keys, ended ones too")
    jsonl_option(listed)
    ended = verbs.add_parser("end", help="from now on the key opens nothing")
    ended.add_argument("id", type=int, metavar="KEY_ID")
    for parser, work in ((new, _new), (listed, _list), (ended, _end)):
        data_option(parser)
        parser.set_defaults(run=asked(work))


async def _new(wanted: argparse.Namespace, service: Asking) -> None:
    body = {"name": wanted.name, "role": wanted.role, "client": wanted.client, "banks": wanted.bank}
    made = await service.send("POST", "/v1/keys", {**body, "rate_per_s": wanted.rate})
    put(made["key"])
    say(f"key {made['key_id']} of client {made['client']}, role {made['role']}; it is not shown again")


async def _list(wanted: argparse.Namespace, service: Asking) -> None:
    for key in (await service.get("/v1/keys"))["keys"]:
        state = "open" if key["ended_at"] is None else "ended"
        banks = "all banks" if key["banks"] is None else " ".join(key["banks"])
        emit(key) if wanted.jsonl else put(key["key_id"], key["name"], key["client"], key["role"], banks, state)


async def _end(wanted: argparse.Namespace, service: Asking) -> None:
    await service.wire.request("DELETE", f"/v1/keys/{wanted.id}")
