"""`amparo match FILE…`: a verdict for each file. Decides nothing itself."""

import argparse
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from amparo.api.settings import APISettings
from amparo.cli.files import Told, contents_of, over
from amparo.cli.options import SOME_FAILED, data_option, emit, jsonl_option, name_of, put, say
from amparo.cli.server import Asking, asked, bank_path


def add(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser("match", help="a verdict for each file")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    bank_option(parser)
    jsonl_option(parser)
    data_option(parser)
    parser.set_defaults(run=asked(_match))


def bank_option(parser: argparse.ArgumentParser) -> None:
    """--bank NAME."""
    parser.add_argument("--bank", action="append", metavar="NAME", help="look in this bank only; may be given again")


async def judged(service: Asking, banks: list[str] | None) -> Callable[[Path], Awaitable[Told]]:
    """What asks for one file's verdict, over ``banks`` (None: all). Raises: NotFound (unknown_bank)."""
    for name in banks or ():
        await service.get(bank_path(name))
    query = "?" + urlencode({"banks": ",".join(banks)}) if banks else ""
    bytes_max = service.settings.section(APISettings).media_bytes_max

    async def judge(path: Path) -> Told:
        """One file's verdict."""
        data = await contents_of(path, bytes_max)
        headers = {"Content-Type": "application/octet-stream"}
        reply = await service.wire.request("POST", "/v1/match" + query, content=data, headers=headers)
        return {"file": name_of(path), **reply.json()}

    return judge


def show(told: Told) -> None:
    """A verdict for people: a line for each match, or one that says there is none."""
    if "error" in told:
        say(f"{told['file']}: {told['error']['text']}")
        return
    for one in told["matches"]:
        near = f"{one['distance_bits']}/{one['threshold_bits']} bits"
        if "query_share" in one:
            near += f", {one['query_share']:.0f} % of its frames"
        put(told["file"], told["verdict"], one["bank"], one["content_id"], one["kind"], near, one["view"])
    if (told.get("video") or {}).get("cut"):
        say(f"{told['file']}: only the first {told['video']['seconds_hashed']} s were hashed ({told['video']['cut']})")
    if not told["matches"]:
        put(told["file"], told["verdict"], told.get("reason") or "")


async def _match(wanted: argparse.Namespace, service: Asking) -> int:
    failed = 0
    async for _, told in over(wanted.files, await judged(service, wanted.bank)):
        failed += "error" in told
        (emit if wanted.jsonl else show)(told)
    return SOME_FAILED if failed else 0
