"""The queue: what comes next for whom, locks that end, skipping and passing on without a reason, lists and counts; over both ledgers."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from amparo.review.asking import Filter
from amparo.review.model import ReportWords
from amparo.review.reporting import Report
from amparo.sealing.age import new_identity, seal
from tests.conftest import SetClock
from tests.integration.ledger import refused
from tests.integration.reviewing import ADMIN, ALL, ANN, BEN, CONFIRM, EVE, LEAD, NOT_THIS, Desk, reviewing, staff
from tests.seeding import CLIENTS, seed_work

WORKER = staff(5, "caseworker")


@pytest.fixture
def desk(tmp_path: Path, clock: SetClock) -> Iterator[Desk]:
    with reviewing(tmp_path, clock) as opened:
        yield opened


def seeded(desk: Desk, n: int, **more) -> list[int]:
    for _, name in CLIENTS:
        desk.client(name)
    house = desk.room.house
    return seed_work(house.db, house.banks, house.clock, n, **more)


def next_id(desk: Desk, who, wanted: Filter = ALL) -> int | None:
    card = desk.queue.next(who, wanted)
    return None if card is None else card.work.id


def test_the_most_urgent_comes_first_and_stays_with_who_has_it(desk: Desk) -> None:
    seeded(desk, 6, kinds=("match",))
    by_urgency = [one.id for one in desk.works()]
    assert next_id(desk, ANN) == by_urgency[0]
    assert next_id(desk, ANN) == by_urgency[0], "asked again, it is the same card"
    assert next_id(desk, BEN) == by_urgency[1]
    card = desk.queue.card(BEN, by_urgency[0])
    assert card.work.locked_by == ANN.id
    desk.clock.forward(minutes=11)
    assert next_id(desk, BEN) == by_urgency[0], "the lock is over"


def test_two_who_ask_at_once_get_two_cards(desk: Desk) -> None:
    seeded(desk, 8, kinds=("match",))
    got: list[int | None] = []
    turns = [threading.Thread(target=lambda at=at: got.append(next_id(desk, staff(at)))) for at in range(1, 7)]
    for one in turns:
        one.start()
    for one in turns:
        one.join()
    assert len(set(got)) == 6


def test_a_card_carries_all_that_is_known_and_no_picture(desk: Desk) -> None:
    desk.asks_for(1)
    desk.upload(1, bits=4)
    card = desk.queue.next(ANN, ALL)
    assert card is not None
    (copy,), (content,) = card.copies, card.contents
    assert (copy.kind, copy.distance_bits, copy.threshold_bits, copy.view) == ("pdq", 4, 31, "identity")
    assert (copy.standing, copy.standing_until is not None) == ("hide", True)
    assert (content.bank, content.has_request, content.is_live, content.flood_guarded) == ("portal", True, True, False)
    assert content.case_uid == f"{1:032x}"
    assert (card.can_look, card.why_no_look) == (False, "no_media")


def test_what_was_skipped_comes_back_after_hours_what_was_passed_on_never(desk: Desk) -> None:
    seeded(desk, 3, kinds=("match",))
    first, second, third = (one.id for one in desk.works())
    assert next_id(desk, ANN) == first
    desk.queue.skip(ANN, first)
    assert next_id(desk, ANN) == second
    desk.queue.pass_on(ANN, second)
    assert next_id(desk, ANN) == third
    desk.queue.skip(ANN, third)
    assert next_id(desk, ANN) is None
    assert next_id(desk, BEN) == first
    desk.clock.forward(hours=5)
    assert next_id(desk, ANN) == first


def test_work_passed_on_to_somebody_is_theirs(desk: Desk) -> None:
    seeded(desk, 2, kinds=("match",))
    first, second = (one.id for one in desk.works())
    desk.queue.pass_on(ANN, first, BEN.id)
    assert next_id(desk, LEAD) == second
    assert next_id(desk, BEN) == first
    assert [one.id for one in desk.works(assigned_to=BEN.id)] == [first]
    desk.queue.assign(LEAD, first, ANN.id)
    desk.queue.skip(BEN, first)
    assert next_id(desk, ANN) == first, "assigned again, it may come back to who passed it on"
    desk.queue.assign(LEAD, first, None)
    assert desk.works(assigned_to=ANN.id) == []


def test_work_is_given_to_nobody_who_cannot_have_it_and_comes_back_from_who_left(desk: Desk) -> None:
    seeded(desk, 1, kinds=("match",))
    work = desk.only().id
    desk.roles[7] = "auditor"
    for nobody in (7, 99, -1):
        refused("not_for_them", desk.queue.assign, LEAD, work, nobody)
        refused("not_for_them", desk.queue.pass_on, ANN, work, nobody)
    assert next_id(desk, ANN) == work, "a refused one passed nothing on"
    desk.queue.skip(ANN, work)
    desk.queue.assign(LEAD, work, BEN.id)
    desk.queue.release()
    assert next_id(desk, EVE) is None
    desk.roles.pop(BEN.id)
    desk.queue.release()
    assert next_id(desk, EVE) == work


def test_who_does_not_have_the_card_does_not_pass_it_on(desk: Desk) -> None:
    seeded(desk, 1, kinds=("match",))
    work = desk.only().id
    desk.queue.card(ANN, work)
    refused("work_locked", desk.queue.pass_on, BEN, work)
    desk.decide(ANN, work)
    refused("work_decided", desk.queue.pass_on, ANN, work)
    refused("work_decided", desk.queue.assign, ANN, work, BEN.id)


def test_comments_are_for_who_has_it_next(desk: Desk) -> None:
    seeded(desk, 1, kinds=("match",))
    work = desk.only().id
    desk.queue.comment(ANN, work, " look at the date ")
    (comment,) = desk.queue.card(BEN, work).comments
    assert (comment.by, comment.text) == ("staff-1", "look at the date")
    for text in ("", " ", "x" * 2_001, "\0", "\ud800"):
        refused("bad_comment", desk.queue.comment, ANN, work, text)


def test_each_role_is_given_its_kinds(desk: Desk) -> None:
    seeded(desk, 12)
    kinds = {"reviewer": {"match", "report"}, "caseworker": {"case", "tip"}, "lead": {"match", "report", "case", "tip"}}
    for role, wanted in kinds.items():
        assert {one.kind for one in desk.works(staff(6, role))} == wanted
    refused("staff_role", desk.works, staff(7, "auditor"))
    match = next(one.id for one in desk.works() if one.kind == "match")
    refused("unknown_work", desk.queue.card, WORKER, match)
    refused("unknown_work", desk.queue.comment, WORKER, match, "hello")
    refused("unknown_work", desk.queue.card, ADMIN, 2**70)


def test_lists_are_narrowed_and_go_on_where_they_ended(desk: Desk) -> None:
    seeded(desk, 60, kinds=("match", "report"))
    everything = [one.id for one in desk.queue.listed(ADMIN, ALL, None, 100).works]
    pages, after = [], None
    while True:
        page = desk.queue.listed(ADMIN, ALL, after, 7)
        pages += [one.id for one in page.works]
        after = page.after
        if after is None:
            break
    assert pages == everything
    assert (len(everything), len(desk.works())) == (60, 50), "a page holds 50 unless more are asked for"
    assert {one.queue for one in desk.works(queue="under_18")} == {"under_18"}
    assert {one.kind for one in desk.works(kinds=("report",))} == {"report"}
    assert {one.kind for one in desk.works(bank="SEEDED")} == {"match"}
    assert all("photos" in one.clients for one in desk.works(client="photos"))
    assert desk.works(client="nobody") == []
    assert next_id(desk, ANN, Filter(kinds=("report",), client="photos")) is not None


def test_what_waits_is_counted(desk: Desk) -> None:
    seeded(desk, 40, kinds=("match",))
    counts = desk.queue.counts(ANN)
    assert (counts.open, counts.second, counts.under_18) == (40, 0, 2)
    assert counts.oldest_at == min(one.opened_at for one in desk.works())
    minor = desk.works(queue="under_18")[0].id
    desk.decide(ANN, minor, NOT_THIS)
    desk.decide(ANN, desk.works(queue="adult")[0].id, CONFIRM)
    counts = desk.queue.counts(ANN)
    assert (counts.open, counts.second, counts.under_18) == (38, 1, 1)
    assert desk.queue.counts(WORKER).oldest_at is None


def test_a_case_is_work_of_its_own_and_not_of_its_pictures(desk: Desk) -> None:
    desk.asks_for(1)
    desk.upload(1)
    assert [(one.kind, one.case_uid) for one in desk.works(WORKER)] == [("case", f"{1:032x}")]
    case = desk.works(WORKER)[0].id
    made = desk.decide(WORKER, case).decision
    assert made is not None
    assert made.action is None
    assert desk.stands() == "hide", "it asks no platform for anything"
    assert desk.deciding.undo(WORKER, made.id).undoes == made.id
    assert [one.id for one in desk.works(WORKER)] == [case]


def test_the_words_of_a_report_open_for_who_has_their_key(desk: Desk) -> None:
    hers, other = new_identity(), new_identity()
    said = ReportWords("please take it down", "page 7", "", "a reader")
    sealed = seal(b'{"words": "please take it down", "where": "page 7", "reported_by": "a reader"}', [hers.recipient])
    desk.reports.take(desk.client("forum"), "forum", Report("i1", "intimate", sealed))
    work = desk.only().id
    assert desk.queue.card(staff(1, identity=hers.secret), work).words == (said,)
    assert desk.queue.card(staff(1, identity=other.secret), work).words == ()
    assert desk.queue.card(staff(1), work).words == ()
    desk.desk_keys.append(hers)  # the report came before anybody signed up
    assert desk.queue.card(staff(1, identity=other.secret), work).words == (said,)
