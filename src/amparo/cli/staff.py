"""`amparo staff invite|list|end|link`: accounts of staff from the command line of this machine. Signs nobody in."""

import argparse
from typing import Any

from amparo.access.staff_model import STAFF_ROLES, StaffMember
from amparo.app.rooms import Rooms, opened
from amparo.app.staff import desk_keys, link_to, staff_of
from amparo.app.word import place_of, port_of
from amparo.cli.options import data_option, emit, jsonl_option, put, say
from amparo.errors import NotFound
from amparo.terms.clock import to_text

CONSOLE_PORT = 8802
"""Where the console is when nothing else was said."""


def add(commands: Any) -> None:
    """Add the command."""
    verbs = commands.add_parser("staff", help="accounts for the console").add_subparsers(required=True)
    invited = verbs.add_parser("invite", help="a link, alone on stdout, by which one person signs up within the hour")
    invited.add_argument("--role", choices=STAFF_ROLES, help="default: admin for the first account, else reviewer")
    invited.add_argument("--name", default="", help="who it is for; else they choose")
    listed = verbs.add_parser("list", help="all accounts, ended ones too")
    ended = verbs.add_parser("end", help="nothing signs them in any more, no key opens for them")
    linked = verbs.add_parser("link", help="a link by which somebody who lost every way in begins anew")
    for parser in (ended, linked):
        parser.add_argument("name", metavar="NAME")
    jsonl_option(listed)
    for parser, work in ((invited, _invite), (listed, _list), (ended, _end), (linked, _link)):
        data_option(parser)
        parser.set_defaults(run=work)


def _invite(wanted: argparse.Namespace) -> None:
    with opened(wanted.data) as rooms:
        staff, keys = staff_of(rooms), desk_keys(rooms.settings)
        is_first = all(one.ended_at is not None for one in staff.members())
        role = wanted.role or ("admin" if is_first else "reviewer")
        put(_address(rooms, staff.invite(role, wanted.name, keys={"desk": keys})))
        say(f"whoever opens it within the hour signs up as {role}, once")
        if not keys:
            say(
                "the desk key does not come with it: set AMPARO_DESK_PASSPHRASE, or let somebody who holds it hand it over"
            )


def _list(wanted: argparse.Namespace) -> None:
    with opened(wanted.data) as rooms:
        for one in staff_of(rooms).members():
            emit(_told(one)) if wanted.jsonl else put(one.name, one.role, _state(one), to_text(one.created_at))


def _end(wanted: argparse.Namespace) -> None:
    with opened(wanted.data) as rooms:
        staff_of(rooms).end_member(None, _named(rooms, wanted.name).id)
        say("their sessions are over; a key they held may have been copied: see docs/operate.md, when somebody leaves")


def _link(wanted: argparse.Namespace) -> None:
    with opened(wanted.data) as rooms:
        member = _named(rooms, wanted.name)
        put(_address(rooms, staff_of(rooms).restart(member.id)))
        say("when it is used, all earlier ways in die; keys they held are handed over anew")


def _named(rooms: Rooms, name: str) -> StaffMember:
    """Raises: NotFound (unknown_member)."""
    found = [one for one in staff_of(rooms).members() if one.name.casefold() == name.strip().casefold()]
    if not found:
        raise NotFound("unknown_member", "there is no such member of staff", "`amparo staff list` shows all.")
    return found[0]


def _address(rooms: Rooms, token: str) -> str:
    return link_to(rooms.settings, port_of(place_of(rooms.data, "console")) or CONSOLE_PORT, token)


def _state(one: StaffMember) -> str:
    return "ended" if one.ended_at else "live"


def _told(one: StaffMember) -> dict[str, object]:
    ended = None if one.ended_at is None else to_text(one.ended_at)
    told: dict[str, object] = {"name": one.name, "role": one.role, "language": one.language}
    return told | {"created_at": to_text(one.created_at), "ended_at": ended}
