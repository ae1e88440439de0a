"""The pages of banks over a real ledger, without script: policy, what-if, guard, search, entering and taking away by two, withdrawing."""

import html
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from amparo.access.model import Principal
from amparo.access.staff_model import STAFF_MATRIX, STAFF_ROLES
from amparo.banks.model import BankPolicy, Listing
from amparo.cases.model import origin_of
from amparo.match.service import Question
from amparo.terms.signal import Signal
from tests.conftest import SetClock
from tests.console import Desk, at, view_of
from tests.integration.banking import CASES, Banking, banking
from tests.integration.ledger import listing, md5, new_bank, pdq, refused

SITE = Principal(7, 3, "site", "platform")
CODE = 0x8F3B_0000_1111_2222_3333_4444_5555_6666_7777_8888_9999_AAAA_BBBB_CCCC_DDDD_EEEE
CASE = "case-" + "5" * 32
WHY = "a partner sent it by letter"


@pytest.fixture
def there(tmp_path: Path, clock: SetClock) -> Iterator[Banking]:
    with banking(tmp_path, clock) as made:
        yield made


@pytest.fixture
async def desk(there: Banking) -> AsyncIterator[Callable[[str], Desk]]:
    async with at(there.doors) as made:
        yield made


def text_of(page: str) -> str:
    """What a reader sees."""
    bare = re.sub(r"<(style|script)[^>]*>.*?</\1>", "", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", bare)).split())


def hashes(page: str) -> list[str]:
    """Anything on a page that could be a whole hash."""
    return re.findall(r"(?<![0-9a-f])[0-9a-f]{16,}(?![0-9a-f])", text_of(page))


def policy(**changes: object) -> dict[str, object]:
    return {"bits-pdq": 31, "bits-vpdq": 31, "days": 28, "action": "review", "share": 100, "polarity": "positive", "act": "save"} | changes  # fmt: skip


PAGES = (
    ("/banks", "banks"),
    ("/banks/A", "bank"),
    ("/banks/A/contents", "bank-contents"),
    ("/banks/A/guarded", "bank-guarded"),
    ("/banks/A/contents/1", "content"),
    ("/search", "bank-search"),
    ("/banks/A/what-if/1", "bank-what-if"),
    ("/banks/A/contents/1/withdraw", "content-withdraw"),
    ("/banks/A/entry", "bank-entry"),
)


@pytest.mark.parametrize("role", STAFF_ROLES)
async def test_every_page_shows_no_more_of_a_hash_than_its_beginning(there: Banking, desk, role):
    there.house.add("A", "site", Listing((pdq(CODE), md5(CODE % 2**128)), "x", "a note"))
    there.house.banks.give_opinion(there.house.banks.bank("A"), 1, "site", "positive_class")
    there.matcher.judge(SITE, "request", [pdq(CODE)], Question())
    there.supposing.ask(there.house.banks.bank("A"), {"pdq": 3}, 28, 1)
    there.work()
    for path, view in PAGES:
        answer = await desk(role).get(path)
        if answer.status_code == 403:
            assert path.endswith(("withdraw", "entry")) or "banks.read" not in STAFF_MATRIX[role]
            continue
        assert (answer.status_code, view_of(answer.text)) == (200, view), path
        assert hashes(answer.text) == [], path
    if "banks.read" in STAFF_MATRIX[role]:
        page = (await desk(role).get("/banks/A/contents/1")).text
        assert f"{CODE:064x}"[:8] in page
        assert f"{CODE:064x}"[:9] not in page
        assert 'data-opinion="positive_class"' in page
        assert 'data-event="1"' in page
        assert ("What can be done" in page) == ("banks.policy" in STAFF_MATRIX[role])


async def test_a_new_bank_and_its_policy(there: Banking, desk):
    lead = desk("lead")
    made = await lead.post("/banks", name="Partners", polarity="negative", act="new")
    assert (made.status_code, made.headers["location"]) == (303, "/banks/Partners?said=saved")
    taken = await lead.post("/banks", name="partners", polarity="positive", act="new")
    assert (taken.status_code, "of this name already" in taken.text) == (409, True)
    saved = await lead.post("/banks/A", **policy(action="hide", share="12.5", paused="1"))
    assert saved.status_code == 303
    bank = there.house.banks.bank("A")
    assert (bank.action, bank.staged_share, bank.paused, bank.thresholds) == ("hide", 0.125, True, {})
    page = (await lead.get("/banks/A")).text
    assert 'value="12.5"' in page
    listed = (await lead.get("/banks")).text
    assert "paused" in listed
    assert "harmless, stops matches" in listed
    for wrong in ({"share": "101"}, {"share": "nan"}, {"bits-pdq": "x"}, {"bits-pdq": 65}, {"action": "burn"}):
        answer = await lead.post("/banks/A", **policy(sure="1", **wrong))
        assert answer.status_code == 400, wrong
        assert f'value="{next(iter(wrong.values()))}"' in answer.text or "action" in wrong
    assert there.house.banks.bank("A") == bank


async def test_thresholds_are_saved_once_the_past_was_asked_or_somebody_is_sure(there: Banking, desk):
    there.house.add("A", "site", Listing((pdq(0b1111),), "x"))
    there.matcher.judge(SITE, "request", [pdq(0)], Question())
    lead = desk("lead")
    first = await lead.post("/banks/A", **policy(**{"bits-pdq": 3}))
    assert (first.status_code, 'name="sure"' in first.text, 'value="3"' in first.text) == (409, True, True)
    asked = await lead.post("/banks/A", **policy(**{"bits-pdq": 3, "act": "ask"}))
    assert asked.headers["location"] == "/banks/A/what-if/1"
    waiting = (await lead.get("/banks/A/what-if/1")).text
    assert 'data-state-of="waiting"' in waiting
    still = await lead.post("/banks/A", **policy(**{"bits-pdq": 3}))
    assert still.status_code == 409
    there.work()
    told = (await lead.get("/banks/A/what-if/1")).text
    assert 'data-state-of="done"' in told
    facts = dict(
        re.findall(r'data-fact="(\w+)"><dt>[^<]*</dt><dd>(\d+)</dd>', told.partition('data-tally="gained"')[0])
    )
    assert facts == {"days": "28", "read": "1", "met": "1", "changed": "1", "alone": "1", "hides": "0"}
    assert "/banks/A/contents/1" in told
    assert "2026-01-01" in told
    saved = await lead.post("/banks/A", **policy(**{"bits-pdq": 3}))
    assert (saved.status_code, there.house.banks.bank("A").thresholds) == (303, {"pdq": 3})
    sure = await lead.post("/banks/A", **policy(**{"bits-pdq": 9, "sure": "1"}))
    assert (sure.status_code, there.house.banks.bank("A").thresholds) == (303, {"pdq": 9})
    back = await lead.post("/banks/A", **policy(**{"bits-pdq": 31, "sure": "1"}))
    assert (back.status_code, there.house.banks.bank("A").threshold_bits("pdq")) == (303, 31)


async def test_counting_can_be_stopped_and_belongs_to_its_bank(there: Banking, desk):
    new_bank(there.house, "B")
    lead = desk("lead")
    await lead.post("/banks/A", **policy(**{"bits-pdq": 3, "act": "ask"}))
    assert (await lead.get("/banks/B/what-if/1")).status_code == 404
    assert (await lead.post("/banks/B/what-if/1", act="end")).status_code == 404
    await lead.post("/banks/A/what-if/1", act="end")
    there.work()
    assert 'data-state-of="ended"' in (await lead.get("/banks/A/what-if/1")).text


async def test_without_an_upload_log_wider_is_said_to_be_untold(tmp_path: Path, clock: SetClock):
    with banking(tmp_path, clock, keep_days=0) as there:
        async with at(there.doors) as made:
            lead = made("lead")
            await lead.post("/banks/A", **policy(**{"bits-pdq": 40, "act": "ask"}))
            there.work()
            page = (await lead.get("/banks/A/what-if/1")).text
            assert 'data-state-of="done"' in page
            assert "data-no-log" in page


# --- contents


async def test_contents_come_in_pages(there: Banking, desk):
    there.house.add("A", "site", *[listing(number, f"x{number}") for number in range(120)])
    seen, path = [], "/banks/A/contents"
    while path:
        page = (await desk("auditor").get(path)).text
        seen += re.findall(r'data-content="(\d+)"', page)
        found = re.search(r'href="([^"]+)" rel="next"', page)
        path = found[1] if found else ""
    assert seen == [str(number) for number in range(1, 121)]


async def test_a_guarded_content_is_listed_and_released(there: Banking, desk):
    there.house.add("A", "site", listing(1, "x"), listing(2, "y"))
    there.house.banks.guard([2])
    page = (await desk("lead").get("/banks/A/guarded")).text
    assert re.findall(r'data-content="(\d+)"', page) == ["2"]
    assert "Release it" not in (await desk("reviewer").get("/banks/A/guarded")).text
    assert (await desk("reviewer").post("/banks/A/contents/2", act="release")).status_code == 403
    released = await desk("lead").post("/banks/A/contents/2", act="release", **{"from": "guarded"})
    assert released.headers["location"] == "/banks/A/guarded?said=saved"
    assert "There is nothing here." in (await desk("lead").get("/banks/A/guarded")).text


async def test_a_content_is_turned_off_and_on(there: Banking, desk):
    there.house.add("A", CASE, listing(1, "x"))
    await desk("lead").post("/banks/A/contents/1", act="off")
    assert there.house.live("A")[0].disable_until_us == 0
    assert "Turn it on" in (await desk("lead").get("/banks/A/contents/1")).text
    await desk("lead").post("/banks/A/contents/1", act="on")
    assert there.house.live("A")[0].disable_until_us is None
    assert (await desk("lead").post("/banks/A/contents/1", act="burn")).status_code == 400


async def test_withdrawing_asks_twice_and_is_told_in_numbers_alone(there: Banking, desk):
    there.house.add("A", "partner-x", listing(1, "Fall-7"))
    lead = desk("lead")
    page = (await lead.get("/banks/A/contents/1/withdraw")).text
    assert "partner-x lists it." in text_of(page)
    once = await lead.post("/banks/A/contents/1/withdraw", act="withdraw")
    assert (once.status_code, len(there.house.live("A"))) == (400, 1)
    twice = await lead.post("/banks/A/contents/1/withdraw", act="withdraw", sure="1")
    assert (twice.status_code, there.house.live("A")) == (303, [])
    assert (await lead.get("/banks/A/contents/1")).status_code == 410
    bank = (await lead.get("/banks/A")).text
    assert "One content was withdrawn" in bank
    assert "Fall-7" not in bank
    assert there.house.add("A", "partner-x", listing(1, "Fall-7")) == [("withdrawn", None)]


async def test_what_a_case_lists_is_withdrawn_by_her_alone_and_reading_it_is_kept(there: Banking, desk):
    there.house.add("A", CASE, listing(1, "file:1"))
    lead = desk("lead")
    page = (await lead.get("/banks/A/contents/1")).text
    assert "data-hers" in page
    assert "file:1" not in page
    assert f'href="/cases/{"5" * 32}"' in page
    assert there.staff.reads == [("lead", "content", "A:1")]
    answer = await lead.post("/banks/A/contents/1/withdraw", act="withdraw", sure="1")
    assert (answer.status_code, len(there.house.live("A"))) == (403, 1)
    assert "/cases/" not in (await desk("auditor").get("/banks/A/contents/1")).text.partition("<main")[2]


async def test_a_bank_says_who_lists_and_which_keys_may_do_so_alone(there: Banking, desk):
    there.house.add("A", CASE, listing(1, "x"))
    there.house.add("A", "case-" + "6" * 32, listing(1, "x"))
    there.house.add("A", "partner-x", listing(1, "x"))
    new_bank(there.house, "B")
    there.access.new_client("agency")
    there.access.new_key("everywhere", "curator", client="agency")
    there.access.new_key("elsewhere", "curator", client="agency", bank_ids=[2])
    there.access.new_key("reads", "platform", client="agency")
    page = (await desk("auditor").get("/banks/A")).text
    assert re.findall(r"<li data-origin>([^<]+)</li>", page) == ["persons' cases: 2", "partner-x: 1"]
    writers = re.findall(r"<li data-writer>([^<]+)</li>", page)
    assert len(writers) == 1
    assert "everywhere" in writers[0]


# --- searching


async def test_a_search_finds_in_every_bank_and_is_kept_without_what_was_searched(there: Banking, desk):
    new_bank(there.house, "N", polarity="negative")
    there.house.add("A", "site", Listing((pdq(CODE), md5(7)), "x"))
    there.house.add("N", "site", Listing((pdq(CODE ^ 0b11),), "y"))
    there.house.banks.set_policy("A", BankPolicy(paused=True))
    page = (await desk("reviewer").post("/search", hashes=f"{CODE ^ 1:064X}", act="search")).text
    assert re.findall(r'data-found="(\d+)"', page) == ["1", "2"]
    assert f"{CODE ^ 1:064x}" not in page.lower()
    assert "paused" in page
    assert "harmless" in page
    by_md5 = (await desk("auditor").post("/search", hashes=f"md5 {7:032x}\n", act="search")).text
    assert re.findall(r'data-found="(\d+)"', by_md5) == ["1"]
    assert there.staff.reads == [("reviewer", "search", "banks"), ("auditor", "search", "banks")]
    nothing = (await desk("auditor").post("/search", hashes=f"sha256 {7:064x}", act="search")).text
    assert "0 contents are near" in nothing


@pytest.mark.parametrize(
    "typed", ["", "  \n", "abc", "g" * 64, "phash " + "0" * 16, "pdq 12", "pdq " + "0" * 64 + " x", "md5 " + "0" * 31, "0" * 64 + "\n" * 3 + "x"]
)  # fmt: skip
async def test_what_is_no_hash_is_said_so(desk, typed):
    answer = await desk("reviewer").post("/search", hashes=typed, act="search")
    assert answer.status_code == 400
    assert "data-notice" in answer.text


async def test_a_listed_content_is_found_at_the_next_search_and_a_withdrawn_one_is_not(there: Banking, desk):
    async def found() -> list[str]:
        page = (await desk("reviewer").post("/search", hashes=f"{1:032x}", act="search")).text
        return re.findall(r'data-found="(\d+)"', page)

    assert await found() == []
    there.house.add("A", "site", listing(1, "x"))
    assert await found() == ["1"]
    there.house.banks.withdraw(there.house.banks.bank("A"), 1)
    assert await found() == []


# --- by two


KEY = "0123456789abcdef"
KEYED = re.compile(r'name="key" value="([0-9a-f]{16})"')


def entry(**changes: object) -> dict[str, object]:
    return {"hashes": f"md5 {5:032x}\npdq {CODE:064x} 88", "note": "by letter", "reason": WHY, "adult": "1", "key": KEY, "act": "enter"} | changes  # fmt: skip


async def test_staff_enter_a_picture_only_together_with_another(there: Banking, desk):
    sent = await desk("reviewer").post("/banks/A/entry", **entry())
    assert sent.headers["location"] == "/banks/A?said=second_asked"
    assert there.house.live("A") == []
    there.answered("reviewer")
    assert there.house.live("A") == []
    (waiting,) = there.seconds.waiting(there.staff.members_by["lead"])
    assert dict(waiting.facts) == {"bank": "A", "number": "2"}
    there.answered("lead")
    (content,) = there.house.live("A")
    assert (content.origin, content.note) == ("desk", "by letter")
    assert set(content.signals) == {md5(5), Signal("pdq", CODE.to_bytes(32, "big"), 88)}


async def test_an_entry_whose_form_arrives_again_is_one(there: Banking, desk):
    """Before the answer and after it; the page gives every form a key of its own."""
    reviewer = desk("reviewer")
    for _ in range(2):
        assert (await reviewer.post("/banks/A/entry", **entry())).status_code == 303
    assert len(there.seconds.waiting(there.staff.members_by["lead"])) == 1
    there.answered("lead")
    assert (await reviewer.post("/banks/A/entry", **entry())).status_code == 303
    assert there.seconds.waiting(there.staff.members_by["lead"]) == []
    assert len(there.house.live("A")) == 1
    keys = [KEYED.findall((await reviewer.get("/banks/A/entry")).text) for _ in range(2)]
    assert [len(one) for one in keys] == [1, 1]
    assert keys[0] != keys[1]
    assert (await reviewer.post("/banks/A/entry", **entry(key=""))).status_code == 400


async def test_a_no_enters_nothing(there: Banking, desk):
    await desk("reviewer").post("/banks/A/entry", **entry())
    there.answered("lead", yes=False)
    assert there.house.live("A") == []


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"adult": ""}, 409),
        ({"reason": "x"}, 400),
        ({"hashes": ""}, 400),
        ({"hashes": "0" * 64}, 400),  # of which of two kinds it is, is not guessed where it is listed
        ({"hashes": f"pdq {CODE:064x} 19"}, 422),
        ({"note": "n" * 2_001}, 400),
    ],
)
async def test_an_entry_that_cannot_be_asked_keeps_what_was_typed(there: Banking, desk, changes, status):
    answer = await desk("reviewer").post("/banks/A/entry", **entry(**changes))
    assert answer.status_code == status
    assert there.seconds.waiting(there.staff.members_by["lead"]) == []
    assert str(entry(**changes)["reason"]) in answer.text


async def test_nothing_is_entered_into_the_bank_of_what_may_show_a_child(there: Banking, desk):
    new_bank(there.house, "Portal_Under_18")
    answer = await desk("admin").post("/banks/portal_under_18/entry", **entry())
    assert (answer.status_code, there.seconds.waiting(there.staff.members_by["lead"])) == (403, [])


async def test_a_list_is_taken_away_by_the_two_who_agreed_for_a_day(there: Banking, desk):
    there.house.add("A", "site", Listing((pdq(CODE), md5(5)), "x"), listing(6, "y"))
    assert (await desk("reviewer").post("/banks/A/export", reason=WHY)).status_code == 403
    await desk("lead").post("/banks/A/export", reason=WHY, act="export")
    assert (await desk("lead").get("/banks/A/exports/1")).status_code == 404
    there.answered("admin")
    assert "/banks/A/exports/1" in (await desk("lead").get("/banks/A")).text
    new_bank(there.house, "B")
    assert (await desk("lead").get("/banks/B/exports/1")).status_code == 404
    for role in ("lead", "admin"):
        taken = await desk(role).get("/banks/A/exports/1")
        assert taken.headers["content-disposition"] == 'attachment; filename="A.jsonl"'
        rows = [json.loads(line) for line in taken.text.splitlines()]
        assert [(row["kind"], row["external_id"]) for row in rows] == [("pdq", "x"), ("md5", "x"), ("md5", "y")]
    assert [read[1:] for read in there.staff.reads] == [("bank_list", "A:1")] * 2
    there.house.clock.forward(hours=25)
    assert (await desk("lead").get("/banks/A/exports/1")).status_code == 404
    assert "/banks/A/exports/1" not in (await desk("lead").get("/banks/A")).text


async def test_addresses_that_are_none(desk):
    for path in ("/banks/none", "/banks/none/contents", "/banks/A/contents/99", "/banks/A/contents/x", "/banks/A/what-if/9"):  # fmt: skip
        assert (await desk("admin").get(path)).status_code == 404, path


async def test_what_is_near_the_bank_of_under_18_is_entered_into_no_other(there: Banking, desk):
    new_bank(there.house, CASES.bank_under_18)
    there.house.add(CASES.bank_under_18, "case:x", Listing((pdq(CODE ^ 0b111),)))
    told = await desk("reviewer").post("/banks/A/entry", **entry())
    assert (told.status_code, "listed in no bank of adults" in told.text) == (403, True)
    assert there.seconds.waiting(there.staff.members_by["lead"]) == []


async def test_nor_where_it_came_there_between_the_two_answers(there: Banking, desk):
    await desk("reviewer").post("/banks/A/entry", **entry())
    new_bank(there.house, CASES.bank_under_18)
    there.house.add(CASES.bank_under_18, "case:x", Listing((pdq(CODE),)))
    refused("under_18_near", there.answered, "lead")
    assert there.house.live("A") == []
    there.answered("lead", yes=False)
    assert there.seconds.waiting(there.staff.members_by["lead"]) == [], "a no is always taken"


async def test_what_one_did_to_a_content_is_in_the_record(there: Banking, desk):
    there.house.add("A", "site", Listing((pdq(1),)))
    lead = desk("lead")
    for act in ("off", "on", "release", "nothing"):
        await lead.post("/banks/A/contents/1", act=act)
    assert (await lead.post("/banks/A/contents/1/withdraw", sure="1")).status_code == 303
    told = [(one.what, one.detail) for one in reversed(there.record.changes(None, 9))]
    assert told == [
        ("content_off", "A 1"), ("content_on", "A 1"), ("content_released", "A 1"), ("content_withdrawn", "A 1"),
    ]  # fmt: skip


async def test_a_persons_content_is_turned_off_with_a_trace_and_withdrawn_by_nobody_here(there: Banking, desk):
    there.house.add("A", origin_of("x"), Listing((pdq(1),)))
    assert (await desk("lead").post("/banks/A/contents/1", act="off")).status_code == 303
    assert (await desk("lead").post("/banks/A/contents/1/withdraw", sure="1")).status_code == 403
    assert [(one.what, one.detail) for one in there.record.changes(None, 9)] == [("content_off", "A 1")]
