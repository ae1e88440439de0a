"""`amparo restore FILE [--withdrawals FILE]`: a backup into an empty data folder, with all that was withdrawn since in force."""

import argparse
from pathlib import Path
from typing import Any

from amparo.app.clock import SystemClock
from amparo.app.restore import restore
from amparo.app.rooms import settings_of
from amparo.cli.options import data_option, emit, jsonl_option, say


def add(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser("restore", help="restore a backup into an empty data folder")
    parser.add_argument("file", type=Path, metavar="FILE", help="a file written by `amparo backup`")
    parser.add_argument(
        "--withdrawals", type=Path, metavar="FILE", help="the newest copy of the withdrawals file (withdrawals.log)"
    )
    jsonl_option(parser)
    data_option(parser)
    parser.set_defaults(run=_restore)


def _restore(wanted: argparse.Namespace) -> None:
    done = restore(settings_of(wanted.data), wanted.file, wanted.withdrawals, SystemClock())
    made_at = done.manifest.made_at
    if wanted.jsonl:
        emit(
            {
                "made_at": made_at,
                "withdrawals": done.withdrawals,
                "newer": done.newer,
                "set_right": done.set_right,
                "is_current": done.is_current,
                "has_intake": done.has_intake,
            }
        )
    say(
        f"restored the backup of {made_at}; {done.withdrawals} lines of the withdrawals file in force, {done.newer} of them newer than it"
    )
    if not done.has_intake:
        say("it holds nothing of the portal: no receipt given out before opens anything here")
    if not done.is_current:
        say(f"WARNING: withdrawals made after {made_at} are NOT in force: what was taken back since then MATCHES AGAIN")
        say(
            "WARNING: before you serve, look for a newer withdrawals.log; with one: delete this data folder and restore"
        )
        say("WARNING: again with --withdrawals FILE; without one: ask who withdrew since then to do it again")
