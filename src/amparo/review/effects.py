"""What a decision does: opinions on contents, actions on every copy, what the person is shown; and how that is taken back. Decides nothing.

All of it in the transaction of the decision. An item that another work still keeps down is not restored.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from sqlalchemy import Connection

from amparo.banks.model import OpinionName
from amparo.banks.service import Banks
from amparo.cases.model import Outcome
from amparo.cases.outcomes import note_outcome_within, standing_within
from amparo.intake.model import OutcomeName
from amparo.review import action_rows, second_rows
from amparo.review import work_rows as rows
from amparo.review.actions import Actions
from amparo.review.held_media import drop_within
from amparo.review.model import ActionName, Ground, Standing, Wanted
from amparo.review.settings import ReviewSettings
from amparo.store.db import AnyRow
from amparo.terms.clock import Clock, to_us

DESK: Final = "desk"
"""In whose name staff say what they think of a content."""
RULE: Final = "rule"
HOUR_US: Final = 3_600_000_000
SHOWN: Final[Mapping[str, OutcomeName]] = {"hide": "hidden", "remove": "removed", "restore": "restored"}


@dataclass(frozen=True, slots=True)
class Because:
    """decision_id, by: whose decision, ``staff:ID`` or ``rule``. reason: what the person is told with it (cases.model.Outcome)."""

    decision_id: int
    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a platform."""

    client_id: int
    client: str
    item_id: str


@dataclass(frozen=True, slots=True)
class Act:
    """What a decision has done to each copy of a work. requests: contents that a person's case asks for."""

    work: AnyRow
    action: ActionName
    because: Because
    requests: Sequence[int]


@dataclass(frozen=True, slots=True)
class Told:
    """What a person is shown of a content (cases.model.Outcome)."""

    state: OutcomeName
    client: str
    cause: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Effects:
    """The effects over one ledger."""

    banks: Banks
    actions: Actions
    clock: Clock
    settings: ReviewSettings

    def requests(self, connection: Connection, work: AnyRow) -> list[int]:
        """The contents of a work that a person's case asks for."""
        return sorted(standing_within(connection, rows.contents_of(connection, [work.id])))

    def hide(self, connection: Connection, work: AnyRow, item: Item, requests: Sequence[int]) -> None:
        """Hide an item for a time, by machine. requests: contents that a case asks for, whose persons are told.

        Once for each ground: what meets again is not hidden for longer, and not again after that time was over.
        """
        ground: Ground = "request" if requests else "match"
        stands = self.actions.standing(connection, item.client_id, item.item_id)
        if stands is not None and _is_hidden_by(stands, ground):
            return
        self._hide(connection, work, item, ground, requests)

    def hide_reported(self, connection: Connection, work: AnyRow, item: Item) -> None:
        """Hide an item for a time since its platform reported it. Nothing is done where it is down, where staff decided, or twice."""
        stands = self.actions.standing(connection, item.client_id, item.item_id)
        if stands is not None and (stands.action != "restore" or stands.ground != "match"):
            return
        self._hide(connection, work, item, "report", self.requests(connection, work))

    def _hide(self, connection: Connection, work: AnyRow, item: Item, ground: Ground, requests: Sequence[int]) -> None:
        """Hide it for the time that its ground allows, and tell those who ask for it."""
        settings, by = self.settings, "report" if ground == "report" else "match"
        hours = {"request": settings.hide_request_h, "match": settings.hide_match_h, "report": settings.hide_report_h}
        until_us = to_us(self.clock.now()) + hours[ground] * HOUR_US
        wanted = Wanted(item.client_id, item.item_id, "hide", ground, by, work_id=work.id, until_us=until_us)
        action_id = self.actions.order(connection, wanted)
        self._note(connection, requests, Told("hidden", item.client, f"action:{action_id}"))

    def confirm(self, connection: Connection, work: AnyRow, action: ActionName, because: Because) -> str:
        """It is what it was taken for: say so of the contents, and have every copy hidden or removed. Result: for ``take_back``."""
        contents = rows.contents_of(connection, [work.id])
        before = self.banks.give_opinion_within(connection, contents, DESK, "positive_class")
        act = Act(work, action, because, self.requests(connection, work))
        for copy in _items(connection, work):
            stands = self.actions.standing(connection, copy.client_id, copy.item_id)
            if stands is None or stands.until is not None or stands.action not in (action, "remove"):
                self._order(connection, act, copy)
        self._note(connection, act.requests, Told("confirmed", "", f"decision:{because.decision_id}", because.reason))
        drop_within(connection, contents)
        return _kept(before)

    def lift(self, connection: Connection, work: AnyRow, because: Because, *, is_wrong: bool) -> str:
        """It is not: restore every copy that is down and that no other work keeps down. is_wrong: the listing itself is."""
        contents = rows.contents_of(connection, [work.id])
        before: dict[int, OpinionName | None] = {}
        if is_wrong:
            before = self.banks.give_opinion_within(connection, contents, DESK, "negative_class")
        act = Act(work, "restore", because, self.requests(connection, work))
        for copy in _items(connection, work):
            stands = self.actions.standing(connection, copy.client_id, copy.item_id)
            if stands is not None and stands.action != "restore" and self._keeper(connection, work, copy) is None:
                self._order(connection, act, copy)
        drop_within(connection, contents)
        return _kept(before)

    def take_back(self, connection: Connection, work: AnyRow, decision: AnyRow, because: Because) -> None:
        """Undo what ``decision`` did, newest first; what another work keeps down goes down again."""
        before = {int(one): opinion for one, opinion in json.loads(decision.opinions).items()}
        if before:
            self.banks.take_back_opinion_within(connection, list(before), DESK, before)
        requests = self.requests(connection, work)
        stays = bool(work.minor_possible) and decision.answer == "confirm"  # down, until two decide otherwise
        for action_id in () if stays else self.actions.reverse(connection, decision.id, because.by):
            made = action_rows.one(connection, action_id)
            assert made is not None, "it was ordered just now"
            why = "undo" if made.action == "restore" else ""
            self._note(connection, requests, Told(SHOWN[made.action], made.client, f"action:{action_id}", why))
            if made.action == "restore":
                self._keep_down(connection, work, made)
        if decision.answer == "confirm":
            self._note(connection, requests, Told("confirmed", "", f"decision:{because.decision_id}", "undone"))

    def _keep_down(self, connection: Connection, work: AnyRow, restored: AnyRow) -> None:
        """Where another work keeps it down, it goes down again at once."""
        keeper = self._keeper(connection, work, restored)
        if keeper is None:
            return
        requests = self.requests(connection, keeper)
        decision = second_rows.decision_by_id(connection, keeper.decision_id or 0)
        if decision is None:
            self.hide(connection, keeper, Item(restored.client_id, restored.client, restored.item_id), requests)
            return
        action = cast("ActionName", decision.action or self.settings.confirm_action)
        self._order(connection, Act(keeper, action, Because(decision.id, RULE), requests), restored)

    def _keeper(self, connection: Connection, work: AnyRow, copy: AnyRow) -> AnyRow | None:
        """The other work that keeps an item down: one that was confirmed, or one that waits while a person's case asks for it."""
        for other in rows.holding_item(connection, copy.client_id, copy.item_id):
            if other.id == work.id:
                continue
            if other.state in rows.UNDECIDED:
                if other.minor_possible or self.requests(connection, other):
                    return other
                continue
            decision = second_rows.decision_by_id(connection, other.decision_id or 0)
            if decision is not None and decision.answer == "confirm" and decision.state == "stands":
                return other
        return None

    def _order(self, connection: Connection, act: Act, copy: AnyRow) -> None:
        wanted = Wanted(
            copy.client_id,
            copy.item_id,
            act.action,
            "decision",
            act.because.by,
            work_id=act.work.id,
            decision_id=act.because.decision_id,
        )
        action_id = self.actions.order(connection, wanted)
        why = act.because.reason if act.action == "restore" else ""
        self._note(connection, act.requests, Told(SHOWN[act.action], copy.client, f"action:{action_id}", why))

    def _note(self, connection: Connection, contents: Sequence[int], told: Told) -> None:
        now_us = to_us(self.clock.now())
        for content_id in contents:
            outcome = Outcome(content_id, told.state, told.client, told.cause, now_us, told.reason)
            note_outcome_within(connection, outcome)


def _is_hidden_by(stands: Standing, ground: Ground) -> bool:
    """Whether a hide on this ground would add nothing: it is down for good, or it is or was hidden on this ground or a person's."""
    if stands.ground == "decision":
        return stands.action != "restore"
    return stands.ground in (ground, "request")


def _items(connection: Connection, work: AnyRow) -> list[AnyRow]:
    """The copies that a platform can be asked to do something with."""
    return [one for one in rows.copies_of(connection, work.id) if one.item_id and one.client_id]


def _kept(before: Mapping[int, OpinionName | None]) -> str:
    return json.dumps({str(one): opinion for one, opinion in sorted(before.items())})
