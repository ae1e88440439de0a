"""Keys in staff's hands: the tips key made once somebody may open tips, a renewed desk key handed on, what the doctor says of both."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from amparo.app.doctor.desk import tips as examined
from amparo.app.doctor.model import Installation
from amparo.app.intake import secrets_of
from amparo.app.staff_keys import tips_key
from amparo.cases.service import Cases
from amparo.cases.words import Words
from amparo.cli.main import main
from amparo.sealing.keys import desk_recipient, open_desk_keys, tips_recipient
from tests.integration.desk import file
from tests.integration.installed import PASSPHRASE, Installed, environ, installed
from tests.integration.intake import answered
from tests.integration.staffing import Office, office


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installed]:
    for name, value in environ(tmp_path).items():
        monkeypatch.setenv(name, value)
    with installed(tmp_path) as house:
        yield house


@pytest.fixture
def staff(house: Installed) -> Office:
    return office(house.rooms.db, house.rooms.clock)


def words(house: Installed, keys, uid: str) -> list[str | None]:
    opened = Words(keys)
    return [opened.of(one.sealed) for one in Cases(house.rooms.db, house.rooms.clock).case(uid).messages]


def doctor(house: Installed) -> list[str]:
    return [one.state for one in examined(Installation(house.settings, house.folder, house.rooms.clock))]


def tip(house: Installed, text: str) -> str:
    """A tip that may name a child; the uid of it, taken."""
    draft = answered(tip={"words": text, "names_child": "yes"})
    house.portal.submit_tip(house.portal.begin(draft), draft)
    house.work()
    return draft.case_uid


def test_the_tips_key_is_made_for_who_may_open_tips_and_opens_what_comes_from_then_on(
    house: Installed, staff: Office, capfd: pytest.CaptureFixture[str]
) -> None:
    folder, ready = secrets_of(house.settings.deployment), tips_key(house.rooms)
    caseworker, lead, admin = staff.join("caseworker"), staff.join("lead"), staff.join("admin")
    ready(caseworker)
    assert (tips_recipient(folder), doctor(house)) == ("", [])
    before = tip(house, "before there was a key")
    ready(lead)
    recipient = tips_recipient(folder)
    assert recipient
    for who in (lead, admin):
        assert [one.recipient for one in staff.staff.keys_of(who, "tips")] == [recipient]
    assert staff.staff.keys_of(caseworker, "tips") == []
    assert doctor(house) == ["ok"]
    ready(admin)
    assert tips_recipient(folder) == recipient
    after = tip(house, "a child in a school")
    desk = open_desk_keys(folder, PASSPHRASE)
    assert words(house, desk, before) == ["before there was a key"]
    assert words(house, desk, after) == [None]
    assert words(house, staff.staff.keys_of(lead, "tips"), after) == ["a child in a school"]
    capfd.readouterr()
    assert main(["case", "sealed", "--jsonl", "--data", str(house.folder)]) == 0
    told = capfd.readouterr()
    assert {json.loads(line)["uid"] for line in told.out.splitlines()} == {before, after}
    assert "/tips" in told.err
    staff.staff.end_member(admin, lead.id)
    assert doctor(house) == ["warn"]


def test_a_renewed_desk_key_is_handed_to_who_held_the_one_before(
    house: Installed, staff: Office, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = secrets_of(house.settings.deployment)
    held = open_desk_keys(folder, PASSPHRASE)
    caseworker, reviewer = staff.join("caseworker", keys={"desk": held}), staff.join("reviewer")
    hers, _ = house.sent(file(1))
    house.portal.write_message(hers, "before the renewal")
    house.work()
    (house.folder / "run").mkdir(exist_ok=True)
    assert main(["desk-key", "renew", "--data", str(house.folder)]) == 0
    assert "1 of the staff hold it already" in capfd.readouterr().err
    keys = staff.staff.keys_of(staff.sign_in("caseworker"), "desk")
    assert [one.recipient for one in keys] == [desk_recipient(folder), held[0].recipient]
    assert words(house, keys, hers.case_uid) == ["before the renewal"]
    assert staff.staff.keys_of(reviewer, "desk") == []
    assert caseworker.id in staff.staff.holders("desk")
