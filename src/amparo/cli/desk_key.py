"""`amparo desk-key renew`: another desk key, under another passphrase, when a passphrase is lost or somebody left who knew it. Reads no text."""

import argparse
from typing import Any

from amparo.app.doorstep import alone
from amparo.app.intake import said_passphrase, secrets_of
from amparo.app.rooms import opened, settings_of
from amparo.app.staff_keys import hand_on
from amparo.cli.options import asked_passphrase, data_option, say
from amparo.errors import BadInput
from amparo.sealing.keys import desk_recipient, open_desk_key, renew_desk_key
from amparo.store.durable import make_private_folder


def add(commands: Any) -> None:
    """Add the command."""
    verbs = commands.add_parser("desk-key", help="what persons' words are sealed to").add_subparsers(required=True)
    renewed = verbs.add_parser("renew", help="make another, under another passphrase; the service must be stopped")
    renewed.add_argument(
        "--lost", action="store_true", help="the passphrase until now, or desk.key, is lost: what it opens stays closed"
    )
    data_option(renewed)
    renewed.set_defaults(run=_renew)


def _renew(wanted: argparse.Namespace) -> None:
    deployment = settings_of(wanted.data).deployment
    folder, run = secrets_of(deployment), deployment.data_dir.absolute() / "run"
    desk_recipient(folder)  # before anything is made in a folder that is none of ours
    before = None if wanted.lost else asked_passphrase(deployment, "the one until now")
    if before == "":
        raise BadInput(
            "passphrase_missing",
            "the passphrase until now opens what was sealed before",
            "Set AMPARO_DESK_PASSPHRASE, ask on a terminal, or say --lost.",
        )
    make_private_folder(run)
    with alone(run):
        passphrase = said_passphrase()
        recipient = renew_desk_key(folder, passphrase, before)
        with opened(wanted.data) as rooms:
            holders = hand_on(rooms, open_desk_key(folder, passphrase))
    say(f"persons' words are sealed to the new key (…{recipient[-8:]}) from the next start on")
    if holders:
        say(f"{holders} of the staff hold it already: it was sealed to their own keys, as the one before")
    if wanted.lost:
        say(
            "what was sealed before stays closed; a key whose passphrase is lost is kept as secrets/desk.key.lost-…, which no backup holds"
        )
    say("make a backup, and copy secrets/desk.key and secrets/desk.pub to other machines that share the intake")
