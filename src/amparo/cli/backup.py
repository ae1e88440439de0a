"""`amparo backup FILE`: one file from which the installation can be restored; the service may run meanwhile."""

import argparse
from pathlib import Path
from typing import Any

from amparo.app.backup import backup
from amparo.app.clock import SystemClock
from amparo.app.rooms import settings_of
from amparo.cli.options import data_option, emit, jsonl_option, say


def add(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser("backup", help="write a backup while the service runs")
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="a new file; it will hold secrets: keep it as you keep keys"
    )
    jsonl_option(parser)
    data_option(parser)
    parser.set_defaults(run=_backup)


def _backup(wanted: argparse.Namespace) -> None:
    made = backup(settings_of(wanted.data).deployment, wanted.file, SystemClock())
    size_bytes = sum(one.size_bytes for one in made.files.values())
    if wanted.jsonl:
        emit(
            {"made_at": made.made_at, "size_bytes": size_bytes, "withdrawals": made.withdrawals, "schema": made.schema}
        )
    say(f"backup of {made.made_at} written, {size_bytes} bytes, {made.withdrawals} lines of the withdrawals file")
    if "intake.sqlite" not in made.files:
        say("nothing of the portal is in it: the service never started here with one")
    say("it holds the withdrawals key, and the receipts' pepper: let nobody read it who may not read the data folder")
    say("copy the withdrawals file more often than you make backups: a restore needs the newest")
