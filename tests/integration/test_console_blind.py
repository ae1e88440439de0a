"""What waits for a second person says nothing of the first answer anywhere at the console, and the first keeps nobody away; after both it is all told.

Also: what one person alone did or can do, and the rules of the desk.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from amparo.review.bank_acts import Entry
from amparo.review.model import Decision
from amparo.review.seconds import Question
from amparo.terms.signal import Signal
from tests.console import at
from tests.integration.desk import code
from tests.integration.furnished import Furnished, console

MARK = "planted-word-of-the-first"
READERS = ("Ann", "Rob", "Cas", "Aud", "Tia")
LISTS = (
    "/queue", "/queue?state=second", "/queue?state=done", "/seconds", "/record", "/record/reads", "/record/staff", "/alone", "/cases",
    "/tips", "/figures", "/banks", "/banks/partners", "/settings/desk",
)  # fmt: skip


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Furnished]:
    with console(tmp_path) as made:
        yield made


def asked(there: Furnished) -> tuple[int, list[str]]:
    """Lea answers first on a card that a person asks for; asks for a listing; and that an under-18 mark goes."""
    hers = there.person(1)
    work = there.upload(1, "post-hers")
    there.room.deciding.decide(there.who("Lea"), work, Decision("not_this", None, "no_ground"), MARK)
    there.person(2)
    minor = there.upload(2, "post-2")
    there.room.minors.set_minor(there.who("Rob"), minor)
    there.room.seconds.ask(
        there.who("Lea"), Question("clear_minor", f"work:{minor}", answer=MARK, reason=f"{MARK} why")
    )
    bank = next(one for one in there.doors.banking.banks.banks() if one.name == "portal")
    said = Entry("e" * 16, f"{MARK} note", f"{MARK} why")
    there.doors.banking.acts.ask_entry(there.who("Lea"), bank, [Signal("pdq", bytes.fromhex(code(9)), 100)], said)
    seconds = [f"/seconds/{one.id}" for one in there.room.seconds.waiting(there.who("Ann"))]
    return work, [f"/work/{work}", f"/work/{minor}", f"/cases/{hers.case_uid}", *seconds]


async def test_the_second_sees_nothing_of_the_first_answer_until_both_answered(there: Furnished) -> None:
    work, pages = asked(there)
    assert len(pages) == 6
    async with at(there.doors) as desk:
        for name in READERS:
            reader = desk(there.office.tokens[name])
            for path in (*LISTS, *pages):
                answer = await reader.get(path)
                assert answer.status_code in {200, 403, 404}, path
                told = answer.text
                assert MARK not in told, (name, path)
                assert "data-decision" not in told, (name, path)
                assert '<li data-fact="decision"' not in told, (name, path)
        ann = desk(there.office.tokens["Ann"])
        card, second = (await ann.get(f"/work/{work}")).text, (await ann.get(pages[3])).text
        assert "Waits for a second answer" in card
        assert not re.search(r"There is no ground to act<|Show it again", second)
        assert ">Confirm on facts" in second
        assert ">Not this" in second, "the same two answers that the first had"
        own = (await desk(there.office.tokens["Lea"]).get(f"/work/{work}")).text
        assert '<li data-fact="decision"' in own, "what one said oneself is told"
        assert (await ann.post(pages[3], act="yes")).status_code == 303
        record = (await ann.get("/record")).text
        assert record.count("data-decision") == 2
        assert "Lea" in record
        assert '<li data-fact="decision"' in (await ann.get(f"/work/{work}")).text


async def test_who_answered_first_does_not_keep_the_second_away_by_reading_the_card(there: Furnished) -> None:
    work, pages = asked(there)
    async with at(there.doors) as desk:
        lea, ann = desk(there.office.tokens["Lea"]), desk(there.office.tokens["Ann"])
        assert f'data-work="{work}"' in (await lea.get(f"/work/{work}")).text
        assert (await lea.get("/queue/next?state=second")).status_code == 200
        assert "has this card now" not in (await ann.get(f"/work/{work}")).text
        answered = await ann.post(pages[3], act="no")
        assert answered.status_code == 303
    assert there.room.queue.card(there.who("Ann"), work).work.state == "done"


async def test_what_one_asked_oneself_is_found_and_an_admin_alone_can_decide_it(there: Furnished) -> None:
    there.person(1)
    ann, lea = there.who("Ann"), there.who("Lea")
    seconds = there.room.seconds
    own = seconds.ask(ann, Question("export", "export:1", {"bank": "portal"}, reason="for whoever asks"))
    leas = seconds.ask(lea, Question("export", "export:2", {"bank": "portal"}, reason="for whoever asks"))
    async with at(there.doors) as desk:
        admin, lead = desk(there.office.tokens["Ann"]), desk(there.office.tokens["Lea"])
        listed = (await admin.get("/seconds")).text
        assert f'data-asked="{own}"><a href="/seconds/{own}">' in listed
        assert f'data-second="{leas}"' in listed
        page = (await admin.get(f"/seconds/{own}")).text
        assert 'value="yes"' not in page
        assert 'value="override"' in page
        assert 'value="yes"' in (await admin.get(f"/seconds/{leas}")).text
        theirs = (await lead.get("/seconds")).text
        assert f'data-asked="{leas}">' in theirs
        assert f"/seconds/{leas}" not in theirs, "who cannot decide alone has nothing to do there"
        assert 'value="override"' not in (await lead.get(f"/seconds/{leas}")).text
        assert (await admin.post(f"/seconds/{own}", act="yes")).status_code == 403
        done = await admin.post(f"/seconds/{own}", act="override", reason="Nobody else is here tonight.")
        assert done.status_code == 303
        assert f'data-asked="{own}"' not in (await admin.get("/seconds")).text


async def test_what_waits_and_what_one_asked_are_told_by_pages(there: Furnished) -> None:
    there.person(1)
    asks = [
        Question("export", f"export:{number}", {"bank": "portal"}, reason="for whoever asks") for number in range(53)
    ]
    numbers = [there.room.seconds.ask(there.who("Lea"), one) for one in asks]
    before = len(there.room.seconds.waiting(there.who("Ann"))) - len(numbers)
    async with at(there.doors) as desk:
        for name, sort, begins in (("Ann", "data-second", before), ("Lea", "data-asked", 0)):
            seen, path = [], "/seconds"
            while path:
                page = (await desk(there.office.tokens[name]).get(path)).text
                found = [int(one) for one in re.findall(f'{sort}="([0-9]+)"', page)]
                assert len(found) <= 50
                seen += found
                path = page.partition('href="/seconds?')[2].partition('"')[0]
                path = path and f"/seconds?{path}"
            assert seen[begins:] == numbers


async def test_what_one_person_alone_did_or_can_do_is_told_by_pages(there: Furnished) -> None:
    ann, seconds = there.who("Ann"), there.room.seconds
    there.person(1)
    for number in range(52):
        asks = Question("export", f"export:{number}", {"bank": "portal"}, reason="for whoever asks")
        seconds.override(ann, seconds.ask(there.who("Lea"), asks), f"Nobody else is here, time {number:03d}.")
    for number in range(51):
        there.house.rooms.access.new_key(f"importer {number}", "curator")
    there.house.rooms.access.new_key("asker", "platform")
    async with at(there.doors) as desk:
        auditor = desk(there.office.tokens["Aud"])
        first = (await auditor.get("/alone")).text
        assert '<span data-fact="overrides">52</span>' in first
        assert '<span data-fact="keys">51</span>' in first
        assert "asker" not in first, "a key that lists nothing is no exception"
        assert first.count('data-exception="override"') == first.count('data-exception="key"') == 50
        assert first.index("time 051") < first.index("time 050"), "the newest first"
        more, keys = re.findall(r'<a class="button" href="([^"#]+)[^"]*" rel="next"', first)
        assert (await auditor.get(more)).text.count('data-exception="override"') == 2
        assert (await auditor.get(keys)).text.count('data-exception="key"') == 1
        assert (await desk(there.office.tokens["Rob"]).get("/alone")).status_code == 403


async def test_the_rules_of_the_desk_are_told_to_everybody_as_they_are(there: Furnished) -> None:
    async with at(there.doors) as desk:
        told = (await desk(there.office.tokens["Rob"]).get("/settings/desk")).text
        rules = dict(re.findall(r'data-rule="([\w.]+)">.*?<td class="figure">([^<]*)', told))
        want = {
            "review.undo_minutes": "10", "review.hide_request_h": "720", "review.hide_report_h": "48", "review.look_seconds": "20",
            "looks_day": "40", "seconds_28": "4,000", "review.media": "uploads that met, sealed to who may look",
        }  # fmt: skip
        assert want.items() <= rules.items()
        assert told.count("<li>") >= 5 + 4, "what needs two"
        assert 'href="/settings/desk/exposure"' not in told
        admin = desk(there.office.tokens["Ann"])
        assert 'href="/settings/desk/exposure"' in (await admin.get("/settings/desk")).text
        assert 'href="/settings/desk"' in (await admin.get("/settings")).text


async def test_a_bank_may_have_any_name(there: Furnished) -> None:
    async with at(there.doors) as desk:
        admin = desk(there.office.tokens["Ann"])
        assert (await admin.post("/banks", act="new", name="search", polarity="positive")).status_code == 303
        page = await admin.get("/banks/search")
        assert 'data-view="bank"' in page.text
        assert 'data-view="bank-search"' in (await admin.get("/search")).text
