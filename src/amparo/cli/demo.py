"""`amparo demo [FOLDER]`: list pictures, alter copies, match them, show a table. Works in a folder of its own, then deletes it."""

import argparse
import asyncio
import statistics
import tempfile
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from amparo.cli.bank_contents import multipart
from amparo.cli.files import contents_of, files_below
from amparo.cli.options import SOME_FAILED, emit, jsonl_option, name_of, progress, put, say
from amparo.cli.server import Asking, asking, bank_path
from amparo.errors import BadInput, Tampered, TooLarge, Unreadable
from amparo.media.copies import altered_copies, made_picture
from amparo.media.settings import MediaSettings

MADE = 6
PICTURES_MAX = 50
EVERY_NTH_UNLISTED = 3
BANK = "Demo"
UNLISTED = "pictures not listed"


def add(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser("demo", help="list pictures, match altered copies, show a table; leaves nothing")
    parser.add_argument(
        "folder", nargs="?", type=Path, metavar="FOLDER", help="your own pictures (default: some that code draws)"
    )
    jsonl_option(parser)
    parser.set_defaults(run=lambda wanted: asyncio.run(_demo(wanted)))


@dataclass(slots=True)
class _Row:
    """What became of one kind of copy. distances: of those found, in bits of PDQ."""

    asked: int = 0
    found: int = 0
    distances: list[int] = field(default_factory=list)


async def _demo(wanted: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="amparo-demo-") as folder:
        async with asking(Path(folder)) as service:
            await service.send("POST", "/v1/banks", {"name": BANK})
            rows, skipped = await _rows(wanted.folder, service)
    for name, row in rows.items():
        if wanted.jsonl:
            emit({"copy": name, "asked": row.asked, "matched": row.found, "distances_bits": row.distances})
        else:
            near = f"median {statistics.median(row.distances):g} bits" if row.distances else ""
            put(f"{name:26}", f"{row.found:3} of {row.asked:3} matched", near)
    say("a PDQ hash has 256 bits; up to 31 of them may differ (`amparo bank new --threshold`)")
    if wanted.folder is None:
        _check(rows)
    return SOME_FAILED if skipped else 0


async def _rows(folder: Path | None, service: Asking) -> tuple[dict[str, _Row], int]:
    settings = service.settings.section(MediaSettings)
    rows: dict[str, _Row] = {}
    skipped = 0
    paths = None if folder is None else files_below(folder)[:PICTURES_MAX]
    with progress(MADE if paths is None else len(paths), "demo", "picture") as bar:
        for number, (name, picture) in enumerate(_pictures(paths, settings), 1):
            bar.update()
            is_listed = bool(number % EVERY_NTH_UNLISTED)
            try:
                data = await picture
                copies = await altered_copies(data, settings)
                content_id = await _listed(data, service) if is_listed else None
            except (BadInput, TooLarge) as error:
                skipped += 1
                say(f"{name}: {error.text}")
                continue
            for alteration, copy in copies.items():
                row = rows.setdefault(alteration if is_listed else UNLISTED, _Row())
                await _ask(copy, content_id, row, service)
    if not rows:
        raise Unreadable("no_pictures", "no picture could be read there", "Give a folder with some ordinary pictures.")
    if UNLISTED in rows:
        rows[UNLISTED] = rows.pop(UNLISTED)  # last
    return rows, skipped


def _pictures(paths: list[Path] | None, settings: MediaSettings) -> Iterator[tuple[str, Awaitable[bytes]]]:
    for path in paths or ():
        yield name_of(path), contents_of(path, settings.file_bytes_max)
    if paths is None:
        for number in range(1, MADE + 1):
            yield f"made {number}", made_picture(number, settings)


async def _listed(data: bytes, service: Asking) -> int:
    content_type, body = multipart(data, relist=False)
    path, headers = bank_path(BANK, "contents"), {"Content-Type": content_type}
    told = (await service.wire.request("POST", path, content=body, headers=headers)).json()
    return int(told["content_id"])


async def _ask(copy: bytes, content_id: int | None, row: _Row, service: Asking) -> None:
    headers = {"Content-Type": "application/octet-stream"}
    told = (await service.wire.request("POST", "/v1/match", content=copy, headers=headers)).json()
    row.asked += 1
    met = [one for one in told["matches"] if content_id is None or one["content_id"] == content_id]
    row.found += bool(met)
    row.distances += [one["distance_bits"] for one in met if one["kind"] == "pdq"]


def _check(rows: dict[str, _Row]) -> None:
    """What code draws must be found, and nothing else. Raises: Tampered (demo_failed)."""
    wrong = [name for name, row in rows.items() if row.found != (0 if name == UNLISTED else row.asked)]
    if wrong:
        raise Tampered("demo_failed", f"not as it must be: {', '.join(wrong)}", "Run `amparo doctor`.")
