"""Writes match events and counters, many callers in one commit. Decides nothing but when a content is flooded.

An event is committed before its caller goes on; a miss is a counter, kept in memory up to a second.
"""

import json
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from amparo.banks.service import Banks
from amparo.match import rows
from amparo.match.flood import HOUR_US, Rate, advance, is_tripped
from amparo.match.model import Item, Verdict
from amparo.match.settings import MatchSettings
from amparo.store.db import Database
from amparo.terms.clock import to_us

RATED_PER_EVENT_MAX = 100


@dataclass(slots=True)
class _Waiting:
    values: dict[str, object]
    content_ids: Sequence[int]
    done: threading.Event = field(default_factory=threading.Event)
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class Asker:
    """In whose name a verdict was asked."""

    client_id: int
    client: str
    request_id: str


class Recorder:
    """One a process. Whoever comes first writes for all who wait."""

    def __init__(self, db: Database, banks: Banks, settings: MatchSettings) -> None:
        self._db = db
        self._banks = banks
        self._settings = settings
        self._queue: list[_Waiting] = []
        self._counts: Counter[tuple[int, int, str]] = Counter()
        self._queue_lock = threading.Lock()
        self._write_lock = threading.Lock()

    def record(self, asker: Asker, item: Item, verdict: Verdict, now_us: int) -> None:
        """Keep the verdict; on a match, committed when this returns."""
        with self._queue_lock:
            self._counts[asker.client_id, now_us - now_us % HOUR_US, verdict.verdict] += 1
            if verdict.verdict != "match":
                return
            waiting = _Waiting(
                _event_row(asker, item, verdict, now_us),
                [one.content_id for one in verdict.matches[:RATED_PER_EVENT_MAX]],
            )
            self._queue.append(waiting)
        self._write_out(now_us)
        waiting.done.wait()
        if waiting.error is not None:
            raise waiting.error

    def count(self, client_id: int, numbers: Mapping[str, int], now_us: int) -> None:
        """Count verdicts that leave no event, by their name."""
        with self._queue_lock:
            for verdict, number in numbers.items():
                self._counts[client_id, now_us - now_us % HOUR_US, verdict] += number

    def flush(self, now_us: int) -> None:
        """Write the counters held in memory."""
        self._write_out(now_us)

    def _write_out(self, now_us: int) -> None:
        with self._write_lock:
            with self._queue_lock:
                queue, self._queue = self._queue, []
                counts, self._counts = self._counts, Counter()
            if not queue and not counts:
                return
            try:
                with self._db.write_soon() as connection:
                    rows.add_events(connection, [one.values for one in queue])
                    rows.count(connection, counts)
                    flooded = self._rate(connection, queue, now_us)
                counts = Counter()  # they are in, whatever comes after
                if flooded:
                    self._banks.guard(flooded)
            except Exception as error:  # noqa: BLE001  # handed to each who waits
                for one in queue:
                    one.error = error
                with self._queue_lock:
                    self._counts += counts
            finally:
                for one in queue:
                    one.done.set()

    def _rate(self, connection: Connection, queue: Sequence[_Waiting], now_us: int) -> list[int]:
        met = Counter(content_id for one in queue for content_id in one.content_ids)
        known = rows.rates(connection, list(met)) if met else {}
        flooded = []
        for content_id, number in met.items():
            row = known.get(content_id)
            rate = advance(None if row is None else Rate(row.hour_us, row.number, row.base_per_hour), now_us, number)
            rows.set_rate(
                connection,
                {
                    "content_id": content_id,
                    "hour_us": rate.hour_us,
                    "number": rate.count,
                    "base_per_hour": rate.base_per_hour,
                },
            )
            if is_tripped(rate, self._settings.flood_matches_min, self._settings.flood_factor):
                flooded.append(content_id)
        return flooded


def _event_row(asker: Asker, item: Item, verdict: Verdict, now_us: int) -> dict[str, object]:
    matches = [
        {
            "bank": one.bank,
            "content_id": one.content_id,
            "kind": one.kind,
            "distance_bits": one.distance_bits,
            "threshold_bits": one.threshold_bits,
            "view": one.view,
            **({"also_bits": dict(zip(one.also, one.also_bits, strict=True))} if one.also else {}),
            **({} if one.query_share is None else {"query_share": one.query_share, "content_share": one.content_share}),
        }
        for one in verdict.matches
    ]
    return {
        "at_us": now_us,
        "request_id": asker.request_id,
        "client_id": asker.client_id,
        "client": asker.client,
        "item_id": item.item_id,
        "uploader_ref": item.uploader_ref,
        "uploaded_us": None if item.uploaded_at is None else to_us(item.uploaded_at),
        "suggested_action": verdict.suggested_action,
        "policy": verdict.policy,
        "generation": verdict.index_generation,
        "matches": json.dumps(matches),
        "may_be_minor": int(verdict.may_be_minor),
    }
