"""Questions to the past, worked off in slices: what other thresholds of a bank would have met or not. Changes no bank, records no match.

A slice is some match events, or one file of the upload log; what it counted and how far it came are saved together, so a killed
worker goes on where it was, one that was ended stops after its slice, and of two workers at one slice only one counts.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from amparo.banks.feed import newest_signal
from amparo.banks.model import Bank, BankPolicy, Candidate, check_policy
from amparo.banks.service import Banks
from amparo.errors import AmparoError, BadInput, LimitReached, NotFound
from amparo.match import what_if_rows as rows
from amparo.match.events import event_of
from amparo.match.model import Event, VideoRule
from amparo.match.rescan import Rescan, Retro
from amparo.match.what_if import Change, Tally, change_of, count_narrower
from amparo.store.db import AnyRow, Database
from amparo.terms.clock import Clock, from_us, to_us
from amparo.uploads.model import LOGGED
from amparo.uploads.scan import met_in, scan_unit
from amparo.uploads.service import UploadLog, start_us
from amparo.uploads.unit import Unit

State = Literal["waiting", "running", "done", "ended", "failed"]
DAY_US: Final = 86_400_000_000
DAYS_MAX: Final = 366
EVENTS_AT_ONCE: Final = 2_000
OPEN_MAX: Final = 20
KEPT: Final = 200
DEPTH: Final = 50_000
"""Newest events among which those of one content are looked for."""


class _Place(msgspec.Struct, frozen=True):
    """How far it came: events up to this id, then files up to this name. event_last: the last that counts."""

    event: int = 0
    event_last: int = -1
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Supposed:
    """One question and what is known by now. lost: of match events; gained: of logged uploads. has_log: there were any.

    wider, narrower: the kinds that would meet more, or less. done, total: slices, for progress.
    """

    id: int
    bank_id: int
    thresholds: Mapping[str, int]
    days: int
    asked_at: datetime
    state: State
    lost: Tally
    gained: Tally
    done: int
    total: int


class Supposing:
    """The verbs over one ledger and one machine's upload log."""

    def __init__(
        self, banks: Banks, uploads: UploadLog, rule: VideoRule, clock: Clock, *, events_at_once: int = EVENTS_AT_ONCE
    ) -> None:
        """events_at_once: match events of one slice."""
        self._at_once = events_at_once
        self._db: Database = banks.db
        self._banks = banks
        self._uploads = uploads
        self._rule = rule
        self._clock = clock
        self._run: tuple[int, _Run] | None = None

    def ask(self, bank: Bank, thresholds: Mapping[str, int], days: int, staff_id: int) -> int:
        """Ask what ``thresholds`` would have done in the last ``days``; the id of the question.

        Raises: BadInput (negative_bank, no_change, bad_days and those of check_policy), LimitReached (too_many_questions).
        """
        check_policy(BankPolicy(thresholds=thresholds))
        if bank.polarity == "negative":
            raise BadInput("negative_bank", "a negative bank holds what is harmless", "Give a bank of what is looked for.")  # fmt: skip
        if not 1 <= days <= DAYS_MAX:
            raise BadInput("bad_days", f"a time to look back is 1 to {DAYS_MAX} days", "Give a number of days.")
        change = change_of(bank, thresholds, self._rule.query_share_min)
        if not change.narrower and not change.wider:
            raise BadInput("no_change", "these are the thresholds in force", "Change at least one.")
        now_us, nothing = to_us(self._clock.now()), msgspec.json.encode(Tally()).decode()
        values = {"bank_id": bank.id, "thresholds": json.dumps(dict(thresholds), sort_keys=True), "days": days}
        values |= {"staff_id": staff_id, "asked_us": now_us, "state": "waiting", "signal_last": newest_signal(self._db)}
        values |= {"slice": 0, "place": msgspec.json.encode(_Place()).decode(), "lost": nothing, "gained": nothing}
        with self._db.write() as connection:
            if rows.count_open(connection) >= OPEN_MAX:
                raise LimitReached("too_many_questions", "enough questions wait already", "Wait until some are answered.")  # fmt: skip
            rows.drop_old(connection, KEPT)
            return rows.add(connection, {**values, "done": 0, "total": 1})

    def one(self, bank: Bank, number: int) -> Supposed:
        """One question about that bank. Raises: NotFound (unknown_question)."""
        with self._db.read() as connection:
            row = rows.one(connection, number)
        if row is None or row.bank_id != bank.id:
            raise NotFound("unknown_question", "there is no such question about this bank", "Ask anew.")
        return _supposed(row)

    def of_bank(self, bank: Bank, limit: int = 10) -> list[Supposed]:
        """The newest questions about a bank, newest first."""
        with self._db.read() as connection:
            return [_supposed(row) for row in rows.of_bank(connection, bank.id, limit)]

    def end(self, bank: Bank, number: int) -> None:
        """Do not go on with it; what was counted stays. Raises: NotFound (unknown_question)."""
        self.one(bank, number)
        with self._db.write() as connection:
            rows.end(connection, number)

    def events_of(self, content_id: int, limit: int) -> list[Event]:
        """The newest events that met a content, among the newest DEPTH of all."""
        with self._db.read() as connection:
            return [event_of(row) for row in rows.newest_that_met(connection, content_id, DEPTH, limit)]

    # --- the worker's part

    def work_once(self) -> bool:
        """One slice of the oldest open question; False where there is none. Raises: those of ``Database.read``, ``write``."""
        with self._db.read() as connection:
            row = rows.oldest_open(connection)
        if row is None:
            self._run = None
            return False
        try:
            values = self._slice(row)
        except AmparoError as error:
            if error.http_status >= 500:
                raise
            values = {"state": "failed"}
        with self._db.write_soon() as connection:
            rows.save(connection, row.id, row.slice, values)
        return True

    def _slice(self, row: AnyRow) -> dict[str, Any]:
        run, place = self._run_of(row), msgspec.json.decode(row.place, type=_Place)
        if place.event_last < 0:
            return self._begun(row, run)
        told = _supposed(row)
        if place.event < place.event_last:
            place, count = self._count_events(run, place, told.lost)
        elif run.rescan is not None and (path := self._next_unit(place, row.asked_us)) is not None:
            run.count_unit(path, told.gained, to_us(self._clock.now()))
            place, count = msgspec.structs.replace(place, unit=path.name), 1
        else:
            return {"state": "done", "done": row.total}
        saved = {"lost": msgspec.json.encode(told.lost).decode(), "gained": msgspec.json.encode(told.gained).decode()}
        return {**saved, "place": msgspec.json.encode(place).decode(), "done": row.done + count, "total": row.total}

    def _begun(self, row: AnyRow, run: "_Run") -> dict[str, Any]:
        """What there is to read: events where something would be narrower, files where something would be wider."""
        low = high = 0
        if run.change.narrower:
            with self._db.read() as connection:
                low, high = rows.event_span(connection, row.asked_us - row.days * DAY_US, row.asked_us)
        if run.rescan is not None:
            self._uploads.seal(all_open=True)
        place = _Place(max(0, low - 1), high)
        units = 0 if run.rescan is None else len(self._uploads.units())
        total = -(-(high - place.event) // self._at_once) + units
        return {"state": "running", "place": msgspec.json.encode(place).decode(), "total": max(1, total)}

    def _count_events(self, run: "_Run", place: _Place, tally: Tally) -> tuple[_Place, int]:
        with self._db.read() as connection:
            found = rows.events_between(connection, place.event, place.event_last, self._at_once)
        since = run.since_us
        count_narrower(tally, (event_of(row) for row in found if row.at_us >= since), run.change)
        last = found[-1].id if len(found) == self._at_once else place.event_last
        return msgspec.structs.replace(place, event=last), 1

    def _next_unit(self, place: _Place, asked_us: int) -> Path | None:
        return next((one for one in self._uploads.units() if one.name > place.unit and start_us(one) <= asked_us), None)

    def _run_of(self, row: AnyRow) -> "_Run":
        """Made once for a question: the lists it looks for take a while to read."""
        if self._run is None or self._run[0] != row.id:
            bank = next((one for one in self._banks.banks() if one.id == row.bank_id), None)
            if bank is None:
                raise NotFound("unknown_bank", "the bank was deleted", "Ask about another.")
            change = change_of(bank, json.loads(row.thresholds), self._rule.query_share_min)
            since_us = row.asked_us - row.days * DAY_US
            rescan = None
            if any(kind in LOGGED for kind in change.wider):
                as_if = replace(bank, thresholds={**bank.thresholds, **change.then})
                rescan = _Supposition(self._db, as_if, self._banks.banks(), row.signal_last)
            self._run = row.id, _Run(change, rescan, since_us, b"" if rescan is None else rescan.search(since_us))
        return self._run[1]


@dataclass(frozen=True, slots=True)
class _Run:
    """A question being worked at. search: what a file is looked through for."""

    change: Change
    rescan: "_Supposition | None"
    since_us: int
    search: bytes

    def count_unit(self, path: Path, tally: Tally, now_us: int) -> None:
        """What of one file the bank would meet and does not. A file that is gone or damaged counts as unknown."""
        assert self.rescan is not None, "asked of wider thresholds"
        met = met_in(scan_unit(str(path), self.search))
        if met.state != "read":
            tally.unknown += 1
            return
        tally.read += met.count
        try:
            unit = Unit(path)
            uploads = [unit.upload(number) for number in met.uploads().tolist() if number < unit.count]
        except (AmparoError, OSError):
            tally.unknown += 1
            return
        by_upload: dict[tuple[str, str, datetime], list[Retro]] = {}
        for retro in self.rescan.judged(uploads, now_us):
            by_upload.setdefault((retro.client, retro.item_id, retro.at), []).append(retro)
        for (client, _, at), found in by_upload.items():
            new = [one.content_id for one in found if one.distance_bits > self.change.now[one.kind]]
            tally.met += len(new) < len(found)
            if new:
                tally.note(at, client, new)
                tally.alone += len(new) == len(found)


class _Supposition(Rescan):
    """A rescan that judges as if the bank had other thresholds."""

    def _known(self, signal_ids: Sequence[int]) -> Mapping[int, Candidate]:
        def as_if(bank: Bank) -> Bank:
            return replace(bank, thresholds=self._bank.thresholds) if bank.id == self._bank.id else bank

        return {one: replace(held, bank=as_if(held.bank)) for one, held in super()._known(signal_ids).items()}


def _supposed(row: AnyRow) -> Supposed:
    return Supposed(
        id=row.id,
        bank_id=row.bank_id,
        thresholds=json.loads(row.thresholds),
        days=row.days,
        asked_at=from_us(row.asked_us),
        state=row.state,
        lost=msgspec.json.decode(row.lost, type=Tally),
        gained=msgspec.json.decode(row.gained, type=Tally),
        done=row.done,
        total=row.total,
    )
