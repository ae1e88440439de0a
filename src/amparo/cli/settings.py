"""`amparo settings show`: every key, its value and where it comes from; secrets masked."""

import argparse
from typing import Any

from amparo.app.rooms import settings_of
from amparo.cli.options import data_option, emit, jsonl_option, put


def add(commands: Any) -> None:
    """Add the command."""
    verbs = commands.add_parser("settings", help="the settings in force").add_subparsers(required=True)
    show = verbs.add_parser("show", help="every key, value, origin and meaning")
    jsonl_option(show)
    data_option(show)
    show.set_defaults(run=_show)


def _show(wanted: argparse.Namespace) -> None:
    for row in settings_of(wanted.data).table():
        if wanted.jsonl:
            emit({"key": row.key, "value": row.value, "origin": row.origin, "doc": row.doc, "variable": row.variable})
        else:
            put(f"{row.key} = {row.value}", row.origin, row.doc)
