"""Laws of deciding, tried with random sequences of what staff, platforms and the clock do; over both ledgers.

1 Nothing that a person asks for is shown again on one person's answer alone: two said so, or somebody took back their own
confirmation within minutes and within the day's bound, or the clock ended an interim hide.
2 Every decision and every undo that was acknowledged is in the record, once, and names what it undoes.
3 What is asked of one item makes sense in order: no action repeats the one before but to make a hide lasting.
4 Nothing is lost: each item that met is in a work; a work is done exactly while a decision on it stands.
"""

import itertools
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from amparo.errors import AmparoError
from amparo.review.asking import Filter
from amparo.review.model import Action, Decision, DecisionMade
from amparo.review.settings import ReviewSettings
from tests.conftest import SetClock
from tests.integration.reviewing import ADMIN, ALL, ANN, BEN, EVE, LEAD, Desk, lists, reviewing

STAFF = (ANN, BEN, EVE, LEAD)
REASONS = ("other_picture", "listing_wrong", "no_ground")
ITEMS = ("a", "b", "c")
BOUND = 2
REFUSALS = {"", "work_locked", "same_person", "undo_not_yours", "undo_over", "undo_limit", "second_answered"}
ASKED, PARTNERS = 1, 2

people = st.integers(0, len(STAFF) - 1)
steps = st.one_of(
    st.tuples(
        st.just("upload"), st.sampled_from((ASKED, PARTNERS)), st.sampled_from(ITEMS), st.sampled_from((0, 5, 20))
    ),
    st.tuples(
        st.just("decide"), people, st.integers(0, 3), st.sampled_from(("confirm", "not_this")), st.integers(0, 2)
    ),
    st.tuples(st.just("decide"), people, st.integers(0, 3), st.just("not_this"), st.integers(0, 2)),
    st.tuples(st.just("undo"), people, st.integers(0, 4)),
    st.tuples(st.just("second"), people, st.booleans()),
    st.tuples(st.just("next"), people),
    st.tuples(st.just("skip"), people, st.integers(0, 3)),
    st.tuples(st.just("wait"), st.sampled_from((1, 4, 11, 60 * 30, 60 * 24 * 8))),
)


@dataclass
class Play:
    """What was done, and what was acknowledged."""

    desk: Desk
    made: list[DecisionMade] = field(default_factory=list)
    met: set[str] = field(default_factory=set)
    number: int = 0

    def do(self, step: tuple[Any, ...]) -> None:
        """One step, which may be refused; then nothing is shown again that another work asks to be down."""
        name, *given = step
        before = len(self.desk.actions.after(None, 0, 10_000))
        slug = ""
        try:
            getattr(self, name)(*given)
        except AmparoError as error:
            slug = error.slug
        assert slug in REFUSALS
        for action in self.desk.actions.after(None, 0, 10_000)[before:]:
            if action.action == "restore" and action.by != "clock" and self.is_last(action):
                self.check_nobody_asks(action)

    def is_last(self, action: Action) -> bool:
        return all(
            one.id <= action.id for one in self.desk.actions.after(None, 0, 10_000) if one.item_id == action.item_id
        )

    def check_nobody_asks(self, action: Action) -> None:
        of = decisions_of_actions(self.desk)[action.id][0]
        for work in self.desk.works() + self.desk.works(state="second"):
            card = self.desk.card(work.id)
            holds = action.item_id in {one.item_id for one in card.copies}
            assert work.id == of or not (holds and any(one.has_request for one in card.contents)), "law 1"

    def upload(self, picture: int, item: str, bits: int) -> None:
        self.desk.upload(picture, item, bits=bits)
        self.met.add(item)

    def decide(self, who: int, at: int, answer: Any, reason: int) -> None:
        works = self.desk.works() + self.desk.works(state="second")
        if not works:
            return
        self.number += 1
        decision = Decision(answer, None, REASONS[reason] if answer == "not_this" else "")
        outcome = self.desk.decide(STAFF[who], works[at % len(works)].id, decision, f"k{self.number}")
        if outcome.word != "already":
            assert outcome.decision is not None
            self.made.append(outcome.decision)

    def undo(self, who: int, back: int) -> None:
        if self.made:
            made = self.made[-1 - back % len(self.made)]
            undone = self.desk.deciding.undo(STAFF[who], made.id)
            if undone.id not in {one.id for one in self.made}:
                self.made.append(undone)

    def second(self, who: int, yes: bool) -> None:
        waiting = self.desk.seconds.waiting(STAFF[who])
        if waiting:
            self.desk.seconds.answer(STAFF[who], waiting[0].id, yes=yes)

    def next(self, who: int) -> None:
        self.desk.queue.next(STAFF[who], ALL)

    def skip(self, who: int, at: int) -> None:
        works, queue = self.desk.works(), self.desk.queue
        if works:
            queue.skip(STAFF[who], works[at % len(works)].id)

    def wait(self, minutes: int) -> None:
        self.desk.clock.forward(minutes=minutes)
        self.desk.hides.end_due()


def check(play: Play) -> None:
    desk = play.desk
    record = {one.id: one for one in desk.record()}
    waiting = {one.id for one in play.made if one.answer == "not_this"} - set(record)
    assert {one.id for one in play.made} <= set(record) | waiting, "law 2"
    for one in record.values():
        if one.answer == "undo":
            assert one.undoes in record, "law 2"
            assert record[one.undoes].undone_by == one.id, "law 2"
    by_item: dict[str, list[Action]] = defaultdict(list)
    for action in desk.actions.after(None, 0, 10_000):
        by_item[action.item_id].append(action)
    for actions in by_item.values():
        check_order(actions)
    check_lifts(play, by_item, record)
    check_works(play, record)


def check_order(actions: list[Action]) -> None:
    assert actions[0].action != "restore", "law 3"
    for before, after in itertools.pairwise(actions):
        is_lasting = before.action == after.action == "hide" and (before.until is not None or after.ground == "request")
        assert before.action != after.action or is_lasting, "law 3"


def check_lifts(play: Play, by_item: dict[str, list[Action]], record: dict[int, DecisionMade]) -> None:
    asked = {one.id for one in all_works(play.desk) if any(two.has_request for two in play.desk.card(one.id).contents)}
    of_decision = decisions_of_actions(play.desk)
    undos: list[DecisionMade] = []
    for action in (one for actions in by_item.values() for one in actions if one.action == "restore"):
        if action.by == "clock":
            continue
        work_id, decision_id, reverses = of_decision[action.id]
        if work_id not in asked:
            continue
        if decision_id is None:  # of an undo: what it reverses was ordered by the decision that it undoes
            assert reverses is not None, "law 1"
            undone = record[of_decision[reverses][1] or 0]
            assert undone.answer == "confirm", "law 1"
            assert undone.undone_by is not None, "law 1"
            undos.append(record[undone.undone_by])
            continue
        made = record[decision_id]
        agreed = [one for one in record.values() if one.work_id == work_id and one.answer == "not_this"]
        assert made.answer == "not_this", "law 1"
        assert {one.by_id for one in agreed if one.id < made.id} - {made.by_id}, "law 1: another said so before"
    own = Counter()
    for undo in {one.id: one for one in undos}.values():
        first = record[undo.undoes or 0]
        assert undo.at - first.at <= timedelta(minutes=10), "law 1"
        if first.by_id:  # what followed by rule goes with the decision it followed
            own[undo.by_id, undo.at.date()] += 1
    assert all(number <= 2 * BOUND for number in own.values()), "law 1: a day by the calendar touches two of 24 hours"


def check_works(play: Play, record: dict[int, DecisionMade]) -> None:
    works = all_works(play.desk)
    items = {copy.item_id for one in works for copy in play.desk.card(one.id).copies}
    assert play.met <= items, "law 4"
    stands = {one.work_id for one in record.values() if one.answer != "undo" and one.undone_by is None}
    for work in works:
        if work.state == "done":
            assert work.id in stands, "law 4"
        assert work.locked_by is None or work.state != "done", "law 4"


def all_works(desk: Desk):
    return [
        one
        for state in ("open", "second", "done")
        for one in desk.queue.listed(ADMIN, Filter(state=state), None, 200).works
    ]


def decisions_of_actions(desk: Desk) -> dict[int, tuple[int | None, int | None, int | None]]:
    """By action: its work, its decision and the action it reverses."""
    with desk.actions.db.read() as connection:
        found = connection.exec_driver_sql("SELECT id, work_id, decision_id, reverses FROM action").all()
    return {row[0]: (row[1], row[2], row[3]) for row in found}


@settings(max_examples=6)
@given(st.lists(steps, min_size=30, max_size=45))
def test_no_sequence_of_what_anybody_does_breaks_a_law(played: list[tuple[Any, ...]]) -> None:
    clock = SetClock(datetime(2026, 1, 1, 12, 0, tzinfo=UTC))
    with (
        tempfile.TemporaryDirectory() as folder,
        reviewing(Path(folder), clock, ReviewSettings(undo_standing_per_day=BOUND)) as desk,
    ):
        desk.asks_for(ASKED)
        lists(desk, PARTNERS, action="hide")
        play = Play(desk)
        play.upload(ASKED, "a", 5)
        for step in played:
            play.do(step)
        check(play)
