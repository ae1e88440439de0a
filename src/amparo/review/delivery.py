"""Delivers actions to webhooks: at least once, in order for each item, by one worker at a time. Orders nothing.

1. Of each item the earliest message that waits may go, no other: the next only when it was delivered or is dead.
2. Who takes a message has it for longer than a delivery may last; a worker that was killed holds it up no longer than that.
3. What fails is tried again, later each time, with some chance in it so that not all come at once. A receiver that fails HELD_AFTER
   times in a row is left alone but for one message at a time; once it takes one, all that waits goes at once.
4. After so many tries or days a message is dead: it is listed and can be sent again. 410 ends the webhook and all that waits for it.
Every try carries the same id, the action's idempotency key.
"""

import asyncio
import secrets
import threading
from collections import Counter as Tally
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import Final, Protocol

import msgspec
import structlog
from prometheus_client import Counter, Gauge
from sqlalchemy import Connection

from amparo.errors import AmparoError
from amparo.review import delivery_rows as rows
from amparo.review.actions import action_of, told
from amparo.review.settings import ReviewSettings
from amparo.review.webhook_secrets import signatures
from amparo.review.webhooks import Webhooks
from amparo.store.db import AnyRow
from amparo.terms.clock import to_us
from amparo.wire import Posted

AT_ONCE: Final = 64
AT_ONCE_EACH: Final = 8
PAUSE_S: Final = 0.1
WRONG_PAUSE_S: Final = 1.0
LEASE_MORE_MS: Final = 5_000
FIRST_S, LAST_S = 5, 6 * 3_600
HELD_AFTER: Final = 5
HELD_FIRST_S, HELD_LAST_S = 2, 300
KEPT: Final = timedelta(days=30)
US: Final = 1_000_000
TIDY_ROUNDS: Final = 300
NEWEST: Final = "livemostrecent"
WRONG_WITH_MESSAGE: Final = frozenset({400, 405, 406, 409, 411, 413, 414, 415, 422})
"""Answers that say something of one message and nothing of the receiver."""

DELIVERIES = Counter("amparo_deliveries", "Tries to deliver an action to a webhook, by how they ended", ["outcome"])
WAITING = Gauge("amparo_deliveries_waiting", "Actions that wait for a webhook", multiprocess_mode=NEWEST)
OLDEST_S = Gauge("amparo_delivery_oldest_seconds", "How long the oldest waits", multiprocess_mode=NEWEST)


class Chance(Protocol):
    """Where chance comes from (random.Random)."""

    def uniform(self, a: float, b: float, /) -> float:
        """A number between."""
        ...


@dataclass(frozen=True, slots=True)
class Letter:
    """One message somebody has taken to deliver it. lease: who has it."""

    webhook_id: int
    url: str
    action_id: int
    item_id: str
    tries: int
    since_us: int
    lease: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(slots=True)
class Deliverer:
    """One a worker process. chance: spreads tries."""

    webhooks: Webhooks
    settings: ReviewSettings
    chance: Chance
    _out: Tally[int] = field(default_factory=Tally)
    _wrong: str = ""
    _rounds: int = 0

    def run(self, done: threading.Event) -> None:
        """Deliver until ``done``; then what is under way is waited for."""
        asyncio.run(self._run(done.is_set))

    async def deliver_due(self) -> int:
        """Deliver what is due now, once each; how many went out."""
        letters = self.take(AT_ONCE)
        await asyncio.gather(*(self._deliver(one) for one in letters))
        return len(letters)

    async def _run(self, is_over: Callable[[], bool]) -> None:
        out: set[asyncio.Task[None]] = set()
        while not is_over():
            # handed back as a value, whatever it is: a deliverer that stopped would let every platform wait
            (failed,) = await asyncio.gather(self._round(out), return_exceptions=True)
            pause_s = PAUSE_S if failed is None else WRONG_PAUSE_S
            self._say(
                "" if failed is None else failed.slug if isinstance(failed, AmparoError) else type(failed).__name__
            )
            if out:
                ended, out = await asyncio.wait(out, timeout=pause_s, return_when=asyncio.FIRST_COMPLETED)
                for one in ended:
                    if one.exception() is not None:
                        self._say(type(one.exception()).__name__)
            else:
                await asyncio.sleep(pause_s)
        if out:
            await asyncio.wait(out)

    async def _round(self, out: set[asyncio.Task[None]]) -> None:
        """Send out what is due, and now and then tidy and measure."""
        for letter in await asyncio.to_thread(self.take, AT_ONCE - len(out)):
            out.add(asyncio.create_task(self._deliver(letter)))
        if self._rounds % TIDY_ROUNDS == 0:
            await asyncio.to_thread(self.tidy)
        if self._rounds % 10 == 0:
            await asyncio.to_thread(self.measure)
        self._rounds += 1

    def take(self, most: int) -> list[Letter]:
        """Take up to ``most`` messages that are due; nobody else does until they are told of, or the lease is over."""
        now_us = to_us(self.webhooks.clock.now())
        with self.webhooks.db.read() as connection:
            if most <= 0 or not self._due(connection, now_us, most):
                return []
        letters = []
        lease, until_us = secrets.token_hex(8), now_us + (self.settings.webhook_timeout_ms + LEASE_MORE_MS) * 1_000
        with self.webhooks.db.write_soon() as connection:
            for webhook, due in self._due(connection, now_us, most):
                ids = [one.action_id for one in due]
                rows.take_lease(connection, webhook.id, ids, lease, until_us)
                found = rows.actions(connection, ids)
                letters += [self._letter(webhook, one, found[one.action_id], lease) for one in due]
        self._out.update(one.webhook_id for one in letters)
        return letters

    def _due(self, connection: Connection, now_us: int, most: int) -> list[tuple[AnyRow, list[AnyRow]]]:
        found = []
        for webhook in rows.ready(connection, now_us):
            is_failing = webhook.failures >= HELD_AFTER
            free = min(most, (1 if is_failing else AT_ONCE_EACH) - self._out[webhook.id])
            due = list(rows.heads(connection, webhook.id, now_us, free, least_tried=is_failing)) if free > 0 else []
            if due:
                found.append((webhook, due))
                most -= len(due)
        return found

    def _letter(self, webhook: AnyRow, due: AnyRow, row: AnyRow, lease: str) -> Letter:
        action, now = action_of(row), self.webhooks.clock.now()
        body = msgspec.json.encode({"type": "action.ordered", "timestamp": told(action)["at"], "data": told(action)})
        try:
            keys = self.webhooks.secrets_of(webhook)
            headers = signatures(keys, action.idempotency_key, int(now.timestamp()), body)
        except AmparoError:
            headers = {}  # nothing unsigned goes out: see _deliver
        return Letter(webhook.id, webhook.url, action.id, action.item_id, due.tries, due.since_us, lease, headers, body)

    async def _deliver(self, letter: Letter) -> None:
        try:
            if letter.headers:
                timeout_ms = self.settings.webhook_timeout_ms
                posted = await self.webhooks.poster.post(letter.url, letter.headers, letter.body, timeout_ms)
            else:
                posted = Posted(0, "no_secret")
            await asyncio.to_thread(self.note, letter, posted)
        finally:
            self._out[letter.webhook_id] -= 1

    def note(self, letter: Letter, posted: Posted) -> None:
        """Tell how a delivery ended. A lease that is over changes nothing: who has it now tells."""
        now_us = to_us(self.webhooks.clock.now())
        with self.webhooks.db.write_soon() as connection:
            if posted.is_taken:
                outcome = self._note_taken(connection, letter, posted, now_us)
            elif posted.status == HTTPStatus.GONE:
                outcome = self._note_gone(connection, letter, posted, now_us)
            else:
                outcome = self._note_failed(connection, letter, posted, now_us)
        if outcome:
            DELIVERIES.labels(outcome).inc()

    def _note_taken(self, connection: Connection, letter: Letter, posted: Posted, now_us: int) -> str:
        done = {"state": rows.DELIVERED, "tries": letter.tries + 1, "last_us": now_us, "last_outcome": posted.outcome}
        if not rows.note(connection, letter.webhook_id, letter.action_id, letter.lease, done):
            return ""
        rows.pass_earlier(connection, letter.webhook_id, letter.item_id, letter.action_id)
        webhook = rows.webhook_by_id(connection, letter.webhook_id)
        if webhook is not None and webhook.failures >= HELD_AFTER:
            rows.wake(connection, letter.webhook_id, now_us)
        well = {"failures": 0, "held_until_us": 0, "delivered_us": now_us, "last_outcome": posted.outcome}
        rows.set_webhook(connection, letter.webhook_id, well)
        return "delivered"

    def _note_gone(self, connection: Connection, letter: Letter, posted: Posted, now_us: int) -> str:
        done = {"state": rows.DEAD, "tries": letter.tries + 1, "last_us": now_us, "last_outcome": posted.outcome}
        if not rows.note(connection, letter.webhook_id, letter.action_id, letter.lease, done):
            return ""
        ended = {"state": rows.ENDED, "failed_us": now_us, "last_outcome": posted.outcome}
        rows.set_webhook(connection, letter.webhook_id, ended)
        rows.bury(connection, letter.webhook_id, "ended", now_us)
        return "dead"

    def _note_failed(self, connection: Connection, letter: Letter, posted: Posted, now_us: int) -> str:
        tries = letter.tries + 1
        is_old = now_us - letter.since_us > self.settings.webhook_days_max * 86_400 * US
        is_dead = tries >= self.settings.webhook_tries_max or is_old
        next_us = now_us + max(self._wait_us(tries), posted.retry_after_s * US)
        new: dict[str, object] = {"state": rows.DEAD} if is_dead else {"next_us": next_us}
        new |= {"tries": tries, "last_us": now_us, "last_outcome": posted.outcome}
        if not rows.note(connection, letter.webhook_id, letter.action_id, letter.lease, new):
            return ""
        webhook = rows.webhook_by_id(connection, letter.webhook_id)
        if webhook is not None:
            failures = webhook.failures + (posted.status not in WRONG_WITH_MESSAGE)
            held_us = self._held_us(failures) if failures >= HELD_AFTER else 0
            fares = {"failures": failures, "failed_us": now_us, "last_outcome": posted.outcome}
            rows.set_webhook(connection, letter.webhook_id, fares | {"held_until_us": now_us + held_us})
        return "dead" if is_dead else "failed"

    def tidy(self) -> None:
        """Set aside what waits for too long, forget what is over."""
        now = self.webhooks.clock.now()
        oldest = now - timedelta(days=self.settings.webhook_days_max)
        with self.webhooks.db.write_soon() as connection:
            for webhook in rows.webhooks(connection, None):
                if webhook.state == rows.ENDED:  # ordered while it ended
                    rows.bury(connection, webhook.id, "ended", to_us(now))
            number = rows.bury_old(connection, to_us(oldest), "too_old", to_us(now))
            rows.forget(connection, to_us(now - KEPT))
        if number:
            DELIVERIES.labels("dead").inc(number)

    def measure(self) -> None:
        """Tell how much waits, and how long."""
        with self.webhooks.db.read() as connection:
            number, oldest_us = rows.waiting(connection)
        WAITING.set(number)
        OLDEST_S.set(0 if oldest_us is None else max(0, to_us(self.webhooks.clock.now()) - oldest_us) / US)

    def _wait_us(self, tries: int) -> int:
        return int(min(FIRST_S * 2 ** min(tries - 1, 20), LAST_S) * self.chance.uniform(0.75, 1.25) * US)

    def _held_us(self, failures: int) -> int:
        far = min(HELD_FIRST_S * 2 ** min(failures - HELD_AFTER, 20), HELD_LAST_S)
        return int(far * self.chance.uniform(0.75, 1.25) * US)

    def _say(self, slug: str) -> None:
        if slug and slug != self._wrong:
            structlog.get_logger().error("deliveries cannot go on; it tries again", slug=slug)
        elif self._wrong and not slug:
            structlog.get_logger().info("deliveries go on")
        self._wrong = slug
