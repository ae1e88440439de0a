"""Open work in great numbers and of mixed kinds, straight into a ledger, for tests of pages and for the bench. Tests nothing itself."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from amparo.banks.model import BankPolicy, Listing
from amparo.banks.service import Banks
from amparo.errors import NotFound
from amparo.review import work_rows as rows
from amparo.review.model import WorkKind
from amparo.review.urgency import due_us
from amparo.store.db import Database
from amparo.store.many import insert_many
from amparo.terms.clock import Clock, to_us
from amparo.terms.signal import Signal

KINDS: tuple[WorkKind, ...] = ("match", "report", "match", "case", "match", "tip")
BANK = "seeded"
CONTENTS_MAX = 1_000
MINUTE_US = 60_000_000
CLIENTS = ((1, "forum"), (2, "photos"))
"""Ids and names of the clients in seeded copies; whoever decides on them makes these clients first (access.new_client)."""


def seed_work(db: Database, banks: Banks, clock: Clock, n: int, kinds: Sequence[WorkKind] = KINDS) -> list[int]:
    """``n`` open works, oldest first, of these kinds in turn; their ids. A 20th may show somebody under 18; each 7th has three copies.

    Matches are of contents that stand in the bank ``seeded``, each work of its own content as far as CONTENTS_MAX reach.
    """
    contents = _contents(banks, min(n, CONTENTS_MAX))
    now_us = to_us(clock.now())
    with db.write() as connection:
        first = rows.add_work(connection, _work(0, kinds[0], now_us - n * MINUTE_US))
        numbers = range(1, n)
        insert_many(
            connection,
            rows.work,
            [{"id": first + at, **_work(at, kinds[at % len(kinds)], now_us - (n - at) * MINUTE_US)} for at in numbers],
        )
        _after(connection, first + n)
        insert_many(connection, rows.work_copy, _copies(first, n, kinds, now_us))
        insert_many(connection, rows.work_content, _met(first, n, kinds, contents))
    return list(range(first, first + n))


def _contents(banks: Banks, number: int) -> list[int]:
    try:
        banks.bank(BANK)
    except NotFound:
        banks.new_bank(BANK, BankPolicy())
    listings = [Listing((Signal("pdq", (at + 1).to_bytes(32, "big")),), f"seed-{at}") for at in range(number)]
    return [one.content_id or 0 for one in banks.list_contents(BANK, "partner", listings)]


def _work(at: int, kind: WorkKind, opened_us: int) -> dict[str, Any]:
    is_minor = at % 20 == 19
    return {
        "kind": kind,
        "state": "open",
        "queue": "under_18" if is_minor else "adult",
        "cluster": None,
        "due_us": due_us(opened_us, ["under_18" if is_minor else kind]),
        "opened_us": opened_us,
        "updated_us": opened_us,
        "copies": _number_of_copies(at, kind),
        "minor_possible": int(is_minor),
        "case_uid": f"{opened_us:032x}" if kind in ("case", "tip") else None,
    }


def _number_of_copies(at: int, kind: WorkKind) -> int:
    if kind in ("case", "tip"):
        return 0
    return 3 if at % 7 == 0 else 1


def _copies(first: int, n: int, kinds: Sequence[WorkKind], now_us: int) -> list[dict[str, Any]]:
    found = []
    for at in range(n):
        kind = kinds[at % len(kinds)]
        for number in range(_number_of_copies(at, kind)):
            client_id, client = CLIENTS[(at + number) % len(CLIENTS)]
            is_match = kind == "match"
            found.append(
                {
                    "work_id": first + at,
                    "client_id": client_id,
                    "client": client,
                    "item_id": f"post-{at}-{number}",
                    "times": 1 + number,
                    "first_us": now_us - (n - at) * MINUTE_US,
                    "last_us": now_us - (n - at) * MINUTE_US,
                    "event_id": None,
                    "report_id": None,
                    "kind": "pdq" if is_match else "",
                    "distance_bits": (at * 7 + number) % 31 if is_match else None,
                    "threshold_bits": 31 if is_match else None,
                    "view": "identity" if is_match else "",
                }
            )
    return found


def _met(first: int, n: int, kinds: Sequence[WorkKind], contents: Sequence[int]) -> list[dict[str, Any]]:
    return [
        {"work_id": first + at, "content_id": contents[at % len(contents)], "bank": BANK}
        for at in range(n)
        if kinds[at % len(kinds)] == "match"
    ]


def _after(connection: Connection, next_id: int) -> None:
    """Numbers to come follow those that were written."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('work', 'id'), {next_id - 1})")
