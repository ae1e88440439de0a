"""What the doctor finds of the accounts of staff: the console's secret, who could sign in. Opens no key."""

import contextlib
from collections.abc import Iterator

from amparo.access.staff import Staff
from amparo.app.doctor.ledger import opened
from amparo.app.doctor.model import Finding, Installation
from amparo.app.staff import CONSOLE_KEY, key_path

BACK = "Put secrets/console.key back from a backup, or set AMPARO_CONSOLE_KEY as it was: without it nobody can sign in."


def staff(installation: Installation) -> Iterator[Finding]:
    """Somebody can sign in, with the secret their keys are locked with, and somebody who can reads what persons write."""
    settings = installation.settings
    with contextlib.closing(opened(installation)) as ledger:
        accounts = Staff(ledger, installation.clock, b"")
        live = [one for one in accounts.members() if one.ended_at is None and one.recipient]
        holders = set(accounts.holders("desk"))
    if not live:
        yield Finding("staff", "ok", "nobody of the staff has an account yet; `amparo staff invite` makes a link")
        return
    if not settings.deployment.console_key and not key_path(settings).exists():
        yield Finding("staff", "bad", f"{CONSOLE_KEY} is missing, and the keys of staff are locked with it", BACK)
        return
    admins = sum(one.role == "admin" for one in live)
    yield Finding("staff", "ok", f"{len(live)} accounts of staff, {admins} of admins")
    if not holders & {one.id for one in live}:
        hint = "Type the desk key's passphrase in the settings of a caseworker, lead or admin, once."
        yield Finding("staff", "warn", "no account holds the desk key: nobody reads what persons write", hint)
