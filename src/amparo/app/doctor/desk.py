"""What the doctor finds of the portal and the desk: the intake, its secrets, what waits, what stands aside. Opens no sealed text."""

import contextlib
from collections.abc import Iterator
from datetime import datetime, timedelta

from amparo.access.staff import Staff
from amparo.app.doctor.ledger import opened
from amparo.app.doctor.model import Finding, Installation
from amparo.app.intake import intake_path, intake_there, receipts_of, secrets_of
from amparo.cases.service import Cases
from amparo.errors import NotFound
from amparo.intake.desk_side import DeskSide, Waiting, check_receipts, epoch_of, has_begun
from amparo.intake.settings import IntakeSettings
from amparo.sealing.keys import desk_recipient, has_desk_key, tips_recipient
from amparo.store.db import is_postgres
from amparo.store.schema import INTAKE_HEAD, version_of
from amparo.store.snapshot import faults
from amparo.terms.clock import from_us

LATE = timedelta(minutes=1)
RESTORE = "Stop, keep a copy of the data folder, restore the last backup."


def intake(installation: Installation) -> Iterator[Finding]:
    """The intake is whole and reachable, and its secrets are those its receipts were made with."""
    deployment = installation.settings.deployment
    try:
        db = intake_there(deployment)
    except NotFound:
        yield Finding("intake", "ok", "there is no intake yet; the next start of the service makes it")
        return
    with contextlib.closing(db):
        wrong = [] if is_postgres(db.url) else faults(intake_path(deployment))
        for line in wrong:
            yield Finding("intake", "bad", f"the intake is damaged: {line}", RESTORE, is_damage=True)
        if wrong:
            return
        found = version_of(db)
        if found != INTAKE_HEAD:
            yield Finding("intake", "warn", f"the intake's schema is {found}, this version's {INTAKE_HEAD}", "The next start migrates it; make a backup first.")  # fmt: skip
            return
        yield Finding("intake", "ok", f"the intake answers, schema {INTAKE_HEAD}")
        if has_begun(db):
            yield from _secrets(installation)
            check_receipts(db, receipts_of(installation.settings).check())
            yield Finding("receipts", "ok", "the pepper is the one the receipts were made with")


def _secrets(installation: Installation) -> Iterator[Finding]:
    folder = secrets_of(installation.settings.deployment)
    recipient = desk_recipient(folder)
    if has_desk_key(folder):
        yield Finding("desk_key", "ok", f"the desk key is there (…{recipient[-8:]})")
    else:
        hint = "Put secrets/desk.key back from a backup: what persons write stays closed without it."
        yield Finding("desk_key", "bad", "the desk key is missing, its public half is there", hint)


def tips(installation: Installation) -> Iterator[Finding]:
    """Somebody holds the tips key, once there is one."""
    recipient = tips_recipient(secrets_of(installation.settings.deployment))
    if not recipient:
        return
    with contextlib.closing(opened(installation)) as ledger:
        staff = Staff(ledger, installation.clock, b"")
        live = {one.id for one in staff.members() if not one.ended_at}
        held = [one for one, keys in staff.holders("tips").items() if one in live and recipient in keys]
    if len(held) > 1:
        yield Finding("tips_key", "ok", f"{len(held)} of the staff hold the tips key (…{recipient[-8:]})")
    elif held:
        yield Finding("tips_key", "warn", "one of the staff alone holds the tips key: without them sealed tips are closed for good", "Let them hand it to another who may open tips (/staff).")  # fmt: skip
    else:
        hint = "Delete secrets/tips.pub: the next who may open tips makes another; what was sealed to this one stays closed."
        yield Finding("tips_key", "bad", "nobody holds the tips key, and tips are sealed to it", hint)


def desk(installation: Installation) -> Iterator[Finding]:
    """Nothing waits long for the desk, nothing stands aside, and what it knows is shown."""
    try:
        inbox = intake_there(installation.settings.deployment)
    except NotFound:
        return
    ledger = opened(installation)
    with contextlib.closing(inbox), contextlib.closing(ledger):
        if version_of(inbox) != INTAKE_HEAD or not has_begun(inbox):
            return
        side = DeskSide(inbox, installation.clock, installation.settings.section(IntakeSettings))
        cases = Cases(ledger, installation.clock)
        yield waited(side.waiting(), installation.clock.now())
        for slug, number in _slugs(cases).items():
            hint = "Each start of the service tries again; a later version of Amparo may be able to. Tell us the slug."
            yield Finding("aside", "bad", f"{number} things that persons sent could not be taken: {slug}", hint)
        if cases.mark(epoch_of(inbox)) and (unshown := cases.waiting()):
            yield Finding("unshown", "warn", f"{unshown} cases hold news that she was not shown yet", "A moment is usual; for longer, read the log of the background worker.")  # fmt: skip


def waited(waiting: Waiting, now: datetime) -> Finding:
    """Whether what waits waits too long."""
    if waiting.oldest_us is None:
        return Finding("desk", "ok", "nothing that persons sent waits for the desk")
    age = now - from_us(waiting.oldest_us)
    told = f"{waiting.count} things that persons sent wait for the desk, the oldest for {max(0, int(age.total_seconds()))} s"
    if age < LATE:
        return Finding("desk", "ok", told)
    return Finding("desk", "bad", told, "Does the background worker run, and what does its log say?")


def _slugs(cases: Cases) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in cases.asides():
        found[one.slug] = found.get(one.slug, 0) + 1
    return found
