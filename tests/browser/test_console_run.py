"""A desk's day in one run: the real service, sign-up by passkey, a hundred works of all kinds decided by keys alone; the record holds all of it."""

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.browser.chromium import Chromium
from tests.browser.deciding import Keys
from tests.browser.running_console import Office, office, sign_up

pytestmark = pytest.mark.enable_socket
SEEDS = {"match": 60, "report": 20, "case": 14, "tip": 6}
NOT_THIS_EACH = 7
UNDO_EACH = 10


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("console")) as running:
        running.persons(SEEDS["case"], SEEDS["tip"])
        running.matches(SEEDS["match"])
        running.reports(SEEDS["report"])
        running.wait_for_work()
        yield running


def test_a_hundred_cards_of_all_kinds_are_decided_by_keys_alone_and_the_record_holds_all(
    desk: Office, chromium: Chromium
) -> None:
    assert Counter(work.kind for work in desk.works()) == SEEDS
    with chromium.page() as page:
        sign_up(page, desk.link, "Ann")
        page.requests.clear()
        keys, pressed = Keys(page), []
        keys.begin()
        page.run("window.isSame = true")
        for number in range(1, sum(SEEDS.values()) + 1):
            card = keys.card()
            assert card, f"no card is there after {number - 1}"
            answer = "not_this" if number % NOT_THIS_EACH == 0 else "confirm"
            key = "n" if answer == "not_this" else "c"
            keys.key(key)
            pressed.append((int(card), answer))
            if number % UNDO_EACH == 0:
                keys.key("z", is_back=card)
                keys.key(key)
                pressed += [(int(card), "undo"), (int(card), answer)]
        assert keys.card() == ""
        assert page.run("window.isSame"), "not one page was loaded anew"
        assert page.complaints == []
        assert {request.url.partition("//")[2].partition("/")[0] for request in page.requests} == {
            desk.url.partition("//")[2]
        }
    made = desk.made()
    assert [(one.work_id, one.answer) for one in made] == pressed
    assert {one.by for one in made} == {"Ann"}
    undone = {one.undoes for one in made if one.answer == "undo"}
    assert len(undone) == sum(SEEDS.values()) // UNDO_EACH
    assert {one.id for one in made if one.undone_by is not None} == undone
    assert desk.works() == []


def test_two_of_the_staff_share_one_queue_and_no_work_is_decided_twice(desk: Office, chromium: Chromium) -> None:
    desk.reports(10)
    desk.seeded = {"report": 10}
    desk.wait_for_work()
    before = len(desk.made())
    with chromium.page() as one, chromium.page() as other:
        sign_up(one, desk.invite("reviewer"), "Ben")
        sign_up(other, desk.invite("lead"), "Cho")
        at = [Keys(one), Keys(other)]
        for each in at:
            each.begin()
        assert at[0].card() != at[1].card()
        turn = 0
        while any(each.card() for each in at):
            if at[turn % 2].card():
                at[turn % 2].key("c")
            turn += 1
    made = desk.made()[before:]
    assert len(made) == len({each.work_id for each in made}) == 10
    assert {each.by for each in made} == {"Ben", "Cho"}
