"""All checks in their order, and the run over them. A check itself stands in the module of what it looks at."""

from collections.abc import Iterator

from amparo.app.doctor import desk, files, ledger, looks, machine, portal, serving, staff, uploads, webhooks
from amparo.app.doctor.model import Finding, Installation, checked
from amparo.app.settings import Settings
from amparo.terms.clock import Clock

ON_MACHINE = {"kernels": machine.kernels, "decoders": machine.media}
ON_DATA = {
    "disk": files.disk,
    "modes": files.modes,
    "database": ledger.database,
    "withdrawals": ledger.withdrawals,
    "clock": ledger.clock,
    "index": serving.index_and_database,
    "snapshots": serving.snapshots,
    "service": serving.processes,
    "plain_http": serving.plain_http,
    "portal": portal.door,
    "console": portal.console,
    "intake": desk.intake,
    "desk": desk.desk,
    "tips_key": desk.tips,
    "upload_log": uploads.upload_log,
    "deliveries": webhooks.webhooks,
    "looks": looks.looks,
    "staff": staff.staff,
    "backup": files.last_backup,
}
LEDGER = ("database", "schema")  # findings without which the next are of no use
NEEDS_SCHEMA = ("withdrawals", "clock", "index", "snapshots", "desk", "tips_key", "deliveries", "looks", "staff")


def examine(settings: Settings, clock: Clock) -> Iterator[Finding]:
    """Every check's findings, as they come. What needs the ledger's tables is left out where the ledger itself is not well."""
    installation = Installation(settings, settings.deployment.data_dir.absolute(), clock)
    for name, check in ON_MACHINE.items():
        yield from checked(name, check, installation)
    if not installation.data.is_dir():
        yield Finding("data", "warn", "there is no data folder yet", "`amparo run` makes it; or give --data DIR.")
        return
    is_well = True
    for name, check in ON_DATA.items():
        if name in NEEDS_SCHEMA and not is_well:
            continue
        found = checked(name, check, installation)
        is_well = is_well and all(one.state == "ok" for one in found if one.check in LEDGER)
        yield from found
