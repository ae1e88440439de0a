"""What the doctor finds of webhooks: their secrets open, nothing waits long, nothing was set aside. Posts nothing."""

import contextlib
from collections.abc import Iterator
from datetime import timedelta

from amparo.app.doctor.ledger import opened
from amparo.app.doctor.model import Finding, Installation
from amparo.app.rooms import webhooks_there
from amparo.review.webhooks import Webhook

LATE = timedelta(minutes=5)


def webhooks(installation: Installation) -> Iterator[Finding]:
    """Each webhook as it fares. Raises: Misconfigured (secret_missing)."""
    with contextlib.closing(opened(installation)) as db:
        there = webhooks_there(installation.settings, db, installation.clock)
        found = there.all(None) if there is not None else []
        if there is None or not found:
            yield Finding("deliveries", "ok", "there are no webhooks; clients read GET /v1/actions")
            return
        unreadable = there.unreadable()
    for webhook_id in unreadable:
        hint = "Put secrets/webhooks.key (or AMPARO_WEBHOOKS_KEY) back as it was; or give the webhook a new secret."
        yield Finding("deliveries", "bad", f"the secret of webhook {webhook_id} does not open: nothing is delivered to it", hint)  # fmt: skip
    troubled = [line for one in found for line in _troubles(one, installation)]
    yield from troubled
    if not unreadable and not troubled:
        yield Finding("deliveries", "ok", f"{len(found)} webhooks, nothing waits long")


def _troubles(one: Webhook, installation: Installation) -> Iterator[Finding]:
    if one.state == "ended":
        yield Finding("deliveries", "warn", f"webhook {one.id} has ended: its receiver answered 410", "Delete it, or let it go on when the receiver is back.")  # fmt: skip
    if one.dead:
        yield Finding("deliveries", "warn", f"{one.dead} messages to webhook {one.id} were set aside", f"`amparo webhook dead {one.id}` lists them, `amparo webhook replay {one.id}` sends them again.")  # fmt: skip
    age = installation.clock.now() - one.oldest_at if one.oldest_at is not None else timedelta()
    if age >= LATE:
        text = f"a message waits for webhook {one.id} for {int(age.total_seconds())} s; the last try ended with: {one.last_outcome or 'none'}"
        yield Finding("deliveries", "bad", text, "Ask its platform; does the background worker run?")
