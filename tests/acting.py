"""What the API needs of actions and webhooks, over a ledger of a test's own. Tests nothing itself."""

from amparo.api.bell import Bell
from amparo.review.actions import Actions
from amparo.review.webhook_secrets import webhook_box
from amparo.review.webhooks import Webhooks
from amparo.store.db import Database
from amparo.terms.clock import Clock
from amparo.wire import Poster, WireSettings

TIMEOUT_MS = 1_000


def acting_of(db: Database, clock: Clock, post_hosts: str = "") -> tuple[Actions, Webhooks, Bell]:
    """As they stand in Doors. The first has to be closed."""
    actions = Actions(db, clock)
    poster = Poster(WireSettings(post_hosts=post_hosts))
    webhooks = Webhooks(db, clock, webhook_box(b"w" * 32), poster, TIMEOUT_MS)
    return actions, webhooks, Bell(actions.newest, 4)
