"""What the API needs of actions, webhooks and reports, over a ledger of a test's own. Tests nothing itself."""

from collections.abc import Callable, Sequence

from amparo.api.bell import Bell
from amparo.banks.service import Banks
from amparo.cases.minors import Minors as CaseMinors
from amparo.cases.settings import CasesSettings
from amparo.review.actions import Actions
from amparo.review.effects import Effects
from amparo.review.minor import Minors
from amparo.review.reporting import Reports
from amparo.review.settings import ReviewSettings
from amparo.review.webhook_secrets import webhook_box
from amparo.review.webhooks import Webhooks
from amparo.sealing.age import new_identity
from amparo.terms.clock import Clock
from amparo.wire import Poster, WireSettings

TIMEOUT_MS = 5_000
READER = new_identity()
Acting = tuple[Actions, Webhooks, Bell, Reports, Callable[[], Sequence[str]]]


def acting_of(banks: Banks, clock: Clock, post_hosts: str = "") -> Acting:
    """As they stand in Doors. The first has to be closed."""
    db = banks.db
    actions = Actions(db, clock)
    webhooks = Webhooks(db, clock, webhook_box(b"w" * 32), Poster(WireSettings(post_hosts=post_hosts)), TIMEOUT_MS)
    cases = CasesSettings()
    minors = Minors(db, clock, banks, CaseMinors(banks, clock, cases), cases.bank_under_18)
    reports = Reports(db, clock, minors, Effects(banks, actions, clock, ReviewSettings()))
    return actions, webhooks, Bell(actions.newest, 4), reports, lambda: [READER.recipient]
