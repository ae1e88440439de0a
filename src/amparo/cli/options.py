"""Options that several commands take, and how they speak: data to stdout, talk to stderr."""

import argparse
import getpass
import os
import sys
from pathlib import Path
from typing import Any

import msgspec
from tqdm import tqdm

from amparo.app.settings import Deployment
from amparo.errors import AmparoError

SOME_FAILED = 3
"""Exit status when some inputs failed."""


def data_option(parser: argparse.ArgumentParser) -> None:
    """--data DIR."""
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="the data folder (default: the server of AMPARO_API_URL, else ./var)"
    )


def jsonl_option(parser: argparse.ArgumentParser) -> None:
    """--jsonl."""
    parser.add_argument("--jsonl", action="store_true", help="print one JSON object a line")


def asked_passphrase(deployment: Deployment, what: str) -> str:
    """The desk key's passphrase, of AMPARO_DESK_PASSPHRASE or typed on the terminal; "" where there is neither. what: said beside the question."""
    if not deployment.desk_passphrase and sys.stdin.isatty() and sys.stderr.isatty():
        return getpass.getpass(f"Passphrase of the desk key ({what}): ", sys.stderr)
    return deployment.desk_passphrase


def emit(told: object) -> None:
    """One JSON object on its own line of stdout."""
    sys.stdout.buffer.write(msgspec.json.encode(told) + b"\n")
    sys.stdout.buffer.flush()


def put(*cells: object) -> None:
    """One line of data for people, cells parted by tabs, whatever the terminal's encoding."""
    line = "\t".join(str(cell) for cell in cells)
    sys.stdout.buffer.write(line.encode("utf-8", "backslashreplace") + b"\n")
    sys.stdout.buffer.flush()


def say(text: str) -> None:
    """Talk, to stderr."""
    print(f"amparo: {text}", file=sys.stderr, flush=True)


def name_of(path: Path | str) -> str:
    """A file's name as it was given; bytes that are no UTF-8 stand as \\xNN."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def error_told(error: AmparoError) -> dict[str, str]:
    """An error as it stands in a line of ``--jsonl``."""
    return {"slug": error.slug, "text": error.text}


def progress(total: int | None, what: str, unit: str) -> "tqdm[Any]":
    """A progress bar on stderr; rarely drawn where nobody watches."""
    watched = sys.stderr.isatty()
    return tqdm(
        total=total,
        desc=what,
        unit=unit,
        unit_scale=unit == "B",
        file=sys.stderr,
        mininterval=0.2 if watched else 10,
        dynamic_ncols=watched,
    )
