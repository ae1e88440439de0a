"""What the doctor finds in the ledger and the withdrawals file. Sets nothing right; `amparo run` replays withdrawals."""

import time
from collections.abc import Iterator
from datetime import timedelta

from amparo.app.backup import withdrawals_key, withdrawals_path
from amparo.app.doctor.database_server import server
from amparo.app.doctor.model import Finding, Installation
from amparo.app.ledger import ledger_path, ledger_there
from amparo.banks.feed import latest_us, left_behind
from amparo.banks.replay import check_file, disagreements
from amparo.banks.service import Banks
from amparo.banks.withdrawals import WithdrawalsFile
from amparo.store.db import Database, is_postgres
from amparo.store.schema import HEAD, version_of
from amparo.store.snapshot import faults
from amparo.terms.clock import from_us, to_text

AHEAD_MAX = timedelta(seconds=5)
SETTLE_S = 2.0
RESTORE = "Stop, keep a copy of the data folder, restore the last backup."


def database(installation: Installation) -> Iterator[Finding]:
    """The file is whole, or the server is as it must be; and the schema is this version's."""
    if is_postgres(installation.settings.deployment.database_url):
        yield from server(installation)
    else:
        wrong = faults(ledger_path(installation.settings.deployment))
        for line in wrong:
            yield Finding("database", "bad", f"the database is damaged: {line}", RESTORE, is_damage=True)
        if wrong:
            return
        yield Finding("database", "ok", "the database is whole, every row points to one that is there")
    db = opened(installation)
    try:
        found = version_of(db)
    finally:
        db.close()
    if found == HEAD:
        yield Finding("schema", "ok", f"schema {HEAD}, as this version needs it")
    elif found is None or found < HEAD:
        yield Finding("schema", "warn", f"schema {found}, older than this version's {HEAD}", "The next start migrates it; make a backup first.")  # fmt: skip
    else:
        yield Finding("schema", "bad", f"schema {found}, newer than this version's {HEAD}", "Install the later version of Amparo again.")  # fmt: skip


def withdrawals(installation: Installation) -> Iterator[Finding]:
    """The file's chain holds, and the ledger says nothing else."""
    db, banks = _banks(installation)
    try:
        number = sum(1 for _ in banks.withdrawals.read())
        yield Finding("withdrawals", "ok", f"withdrawals file: {number} lines, its chain holds")
        check_file(banks)
        yield Finding("same_file", "ok", "it is the file, and the key, that the ledger was last written with")
        late, relisted = disagreements(banks)
        until = time.monotonic() + SETTLE_S
        while (late or relisted) and time.monotonic() < until:  # one that is being made now is in the file first
            time.sleep(0.1)
            late_now, relisted_now = disagreements(banks)
            late, relisted = late & late_now, relisted & relisted_now
        left = left_behind(db)
    finally:
        db.close()
    if late or relisted:
        hint = "The service sets it right at its start and every minute; start it."
        yield Finding("in_force", "bad", f"{len(late)} withdrawals and {len(relisted)} re-listings of the file are not in the database", hint)  # fmt: skip
    else:
        yield Finding("in_force", "ok", "what the file calls withdrawn is withdrawn in the database")
    if left:
        yield Finding(
            "left_behind", "bad", f"{left} signals of withdrawn contents are still there", RESTORE, is_damage=True
        )


def clock(installation: Installation) -> Iterator[Finding]:
    """The clock is not behind what was already written."""
    db, banks = _banks(installation)
    try:
        latest = from_us(latest_us(db))
    finally:
        db.close()
    latest = max([latest, *(record.at for record in banks.withdrawals.read())])
    now = installation.clock.now()
    if latest > now + AHEAD_MAX:
        text = f"the clock says {to_text(now)}, but something was written at {to_text(latest)}"
        yield Finding("clock", "bad", text, "Set the clock by NTP; retention and receipts count on it.")
    else:
        yield Finding("clock", "ok", f"the clock says {to_text(now)}, later than all that was written")


def opened(installation: Installation) -> Database:
    """The ledger as it is: not migrated, nothing replayed. Raises: NotFound (no_ledger)."""
    return ledger_there(installation.settings.deployment)


def _banks(installation: Installation) -> tuple[Database, Banks]:
    deployment = installation.settings.deployment
    key, db = withdrawals_key(deployment), opened(installation)
    return db, Banks(db, installation.clock, key, WithdrawalsFile(withdrawals_path(deployment), key))
