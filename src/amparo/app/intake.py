"""Where the intake of an installation is, and what its first start makes: the database, the pepper, the desk key. Takes and shows nothing."""

import secrets
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from amparo.app.settings import Deployment, Settings
from amparo.errors import Misconfigured, NotFound
from amparo.intake.desk_side import check_receipts, has_begun
from amparo.intake.receipts import PEPPER_FILE, Receipts, pepper
from amparo.intake.settings import IntakeSettings
from amparo.sealing.age import Identity
from amparo.sealing.keys import has_desk_key, make_desk_key
from amparo.store.db import Database, is_postgres, sqlite_path, sqlite_url
from amparo.store.durable import make_private_file
from amparo.store.schema import migrate

INTAKE: Final = "intake.sqlite"
LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""None of them is taken for another."""
GROUPS, GROUP_LETTERS = 6, 4
"""118 bits by chance."""


def intake_of(deployment: Deployment) -> Database:
    """The intake, whether it was ever made or not. Raises: Misconfigured (misconfigured)."""
    url = deployment.intake_database_url or sqlite_url(deployment.data_dir.absolute() / INTAKE)
    return Database(url, connections_max=deployment.database_connections_max)


def intake_there(deployment: Deployment) -> Database:
    """The intake as it is: not migrated. Raises: NotFound (no_intake), Misconfigured (misconfigured)."""
    if not is_postgres(deployment.intake_database_url):
        intake_path(deployment)
    return intake_of(deployment)


def intake_path(deployment: Deployment) -> Path:
    """The file of an intake in SQLite. Raises: NotFound (no_intake)."""
    path = deployment.data_dir.absolute() / INTAKE
    if deployment.intake_database_url:
        path = sqlite_path(deployment.intake_database_url)
    if not path.is_file():
        raise NotFound("no_intake", "there is no intake yet", "The first start of the service makes it.")
    return path


def prepare_intake(settings: Settings) -> Sequence[Identity]:
    """Bring the intake to this version's schema; make what its first start makes. The passphrase of a new desk key is said once.

    A desk key that was made just now comes back opened, for who signs up first; else nothing does.

    Raises: Misconfigured (receipts_differ, secret_missing, secret_damaged, database_other), BadInput (bad_passphrase), Unavailable, NoRoom.
    """
    folder, db = secrets_of(settings.deployment), intake_of(settings.deployment)
    made: Sequence[Identity] = ()
    try:
        if not is_postgres(db.url):
            make_private_file(sqlite_path(db.url))
        migrate(db, settings.deployment.data_dir.absolute() / "run" / "migrate-intake.lock", "intake")
        is_new = not has_begun(db)
        if is_new and not has_desk_key(folder):
            made = (make_desk_key(folder, settings.deployment.desk_passphrase or said_passphrase()),)
        if not has_desk_key(folder):
            raise Misconfigured(
                "secret_missing",
                "desk.key is missing, and persons' words were sealed to it",
                "Put secrets/desk.key and secrets/desk.pub back, from a backup or from the machine that shares this intake; lost for good: `amparo desk-key renew --lost`.",
            )
        check_receipts(db, receipts_of(settings, may_make=is_new).check())
    finally:
        db.close()
    return made


def receipts_of(settings: Settings, *, may_make: bool = False) -> Receipts:
    """What reads and makes receipts' numbers here. Raises: Misconfigured (secret_missing, secret_damaged)."""
    folder, given = secrets_of(settings.deployment), settings.deployment.intake_pepper
    if not may_make and not given and not (folder / PEPPER_FILE).exists():
        raise Misconfigured(
            "secret_missing", "the receipts' pepper is missing", "Put it back, or set AMPARO_INTAKE_PEPPER."
        )
    return Receipts(pepper(folder, given), settings.section(IntakeSettings))


def secrets_of(deployment: Deployment) -> Path:
    """The folder of keys."""
    return deployment.data_dir.absolute() / "secrets"


def said_passphrase() -> str:
    """A passphrase drawn by chance, said on stderr before anything is made with it, and kept nowhere."""
    drawn = "-".join("".join(secrets.choice(LETTERS) for _ in range(GROUP_LETTERS)) for _ in range(GROUPS))
    sys.stderr.write(
        "amparo: the desk key is made now. What persons write is sealed to it, and this passphrase alone opens it:\n"
        f"amparo:     {drawn}\n"
        "amparo: write it down and keep it with your keys: it is kept nowhere and is not shown again\n"
    )
    sys.stderr.flush()
    return drawn
