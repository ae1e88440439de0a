"""Coming back with a receipt: what she reads, writes, takes back and sets, and what is left when a part of it is damaged."""

from pathlib import Path

import msgspec
import pytest

from amparo.errors import AmparoError
from amparo.intake.home import Opened
from amparo.intake.model import CaseView, Contact, DeskMessage, MessageBody
from amparo.intake.proofs import is_proved
from amparo.sealing.age import identity_of, seal, unseal
from amparo.sealing.proof import signer_of
from tests.conftest import SetClock
from tests.integration.intake import DESK, Lobby, answered, opened
from tests.integration.ledger import refused


@pytest.fixture
def lobby(tmp_path: Path, clock: SetClock):
    with opened(tmp_path, clock) as lobby:
        yield lobby


def test_she_writes_and_reads_what_she_wrote(lobby: Lobby):
    _, number = lobby.sent()
    back = lobby.opened(number)
    uid = lobby.portal.write_message(back, "Is it gone?\r\n\x00\u202eabc")
    (message,) = lobby.portal.home(back).messages
    assert (message.uid, message.direction, message.text) == (uid, "person", "Is it gone?\n\u202eabc\u202c")
    envelope = lobby.desk.envelopes_after(1, 10)[-1]
    assert isinstance(envelope.body, MessageBody)
    assert envelope.body.message_uid == uid
    assert unseal(envelope.body.sealed, DESK.secret).decode() == "Is it gone?\n\u202eabc\u202c"


def test_words_sent_twice_are_one_message_until_something_was_said_between(lobby: Lobby):
    _, number = lobby.sent()
    back = lobby.opened(number)
    first = lobby.portal.write_message(back, "yes")
    assert lobby.portal.write_message(back, " yes ") == first
    second = lobby.portal.write_message(back, "no")
    third = lobby.portal.write_message(back, "yes")
    assert lobby.portal.write_message(back, "yes") == third
    assert len({first, second, third}) == 3
    assert [one.text for one in lobby.portal.home(back).messages] == ["yes", "no", "yes"]


def test_messages_are_bounded(lobby: Lobby):
    _, number = lobby.sent()
    back = lobby.opened(number)
    refused("nothing_told", lobby.portal.write_message, back, " \x07")
    refused("text_too_long", lobby.portal.write_message, back, "x" * 1_000_000)
    for turn in range(200):
        lobby.portal.write_message(back, f"{turn}")
    refused("too_many_messages", lobby.portal.write_message, back, "one more")
    reply = DeskMessage("d" * 32, seal(b"we read it", [identity_of(back.identity).recipient]), 2**52)
    lobby.desk.show(CaseView(back.case_uid, 1, (), (reply,)))
    lobby.portal.write_message(back, "one more")


def test_she_takes_back_one_then_all(lobby: Lobby):
    _, number = lobby.sent()
    back = lobby.opened(number)
    lobby.portal.withdraw(back, [2])
    lobby.portal.withdraw(back, [2, 2])
    names = [one.states[0].name for one in lobby.portal.home(back).files]
    assert names == ["received", "withdrawing"]
    refused("unknown_file", lobby.portal.withdraw, back, [3])
    lobby.portal.withdraw(back, None)
    lobby.portal.withdraw(back, None)
    lobby.portal.withdraw(back, [1])
    home = lobby.portal.home(back)
    assert {one.states[0].name for one in home.files} == {"withdrawing"}
    assert {one.states[0].name for one in home.places} == {one.name for one in home.states} == {"received"}
    bodies = [one.body for one in lobby.desk.envelopes_after(1, 10)]
    assert [one.numbers for one in bodies] == [[2], None]
    assert all(is_proved(one, back.case_uid, [signer_of(back.identity)]) for one in bodies)


def test_there_is_nothing_to_take_back_without_files(lobby: Lobby):
    draft = answered()
    back = lobby.opened(lobby.portal.submit_case(lobby.portal.begin(draft), draft))
    for numbers in (None, [], [1]):
        refused("unknown_file", lobby.portal.withdraw, back, numbers)


def test_her_contact_is_sealed_and_can_be_taken_back(lobby: Lobby):
    _, number = lobby.sent()
    back = lobby.opened(number)
    assert lobby.portal.home(back).contact is None
    contact = Contact(channel="Signal", hours="after 18", avoid="my husband\x00", may_leave_message=True)
    lobby.portal.set_contact(back, contact)
    lobby.portal.set_contact(back, contact)
    assert lobby.portal.home(back).contact == msgspec.structs.replace(contact, avoid="my husband")
    assert "husband" not in lobby.stored()
    lobby.portal.set_contact(back, Contact(channel="  "))
    lobby.portal.set_contact(back, None)
    assert lobby.portal.home(back).contact is None
    assert [one.kind for one in lobby.desk.envelopes_after(1, 10)] == ["contact", "contact"]
    refused("text_too_long", lobby.portal.set_contact, back, Contact(hours="x" * 5_001))


def test_one_damaged_text_leaves_the_rest_to_be_read(lobby: Lobby):
    _, number = lobby.sent()
    back = lobby.opened(number)
    lobby.portal.write_message(back, "hello")
    lobby.portal.set_contact(back, Contact(channel="Signal"))
    with lobby.db.write() as connection:
        for change in (
            "UPDATE place SET sealed = (SELECT sealed FROM message) WHERE number = 2",
            "UPDATE message SET sealed = (SELECT sealed_identity FROM receipt)",
            "UPDATE contact SET sealed = (SELECT sealed_identity FROM receipt)",
            "UPDATE file SET shorts = '{' WHERE number = 1",
        ):
            connection.exec_driver_sql(change)
    home = lobby.portal.home(back)
    assert [one.text for one in home.places] == ["https://example.test/a", "hello", "the group"]
    assert [one.text for one in home.messages] == [None]
    assert home.contact is None
    assert home.files[0].shorts == ()
    lobby.portal.set_contact(back, Contact(channel="Signal"))
    assert lobby.portal.home(back).contact == Contact(channel="Signal")


def test_a_contact_changed_too_often_waits_for_the_desk(lobby: Lobby):
    _, number = lobby.sent()
    back = lobby.opened(number)
    for turn in range(50):
        lobby.portal.set_contact(back, Contact(channel=f"{turn}"))
    refused("too_many_changes", lobby.portal.set_contact, back, None)
    assert lobby.portal.home(back).contact == Contact(channel="49")
    lobby.desk.taken(51)
    lobby.portal.set_contact(back, None)


def test_a_contact_that_is_none_is_shown_as_none(lobby: Lobby):
    _, number = lobby.sent()
    back = lobby.opened(number)
    lobby.portal.set_contact(back, Contact(channel="Signal"))
    lobby.portal.write_message(back, "no contact")
    with lobby.db.write() as connection:
        connection.exec_driver_sql("UPDATE contact SET sealed = (SELECT sealed FROM message)")
    assert lobby.portal.home(back).contact is None


def test_a_key_that_is_not_of_the_case_does_nothing(lobby: Lobby):
    _, number = lobby.sent()
    _, other = lobby.sent()
    mixed = Opened(lobby.opened(number).case_uid, lobby.opened(other).identity, is_tip=False)
    for act in (
        lambda: lobby.portal.home(mixed),
        lambda: lobby.portal.write_message(mixed, "x"),
        lambda: lobby.portal.withdraw(mixed, None),
        lambda: lobby.portal.set_contact(mixed, None),
    ):
        with pytest.raises(AmparoError) as caught:
            act()
        assert caught.value.slug == "receipt_replaced"
