"""What the doctor finds in the data folder before any of it is read: who may read it, when it was last backed up, and how much room is left."""

import json
import shutil
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from amparo.app.backup import WORD
from amparo.app.doctor.model import Finding, Installation
from amparo.errors import BadInput
from amparo.terms.clock import from_text

MEBIBYTE = 1 << 20
ROOM_BAD_BYTES = 256 * MEBIBYTE
ROOM_WARN_BYTES = 1024 * MEBIBYTE
BACKUP_DAYS_MAX = 7


def modes(installation: Installation) -> Iterator[Finding]:
    """Nobody but the owner may read the data folder or a secret."""
    secrets = installation.data / "secrets"
    inside = sorted(one for one in secrets.iterdir() if one.is_file()) if secrets.is_dir() else []
    wide = [path for path in (installation.data, secrets, *inside) if path.exists() and _is_wide(path)]
    named = installation.settings.deployment.withdrawals_file
    if named is not None and named.exists() and _is_wide(named):
        wide.append(named)
    for path in wide:
        shown = "the data folder" if path == installation.data else path.name
        yield Finding(
            "modes", "bad", f"others than its owner can read or change {shown}", "chmod go-rwx, then ask who did."
        )
    if not wide:
        yield Finding("modes", "ok", "data folder and secrets are their owner's alone")


def _is_wide(path: Path) -> bool:
    return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


def last_backup(installation: Installation) -> Iterator[Finding]:
    """When a backup of this folder was last made."""
    hint = "Run `amparo backup FILE` by a timer, onto another machine."
    try:
        word = json.loads((installation.data / "run" / WORD).read_bytes())
        made_at = from_text(str(word["made_at"]), what="the last backup")
    except (OSError, ValueError, KeyError, TypeError, BadInput):
        yield Finding("backup", "warn", "no backup was made of this data folder yet", hint)
        return
    age = installation.clock.now() - made_at
    is_old = age > timedelta(days=BACKUP_DAYS_MAX)
    yield Finding("backup", "warn" if is_old else "ok", f"the last backup was made {age.days} days ago", hint if is_old else "")  # fmt: skip


def disk(installation: Installation) -> Iterator[Finding]:
    """Room where the data lies, measured against the ledger: a backup needs twice its size."""
    free = shutil.disk_usage(installation.data).free
    ledger = installation.data / "ledger.sqlite"
    wanted = max(ROOM_WARN_BYTES, 2 * ledger.stat().st_size if ledger.exists() else 0)
    text = f"{free // MEBIBYTE} MiB free on the data disk"
    if free < ROOM_BAD_BYTES:
        yield Finding("disk", "bad", text, "Free room now: without it nothing can be listed or withdrawn.")
    elif free < wanted:
        yield Finding("disk", "warn", text, f"Keep {wanted // MEBIBYTE} MiB free.")
    else:
        yield Finding("disk", "ok", text)
