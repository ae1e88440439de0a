"""Opens the rooms over one data folder, for every process that needs them. Decides nothing on values of a room."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from amparo.access.limits import Limits
from amparo.access.service import Access
from amparo.access.settings import AccessSettings
from amparo.api.settings import APISettings
from amparo.app.clock import SystemClock
from amparo.app.ledger import ledger_of
from amparo.app.settings import Settings, environment, read
from amparo.banks.identity import KEY_BYTES
from amparo.banks.listing import tell_policy
from amparo.banks.replay import replay, settle_file
from amparo.banks.service import Banks
from amparo.banks.withdrawals import WithdrawalsFile
from amparo.cases.minors import Minors as CaseMinors
from amparo.cases.settings import CasesSettings
from amparo.console.settings import ConsoleSettings
from amparo.intake.settings import IntakeSettings
from amparo.match.keeper import Keeper
from amparo.match.lookup import Lookup
from amparo.match.model import VideoRule
from amparo.match.recorder import Recorder
from amparo.match.service import Matcher
from amparo.match.settings import MatchSettings
from amparo.match.snapshots import Snapshots
from amparo.media.settings import MediaSettings
from amparo.portal.settings import LimitSettings, PortalSettings
from amparo.review.actions import Actions
from amparo.review.minor import Minors
from amparo.review.settings import ReviewSettings
from amparo.review.webhook_secrets import KEY_BYTES as WEBHOOKS_KEY_BYTES
from amparo.review.webhook_secrets import webhook_box
from amparo.review.webhooks import Webhooks
from amparo.store.db import Database, check_url, is_postgres, sqlite_path, sqlite_url
from amparo.store.durable import make_private_file, make_private_folder, secret_file
from amparo.store.schema import migrate
from amparo.terms.clock import Clock
from amparo.uploads.service import UploadLog
from amparo.uploads.settings import UploadsSettings
from amparo.wire import Poster, WireSettings

SECTIONS = {
    "access": AccessSettings,
    "api": APISettings,
    "cases": CasesSettings,
    "console": ConsoleSettings,
    "intake": IntakeSettings,
    "match": MatchSettings,
    "media": MediaSettings,
    "portal": PortalSettings,
    "review": ReviewSettings,
    "portal_limits": LimitSettings,
    "uploads": UploadsSettings,
    "wire": WireSettings,
}


@dataclass(frozen=True, slots=True)
class Rooms:
    """The rooms of one process, wired."""

    settings: Settings
    data: Path
    clock: SystemClock
    db: Database
    access: Access
    banks: Banks
    limits: Limits
    uploads: UploadLog
    matcher: Matcher
    keeper: Keeper
    actions: Actions
    webhooks: Webhooks

    def close(self) -> None:
        """Write out what is in memory and let go of all files."""
        self.uploads.close()
        self.limits.close()
        self.matcher.lookup.close()
        self.actions.close()
        self.db.close()


def settings_of(data: Path | None) -> Settings:
    """The settings of a process started with ``--data DATA``. Raises: Misconfigured."""
    return read(data, environment(), SECTIONS)


def open_rooms(settings: Settings) -> Rooms:
    """Make or open the data folder, bring the ledger to this version's schema and the withdrawals into force.

    Raises: Misconfigured, Tampered (withdrawals_damaged), NoRoom.
    """
    deployment, clock = settings.deployment, SystemClock()
    data = deployment.data_dir.absolute()
    check_url(deployment.database_url or sqlite_url(data))
    for folder in (data, data / "run", data / "run" / "metrics", data / "secrets"):
        make_private_folder(folder)
    db = ledger_of(deployment)
    if not is_postgres(db.url):
        make_private_file(sqlite_path(db.url))  # SQLite itself would let everybody read it; its WAL takes over the mode
    migrate(db, data / "run" / "migrate.lock")
    key = deployment.withdrawals_key or secret_file(data / "secrets" / "withdrawals.key", KEY_BYTES)
    banks = Banks(db, clock, key, WithdrawalsFile(deployment.withdrawals_file or data / "withdrawals.log", key))
    settle_file(banks)
    replay(banks, minors_of(banks, settings))
    limits = Limits(data / "run" / "limits", settings.section(AccessSettings))
    match = settings.section(MatchSettings)
    uploads = UploadLog(data / "uploads", settings.section(UploadsSettings), clock)
    rule = VideoRule(match.video_query_share_min, match.video_content_share_min)
    snapshots = Snapshots(db, data / "index", clock)
    lookup = Lookup(db, rule, snapshots)
    keeper = Keeper(db, clock, snapshots, match, lambda: Lookup(db, rule, snapshots))
    under_18 = settings.section(CasesSettings).bank_under_18
    matcher = Matcher(db, clock, lookup, Recorder(db, banks, match), limits, match, under_18)
    access, actions = Access(db, clock, tell_policy), Actions(db, clock)
    return Rooms(
        settings,
        data,
        clock,
        db,
        access,
        banks,
        limits,
        uploads,
        matcher,
        keeper,
        actions,
        _webhooks(settings, db, clock),
    )


def minors_of(banks: Banks, settings: Settings) -> Minors:
    """The under-18 switch over that ledger."""
    cases = settings.section(CasesSettings)
    return Minors(banks.db, banks.clock, banks, CaseMinors(banks, banks.clock, cases), cases.bank_under_18)


def _webhooks(settings: Settings, db: Database, clock: Clock) -> Webhooks:
    key = settings.deployment.webhooks_key or secret_file(_webhooks_key(settings), WEBHOOKS_KEY_BYTES)
    poster, timeout_ms = Poster(settings.section(WireSettings)), settings.section(ReviewSettings).webhook_timeout_ms
    return Webhooks(db, clock, webhook_box(key), poster, timeout_ms)


def webhooks_there(settings: Settings, db: Database, clock: Clock) -> Webhooks | None:
    """The webhooks as they are, for who only looks: None where no key was ever made. Raises: Misconfigured (secret_damaged)."""
    if not settings.deployment.webhooks_key and not _webhooks_key(settings).exists():
        return None
    return _webhooks(settings, db, clock)


def _webhooks_key(settings: Settings) -> Path:
    return settings.deployment.data_dir.absolute() / "secrets" / "webhooks.key"


@contextlib.contextmanager
def opened(data: Path | None) -> Iterator[Rooms]:
    """The rooms of ``--data DATA`` for the length of one command."""
    rooms = open_rooms(settings_of(data))
    try:
        yield rooms
    finally:
        rooms.close()
