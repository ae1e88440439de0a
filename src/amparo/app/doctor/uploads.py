"""What the doctor finds of the upload log: how much there is, and whether it is let go of in time. Reads no upload."""

from collections.abc import Iterator
from pathlib import Path

from amparo.app.doctor.model import Finding, Installation
from amparo.errors import NotFound, Tampered
from amparo.terms.clock import to_us
from amparo.uploads.service import DAY_US, UploadLog
from amparo.uploads.settings import UploadsSettings
from amparo.uploads.unit import Unit

MEBIBYTE = 1 << 20
LATE_US = DAY_US // 24
"""An hour over its time nobody is deleting."""


def upload_log(installation: Installation) -> Iterator[Finding]:
    """Whether the log holds no more than was asked for, and its files can be read by their headers."""
    settings = installation.settings.section(UploadsSettings)
    log = UploadLog(installation.data / "uploads", settings, installation.clock)
    held = log.held()
    if not log.is_on:
        if held.units or held.open:
            hint = "The background worker deletes it: is it running? Or `amparo uploads purge`."
            yield Finding("upload_log", "warn", "the upload log is off, but there are files of it", hint)
        else:
            yield Finding("upload_log", "ok", "no uploads are logged")
        return
    limit_us = to_us(installation.clock.now()) - settings.keep_days * DAY_US - LATE_US
    if held.first_us is not None and held.first_us < limit_us:
        hint = "The background worker deletes them: is it running?"
        yield Finding("upload_log", "bad", "uploads are kept longer than uploads.keep_days", hint)
    damaged = sum(map(_is_damaged, log.units()))
    if damaged:
        hint = "`amparo uploads check` names them. Delete them: they are only missed."
        yield Finding("upload_log", "warn", f"{damaged} files of the upload log cannot be read", hint)
    text = f"uploads are logged for {settings.keep_days} days: {held.units} files sealed, {held.size_bytes // MEBIBYTE} MiB"
    yield Finding("upload_log", "ok", text)


def _is_damaged(path: Path) -> bool:
    try:
        Unit(path)
    except NotFound:  # its time was over just now
        return False
    except (Tampered, OSError):
        return True
    return False
