"""`amparo hash FILE…`: the signals of files, made on this machine. Sends and stores nothing."""

import argparse
import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec

from amparo import hashing
from amparo.api import tell
from amparo.app.rooms import settings_of
from amparo.cli.files import Told, contents_of, over
from amparo.cli.options import SOME_FAILED, data_option, emit, error_told, jsonl_option, name_of, put, say
from amparo.media.model import Reading
from amparo.media.pool import MediaPool
from amparo.media.settings import MediaSettings
from amparo.terms.signal import IDENTITY


def add(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser("hash", help="the signals of files; nothing is sent or stored")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    jsonl_option(parser)
    data_option(parser)
    parser.set_defaults(run=lambda wanted: asyncio.run(_hash(wanted)))


async def _hash(wanted: argparse.Namespace) -> int:
    hashing.self_test()
    failed = 0
    async with _pool(settings_of(wanted.data).section(MediaSettings)) as (pool, bytes_max):

        async def read(path: Path) -> Told:
            """One file's signals."""
            return _told(path, await pool.read(await contents_of(path, bytes_max)))

        async for _, told in over(wanted.files, read):
            failed += "error" in told
            (emit if wanted.jsonl else _print)(told)
    return SOME_FAILED if failed else 0


@contextlib.asynccontextmanager
async def _pool(settings: MediaSettings) -> AsyncIterator[tuple[MediaPool, int]]:
    pool = MediaPool(settings)
    try:
        yield pool, settings.file_bytes_max
    finally:
        await pool.stop()


def _told(path: Path, reading: Reading) -> Told:
    signals = []
    for signal in reading.signals:
        if signal.view == IDENTITY:
            quality = {} if signal.quality is None else {"quality": signal.quality}
            signals.append({"kind": signal.kind, "value": hashing.value_of(signal), **quality})
    told: Told = {"file": name_of(path), "media_type": reading.media_type, "signals": signals}
    if reading.video is not None:
        told["video"] = msgspec.to_builtins(tell.video(reading.video))
    return told if reading.trouble is None else {**told, "error": error_told(reading.trouble)}


def _print(told: Told) -> None:
    for signal in told.get("signals", ()):
        put(told["file"], signal["kind"], signal["value"], signal.get("quality", ""))
    if "error" in told:
        say(f"{told['file']}: {told['error']['text']}")
