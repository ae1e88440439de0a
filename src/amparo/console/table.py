"""Every address of the console, who may use it and which policy its page has. A page that is not here does not exist.

Each module of views has its own doors; here they are all. The tests of who may do what are made from this table.
"""

from typing import Final

from amparo.console.door import Door
from amparo.console.views import (
    banks,
    card,
    cases,
    contents,
    desk,
    exposure,
    figures,
    looks,
    queue,
    record,
    seconds,
    settings,
    signing,
    staff,
    tips,
    webhooks,
)

TABLE: Final[tuple[Door, ...]] = (
    *signing.DOORS,
    *queue.DOORS,
    *banks.DOORS,
    *contents.DOORS,
    *figures.DOORS,
    *cases.DOORS,
    *tips.DOORS,
    *card.DOORS,
    *seconds.DOORS,
    *settings.DOORS,
    *desk.DOORS,
    *staff.DOORS,
    *record.DOORS,
    *looks.DOORS,
    *exposure.DOORS,
    *webhooks.DOORS,
)
