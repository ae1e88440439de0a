"""What a card says of a work that may show somebody under 18 and still stands among adults; and who saw it, in the record."""

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
