"""The client's own copy of an item, fetched at the moment of a look from the address it gave for that. Keeps nothing.

The request is signed as webhooks are (Standard Webhooks: id, time, and an HMAC over them), so that the client can refuse all others.
What is signed in the place of a body is the path with its query. The host must stand in ``wire.fetch_hosts``.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol
from urllib.parse import quote, urlsplit

from anyio.to_thread import run_sync
from sqlalchemy import Connection

from amparo.access.staff_model import StaffPrincipal
from amparo.errors import NotFound
from amparo.review.subjects import CopyKey, Subject
from amparo.review.webhook_secrets import signatures
from amparo.store.db import Database
from amparo.terms.clock import Clock
from amparo.wire import Fetched

ITEM: Final = "{item_id}"


@dataclass(frozen=True, slots=True)
class MediaDoor:
    """Where a client hands out its items for a look. url: with ``{item_id}`` in it. secret: ``whsec_`` and base64."""

    url: str
    secret: str = field(repr=False)


class Fetching(Protocol):
    """The one door out (wire/fetch.py)."""

    async def fetch(self, url: str, headers: dict[str, str] | None = None) -> Fetched:
        """The file. Raises: Refused (fetch_off), BadInput (bad_url, not_fetched), TooLarge, Unavailable (saturated)."""
        ...


@dataclass(frozen=True, slots=True)
class ClientCopies:
    """door_within: the address a client gave, None where it gave none. fetcher: asked for when needed."""

    db: Database
    clock: Clock
    door_within: Callable[[Connection, int], MediaDoor | None]
    fetcher: Callable[[], Fetching]

    def place_within(self, connection: Connection, subject: Subject, copy: CopyKey, now_us: int) -> str:
        """The address of this copy, "" where it has none."""
        del subject, now_us
        door = self.door_within(connection, copy.client_id) if copy.item_id else None
        return "" if door is None or ITEM not in door.url else door.url.replace(ITEM, quote(copy.item_id, safe=""))

    async def bytes_at(self, place: str, copy: CopyKey, principal: StaffPrincipal) -> bytes:
        """The file as the client hands it out now. Raises: NotFound (no_media), as ``Fetching.fetch``."""
        del principal
        door = await run_sync(self._door, copy.client_id)
        message_id, at_s = f"look_{secrets.token_hex(12)}", int(self.clock.now().timestamp())
        return (await self.fetcher().fetch(place, signed(door.secret, message_id, at_s, place))).data

    def _door(self, client_id: int) -> MediaDoor:
        with self.db.read() as connection:
            door = self.door_within(connection, client_id)
        if door is None:
            raise NotFound("no_media", "the client hands out nothing for looks", "Decide by the facts, or pass it on.")
        return door


def signed(secret: str, message_id: str, at_s: int, url: str) -> dict[str, str]:
    """The headers of a signed GET: as of a webhook, over path and query in the place of a body."""
    parts = urlsplit(url)
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    return signatures([secret], message_id, at_s, path.encode())
