"""`amparo bank …`: banks and what is listed in them. Decides nothing itself."""

import argparse
from typing import Any

from amparo.cli import bank_contents, bank_lists
from amparo.cli.options import data_option, emit, jsonl_option, put, say
from amparo.cli.server import Asking, asked, bank_path
from amparo.errors import BadInput


def add(commands: Any) -> None:
    """Add the command."""
    verbs = commands.add_parser("bank", help="banks and what is listed in them").add_subparsers(required=True)
    new = verbs.add_parser("new", help="make a bank")
    new.add_argument("--polarity", choices=("positive", "negative"), help="negative: vetoes matches to its contents")
    changed = verbs.add_parser("set", help="change a bank's policy or name")
    changed.add_argument("--rename", metavar="NEW", help="its new name; its contents stay")
    for parser in (new, changed):
        parser.add_argument("--action", choices=("review", "hide"), help="what a match suggests (default review)")
        parser.add_argument(
            "--threshold", action="append", metavar="KIND=BITS", help="distance up to which a kind matches"
        )
        parser.add_argument("--share", type=float, metavar="0-1", help="share of items it answers for (default 1)")
        parser.add_argument("--paused", choices=("yes", "no"), help="a paused bank matches nothing")
    shown = verbs.add_parser("show", help="one bank")
    deleted = verbs.add_parser("delete", help="delete a bank with all that is listed in it")
    deleted.add_argument("--yes", action="store_true", help="do it: this cannot be undone")
    listed = verbs.add_parser("list", help="all banks")
    for parser, work in ((new, _new), (changed, _set), (shown, _show), (deleted, _delete), (listed, _list)):
        if parser is not listed:
            parser.add_argument("name", metavar="NAME")
        jsonl_option(parser)
        data_option(parser)
        parser.set_defaults(run=asked(work))
    bank_contents.add(verbs)
    bank_lists.add(verbs)


def _policy(wanted: argparse.Namespace) -> dict[str, object]:
    policy: dict[str, object] = {"action": wanted.action, "staged_share": wanted.share}
    if wanted.paused:
        policy["paused"] = wanted.paused == "yes"
    if wanted.threshold:
        policy["thresholds"] = dict(map(_threshold, wanted.threshold))
    return {name: value for name, value in policy.items() if value is not None}


def _threshold(text: str) -> tuple[str, int]:
    kind, _, bits = text.partition("=")
    if not (bits.isascii() and bits.isdigit() and len(bits) < 6):
        raise BadInput("bad_threshold", "a threshold is KIND=BITS", "For example pdq=31.")
    return kind, int(bits)


async def _new(wanted: argparse.Namespace, service: Asking) -> None:
    body = {"name": wanted.name, **_policy(wanted), **({"polarity": wanted.polarity} if wanted.polarity else {})}
    _tell(wanted, await service.send("POST", "/v1/banks", body))


async def _set(wanted: argparse.Namespace, service: Asking) -> None:
    renamed = {"name": wanted.rename} if wanted.rename else {}
    _tell(wanted, await service.send("PATCH", bank_path(wanted.name), _policy(wanted) | renamed))


async def _show(wanted: argparse.Namespace, service: Asking) -> None:
    _tell(wanted, await service.get(bank_path(wanted.name)))


async def _list(wanted: argparse.Namespace, service: Asking) -> None:
    for bank in (await service.get("/v1/banks"))["banks"]:
        _tell(wanted, bank)


async def _delete(wanted: argparse.Namespace, service: Asking) -> int:
    bank = await service.get(bank_path(wanted.name))
    if not wanted.yes:
        say(f"{bank['contents']} contents would be gone for good; add --yes to do it")
        return BadInput.exit_status
    await service.wire.request("DELETE", bank_path(wanted.name))
    say(f"deleted, with {bank['contents']} contents")
    return 0


def _tell(wanted: argparse.Namespace, bank: dict[str, Any]) -> None:
    if wanted.jsonl:
        emit(bank)
        return
    radii = " ".join(f"{kind}={bits}" for kind, bits in bank["thresholds"].items())
    state = "paused" if bank["paused"] else "on"
    put(bank["name"], bank["polarity"], bank["action"], f"share {bank['staged_share']:g}", radii, state, f"{bank['contents']} contents")  # fmt: skip
