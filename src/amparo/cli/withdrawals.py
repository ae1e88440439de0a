"""`amparo withdrawals adopt`: the withdrawals file that is there becomes the one in force, where the ledger knew another."""

import argparse
from typing import Any

from amparo.app.backup import withdrawals_key, withdrawals_path
from amparo.app.clock import SystemClock
from amparo.app.ledger import ledger_there
from amparo.app.rooms import settings_of
from amparo.banks.replay import adopt
from amparo.banks.service import Banks
from amparo.banks.withdrawals import WithdrawalsFile
from amparo.cli.options import data_option, say


def add(commands: Any) -> None:
    """Add the command."""
    verbs = commands.add_parser("withdrawals", help="the file of withdrawals").add_subparsers(required=True)
    taken = verbs.add_parser("adopt", help="go on with the withdrawals file that is there, though it is not the newest")
    data_option(taken)
    taken.set_defaults(run=_adopt)


def _adopt(wanted: argparse.Namespace) -> None:
    deployment = settings_of(wanted.data).deployment
    key, db = withdrawals_key(deployment), ledger_there(deployment)
    try:
        written = adopt(Banks(db, SystemClock(), key, WithdrawalsFile(withdrawals_path(deployment), key)))
    finally:
        db.close()
    say(f"{written} withdrawals of the ledger's were written into the withdrawals file; it is the one in force")
    say("what was listed again after that copy was made is withdrawn at the next start: its origin may list it again")
