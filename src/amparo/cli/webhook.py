"""`amparo webhook new|list|secret|pause|go|delete|test|dead|replay`: where platforms take their actions."""

import argparse
from collections.abc import Awaitable, Callable
from typing import Any

from amparo.cli.options import SOME_FAILED, data_option, emit, jsonl_option, put, say
from amparo.cli.server import Asking, asked

Verb = Callable[[argparse.Namespace, Asking], Awaitable[int | None]]


def add(commands: Any) -> None:
    """Add the command."""
    verbs = commands.add_parser("webhook", help="where platforms take their actions").add_subparsers(required=True)
    new = verbs.add_parser("new", help="make a webhook; its secret is shown once")
    new.add_argument("url")
    new.add_argument("--client", required=True, help="whose actions go there")
    listed = verbs.add_parser("list", help="all webhooks and how they fare")
    made: list[tuple[Any, Verb]] = [
        (new, _new),
        (listed, _list),
    ]
    verbs_on_one: tuple[tuple[str, str, Verb], ...] = (
        ("secret", "give it another secret; for a day messages carry both signatures", _secret),
        ("pause", "let its messages wait", _pause),
        ("go", "let it go on, also one that ended", _go),
        ("delete", "delete it and what waits for it", _delete),
        ("test", "send a test message now", _test),
        ("dead", "messages that were set aside", _dead),
        ("replay", "send dead messages again", _replay),
    )
    for name, told, work in verbs_on_one:
        parser = verbs.add_parser(name, help=told)
        parser.add_argument("id", type=int, metavar="WEBHOOK_ID")
        if name == "replay":
            parser.add_argument("--action", type=int, nargs="+", metavar="ACTION_ID", help="these alone (default: all)")
        made.append((parser, work))
    for parser, work in made:
        jsonl_option(parser)
        data_option(parser)
        parser.set_defaults(run=asked(work))


async def _new(wanted: argparse.Namespace, service: Asking) -> None:
    made = await service.send("POST", "/v1/webhooks", {"url": wanted.url, "client": wanted.client})
    emit(made) if wanted.jsonl else put(made["secret"])
    say(f"webhook {made['webhook_id']} of client {made['client']}; its secret is not shown again")


async def _list(wanted: argparse.Namespace, service: Asking) -> None:
    for one in (await service.get("/v1/webhooks"))["webhooks"]:
        waits = f"{one['waiting']} waiting, {one['dead']} dead"
        emit(one) if wanted.jsonl else put(one["webhook_id"], one["client"], one["url"], one["state"], waits)


async def _secret(wanted: argparse.Namespace, service: Asking) -> None:
    made = await service.send("PATCH", _path(wanted), {"renew_secret": True})
    emit(made) if wanted.jsonl else put(made["secret"])
    say(f"until {made['both_until']} messages carry both signatures; the secret is not shown again")


async def _pause(wanted: argparse.Namespace, service: Asking) -> None:
    _tell(wanted, await service.send("PATCH", _path(wanted), {"paused": True}))


async def _go(wanted: argparse.Namespace, service: Asking) -> None:
    _tell(wanted, await service.send("PATCH", _path(wanted), {"paused": False}))


async def _delete(wanted: argparse.Namespace, service: Asking) -> None:
    await service.wire.request("DELETE", _path(wanted))


async def _test(wanted: argparse.Namespace, service: Asking) -> int:
    told = await service.send("POST", _path(wanted) + "/test", {})
    emit(told) if wanted.jsonl else put("delivered" if told["delivered"] else "not delivered", told["outcome"])
    return 0 if told["delivered"] else SOME_FAILED


async def _dead(wanted: argparse.Namespace, service: Asking) -> None:
    after = 0
    while page := (await service.get(f"{_path(wanted)}/dead?after={after}"))["dead"]:
        for one in page:
            may = "can be sent again" if one["may_go"] else "a later one was delivered"
            cells = (one["action_id"], one["item_id"], one["action"], one["tries"], one["last_outcome"], may)
            emit(one) if wanted.jsonl else put(*cells)
        after = page[-1]["action_id"]


async def _replay(wanted: argparse.Namespace, service: Asking) -> None:
    told = await service.send("POST", _path(wanted) + "/replay", {"action_ids": wanted.action})
    emit(told) if wanted.jsonl else put(told["waiting"])


def _tell(wanted: argparse.Namespace, one: dict[str, Any]) -> None:
    emit(one) if wanted.jsonl else put(one["webhook_id"], one["state"])


def _path(wanted: argparse.Namespace) -> str:
    return f"/v1/webhooks/{wanted.id}"
