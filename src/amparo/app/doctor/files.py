"""What the doctor finds in the data folder before any of it is read: who may read it, and when it was last backed up."""

import json
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from amparo.app.backup import WORD
from amparo.app.doctor.model import Finding, Installation
from amparo.errors import BadInput
from amparo.terms.clock import from_text

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
