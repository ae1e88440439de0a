"""What one lead alone cannot do to a bank at the console: turn its list around, silence persons' cases, change a policy without a trace."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from amparo.access.staff_model import BANK_CHANGES, STAFF_MATRIX, STAFF_ROLES
from amparo.banks.model import BankPolicy
from tests.conftest import SetClock
from tests.console import Desk, at
from tests.integration.banking import CASES, Banking, banking
from tests.integration.ledger import listing, new_bank, refused
from tests.integration.staffing import Office, office

OF_CASES = (CASES.bank, CASES.bank_under_18)


@pytest.fixture
def there(tmp_path: Path, clock: SetClock) -> Iterator[Banking]:
    with banking(tmp_path, clock) as made:
        yield made


@pytest.fixture
async def desk(there: Banking) -> AsyncIterator[Callable[[str], Desk]]:
    async with at(there.doors) as made:
        yield made


def form(**changes: object) -> dict[str, object]:
    return {"bits-pdq": 31, "bits-vpdq": 31, "action": "review", "share": 100, "act": "save"} | changes


def told(there: Banking) -> list[tuple[str, str]]:
    """What the record has of banks, newest first."""
    return [(one.what, one.detail) for one in there.record.changes(None, 50)]


@pytest.mark.parametrize(("first", "other"), [("positive", "negative"), ("negative", "positive")])
async def test_what_a_bank_holds_is_fixed_once_it_holds_anything(there: Banking, desk, first: str, other: str) -> None:
    lead = desk("lead")
    new_bank(there.house, "B", polarity=other)
    assert 'name="polarity"' in (await lead.get("/banks/B")).text
    assert (await lead.post("/banks/B", **form(polarity=first))).status_code == 303
    there.house.add("B", "site", listing(1, "x"))
    page = (await lead.get("/banks/B")).text
    assert ("data-polarity-fixed" in page, 'name="polarity"' in page) == (True, False)
    turned = await lead.post("/banks/B", **form(polarity=other, action="hide"))
    assert (turned.status_code, "make another bank" in turned.text) == (409, True)
    bank = there.house.banks.bank("B")
    assert (bank.polarity, bank.action) == (first, "review"), "nothing of it is saved"
    assert (await lead.post("/banks/B", **form(action="hide"))).status_code == 303
    bank = there.house.banks.bank("B")
    assert (bank.polarity, bank.action) == (first, "hide"), "the form of the page has no such field, and saves the rest"
    there.house.banks.set_policy("B", BankPolicy(polarity=other))  # the operator may
    assert told(there) == [("bank_changed", "B")] * 2


@pytest.mark.parametrize("name", OF_CASES)
@pytest.mark.parametrize(
    "wrong", [{"polarity": "negative"}, {"paused": "1"}, {"share": "99.9"}, {"share": "0"}], ids=str
)
async def test_a_bank_of_persons_cases_is_not_silenced(there: Banking, desk, name: str, wrong: dict[str, str]) -> None:
    new_bank(there.house, name.title())
    before = there.house.banks.bank(name)
    answer = await desk("admin").post(f"/banks/{name}", **form(action="hide", **wrong))
    assert answer.status_code == 409
    assert "it goes on answering for all items" in answer.text
    assert "data-of-cases" in answer.text
    assert (there.house.banks.bank(name), told(there)) == (before, [])
    assert "data-of-cases" not in (await desk("admin").get("/banks/A")).text


async def test_what_the_operator_set_on_a_bank_of_cases_stays_and_the_rest_is_the_desks(there: Banking, desk) -> None:
    lead, name = desk("lead"), CASES.bank
    new_bank(there.house, name)
    there.house.banks.set_policy(name, BankPolicy(paused=True, staged_share=0.5))
    quiet = form(action="hide", share="50", paused="1")
    assert (await lead.post(f"/banks/{name}", **quiet)).status_code == 303
    assert (await lead.post(f"/banks/{name}", **quiet | {"share": "49"})).status_code == 409
    bank = there.house.banks.bank(name)
    assert (bank.paused, bank.staged_share, bank.action) == (True, 0.5, "hide")
    assert (await lead.post(f"/banks/{name}", **form(share="80"))).status_code == 303
    bank = there.house.banks.bank(name)
    assert (bank.paused, bank.staged_share, bank.action) == (False, 0.8, "review")
    assert told(there) == [("bank_changed", name)] * 2


@pytest.mark.parametrize("name", [*OF_CASES, *(one.upper() for one in OF_CASES)])
async def test_nobody_makes_a_bank_of_persons_cases_first(there: Banking, desk, name: str) -> None:
    for polarity in ("positive", "negative"):
        answer = await desk("admin").post("/banks", name=name, polarity=polarity, act="new")
        assert (answer.status_code, "This name is kept" in answer.text) == (409, True)
    assert [one.name for one in there.house.banks.banks()] == ["A"]
    assert told(there) == []


@pytest.mark.parametrize("role", STAFF_ROLES)
def test_the_verbs_refuse_by_themselves_who_may_set_no_policy(there: Banking, role: str) -> None:
    who, policies = there.staff.members_by[role], there.doors.banking.policies
    if "banks.policy" in STAFF_MATRIX[role]:
        policies.new_bank(who, "B", "positive")
        policies.change(who, "B", BankPolicy(paused=True))
        assert told(there) == [("bank_changed", "B"), ("bank_made", "B")]
    else:
        refused("staff_role", policies.new_bank, who, "B", "positive")
        refused("staff_role", policies.change, who, "A", BankPolicy(paused=True))
        assert (told(there), there.house.banks.bank("A").paused) == ([], False)


async def test_each_bank_made_and_each_policy_changed_is_told_with_who_did_it(there: Banking, clock: SetClock) -> None:
    accounts: Office = office(there.house.db, clock)
    for role, name in (("lead", "Lea"), ("auditor", "Aud")):
        accounts.join(role, name)
    services = {"staff": accounts.staff, "signing": accounts.signing}
    async with at(replace(there.doors, **services)) as made:
        lea, aud = made(accounts.tokens["Lea"]), made(accounts.tokens["Aud"])
        for name in ("desk", "lead"):  # as a key and a role are called
            assert (await lea.post("/banks", name=name, polarity="positive", act="new")).status_code == 303
        saved = form(polarity="positive", paused="1")
        for _ in range(2):  # the second time nothing is changed
            assert (await lea.post("/banks/DESK", **saved)).status_code == 303
        for wrong, status in (({"share": "101"}, 400), ({"bits-pdq": 9}, 409), ({"act": "ask"}, 400)):
            assert (await lea.post("/banks/desk", **saved | wrong)).status_code == status
        assert (await lea.post("/banks", name="desk", polarity="negative", act="new")).status_code == 409
        assert (await aud.post("/banks/desk", **form())).status_code == 403
        done = [one for one in there.record.changes(None, 50) if one.what in BANK_CHANGES]
        assert [(one.what, one.by, one.member, one.detail) for one in done] == [
            ("bank_changed", "Lea", "", "desk"),
            ("bank_made", "Lea", "", "lead"),
            ("bank_made", "Lea", "", "desk"),
        ]
        page = (await aud.get("/record/staff")).text
        rows = dict(zip((one.id for one in done), ("changed the policy of a bank: desk", "made a bank: lead", "made a bank: desk"), strict=True))  # fmt: skip
        for number, says in rows.items():
            row = page.partition(f'<tr data-change="{number}">')[2].partition("</tr>")[0]
            assert f"<td>Lea</td>\n<td>{says}" in row
        assert "<h1>What was done to accounts and banks</h1>" in page
        assert (await lea.get("/banks/desk")).status_code == 200
