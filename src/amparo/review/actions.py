"""What is asked of platforms: an action ordered, what stands for an item, reversals, and the record that clients read. Delivers nothing.

An action is ordered in the transaction of what caused it, so that neither is there without the other. Numbers follow the order of
commits: whoever read up to one has seen all before it.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, cast

from sqlalchemy import Connection

from amparo.access.service import client_name
from amparo.errors import Conflict
from amparo.review import action_rows as rows
from amparo.review import delivery_rows
from amparo.review.model import Action, ActionName, Ground, Standing, Wanted
from amparo.store.db import AnyRow, Database
from amparo.store.glance import Glance
from amparo.store.many import parts
from amparo.terms.clock import Clock, from_us, to_text, to_us

KEY_BYTES: Final = 16
PAGE_MAX: Final = 1_000
RESTORE_SKIPS: Final = 1_000_000_000
AUTOMATIC: Final = frozenset({"match", "request", "report"})
"""Grounds on which an item is hidden before anybody decided."""


@dataclass(frozen=True, slots=True)
class Actions:
    """The verbs over one ledger."""

    db: Database
    clock: Clock
    _newest: Glance = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Make ready the question that those who wait ask again and again."""
        object.__setattr__(self, "_newest", Glance(self.db, rows.NEWEST))

    def order(self, connection: Connection, wanted: Wanted) -> int:
        """Order an action in the transaction of ``Database.write``; its number. It goes out once that is committed.

        A hide that nobody decided adds nothing where the item is hidden or removed for as long already: then the number is that of
        the action that stands. Raises: NotFound (unknown_client).
        """
        stands = rows.standing(connection, wanted.client_id, wanted.item_id)
        if stands is not None and _covers(stands, wanted):
            return int(stands.action_id)
        now_us, action_id = to_us(self.clock.now()), rows.next_id(connection)
        values = {
            "id": action_id,
            "client_id": wanted.client_id,
            "client": client_name(connection, wanted.client_id),
            "item_id": wanted.item_id,
            "action": wanted.action,
            "ground": wanted.ground,
            "by_whom": wanted.by,
            "work_id": wanted.work_id,
            "decision_id": wanted.decision_id,
            "at_us": now_us,
            "until_us": wanted.until_us,
            "reverses": wanted.reverses,
            "idempotency_key": secrets.token_hex(KEY_BYTES),
        }
        rows.add(connection, values)
        known = ("client_id", "item_id", "action", "ground", "until_us")
        rows.stand(connection, {name: values[name] for name in known} | {"action_id": action_id})
        delivery_rows.enqueue(connection, wanted.client_id, action_id, wanted.item_id, now_us)
        return action_id

    def standing(self, connection: Connection, client_id: int, item_id: str) -> Standing | None:
        """What was asked for last of an item, None where nothing was."""
        row = rows.standing(connection, client_id, item_id)
        return None if row is None else _standing_of(row)

    def standings(self, connection: Connection, items: Sequence[tuple[int, str]]) -> dict[tuple[int, str], Standing]:
        """As ``standing`` of each of these items (client and item id), in few questions; those of which nothing was asked are left out."""
        by_client: dict[int, list[str]] = {}
        for client_id, item_id in items:
            by_client.setdefault(client_id, []).append(item_id)
        return {
            (client_id, row.item_id): _standing_of(row)
            for client_id, named in by_client.items()
            for part in parts(named)
            for row in rows.standings(connection, client_id, part)
        }

    def reverse(self, connection: Connection, decision_id: int, by: str) -> list[int]:
        """Take back, newest first, what a decision ordered, where it still stands; the numbers of the new actions.

        A hide or removal is restored. What a decision had restored stands again as it stood before, unless that has ended since.
        """
        now_us = to_us(self.clock.now())
        made = []
        for row in rows.of_decision(connection, decision_id):
            stands = rows.standing(connection, row.client_id, row.item_id)
            if stands is None or stands.action_id != row.id:
                continue  # another asked for something else since: theirs stands
            back = _taken_back(row, rows.before(connection, row), by, now_us)
            if back is not None:
                made.append(self.order(connection, back))
        return made

    def after(self, client_id: int | None, cursor: int, limit: int) -> list[Action]:
        """Actions with numbers over ``cursor`` in order, at most PAGE_MAX, of one client or (None) of all.

        Raises: Conflict (cursor_ahead) for a number that was never given: the reader knows another ledger.
        """
        with self.db.read() as connection:
            if cursor > rows.newest(connection):
                raise Conflict(
                    "cursor_ahead",
                    "this cursor is ahead of the record of actions",
                    "It is of another ledger; begin again at 0: what is there already is told by its idempotency_key.",
                )
            return [action_of(row) for row in rows.after(connection, client_id, cursor, min(limit, PAGE_MAX))]

    def one(self, action_id: int) -> Action | None:
        """An action by its number."""
        with self.db.read() as connection:
            row = rows.one(connection, action_id)
        return None if row is None else action_of(row)

    def newest(self, known: int) -> int:
        """The newest number, if it is over ``known``, else ``known``. Cheap: asked again and again for all who wait."""
        return max(known, int(self._newest.look(known)[0]))

    def close(self) -> None:
        """Give the kept connection back."""
        self._newest.close()


def skip_numbers(db: Database) -> None:
    """Go on RESTORE_SKIPS numbers later: what was given after a backup is given to nothing else when that is restored.

    Platforms pass over what is not newer than the last they did for an item, and read on from the last they saw.
    """
    with db.write() as connection:
        rows.skip(connection, RESTORE_SKIPS)


def action_of(row: AnyRow) -> Action:
    """A row as the action that it is."""
    return Action(
        row.id,
        row.client_id,
        row.client,
        row.item_id,
        cast("ActionName", row.action),
        cast("Ground", row.ground),
        row.by_whom,
        from_us(row.at_us),
        row.idempotency_key,
        None if row.until_us is None else from_us(row.until_us),
        row.reverses,
    )


def told(action: Action) -> dict[str, object]:
    """An action as its client is told it, by GET /v1/actions and by webhooks alike. by: never which of the staff."""
    return {
        "action_id": action.id,
        "item_id": action.item_id,
        "action": action.action,
        "ground": action.ground,
        "by": action.by.partition(":")[0],
        "at": to_text(action.at),
        "until": None if action.until is None else to_text(action.until),
        "reverses": action.reverses,
        "idempotency_key": action.idempotency_key,
    }


def _standing_of(row: AnyRow) -> Standing:
    until = None if row.until_us is None else from_us(row.until_us)
    return Standing(row.action_id, row.action, row.ground, until)


def _covers(stands: AnyRow, wanted: Wanted) -> bool:
    """Whether a hide that nobody decided would change nothing."""
    if wanted.action != "hide" or wanted.ground not in AUTOMATIC or wanted.decision_id is not None:
        return False
    if stands.action not in ("hide", "remove"):
        return False
    return stands.until_us is None or (wanted.until_us is not None and stands.until_us >= wanted.until_us)


def _taken_back(row: AnyRow, stood: AnyRow | None, by: str, now_us: int) -> Wanted | None:
    same = {"client_id": row.client_id, "item_id": row.item_id, "by": by, "work_id": row.work_id, "reverses": row.id}
    if row.action != "restore":
        return Wanted(action="restore", ground="decision", **same)
    if stood is None or stood.action == "restore" or (stood.until_us is not None and stood.until_us <= now_us):
        return None
    return Wanted(action=stood.action, ground=stood.ground, until_us=stood.until_us, **same)
