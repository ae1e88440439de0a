"""What a card says of a work that still stands among adults, who saw it, and listing its item in a bank from there."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from amparo.banks.model import BankPolicy, Listing
from amparo.review.model import Decision
from amparo.terms.signal import Signal
from tests.console import at
from tests.integration.desk import code
from tests.integration.furnished import Furnished, console


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Furnished]:
    with console(tmp_path) as made:
        yield made


def listed(there: Furnished, bank: str, picture: int) -> None:
    banks = there.house.rooms.banks
    if bank not in [one.name for one in banks.banks()]:
        banks.new_bank(bank, BankPolicy())
    banks.list_contents(bank, "client:Harbour", [Listing((Signal("pdq", bytes.fromhex(code(picture)), 100),))])


async def test_what_still_stands_among_adults_is_said_and_moved_by_one_person(there: Furnished) -> None:
    listed(there, "partners", 1)
    there.person(1, age="minor_stated")
    work = there.upload(1, "post-1")
    partners = there.house.rooms.banks.bank("partners")
    async with at(there.doors) as desk:
        ann = desk(there.office.tokens["Ann"])
        page = (await ann.get(f"/work/{work}")).text
        assert "data-outside" in page
        assert "a bank of adults: partners" in page
        assert 'value="minor"' in page
        assert (await ann.post(f"/work/{work}", act="minor", cause="facts")).status_code == 303
        assert there.house.rooms.banks.count(partners) == 0
        page = (await ann.get(f"/work/{work}")).text
        assert "Nothing it met is listed among adults." in page
        assert ("data-outside" in page, 'value="minor"' in page) == (False, False)


async def test_who_saw_the_facts_of_a_case_on_a_card_or_searched_cases_is_in_the_record(there: Furnished) -> None:
    hers = there.person(1)
    work = there.upload(1, "post-1")
    async with at(there.doors) as desk:
        rob, cas = desk(there.office.tokens["Rob"]), desk(there.office.tokens["Cas"])
        assert (await rob.get(f"/work/{work}")).status_code == 200
        for path in ("/cases", "/cases?waits=1"):
            assert (await cas.get(path)).status_code == 200
        told = [(one.by, one.what, one.subject) for one in there.doors.staff.record.reads(None, 9)]
        assert told == [("Cas", "cases", ""), ("Rob", "card", hers.case_uid)]
        page = (await desk(there.office.tokens["Aud"]).get("/record/reads")).text
        assert "saw a card with facts of a case" in page
        assert "searched the cases" in page


async def test_how_serious_it_is_stands_with_the_decision(there: Furnished) -> None:
    listed(there, "partners", 1)
    work = there.upload(1, "post-1")
    there.room.deciding.decide(there.who("Rob"), work, Decision("confirm", severity=3), "k")
    async with at(there.doors) as desk:
        assert "Very serious" in (await desk(there.office.tokens["Rob"]).get(f"/work/{work}")).text
        assert "Very serious" in (await desk(there.office.tokens["Aud"]).get("/record")).text


async def test_an_item_is_listed_from_its_work_unseen_once_a_second_agrees(there: Furnished) -> None:
    listed(there, "partners", 1)
    there.house.rooms.banks.new_bank("ours", BankPolicy())
    work = there.upload(1, "post-1", keep=True)
    sent = {
        "act": "list",
        "bank": "ours",
        "because": "It stands in three groups.",
        "adult": "1",
        "key": "0123456789abcdef",
    }
    async with at(there.doors) as desk:
        rob, lea = desk(there.office.tokens["Rob"]), desk(there.office.tokens["Lea"])
        page = (await rob.get(f"/work/{work}")).text
        (copy,) = re.findall(
            '<option value="([0-9]+:post-1)"', page.partition('id="list-copy"')[2].partition("</select>")[0]
        )
        assert re.findall('<option value="(.*?)">', page.partition('id="list-bank"')[2].partition("</select>")[0]) == [
            "partners",
            "ours",
        ]
        for wrong, status in (
            ({"adult": ""}, 409),
            ({"bank": "portal"}, 400),
            ({"copy": "9:x"}, 404),
            ({"because": "no"}, 400),
        ):
            told = await rob.post(f"/work/{work}", **sent | {"copy": copy} | wrong)
            assert told.status_code == status, wrong
            assert 'id="list-copy"' in told.text
        assert (await desk(there.office.tokens["Cas"]).post(f"/work/{work}", **sent, copy=copy)).status_code in {
            403,
            404,
        }
        for _ in range(2):  # the same form again is the same question
            assert (await rob.post(f"/work/{work}", **sent, copy=copy)).status_code == 303
        ours = there.house.rooms.banks.bank("ours")
        assert there.house.rooms.banks.count(ours) == 0
        (waiting,) = [one for one in there.room.seconds.waiting(there.who("Lea")) if one.kind == "bank_entry"]
        page = (await lea.get(f"/seconds/{waiting.id}")).text
        assert ("post-1" in page, "forum" in page) == (True, True)
        assert (await lea.post(f"/seconds/{waiting.id}", act="yes")).status_code == 303
        (content,) = there.house.rooms.banks.contents(ours, 0, 9)
        assert json.loads(content.metadata or "") == {"client": "forum", "item_id": "post-1"}
        assert {one.kind for one in content.signals} >= {"pdq", "md5", "sha256"}
        assert there.doors.exposures.own(there.who("Rob")).used.looks_day == 0, "nobody looked"
        await there.doors.looks.media().stop()


async def test_what_may_show_somebody_under_18_is_listed_from_no_work(there: Furnished) -> None:
    listed(there, "partners", 1)
    work = there.upload(1, "post-1", keep=True)
    listed(there, "portal_under_18", 1)
    sent = {
        "act": "list",
        "bank": "partners",
        "because": "It stands in three groups.",
        "adult": "1",
        "key": "0123456789abcdef",
    }
    async with at(there.doors) as desk:
        rob = desk(there.office.tokens["Rob"])
        copy = f"{there.numbers['forum']}:post-1"
        told = await rob.post(f"/work/{work}", **sent, copy=copy)
        assert told.status_code == 403
        page = (await rob.get(f"/work/{work}")).text
        assert ('data-minor-cause="listed"' in page, 'id="list-copy"' in page) == (True, False)
