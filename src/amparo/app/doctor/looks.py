"""What the doctor finds of looks: whether those who may look could be shown anything, and what is held goes in time. Opens no file."""

import contextlib
from collections.abc import Iterator

from amparo.access.staff import Staff
from amparo.app.doctor.ledger import opened
from amparo.app.doctor.model import Finding, Installation
from amparo.app.looks import folder_of
from amparo.review.held_media import HeldMedia
from amparo.review.settings import ReviewSettings
from amparo.review.subjects import LedgerSubjects
from amparo.wire import WireSettings

MEBIBYTE = 1 << 20
FULL_SHARE = 0.9
LATE_US = 600_000_000
"""Ten minutes over its time nobody is deleting."""


def looks(installation: Installation) -> Iterator[Finding]:
    """What ``review.media`` needs to hold, and that nothing is held for longer."""
    settings = installation.settings.section(ReviewSettings)
    with contextlib.closing(opened(installation)) as db:
        staff = Staff(db, installation.clock, b"")
        folder = folder_of(installation.settings, installation.data)
        media = HeldMedia(db, installation.clock, folder, settings, LedgerSubjects(), tuple, "")
        there, can_look = media.there(LATE_US), bool(staff.recipients("look"))
    if there.late:
        hint = "The background worker deletes them: is it running?"
        yield Finding("looks", "bad", f"{there.late} files are held for looks longer than they may be", hint)
    if settings.media == "sealed":
        if not can_look:
            hint = "Invite a reviewer; until then nothing is kept. Or set review.media to none."
            yield Finding("looks", "warn", "uploads are to be kept for looks, but nobody may look", hint)
        if there.size_bytes > FULL_SHARE * settings.media_bytes_max:
            hint = "Raise review.media_bytes_max, or decide what waits: decided, it is deleted."
            yield Finding("looks", "warn", "there is next to no room left for uploads kept for looks", hint)
    if settings.media == "fetch" and not installation.settings.section(WireSettings).fetch_hosts:
        hint = "List the hosts of clients' media in wire.fetch_hosts."
        yield Finding("looks", "warn", "looks are to be fetched from clients, but from no host", hint)
    text = f"review.media is {settings.media}: {there.files} files held, {there.size_bytes // MEBIBYTE} MiB"
    yield Finding("looks", "ok", text)
