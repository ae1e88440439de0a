"""What a portal in other hands, or settings in haste, would have the desk do, and it does not."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from amparo.cases.model import UIDS
from amparo.cases.settings import CasesSettings
from amparo.intake.model import ContactBody, Envelope, MessageBody, WithdrawBody
from amparo.intake.proofs import Later, proved
from amparo.sealing.age import new_identity
from tests.conftest import SetClock
from tests.integration.desk import HERS, Room, case, file, room, uid
from tests.integration.ledger import refused

SEALED = b"age-encryption.org/v1\nsealed"
LATER = [WithdrawBody(None), WithdrawBody([1]), MessageBody(uid(77), SEALED), ContactBody(SEALED), ContactBody(None)]
OTHERS = new_identity()


@pytest.fixture
def desk(tmp_path: Path, clock: SetClock) -> Iterator[Room]:
    with room(tmp_path, clock) as opened:
        yield opened


@pytest.mark.parametrize("body", LATER)
@pytest.mark.parametrize("secret", ["", OTHERS.secret])
def test_who_can_write_the_intake_takes_nothing_back_in_her_name(desk: Room, body: Later, secret: str) -> None:
    """One row for each case there is silenced all of them; another row let somebody be called in place of her."""
    desk.send(case(file(1)))
    forged = proved(body, uid(1), secret) if secret else body
    desk.tray.send(forged, uid(1))
    desk.work()
    assert desk.names() == {1: "listed"}
    assert [one.slug for one in desk.cases.asides()] == ["unproved_envelope"]
    record = desk.cases.case("1")
    assert (record.messages, record.contact) == ((), None)
    desk.withdraw()
    desk.work()
    desk.work()
    assert desk.names() == {1: "withdrawn"}, "hers is taken"


@pytest.mark.parametrize("body", LATER)
def test_a_proof_is_of_one_case_and_one_thing(desk: Room, body: Later) -> None:
    """Not even one of hers can be used for another case of hers, or to say more than she said."""
    for number in (1, 2):
        desk.send(case(file(number)), number)
    hers = proved(body, uid(1), HERS.secret)
    desk.tray.send(hers, uid(2))
    desk.tray.send(WithdrawBody([1, 2], proof=hers.proof), uid(1))
    desk.work()
    assert (desk.names(1), desk.names(2)) == ({1: "listed"}, {2: "listed"})
    assert {one.slug for one in desk.cases.asides()} == {"unproved_envelope"}


@pytest.mark.parametrize("name", ["x" * 1_000_000, "a\0b", "\x1b]0;owned\x07", "\ud800", ""])
def test_no_text_of_a_stranger_gets_into_the_ledger_or_the_log(
    desk: Room, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """On PostgreSQL a NUL in it could not be set aside: everything that came after waited for ever."""
    desk.tray.envelopes.append(Envelope(1, name, name, name, None, 1))
    desk.tray.envelopes.append(Envelope(2, uid(9), "case", name, case(file(1)), 1))
    desk.send(case(file(1)))
    desk.work()
    assert desk.names() == {1: "listed"}
    first, second = desk.cases.asides()
    assert (first.kind, second.kind) == ("unknown", "case")
    assert (UIDS.match(first.envelope_uid) is not None, second.envelope_uid) == (True, uid(9))
    assert not name or name not in "".join(capsys.readouterr())


@pytest.mark.parametrize("under_18", ["portal", "Portal"])
@pytest.mark.parametrize("age", ["adult_stated", "minor_possible"])
def test_one_bank_for_both_takes_neither(desk: Room, age: str, under_18: str) -> None:
    """A setting that named one bank twice put who was under 18 among the adults."""
    desk.settings = CasesSettings(bank_under_18=under_18)
    desk.restart()
    desk.send(case(file(1), age=age))
    refused("banks_not_apart", desk.work)
    desk.settings = CasesSettings()
    desk.restart()
    desk.work()
    assert desk.names() == {1: "listed"}, "it waited, and was not lost"


def test_settings_that_change_places_put_nobody_among_the_others(desk: Room) -> None:
    desk.send(case(file(1), age="adult_stated"), 1)
    desk.send(case(file(2), age="minor_stated"), 2)
    desk.work()
    desk.settings = CasesSettings(bank="portal_under_18", bank_under_18="portal")
    desk.restart()
    for number, age in ((3, "adult_stated"), (4, "minor_possible")):
        desk.send(case(file(number), age=age), number)
    refused("banks_not_apart", desk.work)
    desk.settings = CasesSettings(bank="grown", bank_under_18="young")
    desk.restart()
    desk.work()
    assert (desk.names(3), desk.names(4)) == ({3: "listed"}, {4: "listed"})
    assert {desk.cases.case(uid(number)).summary.bank for number in (3, 4)} == {"grown", "young"}
