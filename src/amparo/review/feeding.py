"""Makes work of what came in: match events, cases and tips, each once. Shows nothing and asks nobody.

A step may be cut short anywhere and done again: how far it came is written in the transaction that does what it found. One writer
at a time numbers match events in the order of their commits, on both databases, so none with a lower number comes late
(tests/integration/test_feeding.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, Protocol

from sqlalchemy import Connection

from amparo.banks.facts import ContentFacts, facts_within
from amparo.cases.outcomes import standing_within
from amparo.match.model import Event
from amparo.review import second_rows
from amparo.review import work_rows as rows
from amparo.review.deciding import Deciding
from amparo.review.effects import Effects, Item
from amparo.review.joining import Coming, Seen, count, is_nearer, joined, opened
from amparo.review.late_minor import LateMinor
from amparo.review.urgency import Urgency
from amparo.store.db import AnyRow, Database
from amparo.terms.clock import to_us

EVENTS: Final = "match_event"
CASES: Final = "case"
BATCH: Final = 50
ROUNDS_MAX: Final = 20
EXACT: Final = frozenset({"pdq", "md5", "sha256"})
"""Kinds whose distance of 0 means the same picture. A video of which a part met is another matter."""
EARLIER_MAX: Final = 20


class CaseSeen(Protocol):
    """A case or tip as far as work is made of it (cases.model.CaseFacts)."""

    @property
    def number(self) -> int:
        """In order of taking."""
        ...

    @property
    def uid(self) -> str:
        """Its name."""
        ...

    @property
    def kind(self) -> str:
        """``case`` or ``tip``."""
        ...

    @property
    def opened_at(self) -> datetime:
        """When it was taken."""
        ...

    @property
    def may_be_minor(self) -> bool:
        """Whether it may show somebody under 18."""
        ...

    @property
    def content_ids(self) -> tuple[int, ...]:
        """What it lists."""
        ...


class EventNews(Protocol):
    """Tells of match events (match.service.Matcher)."""

    def events(self, after: int, limit: int, client_id: int | None) -> Sequence[Event]:
        """Events with ids over ``after``, in order."""
        ...


class CaseNews(Protocol):
    """Tells of cases and tips (cases.service.Cases)."""

    def opened(self, after: int, limit: int) -> Sequence[CaseSeen]:
        """Those with numbers over ``after``, in order; sealed tips left out."""
        ...


@dataclass(frozen=True, slots=True)
class Met:
    """What is known of an event's contents that stand. best: of the nearest. exact: contents of which this is the same picture."""

    event: Event
    facts: Mapping[int, ContentFacts]
    requests: Sequence[int]
    seen: Seen
    exact: Sequence[int]
    is_minor: bool

    @property
    def banks(self) -> dict[int, str]:
        """The bank of each content."""
        return {one.content_id: one.bank for one in self.facts.values()}

    @property
    def classes(self) -> list[Urgency]:
        """How urgent it is."""
        found: list[Urgency] = ["match"]
        if self.event.suggested_action == "hide":
            found.append("hidden")
        if self.requests:
            found.append("request")
        return found


@dataclass(frozen=True, slots=True)
class Feeder:
    """One feeder over one ledger; several take turns. late_minor: what a case states of works that are open."""

    db: Database
    events: EventNews
    cases: CaseNews
    deciding: Deciding
    late_minor: LateMinor

    @property
    def effects(self) -> Effects:
        """What decisions do."""
        return self.deciding.effects

    def work_once(self) -> int:
        """Take what came in; how many. Raises: those of the ledger; what was taken before stays taken."""
        return self.take_events() + self.take_cases()

    def take_events(self) -> int:
        """Take match events that ask for a review or hide."""
        taken = 0
        for _ in range(ROUNDS_MAX):
            with self.db.read() as connection:
                after = rows.mark(connection, EVENTS)
            events = self.events.events(after, BATCH, None)
            if not events:
                break
            with self.db.write() as connection:
                if rows.mark(connection, EVENTS) != after:
                    break  # another feeder took them; never twice
                for event in events:
                    self.take_event(connection, event)
                rows.set_mark(connection, EVENTS, events[-1].id)
            taken += len(events)
        return taken

    def take_cases(self) -> int:
        """Take cases and tips."""
        with self.db.read() as connection:
            after = rows.mark(connection, CASES)
        found = self.cases.opened(after, BATCH)
        if not found:
            return 0
        for one in found:
            if one.may_be_minor:
                self.late_minor.stated(one.content_ids)
        with self.db.write() as connection:
            if rows.mark(connection, CASES) != after:
                return 0
            for one in found:
                banks = {two.content_id: two.bank for two in facts_within(connection, one.content_ids).values()}
                kind: Literal["case", "tip"] = "tip" if one.kind == "tip" else "case"
                coming = Coming(kind, [kind], one.may_be_minor, banks, one.uid)
                opened(connection, coming, to_us(one.opened_at))
            rows.set_mark(connection, CASES, found[-1].number)
        return len(found)

    def take_event(self, connection: Connection, event: Event) -> None:
        """Take one event, in the caller's transaction."""
        if event.suggested_action == "none" or not event.client_id:
            return  # nobody is asked to act, or the operator looked at files of their own: there is no platform
        met = self._met(connection, event)
        if met is None or self._is_settled(connection, met):
            return
        if (followed := self._to_follow(connection, met)) is not None:
            self._follow(connection, met, followed)
            return
        coming = Coming("match", met.classes, met.is_minor, met.banks)
        # what waits for a second answer gains the very same picture alone: nobody is to lift what neither of the two saw
        states = rows.UNDECIDED if met.exact else ("open",)
        work = rows.to_join(connection, list(met.facts), states, (met.seen.client_id, met.seen.item_id))
        if work is None:
            work = opened(connection, coming, met.seen.at_us)
        else:
            work = joined(connection, work, coming, met.seen.at_us)
        count(connection, work, met.seen)
        if event.suggested_action == "hide" and met.seen.item_id:
            item = Item(met.seen.client_id, met.seen.client, met.seen.item_id)
            self.effects.hide(connection, work, item, met.requests)

    def _met(self, connection: Connection, event: Event) -> Met | None:
        """What the event met that still stands, None where nothing does: what was withdrawn is no ground for anything."""
        matches = {int(str(one["content_id"])): one for one in reversed(event.matches)}
        facts = {content_id: one for content_id, one in facts_within(connection, list(matches)).items() if one.is_live}
        if not facts:
            return None
        best = next(one for one in event.matches if int(str(one["content_id"])) in facts)
        bits, threshold = int(str(best["distance_bits"])), int(str(best["threshold_bits"]))
        told = (event.id, None, str(best["kind"]), bits, threshold, str(best["view"]))
        seen = Seen(event.client_id, event.client, event.item.item_id or "", to_us(event.at), *told)
        exact = [one for one in facts if matches[one]["kind"] in EXACT and matches[one]["distance_bits"] == 0]
        of_bank = any(one.bank.casefold() == self.late_minor.under_18.casefold() for one in facts.values())
        is_minor = of_bank or event.may_be_minor or rows.is_minor_content(connection, list(facts))
        is_minor = is_minor or rows.is_minor_item(connection, seen.client_id, seen.item_id)
        requests = sorted(standing_within(connection, list(facts)))
        return Met(event, facts, requests, seen, exact, is_minor)

    def _is_settled(self, connection: Connection, met: Met) -> bool:
        """Whether this item was decided by what it met, and did not come nearer since: then it is only counted."""
        if not met.seen.item_id:
            return False
        for work in rows.holding_item(connection, met.seen.client_id, met.seen.item_id):
            if work.state != "done" or not set(met.facts) <= set(rows.contents_of(connection, [work.id])):
                continue
            known = rows.copy(connection, work.id, met.seen.client_id, met.seen.item_id)
            if known is not None and not is_nearer(met.seen, known):
                count(connection, work, met.seen)
                return True
        return False

    def _to_follow(self, connection: Connection, met: Met) -> AnyRow | None:
        """The decision that an exact copy follows: the last on these contents confirmed it, and nobody doubts them since."""
        sure = [one for one in met.exact if not met.facts[one].is_doubted]
        if not sure or not met.seen.item_id:
            return None
        for work in rows.done_with(connection, sure, EARLIER_MAX):
            decision = second_rows.decision_by_id(connection, work.decision_id or 0)
            if decision is None or (decision.answer, decision.reason) == ("not_this", "other_picture"):
                continue  # that was another picture near this one
            return decision if decision.answer == "confirm" else None
        return None

    def _follow(self, connection: Connection, met: Met, decision: AnyRow) -> None:
        coming = Coming("match", met.classes, met.is_minor, met.banks)
        work = opened(connection, coming, met.seen.at_us, "done")
        count(connection, work, met.seen)
        self.deciding.follow_within(connection, work, decision)
