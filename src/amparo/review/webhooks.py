"""Webhooks: where a client takes its actions, with which secret; what could not be delivered, and sending it again. Delivers nothing but a test."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal, cast

import msgspec
from sqlalchemy import Connection

from amparo.access.service import client_name
from amparo.errors import BadInput, Conflict, LimitReached, NotFound, Tampered
from amparo.review import delivery_rows as rows
from amparo.review.client_copies import ITEM, MediaDoor
from amparo.review.webhook_secrets import new_secret, signatures
from amparo.sealing.box import Box
from amparo.store.db import AnyRow, Database
from amparo.terms.clock import Clock, from_us, to_text, to_us
from amparo.wire import Posted, Poster

WebhookState = Literal["live", "paused", "ended"]
BOTH_SIGN: Final = timedelta(hours=24)
WEBHOOKS_MAX: Final = 10
PAGE_MAX: Final = 1_000
MEDIA_URL_CHARS_MAX: Final = 2_048


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where a client takes its actions. state: ended: the receiver answered 410. held_until: it failed, and is left alone until then.

    waiting, dead: messages. oldest_at: since when the oldest waits.
    """

    id: int
    client_id: int
    client: str
    url: str
    state: WebhookState
    made_at: datetime
    both_until: datetime | None
    waiting: int
    dead: int
    oldest_at: datetime | None
    delivered_at: datetime | None
    failed_at: datetime | None
    last_outcome: str
    held_until: datetime | None


@dataclass(frozen=True, slots=True)
class Dead:
    """A message that was set aside. may_go: whether it can be sent again; not after a later one on the same item was delivered."""

    action_id: int
    item_id: str
    action: str
    tries: int
    since: datetime
    last_at: datetime | None
    last_outcome: str
    may_go: bool


@dataclass(frozen=True, slots=True)
class Webhooks:
    """The verbs over one ledger. whose: a client's own alone; None for all.

    box: locks the secrets. Unknown webhooks, and those of others, are NotFound (unknown_webhook).
    """

    db: Database
    clock: Clock
    box: Box = field(repr=False)
    poster: Poster
    timeout_ms: int

    def new(self, client_id: int, url: str) -> tuple[Webhook, str]:
        """A new webhook and its secret, which is told once. Raises: BadInput (bad_post_url), NotFound (unknown_client), LimitReached (too_many_webhooks)."""
        self.poster.check(url)
        text, now_us = new_secret(), to_us(self.clock.now())
        with self.db.write() as connection:
            name = client_name(connection, client_id)
            if len(rows.webhooks(connection, client_id)) >= WEBHOOKS_MAX:
                raise LimitReached(
                    "too_many_webhooks", f"a client has at most {WEBHOOKS_MAX} webhooks", "Delete one that is not used."
                )
            webhook_id = rows.add_webhook(connection, {"client_id": client_id, "client": name, "url": url}, now_us)
            rows.set_webhook(connection, webhook_id, {"secret": self._locked(webhook_id, text)})
            return self._one(connection, webhook_id, None), text

    def all(self, whose: int | None) -> list[Webhook]:
        """The webhooks, oldest first."""
        with self.db.read() as connection:
            return [_webhook(row, rows.figures(connection, row.id)) for row in rows.webhooks(connection, whose)]

    def one(self, webhook_id: int, whose: int | None) -> Webhook:
        """A webhook."""
        with self.db.read() as connection:
            return self._one(connection, webhook_id, whose)

    def change(
        self, webhook_id: int, whose: int | None, *, url: str | None = None, is_paused: bool | None = None
    ) -> Webhook:
        """Another address; pause, or (False) go on, also after its end. Raises: BadInput (bad_post_url)."""
        if url is not None:
            self.poster.check(url)
        with self.db.write() as connection:
            self._one(connection, webhook_id, whose)
            new: dict[str, object] = {} if url is None else {"url": url}
            if is_paused is not None:
                new["state"] = rows.PAUSED if is_paused else rows.LIVE
            if new:
                rows.set_webhook(connection, webhook_id, new | {"failures": 0, "held_until_us": 0})
            return self._one(connection, webhook_id, whose)

    def renew_secret(self, webhook_id: int, whose: int | None) -> tuple[Webhook, str]:
        """Another secret, told once; for BOTH_SIGN messages carry a signature of each."""
        text, now = new_secret(), self.clock.now()
        with self.db.write() as connection:
            self._one(connection, webhook_id, whose)
            until = {"before_until_us": to_us(now + BOTH_SIGN)}
            new = {"secret": self._locked(webhook_id, text), "secret_before": rows.secret_of(connection, webhook_id)}
            rows.set_webhook(connection, webhook_id, new | until)
            return self._one(connection, webhook_id, whose), text

    def delete(self, webhook_id: int, whose: int | None) -> None:
        """It and all that waits for it. The actions stay in the record."""
        with self.db.write() as connection:
            self._one(connection, webhook_id, whose)
            rows.drop_webhook(connection, webhook_id)

    async def test(self, webhook_id: int, whose: int | None) -> Posted:
        """Send a message of type ``webhook.test`` now, once, and tell how it ended."""
        with self.db.read() as connection:
            self._one(connection, webhook_id, whose)
            row = rows.webhook_by_id(connection, webhook_id)
        assert row is not None
        now = self.clock.now()
        message_id = f"test_{secrets.token_hex(12)}"
        body = msgspec.json.encode({"type": "webhook.test", "timestamp": to_text(now), "data": {}})
        headers = signatures(self.secrets_of(row), message_id, int(now.timestamp()), body)
        return await self.poster.post(row.url, headers, body, self.timeout_ms)

    def dead(self, webhook_id: int, whose: int | None, after: int, limit: int) -> list[Dead]:
        """Messages that were set aside, by the number of their action."""
        with self.db.read() as connection:
            self._one(connection, webhook_id, whose)
            return [_dead(row) for row in rows.dead(connection, webhook_id, after, min(limit, PAGE_MAX))]

    def replay(self, webhook_id: int, whose: int | None, action_ids: Sequence[int] | None = None) -> int:
        """Send dead ones again, None: all; how many wait now. One after which a later was delivered stays: it would undo that.

        Raises: Conflict (webhook_ended).
        """
        with self.db.write() as connection:
            if self._one(connection, webhook_id, whose).state == rows.ENDED:
                raise Conflict("webhook_ended", "this webhook has ended", "Let it go on first: PATCH paused: false.")
            number = rows.replay(connection, webhook_id, action_ids, to_us(self.clock.now()))
            rows.set_webhook(connection, webhook_id, {"failures": 0, "held_until_us": 0})
            return number

    def secrets_of(self, row: AnyRow) -> list[str]:
        """What signs: the present secret, and for a time the one before. Raises: Tampered (sealed_damaged)."""
        held = [row.secret]
        if row.secret_before is not None and row.before_until_us > to_us(self.clock.now()):
            held.append(row.secret_before)
        return [self.box.open(one, _about(row.id)).decode() for one in held]

    def unreadable(self) -> list[int]:
        """Webhooks whose secret does not open: their key is another, or they are damaged."""
        with self.db.read() as connection:
            return [row.id for row in rows.webhooks(connection, None) if not self._opens(row)]

    # --- where a client hands out media for a look

    def set_media_door(self, client_id: int, url: str | None) -> str | None:
        """Where its items may be fetched for a look, with ``{item_id}`` in it; the secret that signs the questions, told once.

        None takes it away. Raises: BadInput (bad_media_url), NotFound (unknown_client).
        """
        if url is not None and not (url.startswith(("https://", "http://")) and ITEM in url and url.isprintable() and len(url) <= MEDIA_URL_CHARS_MAX):  # fmt: skip
            raise BadInput(
                "bad_media_url",
                "this is no address of a client's media",
                f"https://HOST/PATH with {ITEM} in it; the host also stands in wire.fetch_hosts.",
            )
        text = new_secret()
        with self.db.write() as connection:
            client_name(connection, client_id)
            locked = None if url is None else self.box.lock(text.encode(), b"media door:%d" % client_id)
            rows.set_door(connection, client_id, url or "", locked, to_us(self.clock.now()))
        return None if url is None else text

    def media_door_within(self, connection: Connection, client_id: int) -> MediaDoor | None:
        """Where a client hands out its items. Raises: Tampered (sealed_damaged)."""
        row = rows.door(connection, client_id)
        if row is None:
            return None
        return MediaDoor(row.media_url, self.box.open(row.secret, b"media door:%d" % client_id).decode())

    def media_urls(self) -> dict[int, str]:
        """The addresses by client."""
        with self.db.read() as connection:
            return {row.client_id: row.media_url for row in rows.doors(connection)}

    def _opens(self, row: AnyRow) -> bool:
        try:
            self.secrets_of(row)
        except (Tampered, UnicodeDecodeError):
            return False
        return True

    def _one(self, connection: Connection, webhook_id: int, whose: int | None) -> Webhook:
        row = rows.webhook_by_id(connection, webhook_id) if 0 < webhook_id < 2**63 else None
        if row is None or (whose is not None and row.client_id != whose):
            raise NotFound("unknown_webhook", "there is no such webhook", "List them at GET /v1/webhooks.")
        return _webhook(row, rows.figures(connection, webhook_id))

    def _locked(self, webhook_id: int, text: str) -> bytes:
        return self.box.lock(text.encode(), _about(webhook_id))


def _about(webhook_id: int) -> bytes:
    return b"webhook:%d" % webhook_id


def _instant(us: int | None) -> datetime | None:
    return None if not us else from_us(us)


def _webhook(row: AnyRow, figures: tuple[int, int, int | None]) -> Webhook:
    waiting, dead, oldest_us = figures
    return Webhook(
        id=row.id,
        client_id=row.client_id,
        client=row.client,
        url=row.url,
        state=cast("WebhookState", row.state),
        made_at=from_us(row.made_us),
        both_until=_instant(row.before_until_us),
        waiting=waiting,
        dead=dead,
        oldest_at=_instant(oldest_us),
        delivered_at=_instant(row.delivered_us),
        failed_at=_instant(row.failed_us),
        last_outcome=row.last_outcome,
        held_until=_instant(row.held_until_us),
    )


def _dead(row: AnyRow) -> Dead:
    return Dead(
        row.action_id,
        row.item_id,
        row.action,
        row.tries,
        from_us(row.since_us),
        _instant(row.last_us),
        row.last_outcome,
        row.state == rows.DEAD,
    )
