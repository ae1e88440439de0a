"""`amparo doctor`: what is wrong with this installation, a line a check.

Exit status: 0 healthy (warnings included), 3 some checks failed, 20 stored state is damaged.
"""

import argparse
from typing import Any

from amparo.app.clock import SystemClock
from amparo.app.doctor.examination import examine
from amparo.app.doctor.model import Finding
from amparo.app.rooms import settings_of
from amparo.cli.options import SOME_FAILED, data_option, emit, jsonl_option, put, say
from amparo.errors import Tampered


def add(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser("doctor", help="what is wrong with this installation; exit 0 when nothing is")
    jsonl_option(parser)
    data_option(parser)
    parser.set_defaults(run=_doctor)


def _doctor(wanted: argparse.Namespace) -> int:
    found = []
    for finding in examine(settings_of(wanted.data), SystemClock()):
        found.append(finding)
        _tell(finding, jsonl=wanted.jsonl)
    bad = [one for one in found if one.state == "bad"]
    warned = sum(one.state == "warn" for one in found)
    say(f"{len(found)} findings, {warned} warnings, {len(bad)} bad" if bad or warned else "healthy")
    if any(one.is_damage for one in bad):
        return Tampered.exit_status
    return SOME_FAILED if bad else 0


def _tell(finding: Finding, *, jsonl: bool) -> None:
    if jsonl:
        emit({"check": finding.check, "state": finding.state, "text": finding.text, "hint": finding.hint})
        return
    put(f"{finding.state:4}", finding.text)
    if finding.hint:
        put("", finding.hint)
