"""`amparo uploads list|check|purge`: the files of the upload log. Works on the data folder; looks nothing up."""

import argparse
from typing import Any

from amparo.app.rooms import opened
from amparo.cli.options import data_option, emit, error_told, jsonl_option, put, say
from amparo.errors import AmparoError, BadInput, Tampered
from amparo.terms.clock import from_us, to_text
from amparo.uploads.unit import Unit


def add(commands: Any) -> None:
    """Add the command."""
    verbs = commands.add_parser("uploads", help="the upload log").add_subparsers(required=True)
    listed = verbs.add_parser("list", help="its sealed files: uploads, times, size")
    checked = verbs.add_parser("check", help="read every sealed file whole; exit 20 when one is damaged")
    purged = verbs.add_parser("purge", help="delete all of it, or one item")
    purged.add_argument("--item", metavar="ID", help="only the uploads of this item id")
    purged.add_argument("--client", metavar="NAME", help="with --item: only those of this client")
    for parser in (listed, checked):
        jsonl_option(parser)
    for parser, work in ((listed, _list), (checked, _check), (purged, _purge)):
        data_option(parser)
        parser.set_defaults(run=work)


def _list(wanted: argparse.Namespace) -> int:
    with opened(wanted.data) as rooms:
        for path in rooms.uploads.units():
            told: dict[str, object] = {"unit": path.name}
            try:
                unit = Unit(path)
                first, last = to_text(from_us(unit.first_us)), to_text(from_us(unit.last_us))
                told |= {"uploads": unit.count, "first": first, "last": last, "size_bytes": path.stat().st_size}
            except AmparoError as error:
                told["error"] = error_told(error)
            emit(told) if wanted.jsonl else put(*(told.values() if "error" not in told else (path.name, "damaged")))
        held = rooms.uploads.held()
        say(f"{held.units} files sealed, {held.open} being written, {held.size_bytes} bytes")
    return 0


def _check(wanted: argparse.Namespace) -> int:
    damaged = 0
    with opened(wanted.data) as rooms:
        for path, error in rooms.uploads.check():
            damaged += error is not None
            state = "ok" if error is None else error.text
            if wanted.jsonl:
                emit({"unit": path.name} | ({} if error is None else {"error": error_told(error)}))
            else:
                put(path.name, state)
    return Tampered.exit_status if damaged else 0


def _purge(wanted: argparse.Namespace) -> int:
    if wanted.client is not None and wanted.item is None:
        raise BadInput("no_item", "--client goes with --item", "Name the item, or leave both out to delete all.")
    with opened(wanted.data) as rooms:
        if wanted.item is None:
            say(f"{rooms.uploads.purge()} files deleted")
        else:
            say(f"{rooms.uploads.erase(wanted.item, wanted.client)} uploads erased")
    return 0
