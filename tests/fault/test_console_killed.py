"""kill -9 of the console while staff decide: what was answered is in the record after it, once, with all that belongs to it, and nothing is half.

Each form whose answer was lost is sent again as it was, as a browser does.
"""

import random
from collections import Counter
from pathlib import Path

import pytest

from amparo.app.looks import looking_of
from amparo.review.exposure import Exposures
from amparo.review.settings import ReviewSettings
from tests.fault.deskwork import PARTNERS, Browser, Deskwork, Form, deskwork

pytestmark = pytest.mark.enable_socket
EACH, EACH_LONG = 4, 24
"""Acts of each sort."""
KILLS, KILLS_LONG = 2, 40
"""In each half, at the most."""
WHY = "It is what was reported."


def items(first: int, each: int) -> list[str]:
    return [f"i{number}" for number in range(first, first + each)]


def decided(at: Deskwork, item: str, act: str, **more: str) -> Form:
    return Form(f"/work/{at.works[item]}", {"act": act, "key": f"{act}-{item}", "order": "remove", **more})


def test_what_was_answered_is_done_once_and_whole(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    is_long = request.config.getoption("--long")
    each = EACH_LONG if is_long else EACH
    draw = random.Random(random.SystemRandom().getrandbits(32) if is_long else 6)
    with deskwork(tmp_path / "var", hers=3 * each, partners=1 + 3 * each) as at:
        confirmed, lifted, kept = items(1, each), items(1 + each, each), items(1 + 2 * each, each)
        wrong, undone, minors = (items(PARTNERS + 1 + part * each, each) for part in range(3))
        wait = [decided(at, one, "not-this", reason="other_picture") for one in (*lifted, *kept)]
        look = Form(
            f"/work/{at.works[f'i{PARTNERS}']}/look", {"copy": f"{at.client}:i{PARTNERS}", "reason": "near_threshold"}
        )
        entries = [
            Form(
                "/banks/partners/entry",
                {"act": "enter", "key": f"{number:016x}", "hashes": f"md5 {number:032x}", "reason": WHY, "adult": "1"},
            )
            for number in range(1, each + 1)
        ]
        first, kills = at.together(
            draw,
            {
                "ann": [*wait, look, *entries],
                "ben": [decided(at, one, "confirm") for one in (*confirmed, *undone)],
                "lee": [
                    *(decided(at, one, "not-this", reason="other_picture") for one in wrong),
                    *(decided(at, one, "minor", cause="") for one in minors),
                ],
            },
            KILLS_LONG if is_long else KILLS,
        )
        check_answered(first, but=look)
        record = {one.work_id: one for one in at.review.deciding.made(None, 10_000)}
        waiting = {one.work_id: one.id for one in at.review.seconds.waiting(at.who("ben")) if one.kind == "lift_hide"}
        asked = [one.id for one in at.review.seconds.waiting(at.who("lee")) if one.kind == "bank_entry"]
        assert len(asked) == each, "an entry was lost, or asked for twice"
        then, more = at.together(
            draw,
            {
                "ben": [
                    *(Form(f"/decisions/{record[at.works[one]].id}/undo", {"act": "undo"}) for one in undone),
                    *(Form(f"/seconds/{waiting[at.works[one]]}", {"act": "yes"}) for one in lifted),
                ],
                "lee": [
                    *(Form(f"/seconds/{waiting[at.works[one]]}", {"act": "no"}) for one in kept),
                    *(Form(f"/seconds/{number}", {"act": "yes"}) for number in asked),
                ],
            },
            KILLS_LONG if is_long else KILLS,
        )
        check_answered(then)
        cut = sum(one.cut for one in (*first, *then))
        print(f"{sum(len(one.answers) for one in (*first, *then))} forms, {kills + more} kills, {cut} answers lost")
        assert kills + more >= 3
        assert cut, "no kill met a form: nothing was tried"
        at.console.kill()
        check_record(at, confirmed, lifted, kept, wrong, undone, minors)
        check_person(at, {*confirmed, *kept})
        check_beside(at, minors, each)
        at.console.start()


def check_answered(browsers: list[Browser], but: Form | None = None) -> None:
    """None was refused. but: the look, which is open already where its first answer was lost."""
    answers = [one for browser in browsers for one in browser.answers if one[0] is not but]
    assert [
        (form.path, form.fields, told.status_code, told.text[-300:])
        for form, told in answers
        if told.status_code != 303
    ] == []


def check_record(at: Deskwork, *sorts: list[str]) -> None:
    """Every work has the decisions that were answered, each once, and every decision what it orders, each once; no more of either."""
    confirmed, lifted, kept, wrong, undone, minors = sorts
    wanted = {
        **dict.fromkeys(confirmed, (["confirm"], ["remove"])),
        **dict.fromkeys(lifted, (["not_this"] * 2, [])),
        **dict.fromkeys(kept, (["not_this", "confirm"], ["remove"])),
        **dict.fromkeys(wrong, (["not_this"], [])),
        **dict.fromkeys(undone, (["confirm", "undo"], ["remove", "restore"])),
        **dict.fromkeys(minors, ([], [])),
    }
    made: dict[int, list[str]] = {}
    for one in reversed(at.review.deciding.made(None, 10_000)):
        made.setdefault(one.work_id, []).append(one.answer)
    found = {item: (made.get(at.works[item], []), at.asked(item)) for item in wanted}
    assert found == wanted
    ordered = sum(len(actions) for _, actions in wanted.values())
    assert len(at.review.actions.after(None, 0, 10_000)) == ordered
    assert at.house.rooms.webhooks.one(at.hook, None).waiting == ordered, (
        "an action without its delivery, or the reverse"
    )
    done = {item: at.card(at.works[item]).work.state for item in wanted}
    assert done == {item: "open" if item in {*undone, *minors} else "done" for item in wanted}


def check_person(at: Deskwork, removed: set[str]) -> None:
    """She is shown each confirmation once, and nothing of the others."""
    at.house.work(2)
    shown = {f"i{number}": Counter(states) for number, states in at.house.states(at.hers).items()}
    assert {item for item, states in shown.items() if states["confirmed"]} == removed
    assert {item for item, states in shown.items() if states["removed"]} == removed
    assert max(states["confirmed"] for states in shown.values()) == 1


def check_beside(at: Deskwork, minors: list[str], each: int) -> None:
    """Marks with their moves, entries, and looks, each once."""
    for item in minors:
        card = at.card(at.works[item])
        assert card.work.minor_possible
        assert [one.bank for one in card.contents] == ["portal_under_18"]
        assert len(card.comments) == 1
    bank = at.house.rooms.banks.bank("partners")
    entered = [one for one in at.house.rooms.banks.contents(bank, 0, 1_000) if one.origin == "desk"]
    assert len(entered) == each
    assert len({one.signals for one in entered}) == each
    settings = at.house.settings.section(ReviewSettings)
    exposures = Exposures(at.house.rooms.db, at.house.rooms.clock, settings, looking_of(at.house.rooms).members)
    assert exposures.own(at.who("ann")).used.looks_day == 1
