"""The queue in a real browser, over services in memory: keys alone, one press one decision, two people at once, nothing typed is lost."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from amparo.access.staff_model import StaffPrincipal
from amparo.errors import LimitReached
from tests import review_twin
from tests.browser.chromium import Chromium, ChromiumPage
from tests.browser.composing import compose
from tests.browser.console import Serving
from tests.browser.deciding import Keys
from tests.browser.page import Looks
from tests.console import doors_of
from tests.review_twin import Review

LEAD = StaffPrincipal(3, "Lead", "lead", "en")
REVIEWER = StaffPrincipal(1, "Reviewer", "reviewer", "en")


@pytest.fixture
def review() -> Review:
    return Review.of(12)


@pytest.fixture
def serving(review: Review) -> Iterator[Serving]:
    with Serving(doors_of(**review_twin.services(review))) as running:
        yield running


@pytest.fixture
def lead(serving: Serving, page: ChromiumPage) -> ChromiumPage:
    serving.sign_in(page, "lead")
    page.open(f"{serving.url}/queue")
    return page


def test_every_decision_leads_to_the_next_card_and_says_how_to_take_it_back(lead: ChromiumPage, review: Review) -> None:
    keys = Keys(lead)
    first = keys.begin()
    lead.run("window.isSame = true")
    second = keys.key("c")
    assert "Press z" in keys.notice()
    assert lead.run("document.activeElement.dataset.work") == second, "the heading of the next card has the focus"
    assert lead.text("#told") == keys.notice()
    assert urlsplit(lead.url()).path == f"/work/{second}"
    keys.key("z", is_back=first)
    assert [(made.answer, str(made.work_id)) for made in review.decisions] == [("confirm", first), ("undo", first)]
    assert keys.key("n") == second
    assert keys.key("s") not in {first, second}
    assert (3, int(second)) in review.skipped
    assert lead.run("window.isSame"), "no page was loaded anew"
    assert lead.complaints == []


def test_a_key_pressed_twice_and_a_double_click_decide_one_card(lead: ChromiumPage, review: Review) -> None:
    first = Keys(lead).begin()
    lead.press("c", "c")
    lead.wait_until(f"(document.querySelector('h1[data-work]')?.dataset.work ?? '') !== '{first}'")
    lead.press("c", "n")
    assert len(review.decisions) == 1
    lead.playwright_page.dblclick("[data-decide=confirm]")
    lead.wait_until("document.querySelectorAll('[data-decide=undo]').length === 2")
    assert Counter(made.work_id for made in review.decisions).most_common(1)[0][1] == 1
    assert len(review.decisions) == 2


def test_two_people_are_never_given_one_card_and_the_slower_one_is_told(
    serving: Serving, chromium: Chromium, review: Review
) -> None:
    with chromium.page() as one, chromium.page() as other:
        for page, role in ((one, "lead"), (other, "reviewer")):
            serving.sign_in(page, role)
            page.open(f"{serving.url}/queue/next")
        at_one, at_other = Keys(one), Keys(other)
        first = at_one.card()
        assert first != at_other.card()
        other.open(f"{serving.url}/work/{first}")
        assert "Lead has this card now" in other.text("main")
        assert other.texts("[data-decide=confirm]") == []
        review._set(int(first), locked_by=REVIEWER.id)  # the lead's time was over, and the reviewer took it
        other.open(f"{serving.url}/work/{first}")
        at_other.key("n")
        assert at_one.key("c") != first
        assert "Somebody else decided" in at_one.notice()
        assert [made.by for made in review.decisions if made.work_id == int(first)] == ["Reviewer"]


def test_what_is_refused_leaves_what_was_typed(lead: ChromiumPage, serving: Serving, review: Review) -> None:
    lead.open(f"{serving.url}/work/4")
    lead.fill("#comment", "Seen before.")
    review.failing = LimitReached("undo_limit", "enough for a day")
    lead.click("button[value=comment]")
    lead.wait_for("[data-notice].wrong")
    assert lead.run("document.querySelector('#comment').value") == "Seen before."
    serving.doors.staff.ended.append("lead")
    lead.click("button[value=comment]")
    lead.wait_for("[data-failed=over]:not([hidden])")
    assert lead.run("document.querySelector('#comment').value") == "Seen before."
    serving.doors.staff.ended.clear()
    serving.sign_in(lead, "admin")
    lead.click("button[value=comment]")
    lead.wait_for("[data-failed=anew]:not([hidden])")
    assert lead.run("document.querySelector('#comment').value") == "Seen before."
    lead.context.set_offline(True)
    lead.click("button[value=comment]")
    lead.wait_for("[data-failed=lost]:not([hidden])")
    assert lead.run("document.querySelector('#comment').value") == "Seen before."
    lead.context.set_offline(False)
    lead.click("button[value=comment]")
    lead.wait_for(".events .hers")
    assert [one.text for one in review.cards[4].comments] == ["Seen before."]


def test_keys_do_nothing_in_fields_nor_while_a_word_is_composed(
    lead: ChromiumPage, serving: Serving, review: Review
) -> None:
    lead.open(f"{serving.url}/work/4")
    lead.click("#comment")
    compose(lead, ["ㅎ", "하"], "하", ["c", "n"])
    lead.press("c", "s")
    lead.click("summary")
    lead.run("document.querySelector('#order').focus()")
    lead.press("c")
    lead.press("Escape")
    assert review.decisions == []
    assert lead.run("document.querySelector('#comment').value").startswith("하")


def test_many_are_decided_together_after_a_page_that_says_how_many(lead: ChromiumPage, review: Review) -> None:
    for number in (4, 8):
        lead.click(f"input[name=work][value='{number}']")
    lead.click("button[value=chosen]")
    lead.wait_for("[data-decide=confirm]")
    assert "Confirm all 2 on facts" in lead.text("[data-decide=confirm]")
    assert review.decisions == []
    lead.wait_until("document.activeElement.tagName === 'H1'")
    lead.click("[data-decide=confirm]")
    lead.wait_for("[data-told]")
    assert sorted(made.work_id for made in review.decisions) == [4, 8]
    lead.click("button[value=all]")
    lead.wait_for("[data-decide=not-this]")
    assert "All 10" in lead.text("[data-decide=not-this]")


def test_without_script_the_whole_way_works(serving: Serving, chromium: Chromium, review: Review) -> None:
    with chromium.page(Looks(script=False)) as page:
        serving.sign_in(page, "lead")
        page.playwright_page.goto(f"{serving.url}/queue/next")
        for _ in range(3):
            page.playwright_page.click("[data-decide=confirm]")
        page.playwright_page.click("[data-decide=undo]")
        assert Counter(made.answer for made in review.decisions) == {"confirm": 3, "undo": 1}
        assert "Taken back" in page.text("main")


def test_a_card_is_passed_on_without_a_reason_and_assigned_to_somebody_who_may_have_it(
    lead: ChromiumPage, serving: Serving, review: Review
) -> None:
    keys = Keys(lead)
    first = keys.begin()
    lead.run("document.querySelector('#to').closest('details').open = true")
    assert (
        lead.run("document.querySelector('#to').form.querySelectorAll('input:not([type=hidden]), textarea').length")
        == 0
    )
    keys.key("p")
    assert "Passed on" in keys.notice()
    assert (LEAD.id, int(first)) in review.skipped
    of = {
        kind: next(n for n, one in review.cards.items() if one.work.kind == kind and str(n) != first)
        for kind in ("match", "case")
    }
    for kind, takers in (("case", {"Caseworker", "Admin"}), ("match", {"Reviewer", "Admin"})):
        lead.open(f"{serving.url}/work/{of[kind]}")
        names = lead.run(
            "[...document.querySelectorAll('#to option[value]:not([value=\"\"])')].map((one) => one.textContent)"
        )
        assert set(names) == takers
    lead.run("document.querySelector('#to').closest('details').open = true")
    lead.playwright_page.select_option("#to", str(REVIEWER.id))
    lead.click("button[value=assign]")
    lead.wait_until("document.querySelector('[data-fact=assigned] dd').textContent === 'Reviewer'")
    assert keys.card() == str(of["match"]), "who assigns a card stays at it"
    assert review.cards[of["match"]].work.assigned_to == REVIEWER.id


def test_a_card_is_free_again_when_the_time_of_who_had_it_is_over(
    lead: ChromiumPage, serving: Serving, review: Review
) -> None:
    now = serving.doors.clock.now()
    for left, buttons in ((timedelta(minutes=9), 0), (timedelta(seconds=-1), 1)):
        review._set(8, locked_by=REVIEWER.id, locked_until=now + left)
        lead.open(f"{serving.url}/work/8")
        assert len(lead.texts("[data-decide=confirm]")) == buttons
        assert ("Reviewer has this card now" in lead.text("main")) == (buttons == 0)


def test_the_card_is_reached_by_tab_alone_and_the_focus_is_seen(lead: ChromiumPage, serving: Serving) -> None:
    lead.open(f"{serving.url}/work/4")
    seen = []
    for _ in range(60):
        lead.press("Tab")
        seen.append(lead.run("document.activeElement.dataset.decide ?? document.activeElement.id ?? ''"))
        ring = lead.run(
            "(() => { const at = getComputedStyle(document.activeElement); return at.outlineStyle !== 'none'; })()"
        )
        assert ring or not seen[-1], f"{seen[-1]}: nobody sees that it has the focus"
    assert {"confirm", "not-this", "skip", "comment"} <= set(seen)
