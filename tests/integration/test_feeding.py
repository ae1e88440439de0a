"""How match events and reports become work: clusters, interim hides, exact copies that follow, what was withdrawn; over both ledgers."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from amparo.access.model import Principal
from amparo.match.model import Item
from amparo.match.service import Question
from amparo.review.model import Decision
from amparo.review.reporting import Report
from amparo.review.settings import ReviewSettings
from tests.conftest import SetClock
from tests.integration.ledger import new_bank, refused
from tests.integration.reviewing import ANN, LEAD, NOT_THIS, Desk, lists, reviewing, signals


@pytest.fixture
def desk(tmp_path: Path, clock: SetClock) -> Iterator[Desk]:
    with reviewing(tmp_path, clock) as opened:
        yield opened


def test_a_match_is_work_and_what_a_person_asked_for_is_hidden_at_once(desk: Desk) -> None:
    desk.asks_for(1)
    assert desk.upload(1) == "hide"
    work = desk.only()
    assert (work.kind, work.state, work.queue, work.copies, work.clients) == ("match", "open", "adult", 1, ("forum",))
    assert desk.asked() == [("i1", "hide")]
    (action,) = desk.actions.after(None, 0, 10)
    assert (action.ground, action.by) == ("request", "match")
    assert action.until == desk.clock.forward(hours=720)
    assert desk.shown() == ["hidden"]


def test_a_bank_that_only_asks_for_a_review_hides_nothing(desk: Desk) -> None:
    lists(desk, 1, action="review")
    assert desk.upload(1) == "review"
    assert desk.only().kind == "match"
    assert desk.asked() == []


def test_all_copies_of_one_picture_are_one_work(desk: Desk) -> None:
    desk.asks_for(1, 2)
    desk.upload(1, "a")
    desk.upload(1, "b", bits=9)
    desk.upload(1, "a", at="photos")
    desk.upload(2, "c")
    works = {one.copies: one for one in desk.works()}
    assert set(works) == {3, 1}
    card = desk.card(works[3].id)
    assert [(one.client, one.item_id, one.distance_bits) for one in card.copies] == [
        ("forum", "a", 3),
        ("photos", "a", 3),
        ("forum", "b", 9),
    ]
    assert works[3].clients == ("forum", "photos")


def test_the_same_item_again_is_counted_and_the_nearer_facts_are_kept(desk: Desk) -> None:
    desk.asks_for(1)
    desk.upload(1, bits=9)
    desk.clock.forward(minutes=5)
    desk.upload(1, bits=2)
    desk.upload(1, bits=20)
    (copy,) = desk.card(desk.only().id).copies
    assert (copy.times, copy.distance_bits) == (3, 2)
    assert copy.last_at > copy.first_at
    assert desk.asked() == [("i1", "hide")], "it is hidden once"


def test_an_event_is_taken_once_by_however_many_feeders(desk: Desk) -> None:
    desk.asks_for(1)
    for number in range(6):
        desk.upload(1, f"i{number}", feed=False)
    turns = [threading.Thread(target=desk.feeder.work_once) for _ in range(4)]
    for one in turns:
        one.start()
    for one in turns:
        one.join()
    desk.feeder.work_once()
    assert [(one.item_id, one.times) for one in desk.card(desk.only().id).copies] == [
        (f"i{number}", 1) for number in range(6)
    ]


def test_numbers_of_events_come_in_the_order_of_commits(desk: Desk) -> None:
    """Several workers write at once: none is passed over because a lower number was committed later."""
    desk.asks_for(1)
    desk.client("forum")
    makers = [desk.room.house.matcher() for _ in range(3)]

    def upload(maker, name: str) -> None:
        for number in range(8):
            principal = Principal(1, desk.clients["forum"], "forum", "platform")
            maker.judge(principal, "r", signals(1, 3), Question(Item(f"{name}-{number}")))

    turns = [threading.Thread(target=upload, args=(maker, f"w{at}")) for at, maker in enumerate(makers)]
    for one in turns:
        one.start()
    while any(one.is_alive() for one in turns):
        desk.feeder.work_once()
    desk.feeder.work_once()
    for maker in makers:
        maker.lookup.close()
        maker.limits.close()
    assert desk.only().copies == 24


def test_what_was_withdrawn_before_the_event_was_taken_makes_no_work(desk: Desk) -> None:
    desk.asks_for(1)
    desk.upload(1, feed=False)
    desk.room.withdraw()
    desk.room.work()
    desk.feeder.work_once()
    assert desk.works() == []
    assert desk.asked() == []


def test_the_operators_own_scans_make_no_work(desk: Desk) -> None:
    desk.asks_for(1)
    desk.room.ask(1)
    desk.feeder.work_once()
    assert desk.works() == []


def test_an_exact_copy_follows_what_was_confirmed_and_another_waits(desk: Desk) -> None:
    desk.asks_for(1)
    desk.upload(1, "a")
    first = desk.only()
    desk.decide(ANN, first.id)
    desk.upload(1, "same", bits=0)
    assert desk.works() == []
    assert desk.stands("same") == "remove"
    made = desk.record()[-1]
    assert (made.by_id, made.by, made.answer) == (0, "rule", "confirm")
    desk.upload(1, "near", bits=8)
    work = desk.only()
    assert desk.stands("near") == "hide"
    assert first.id in {one.work_id for one in desk.card(work.id).decisions}, (
        "the earlier decision is a fact on the card"
    )


def test_no_copy_follows_a_content_that_somebody_doubts_or_that_floods(desk: Desk) -> None:
    content = lists(desk, 1, action="hide")
    desk.upload(1, "a")
    desk.decide(ANN, desk.only().id)
    house = desk.room.house
    house.banks.give_opinion(house.banks.bank("partners"), content, "forum", "negative_class")
    desk.upload(1, "same", bits=0)
    assert desk.stands("same") is None
    assert len(desk.works()) == 1


def test_undoing_a_decision_takes_back_what_followed_it(desk: Desk) -> None:
    desk.asks_for(1)
    desk.upload(1, "a")
    made = desk.decide(ANN, desk.only().id).decision
    assert made is not None
    desk.upload(1, "same", bits=0)
    desk.deciding.undo(ANN, made.id)
    assert [desk.stands(item) for item in ("a", "same")] == ["restore", "restore"]
    assert len(desk.works()) == 2


def test_a_decided_item_is_not_asked_again_unless_it_came_nearer(desk: Desk) -> None:
    lists(desk, 1, action="hide")
    desk.upload(1, bits=20)
    desk.decide(ANN, desk.only().id, NOT_THIS)
    assert desk.stands() == "restore"
    desk.upload(1, bits=20)
    assert (desk.works(), desk.stands()) == ([], "restore")
    desk.upload(1, bits=2)
    assert (len(desk.works()), desk.stands()) == (1, "hide")


def test_a_match_in_the_bank_of_minors_is_its_own_queue_and_first(desk: Desk) -> None:
    desk.asks_for(1)
    desk.asks_for(2, number=2, age="minor_stated")
    desk.upload(1, "a")
    desk.upload(2, "b")
    assert [(one.queue, one.minor_possible) for one in desk.works()] == [("under_18", True), ("adult", False)]


def test_a_report_joins_the_work_of_its_item_or_opens_one(desk: Desk) -> None:
    desk.asks_for(1)
    desk.upload(1, "a")
    forum = desk.client("forum")
    desk.reports.take(forum, "forum", Report("a", "intimate"))
    desk.reports.take(forum, "forum", Report("other", "threat"))
    assert [(one.kind, one.copies) for one in desk.works()] == [("report", 1), ("match", 1)], "the threat is due first"
    desk.decide(LEAD, desk.works()[0].id, Decision("confirm", "hide"))
    assert desk.stands("other") == "hide"
    refused("unknown_reason", desk.reports.take, forum, "forum", Report("a", "because"))
    refused("bad_item_id", desk.reports.take, forum, "forum", Report("", "intimate"))


def test_a_report_that_somebody_is_under_18_sets_the_switch(desk: Desk) -> None:
    lists(desk, 1, action="hide")
    desk.upload(1, "a")
    new_bank(desk.room.house, "portal_under_18")
    desk.reports.take(desk.client("forum"), "forum", Report("a", "under_18"))
    work = desk.only()
    assert (work.queue, work.minor_possible) == ("under_18", True)
    assert [len(desk.room.house.live(bank)) for bank in ("partners", "portal_under_18")] == [0, 1]


@pytest.fixture
def hiding(tmp_path: Path, clock: SetClock) -> Iterator[Desk]:
    with reviewing(tmp_path, clock, ReviewSettings(hide_reports="urgent")) as opened:
        yield opened


def test_an_urgent_report_hides_its_item_for_a_time_and_another_does_not(hiding: Desk) -> None:
    desk = hiding
    forum = desk.client("forum")
    desk.reports.take(forum, "forum", Report("plain", "intimate"))
    for item, reason in (("child", "under_18"), ("now", "spreading"), ("now", "threat")):
        desk.reports.take(forum, "forum", Report(item, reason))
    assert desk.asked() == [("child", "hide"), ("now", "hide")]
    (hidden,) = [one for one in desk.actions.after(None, 0, 9) if one.item_id == "now"]
    assert (hidden.ground, hidden.until) == ("report", desk.clock.now() + timedelta(hours=48))
    desk.clock.set(desk.clock.now() + timedelta(hours=49))
    desk.hides.end_due()
    assert desk.stands("now") == "restore"
    assert desk.stands("child") == "hide", "time alone shows nothing again where somebody may be under 18"
    desk.reports.take(forum, "forum", Report("now", "spreading"))
    assert desk.stands("now") == "restore", "hidden once on this ground"


@pytest.mark.parametrize(
    ("which", "asked"), [("none", []), ("urgent", [("child", "hide")]), ("all", [("plain", "hide"), ("child", "hide")])]
)
def test_which_reports_hide_is_the_desks(tmp_path: Path, clock: SetClock, which, asked) -> None:
    with reviewing(tmp_path, clock, ReviewSettings(hide_reports=which)) as desk:
        for item, reason in (("plain", "intimate"), ("child", "under_18")):
            desk.reports.take(desk.client("forum"), "forum", Report(item, reason))
        assert desk.asked() == asked


def test_a_report_hides_nothing_on_which_staff_decided_or_that_is_down_for_longer(hiding: Desk) -> None:
    desk = hiding
    forum = desk.client("forum")
    lists(desk, 1, action="hide")
    desk.upload(1, "met")
    before = desk.asked()
    desk.reports.take(forum, "forum", Report("met", "spreading"))
    assert desk.asked() == before, "it is hidden for a week already"
    desk.decide(ANN, desk.only().id, NOT_THIS)
    assert desk.stands("met") == "restore"
    desk.reports.take(forum, "forum", Report("met", "spreading"))
    assert desk.stands("met") == "restore"
