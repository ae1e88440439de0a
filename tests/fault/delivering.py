"""A machine that delivers actions, and nothing else: ``python -m tests.fault.delivering URL PORT`` goes on until it is killed. Tests nothing itself."""

import asyncio
import random
import sys

from amparo.app.clock import SystemClock
from amparo.review.delivery import Deliverer
from amparo.review.settings import ReviewSettings
from amparo.review.webhook_secrets import webhook_box
from amparo.review.webhooks import Webhooks
from amparo.store.db import Database
from amparo.wire import Poster, WireSettings

KEY = b"w" * 32
SETTINGS = ReviewSettings(webhook_timeout_ms=500)


def webhooks_over(url: str, port: int) -> Webhooks:
    """The webhooks of that ledger, which may lead to a receiver at that port of this machine."""
    poster = Poster(WireSettings(post_hosts=f"127.0.0.1:{port} allow_private"))
    return Webhooks(Database(url), SystemClock(), webhook_box(KEY), poster, SETTINGS.webhook_timeout_ms)


async def deliver(url: str, port: int) -> None:
    """Again and again."""
    deliverer = Deliverer(webhooks_over(url, port), SETTINGS, random.Random())
    while True:
        if not await deliverer.deliver_due():
            await asyncio.sleep(0.02)


if __name__ == "__main__":
    asyncio.run(deliver(sys.argv[1], int(sys.argv[2])))
