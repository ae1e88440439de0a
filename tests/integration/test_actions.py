"""Actions: what is ordered, what stands, what an undo takes back, interim hides that end, and the record as clients read it."""

import threading
from datetime import timedelta

import pytest

from amparo.access.service import Access
from amparo.banks.listing import tell_policy
from amparo.review.actions import Actions
from amparo.review.hides import Hides
from amparo.review.model import Wanted
from amparo.terms.clock import to_us
from tests.integration.ledger import House, new_bank, opened, refused
from tests.integration.reviewing import ANN, lists, reviewing


@pytest.fixture
def house(tmp_path, clock):
    with opened(tmp_path, clock) as there:
        yield there


@pytest.fixture
def actions(house: House) -> Actions:
    made = Actions(house.db, house.clock)
    yield made
    made.close()


@pytest.fixture
def client(house: House) -> int:
    return Access(house.db, house.clock, tell_policy).new_client("site").id


def order(actions: Actions, client: int, action: str = "hide", item: str = "i1", **more) -> int:
    with actions.db.write() as connection:
        return actions.order(connection, Wanted(client, item, action, **{"ground": "decision", "by": "staff:1"} | more))


def interim(actions: Actions, client: int, hours: int, item: str = "i1") -> int:
    until = to_us(actions.clock.now() + timedelta(hours=hours))
    return order(actions, client, item=item, ground="match", by="match", until_us=until)


def reverse(actions: Actions, decision: int) -> list[int]:
    with actions.db.write() as connection:
        return actions.reverse(connection, decision, "staff:1")


def stands(actions: Actions, client: int, item: str = "i1"):
    with actions.db.read() as connection:
        found = actions.standing(connection, client, item)
    return found and (found.action, found.until)


def told(actions: Actions, client: int | None = None, cursor: int = 0) -> list[tuple[int, str, str, str]]:
    return [(one.id, one.item_id, one.action, one.by) for one in actions.after(client, cursor, 100)]


def test_what_is_ordered_stands_and_is_told(actions: Actions, client: int):
    assert stands(actions, client) is None
    first = order(actions, client, "hide")
    second = order(actions, client, "remove")
    assert stands(actions, client) == ("remove", None)
    assert told(actions) == [(first, "i1", "hide", "staff:1"), (second, "i1", "remove", "staff:1")]
    one, two = actions.after(client, 0, 10)
    assert (one.client, one.ground, one.at) == ("site", "decision", actions.clock.now())
    assert one.idempotency_key != two.idempotency_key


def test_a_rolled_back_transaction_orders_nothing(actions: Actions, client: int):
    def fail() -> None:
        with actions.db.write() as connection:
            actions.order(connection, Wanted(client, "i1", "hide", "decision", "staff:1"))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert told(actions) == []
    assert stands(actions, client) is None
    assert order(actions, client) == 1


def test_a_client_that_is_not_there_is_asked_nothing(actions: Actions):
    refused("unknown_client", order, actions, 77)


def test_a_client_reads_its_own_alone(actions: Actions, house: House, client: int):
    other = Access(house.db, house.clock, tell_policy).new_client("other").id
    order(actions, client)
    order(actions, other)
    assert [one[0] for one in told(actions, client)] == [1]
    assert [one[0] for one in told(actions, other)] == [2]
    assert [one[0] for one in told(actions, None, 1)] == [2]


def test_a_cursor_of_another_ledger_is_refused(actions: Actions, client: int):
    order(actions, client)
    assert told(actions, client, 1) == []
    refused("cursor_ahead", actions.after, client, 2, 10)


def test_who_waits_sees_what_came(actions: Actions, client: int):
    assert actions.newest(0) == 0
    order(actions, client)
    order(actions, client, "remove")
    assert (actions.newest(0), actions.newest(1), actions.newest(2), actions.newest(9)) == (2, 2, 2, 9)


def test_a_second_match_hides_no_second_time(actions: Actions, client: int):
    first = interim(actions, client, 24)
    assert interim(actions, client, 24) == first
    assert interim(actions, client, 12) == first
    longer = interim(actions, client, 48)
    assert longer != first
    order(actions, client, "remove")
    assert stands(actions, client) == ("remove", None)
    interim(actions, client, 72)
    assert stands(actions, client) == ("remove", None)


def test_undo_restores_what_was_removed_and_hides_again_what_was_restored(actions: Actions, client: int):
    interim(actions, client, 24)
    until = actions.clock.now() + timedelta(hours=24)
    removed = order(actions, client, "remove", decision_id=5)
    (back,) = reverse(actions, 5)
    assert stands(actions, client) == ("restore", None)
    assert actions.one(back).reverses == removed
    assert reverse(actions, 5) == [], "taken back twice"
    interim(actions, client, 24)
    order(actions, client, "restore", decision_id=6)
    reverse(actions, 6)
    assert stands(actions, client) == ("hide", until)


def test_undo_brings_back_no_hide_whose_time_is_over(actions: Actions, client: int):
    interim(actions, client, 24)
    order(actions, client, "restore", decision_id=6)
    actions.clock.forward(hours=25)
    assert reverse(actions, 6) == []
    assert stands(actions, client) == ("restore", None)


def test_undo_leaves_alone_what_another_asked_for_since(actions: Actions, client: int):
    order(actions, client, "remove", decision_id=5)
    order(actions, client, "remove", item="i2", decision_id=5)
    order(actions, client, "remove", decision_id=6)
    reverse(actions, 5)
    assert stands(actions, client) == ("remove", None)
    assert stands(actions, client, "i2") == ("restore", None)


def test_an_interim_hide_ends_by_the_clock_unless_confirmed(actions: Actions, client: int):
    interim(actions, client, 24)
    interim(actions, client, 24, "i2")
    order(actions, client, "hide", "i2")
    hides = Hides(actions)
    actions.clock.forward(hours=23)
    assert hides.end_due() == 0
    actions.clock.forward(hours=1)
    assert hides.end_due() == 1
    assert hides.end_due() == 0
    assert stands(actions, client) == ("restore", None)
    assert stands(actions, client, "i2") == ("hide", None)
    assert told(actions)[-1][2:] == ("restore", "clock")


def test_numbers_follow_the_order_of_commits(actions: Actions, client: int):
    """Whoever reads while others order sees no number later than one that comes after it."""
    done, holes = threading.Event(), []

    def read() -> None:
        cursor = 0
        while not done.is_set():
            for one in actions.after(None, cursor, 100):
                if one.id != cursor + 1:
                    holes.append((cursor, one.id))
                cursor = one.id

    def write(number: int) -> None:
        for each in range(25):
            order(actions, client, item=f"{number}-{each}")

    reader, writers = threading.Thread(target=read), [threading.Thread(target=write, args=(one,)) for one in range(4)]
    for one in (reader, *writers):
        one.start()
    for one in writers:
        one.join()
    done.set()
    reader.join()
    assert holes == []
    assert [one[0] for one in told(actions)] == list(range(1, 101))


def test_whose_hide_ends_is_told_and_whoever_may_be_under_18_stays_hidden(tmp_path, clock):
    with reviewing(tmp_path, clock) as desk:
        desk.asks_for(1)
        desk.upload(1, "hers")
        clock.forward(days=31)
        desk.hides.end_due()
        assert desk.stands("hers") == "restore"
        assert desk.shown()[-1] == "restored"
        new_bank(desk.room.house, desk.room.settings.bank_under_18)
        lists(desk, 2, action="hide")
        desk.upload(2, "theirs")
        (work_id,) = {one.id for one in desk.works() if "theirs" in {copy.item_id for copy in desk.card(one.id).copies}}
        desk.minors.set_minor(ANN, work_id, "seen")
        clock.forward(days=8)
        desk.hides.end_due()
        assert desk.stands("theirs") == "hide"
        assert desk.hides.end_due() == 0
        clock.forward(days=1)
        assert desk.hides.end_due() == 1
        assert desk.stands("theirs") == "hide"
