"""The intake's part of a restore: its database and secrets made ready, and its queue named anew. Writes into the folder beside alone.

The queue gets another epoch: the desk takes again what the ledger may not hold, and shows again what the intake may not have been shown.
"""

from pathlib import Path

from amparo.app import archive
from amparo.app.settings import Settings
from amparo.cases.service import Cases
from amparo.errors import Misconfigured, Tampered
from amparo.intake.desk_side import DeskSide, check_receipts
from amparo.intake.receipts import Receipts, pepper
from amparo.intake.settings import IntakeSettings
from amparo.store.db import Database, is_postgres, sqlite_url
from amparo.store.schema import migrate
from amparo.store.snapshot import faults
from amparo.terms.clock import Clock


def check_place(settings: Settings) -> None:
    """Raises: Misconfigured (misconfigured) where the intake would be a file elsewhere."""
    url = settings.deployment.intake_database_url
    if url and not is_postgres(url):
        raise Misconfigured(
            "misconfigured",
            "intake_database_url is a file, and a restore fills the data folder",
            "Unset it while restoring.",
        )


def intake_ready(settings: Settings, scratch: Path, ledger: Database, clock: Clock) -> bool:
    """Make ready in ``scratch`` what the backup holds of the intake; False when it holds none. ledger: the restored one.

    Raises: Tampered (backup_damaged), Misconfigured (secret_missing, receipts_differ, database_newer).
    """
    secrets, copy = scratch / "secrets", scratch / archive.INTAKE
    for name in (archive.PEPPER, *archive.DESK):
        if (scratch / name).exists():
            (scratch / name).rename(secrets / name)
    if not copy.exists():
        return False
    if wrong := faults(copy):
        raise Tampered("backup_damaged", f"the backup is damaged: {wrong[0]}", "Take the backup before it.")
    chosen, given = settings.section(IntakeSettings), settings.deployment.intake_pepper
    if not given and not (secrets / archive.PEPPER).exists():
        raise Misconfigured(
            "secret_missing",
            "the backup does not hold the receipts' pepper",
            "Set AMPARO_INTAKE_PEPPER as it was then: without it no receipt opens anything.",
        )
    db = Database(sqlite_url(copy))
    try:
        migrate(db, scratch / "run" / "migrate.lock", "intake")
        check_receipts(db, Receipts(pepper(secrets, given), chosen).check())
        side = DeskSide(db, clock, chosen)
        before = side.epoch()
        Cases(ledger, clock).follow_epoch(before, side.renew_epoch())
    finally:
        db.close()
    return True
