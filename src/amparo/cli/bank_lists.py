"""`amparo bank import|export`: hash lists in and out, streamed. Parses nothing itself."""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from amparo.cli.options import SOME_FAILED, data_option, emit, jsonl_option, progress, put, say
from amparo.cli.server import Asking, asked, bank_path
from amparo.errors import BadInput

CHUNK_BYTES = 256 * 1024


def add(verbs: Any) -> None:
    """Add the verbs."""
    coming = verbs.add_parser("import", help="list a hash list: CSV with a header, or JSONL; again changes nothing")
    coming.add_argument("name", metavar="NAME")
    coming.add_argument("list", metavar="LIST", help="a file, or - for standard input")
    coming.add_argument("--relist", action="store_true", help="also bring back what this origin withdrew; recorded")
    going = verbs.add_parser("export", help="all that is listed, as JSONL")
    going.add_argument("name", metavar="NAME")
    for parser, work in ((coming, _import), (going, _export)):
        jsonl_option(parser)
        data_option(parser)
        parser.set_defaults(run=asked(work))


async def _import(wanted: argparse.Namespace, service: Asking) -> int:
    with _opened(wanted.list) as file, progress(_size(file), "import", "B") as bar:
        head = file.read(CHUNK_BYTES)
        media_type = "application/jsonl" if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else "text/csv"

        async def chunks() -> AsyncIterator[bytes]:
            """The list as it is read."""
            chunk = head
            while chunk:
                yield chunk
                bar.update(len(chunk))
                chunk = await asyncio.to_thread(file.read, CHUNK_BYTES)

        path = bank_path(wanted.name, "import") + ("?relist=true" if wanted.relist else "")
        lines = service.wire.lines("POST", path, content=chunks(), headers={"Content-Type": media_type})
        summary: dict[str, int] = {}
        async for line in lines:
            told = msgspec.json.decode(line)
            summary = told.get("summary", summary)
            if wanted.jsonl:
                emit(told)
            elif "error" in told:
                say(f"row {told['row']}: {told['error']['text']}")
    if not wanted.jsonl:
        put(*(f"{number} {outcome}" for outcome, number in summary.items()))
    return SOME_FAILED if summary.get("bad") else 0


def _opened(name: str) -> BinaryIO:
    if name == "-":
        return sys.stdin.buffer
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise BadInput("unreadable_file", f"the file cannot be read: {error.strerror}", "Check its path.") from error


def _size(file: BinaryIO) -> int | None:
    return Path(file.name).stat().st_size if isinstance(file.name, str) and Path(file.name).is_file() else None


async def _export(wanted: argparse.Namespace, service: Asking) -> None:
    out = sys.stdout.buffer
    async for line in service.wire.lines("GET", bank_path(wanted.name, "export")):
        out.write(line + b"\n")
    out.flush()
