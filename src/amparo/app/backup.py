"""`amparo backup`: one file from which the installation can be restored, made while it runs. Restores nothing.

It holds the ledger, the withdrawals so far and their key, the intake with the receipts' pepper and the desk key. It does not hold
settings, nor what `run/` derives from the rest.
"""

import contextlib
import json
import tempfile
from pathlib import Path

from amparo import __version__
from amparo.app import archive
from amparo.app.archive import Manifest
from amparo.app.intake import intake_there, secrets_of
from amparo.app.ledger import ledger_there
from amparo.app.settings import Deployment
from amparo.banks.identity import KEY_BYTES, key_check
from amparo.banks.withdrawals import WithdrawalsFile
from amparo.errors import Misconfigured, NotFound
from amparo.intake.desk_side import has_begun
from amparo.store.db import Database, sqlite_url
from amparo.store.durable import file_error, make_private_folder, secret_file, write_whole
from amparo.store.schema import version_of
from amparo.store.transfer import copied_to_file
from amparo.terms.clock import Clock, to_text

WORD = "backup.json"
"""In `run/`: when the last backup was made."""


def backup(deployment: Deployment, path: Path, clock: Clock) -> Manifest:
    """Write a backup of the data folder to the new file ``path``; what it says of itself.

    The ledger is copied first, the withdrawals after: so none of the ledger's is missing. Then the intake: what the desk took from it
    meanwhile is in both, or is taken again. Needs room for two copies. A database in PostgreSQL is written into the backup as the same
    SQLite file.
    Raises: Conflict (file_exists), NotFound (no_ledger), NoRoom, Unavailable, Tampered (withdrawals_damaged, database_damaged),
    Misconfigured (secret_missing, secret_damaged, file_refused).
    """
    path = path.absolute()
    if path.exists() or path.is_symlink():
        raise archive.exists()
    data = deployment.data_dir.absolute()
    db, key = ledger_there(deployment), withdrawals_key(deployment)
    made_at = to_text(clock.now())
    try:
        with tempfile.TemporaryDirectory(prefix=".amparo-backup-", dir=path.parent) as scratch:
            copy, withdrawals = Path(scratch) / archive.LEDGER, Path(scratch) / archive.WITHDRAWALS
            with contextlib.closing(db):
                copied_to_file(db, copy)
            withdrawals.write_bytes(whole_lines(withdrawals_path(deployment)))
            files = {archive.LEDGER: copy, archive.WITHDRAWALS: withdrawals}
            if not deployment.withdrawals_key:
                files[archive.KEY] = data / "secrets" / archive.KEY
            webhooks = data / "secrets" / archive.WEBHOOKS
            if not deployment.webhooks_key and webhooks.exists():
                files[archive.WEBHOOKS] = webhooks
            console = data / "secrets" / archive.CONSOLE
            if not deployment.console_key and console.exists():
                files[archive.CONSOLE] = console
            files |= _of_intake(deployment, Path(scratch) / archive.INTAKE)
            manifest = Manifest(
                format=archive.FORMAT,
                version=__version__,
                schema=_schema(copy),
                made_at=made_at,
                withdrawals=sum(1 for _ in WithdrawalsFile(withdrawals, key).read()),
                key_check=key_check(key),
                files={name: archive.held(source) for name, source in files.items()},
            )
            archive.pack(path, manifest, files)
    except OSError as error:
        raise file_error(error, "the backup") from error
    make_private_folder(data / "run")
    write_whole(data / "run" / WORD, json.dumps({"made_at": made_at}).encode())
    return manifest


def _of_intake(deployment: Deployment, copy: Path) -> dict[str, Path]:
    """The intake's members, where there is one yet: its copy, and its secrets that are files. Raises: those of ``backup``."""
    try:
        db = intake_there(deployment)
    except NotFound:
        return {}
    with contextlib.closing(db):
        if version_of(db) is None or not has_begun(db):
            return {}
        copied_to_file(db, copy)
    kept = (*archive.DESK, *(() if deployment.intake_pepper else (archive.PEPPER,)))
    inside = {name: secrets_of(deployment) / name for name in kept}
    return {archive.INTAKE: copy, **{name: place for name, place in inside.items() if place.exists()}}


def withdrawals_path(deployment: Deployment) -> Path:
    """The file of withdrawals in force."""
    return deployment.withdrawals_file or deployment.data_dir.absolute() / archive.WITHDRAWALS


def withdrawals_key(deployment: Deployment) -> bytes:
    """The key of the withdrawals, never made here. Raises: Misconfigured (secret_missing, secret_damaged)."""
    path = deployment.data_dir.absolute() / "secrets" / archive.KEY
    if deployment.withdrawals_key:
        return deployment.withdrawals_key
    if not path.exists():
        raise Misconfigured(
            "secret_missing", "the withdrawals key is missing", "Put it back, or set AMPARO_WITHDRAWALS_KEY."
        )
    return secret_file(path, KEY_BYTES)


def whole_lines(path: Path) -> bytes:
    """The file without a last line that was never acknowledged; empty when there is none. Raises: OSError."""
    raw = path.read_bytes() if path.exists() else b""
    return raw[: raw.rfind(b"\n") + 1]


def _schema(copy: Path) -> str:
    db = Database(sqlite_url(copy))
    try:
        return version_of(db) or ""
    finally:
        db.close()
