"""The queue with 100,000 open works: the next card, a card by number, pages of the list, counts and decisions, each timed by itself, on SQLite
and PostgreSQL; `./amparo bench queue [COUNT]`. Two staff take turns in one process; no page is made. cpu: processor time of that process alone, which other
work on the machine changes least. Judges nothing.
"""

import contextlib
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from amparo.access.staff_model import StaffPrincipal
from amparo.app.review import Reviewing, reviewing
from amparo.app.rooms import Rooms, open_rooms, settings_of
from amparo.banks.model import BankPolicy, Listing
from amparo.review.asking import Filter
from amparo.review.model import Decision
from amparo.review.work_rows import work, work_content, work_copy
from amparo.store.many import insert_many
from amparo.terms.clock import to_us
from amparo.terms.signal import Signal
from tests.postgres import Server

OPEN = 100_000
DONE_SHARE = 0.3
"""So many decided works lie in the tables beside the open ones."""
TURNS = 400
CONTENTS = 20_000
AT_ONCE = 20_000
GOAL_MS = 50.0
KINDS = ("match", "match", "match", "match", "match", "report", "report", "case", "tip", "match")
DAY_US = 86_400_000_000


@contextlib.contextmanager
def rooms_on(ledger: str) -> Iterator[Rooms]:
    """Rooms over a new data folder. ledger: "sqlite" or "postgresql", which syncs what it commits."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="amparo-bench-")))
        if ledger == "postgresql":
            server = Server(())
            stack.callback(server.remove)
            server.start()
            os.environ["AMPARO_DATABASE_URL"] = server.url(server.new_database(), over_tcp=True)
            stack.callback(os.environ.pop, "AMPARO_DATABASE_URL")
        rooms = open_rooms(settings_of(folder))
        stack.callback(rooms.close)
        yield rooms


def fill(rooms: Rooms, count: int) -> None:
    """So many open works of all kinds, with copies, contents, some assigned, and decided ones beside them."""
    rooms.banks.new_bank("Bench", BankPolicy())
    chance, ids = random.Random(2026), []
    for first in range(0, CONTENTS, AT_ONCE):
        listings = [
            Listing((Signal("md5", (first + at).to_bytes(16, "big")),), str(first + at)) for at in range(AT_ONCE)
        ]
        ids += [one.content_id for one in rooms.banks.list_contents("Bench", "bench", listings)]
    now_us, total = to_us(rooms.clock.now()), count + round(count * DONE_SHARE)
    for first in range(1, total + 1, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, total + 1))
        with rooms.db.write() as connection:
            insert_many(connection, work, [_work(number, now_us, chance, is_done=number > count) for number in numbers])
            copies = [_copy(number, at, now_us) for number in numbers for at in range(chance.choice((1, 1, 2, 5)))]
            insert_many(connection, work_copy, copies)
            met = [
                {"work_id": number, "content_id": one, "bank": "Bench"}
                for number in numbers
                for one in {chance.choice(ids), chance.choice(ids)}
            ]
            insert_many(connection, work_content, met)
    if not rooms.db.is_file:
        with rooms.db.alter() as connection:
            connection.exec_driver_sql("ANALYZE")


def _work(number: int, now_us: int, chance: random.Random, *, is_done: bool) -> dict[str, Any]:
    kind, opened = KINDS[number % len(KINDS)], now_us - chance.randrange(DAY_US)
    return {
        "id": number, "kind": kind, "state": "done" if is_done else "open",
        "queue": "under_18" if chance.random() < 0.02 else "adult", "cluster": None,
        "due_us": opened + chance.randrange(DAY_US), "opened_us": opened, "updated_us": opened, "copies": 1,
        "minor_possible": 0, "assigned_to": 1 if chance.random() < 0.05 else None, "locked_by": None,
        "locked_until_us": None, "barred_id": None, "case_uid": None, "decision_id": None,
        "decided_us": opened if is_done else None,
    }  # fmt: skip


def _copy(number: int, at: int, now_us: int) -> dict[str, Any]:
    return {
        "work_id": number, "client_id": 1, "item_id": f"item-{number}-{at}", "client": "Harbour" if number % 3 else "Quay",
        "times": 1, "first_us": now_us, "last_us": now_us, "event_id": number, "report_id": None, "kind": "pdq",
        "distance_bits": number % 31, "threshold_bits": 31, "view": "plain",
    }  # fmt: skip


def measured(review: Reviewing, count: int) -> dict[str, dict[str, float]]:
    """Milliseconds of each verb over TURNS turns of two staff."""
    staff = [StaffPrincipal(number, f"Staff {number}", "lead", "en") for number in (1, 2)]
    chance = random.Random(7)
    took: dict[str, list[float]] = {}
    own: dict[str, list[float]] = {}

    def timed(name: str, act: Callable[[], Any]) -> Any:
        began, worked = time.perf_counter(), time.thread_time()
        given = act()
        took.setdefault(name, []).append((time.perf_counter() - began) * 1e3)
        own.setdefault(name, []).append((time.thread_time() - worked) * 1e3)
        return given

    wanted, narrow = Filter(), Filter(kinds=("match",), client="Quay", bank="Bench")
    for turn in range(TURNS):
        who = staff[turn % 2]
        card = timed("next card", lambda who=who: review.queue.next(who, wanted))
        if card is None:
            raise SystemExit("the queue is empty")
        if turn % 4 == 3:
            timed("skip", lambda who=who, card=card: review.queue.skip(who, card.work.id))
        else:
            decision = Decision("not_this", None, "no_ground")
            timed(
                "decide",
                lambda who=who, card=card, turn=turn, d=decision: review.deciding.decide(
                    who, card.work.id, d, str(turn)
                ),
            )
        timed("next card, filtered", lambda who=who: review.queue.next(who, narrow))
        timed("card by number", lambda who=who: review.queue.card(who, chance.randrange(1, count + 1)))
        if turn % 4 == 0:
            page = timed("page of the list", lambda who=who: review.queue.listed(who, wanted, None, 50))
            for _ in range(3):
                page = timed(
                    "page further down", lambda who=who, after=page.after: review.queue.listed(who, wanted, after, 50)
                )
            timed("counts", lambda who=who: review.queue.counts(who))
    return {name: spread(each) | {"cpu_p95_ms": spread(own[name])["p95_ms"]} for name, each in took.items()}


def spread(took: list[float]) -> dict[str, float]:
    """The middle, the 95th and 99th of a hundred, the longest."""
    ordered = sorted(took)
    at = lambda share: ordered[min(len(ordered) - 1, int(len(ordered) * share))]  # noqa: E731 - said three times
    return {"p50_ms": statistics.median(ordered), "p95_ms": at(0.95), "p99_ms": at(0.99), "max_ms": ordered[-1]}


def main(words: list[str]) -> None:
    """Print a table for each ledger, then one JSON line."""
    count = int(words[0]) if words and words[0].isdigit() else OPEN
    told: dict[str, Any] = {"bench": "queue", "open": count}
    for ledger in ("sqlite", "postgresql"):
        with rooms_on(ledger) as rooms:
            began = time.perf_counter()
            fill(rooms, count)
            print(
                f"{ledger}: {count} open works, made in {time.perf_counter() - began:.0f} s; goal: p95 {GOAL_MS:.0f} ms"
            )
            told[ledger] = figures = measured(reviewing(rooms), count)
        for name, row in figures.items():
            print(f"  {name:22}", "  ".join(f"{what.removesuffix('_ms')} {ms:7.2f} ms" for what, ms in row.items()))
        sys.stdout.flush()
    print(json.dumps(told))
