"""`amparo restore`: an empty data folder (and, if so set, empty PostgreSQL databases) becomes what a backup holds, less all that was withdrawn since. Makes no backup.

Everything is made ready in a folder beside it and then renamed: a restore that is ended leaves an empty folder as it was.
"""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from amparo.app import archive
from amparo.app.archive import Manifest
from amparo.app.intake import intake_of
from amparo.app.ledger import ledger_of
from amparo.app.restore_intake import check_place, intake_ready
from amparo.app.rooms import minors_of
from amparo.app.settings import Deployment, Settings
from amparo.banks.identity import KEY_BYTES, key_check
from amparo.banks.replay import replay
from amparo.banks.service import Banks
from amparo.banks.withdrawals import Record, WithdrawalsFile
from amparo.errors import Conflict, Misconfigured, NotFound, Tampered
from amparo.review.actions import skip_numbers
from amparo.store.db import Database, is_postgres, sqlite_url
from amparo.store.durable import file_error, make_private_folder, secret_file, sync_folder
from amparo.store.schema import Ladder, migrate
from amparo.store.snapshot import faults
from amparo.store.transfer import check_empty, filled_from_file
from amparo.terms.clock import Clock


@dataclass(frozen=True, slots=True)
class Restored:
    """What was done. withdrawals: in force now; newer: those of them the backup did not hold; set_right: identities the
    ledger had to be told of; is_current: a file of withdrawals no older than the backup said what came after it; has_intake: the
    backup held what persons sent.
    """

    manifest: Manifest
    withdrawals: int
    newer: int
    set_right: int
    is_current: bool
    has_intake: bool


def restore(settings: Settings, path: Path, given: Path | None, clock: Clock) -> Restored:
    """Restore the backup at ``path`` into the data folder, which must be empty or absent, and where ``settings`` name PostgreSQL
    databases, into those, which must be empty. given: a file of withdrawals.

    Of the files of withdrawals (the backup's, ``given``, the one the settings name) the longest is in force, if it goes on
    from the others. Raises: BadInput (not_a_backup, backup_newer), NotFound (no_file), Conflict (database_not_empty, folder_not_empty,
    folder_is_mount, restore_runs, withdrawals_differ), Tampered (backup_damaged, withdrawals_damaged), NoRoom,
    Misconfigured (misconfigured, secret_missing, key_differs, receipts_differ, database_newer, file_refused).
    """
    deployment = settings.deployment
    data = deployment.data_dir.absolute()
    check_place(settings)
    if deployment.database_url and not is_postgres(deployment.database_url):
        raise Misconfigured(
            "misconfigured", "database_url is a file, and a restore fills the data folder", "Unset it while restoring."
        )
    _check_empty(data)
    servers: dict[Ladder, Database] = {}
    if deployment.database_url:
        servers["ledger"] = ledger_of(deployment)
    if deployment.intake_database_url:
        servers["intake"] = intake_of(deployment)
    try:
        for database in servers.values():
            check_empty(database)
        with _beside(data) as scratch:
            manifest = archive.unpack(path, scratch)
            restored = _made_ready(settings, scratch, manifest, given, clock)
            _check_empty(data)
            for ladder, database in servers.items():
                # before the folder: a database without its folder is refused loudly, the other way about is not
                file = scratch / {"ledger": archive.LEDGER, "intake": archive.INTAKE}[ladder]
                if file.exists():
                    filled_from_file(database, file, ladder)
                    file.unlink()
            scratch.rename(data)
            sync_folder(data.parent)
            return restored
    except OSError as error:
        raise file_error(error, "what is restored") from error
    finally:
        for database in servers.values():
            database.close()


def _check_empty(data: Path) -> None:
    if data.is_symlink() or (data.exists() and (not data.is_dir() or any(data.iterdir()))):
        raise Conflict("folder_not_empty", "the data folder is not an empty folder", "Restore into a new one.")
    if data.is_mount():
        raise Conflict("folder_is_mount", "the data folder is a mount point", "Restore into a folder below it.")


@contextlib.contextmanager
def _beside(data: Path) -> Iterator[Path]:
    """A folder that this process alone fills; what an ended restore left there goes."""
    make_private_folder(data.parent)
    scratch = data.with_name(f".{data.name}.restoring")
    scratch.mkdir(mode=0o700, exist_ok=True)
    fd = os.open(scratch, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict("restore_runs", "another restore into this folder runs", "Wait for it.") from None
        for entry in scratch.iterdir():
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
        try:
            yield scratch
        except BaseException:
            shutil.rmtree(scratch, ignore_errors=True)
            raise
    finally:
        os.close(fd)


def _made_ready(settings: Settings, scratch: Path, manifest: Manifest, given: Path | None, clock: Clock) -> Restored:
    deployment = settings.deployment
    key = _key(deployment, scratch, manifest)
    make_private_folder(scratch / "run")
    if wrong := faults(scratch / archive.LEDGER):
        raise Tampered("backup_damaged", f"the backup is damaged: {wrong[0]}", "Take the backup before it.")
    own, named = scratch / archive.WITHDRAWALS, deployment.withdrawals_file
    if given is not None and not given.is_file():
        raise NotFound("no_file", "there is no such file of withdrawals", "Check the path.")
    others = [one for one in (given, named) if one is not None and one.is_file()]
    known = [list(WithdrawalsFile(one, key).read()) for one in (own, *others)]
    longest = _longest(known)
    in_force = own if named is None else _inside(named.absolute(), deployment.data_dir.absolute(), scratch)
    file = WithdrawalsFile(in_force, key)
    file.append(longest[sum(1 for _ in file.read()) :])
    if in_force != own:
        own.unlink()
    db = Database(sqlite_url(scratch / archive.LEDGER))
    try:
        migrate(db, scratch / "run" / "migrate.lock")
        skip_numbers(db)
        banks = Banks(db, clock, key, file)
        set_right = replay(banks, minors_of(banks, settings))
        number = sum(1 for _ in file.read())
        has_intake = intake_ready(settings, scratch, db, clock)
    finally:
        db.close()
    sync_folder(scratch)
    is_current = any(len(one) >= len(known[0]) for one in known[1:])
    return Restored(manifest, number, number - manifest.withdrawals, set_right, is_current, has_intake)


def _key(deployment: Deployment, scratch: Path, manifest: Manifest) -> bytes:
    """The key of the withdrawals, in its place with the console's. Raises: Misconfigured (secret_missing, key_differs)."""
    kept, secrets = scratch / archive.KEY, scratch / "secrets"
    make_private_folder(secrets)
    if kept.exists():
        kept.rename(secrets / archive.KEY)
        sync_folder(secrets)
    elif not deployment.withdrawals_key:
        raise Misconfigured(
            "secret_missing",
            "the backup does not hold the withdrawals key",
            "Set AMPARO_WITHDRAWALS_KEY as it was then.",
        )
    key = deployment.withdrawals_key or secret_file(secrets / archive.KEY, KEY_BYTES)
    for name in (archive.WEBHOOKS, archive.CONSOLE):
        if (scratch / name).exists():
            (scratch / name).rename(secrets / name)
            sync_folder(secrets)
    if key_check(key) != manifest.key_check:
        raise Misconfigured(
            "key_differs",
            "the withdrawals key set here is not the one of the backup",
            "Set AMPARO_WITHDRAWALS_KEY as it was then, or unset it if it was not set.",
        )
    return key


def _inside(named: Path, data: Path, scratch: Path) -> Path:
    """Where the settings' file is for now: the data folder is still the folder beside it."""
    return scratch / named.relative_to(data) if named.is_relative_to(data) else named


def _longest(known: list[list[Record]]) -> list[Record]:
    """The longest of them. Raises: Conflict (withdrawals_differ) when it does not go on from each of the others."""
    longest = max(known, key=len)
    if not all(longest[: len(one)] == one for one in known):
        raise Conflict(
            "withdrawals_differ",
            "the files of withdrawals went different ways after a common beginning",
            "Give the file of the installation that the backup was made of.",
        )
    return longest
