"""The portal's side of the intake: what is kept of a session, what is sent once and whole, what a receipt's number opens."""

import threading
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import event, text

from amparo.errors import AmparoError
from amparo.intake.home import Opened
from amparo.intake.model import CaseBody, Contact, Draft, MessageBody, TipBody, WithdrawBody
from amparo.intake.receipts import Derived, Receipts, with_check_digit
from amparo.intake.service import Intake
from amparo.intake.settings import IntakeSettings
from amparo.sealing.age import unseal
from amparo.store.db import Database
from tests.conftest import SetClock
from tests.integration.intake import CHEAP, DESK, PEPPER, Lobby, answered, opened, picture, video
from tests.integration.ledger import refused
from tests.ledgers import LEDGERS


@pytest.fixture
def lobby(tmp_path: Path, clock: SetClock):
    with opened(tmp_path, clock) as lobby:
        yield lobby


# --- the session


def test_a_draft_is_kept_for_her_cookie_alone(lobby: Lobby):
    draft = answered(names="Anna B.")
    token = lobby.portal.begin(draft)
    draft.addresses = "https://example.test/secret-place"
    lobby.portal.save(token, draft)
    lobby.portal.add_files(token, [picture(1, 0xABCDEF)])
    assert lobby.portal.draft(token) == draft
    assert lobby.portal.draft(token[:-1]) is None
    assert lobby.portal.draft("") is None
    assert lobby.portal.draft("\ud800" + token) is None
    held = lobby.stored()
    for words in (token, "Anna", "secret-place", "abcdef", draft.case_uid):
        assert words not in held


def test_an_idle_draft_is_over_and_then_gone(lobby: Lobby, clock: SetClock):
    token, other = lobby.portal.begin(answered()), lobby.portal.begin(answered())
    lobby.portal.add_files(token, [picture(1)])
    clock.forward(minutes=59)
    lobby.portal.save(other, answered())
    clock.forward(minutes=1)
    assert lobby.portal.draft(token) is None
    assert lobby.portal.files(token) == []
    for act in (
        lambda: lobby.portal.save(token, answered()),
        lambda: lobby.portal.add_files(token, [picture(2)]),
        lambda: lobby.portal.submit_case(token, answered()),
        lambda: lobby.portal.drop_files(token),
    ):
        refused("session_over", act)
    assert lobby.portal.draft(other) is not None
    assert lobby.desk.forget().drafts == 1
    with lobby.db.read() as connection:
        counts = [connection.exec_driver_sql(f"SELECT count(*) FROM {t}").scalar() for t in ("draft", "draft_file")]
    assert counts == [1, 0]


def test_the_exit_leaves_nothing(lobby: Lobby):
    token = lobby.portal.begin(answered())
    lobby.portal.add_files(token, [picture(1)])
    lobby.portal.end(token)
    lobby.portal.end(token)
    assert lobby.portal.draft(token) is None
    with lobby.db.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM draft_file").scalar() == 0


def test_more_sessions_than_there_is_room_for_are_told_to_wait(tmp_path: Path, clock: SetClock):
    with opened(tmp_path, clock, drafts_max=2) as lobby:
        for _ in range(2):
            lobby.portal.begin(Draft())
        refused("busy", lobby.portal.begin, Draft())


def test_a_draft_has_a_bound(lobby: Lobby):
    token = lobby.portal.begin(Draft())
    refused("draft_too_large", lobby.portal.save, token, Draft(addresses="x" * 2_000_000))
    refused("bad_text", lobby.portal.save, token, Draft(addresses="\ud800"))
    assert lobby.portal.draft(token) is not None


def test_a_draft_another_has_written_over_is_no_draft(lobby: Lobby):
    token, other = lobby.portal.begin(answered()), lobby.portal.begin(answered())
    with lobby.db.write() as connection:
        connection.exec_driver_sql("UPDATE draft SET sealed = (SELECT min(sealed) FROM draft)")
    assert [lobby.portal.draft(token) is None, lobby.portal.draft(other) is None].count(True) == 1


# --- files


def test_files_come_in_parts_and_a_part_twice_is_there_once(lobby: Lobby):
    token = lobby.portal.begin(answered())
    assert lobby.portal.add_files(token, [picture(1), video(2, range(3))]) == 2
    assert lobby.portal.add_files(token, [video(2, range(2, 5))]) == 2
    assert lobby.portal.add_files(token, [picture(1), video(2, range(5))]) == 2
    assert lobby.portal.files(token) == [picture(1), video(2, range(5))]
    refused("file_differs", lobby.portal.add_files, token, [picture(3), picture(1, 99)])
    refused("file_differs", lobby.portal.add_files, token, [video(1)])
    assert len(lobby.portal.files(token)) == 2, "a part of what was refused is held"
    lobby.portal.drop_file(token, 1)
    assert lobby.portal.add_files(token, [picture(1, 99)]) == 2
    lobby.portal.drop_files(token)
    assert lobby.portal.files(token) == []


def test_files_and_codes_are_bounded(lobby: Lobby):
    token = lobby.portal.begin(answered())
    assert lobby.portal.add_files(token, [picture(number) for number in range(1, 201)]) == 200
    refused("too_many_files", lobby.portal.add_files, token, [msgspec.structs.replace(picture(1), number=201)])
    lobby.portal.drop_files(token)
    lobby.portal.add_files(token, [video(1, range(7_200)), video(2, range(7_200))])
    refused("too_many_codes", lobby.portal.add_files, token, [video(3, range(5_600))])
    refused("too_many_codes", lobby.portal.add_files, token, [video(2, range(7_200, 7_201))])
    lobby.portal.add_files(token, [video(3, range(5_597))])


# --- sending


def test_a_case_is_sent_whole(lobby: Lobby):
    draft = answered(helper=7)
    token = lobby.portal.begin(draft)
    lobby.portal.add_files(token, [picture(1), video(2)])
    number = lobby.portal.submit_case(token, draft)
    assert len(number) == 16
    assert draft.receipt == number == lobby.portal.draft(token).receipt
    (envelope,) = lobby.desk.envelopes_after(0, 10)
    body = envelope.body
    assert isinstance(body, CaseBody)
    assert (envelope.kind, envelope.case_uid) == ("case", draft.case_uid)
    assert (body.age, body.happened, body.language, body.entered_by) == ("adult_stated", ["shared", "told"], "en", 7)
    assert body.files == [picture(1), video(2)]
    places = ["https://example.test/a", "https://example.test/b", "the group"]
    assert [unseal(one, DESK.secret).decode() for one in body.places] == places
    assert [(one.purpose, one.given) for one in body.consents] == [("match", True), ("desk", False)]
    home = lobby.portal.home(lobby.opened(number))
    assert [one.text for one in home.places] == places
    assert home.files[0].shorts == (("md5", "00000000"), ("sha256", "00000000"), ("pdq", "00000000"))
    states = {one.name for of in (home.files, home.places) for each in of for one in each.states}
    assert states == {one.name for one in home.states} == {"received"}
    assert {one.cause for one in home.states} == {f"envelope:{envelope.uid}"}
    assert lobby.portal.files(token) == []
    held = lobby.stored()
    for words in (number, number[:8], "example.test", "the group", "AGE-SECRET"):
        assert words not in held


def test_a_case_without_files_or_places_is_taken(lobby: Lobby):
    draft = answered(addresses="", names="\n \n", happened=[])
    number = lobby.portal.submit_case(lobby.portal.begin(draft), draft)
    home = lobby.portal.home(lobby.opened(number))
    assert (home.files, home.places, home.states[0].name) == ((), (), "received")


@pytest.mark.parametrize(
    ("slug", "answers"),
    [
        ("consent_missing", {"consents": []}),
        ("bad_answer", {"happened": ["shared", "else"]}),
        ("bad_answer", {"language": ""}),
        ("too_many_places", {"addresses": "\n".join(f"https://example.test/{n}" for n in range(101))}),
        ("place_too_long", {"names": "x" * 2_001}),
    ],
)
def test_what_cannot_be_sent_is_said_and_nothing_is_lost(lobby: Lobby, slug: str, answers: dict[str, object]):
    draft = answered(**answers)
    token = lobby.portal.begin(draft)
    lobby.portal.add_files(token, [picture(1)])
    refused(slug, lobby.portal.submit_case, token, draft)
    assert lobby.portal.draft(token) == draft
    assert lobby.portal.files(token) == [picture(1)]
    assert lobby.desk.envelopes_after(0, 10) == []


def test_a_form_sent_twice_is_one_case_with_one_number(lobby: Lobby):
    draft = answered()
    token = lobby.portal.begin(draft)
    lobby.portal.add_files(token, [picture(1)])
    before = msgspec.structs.replace(draft)
    number = lobby.portal.submit_case(token, draft)
    assert lobby.portal.submit_case(token, before) == number
    assert lobby.portal.submit_case(token, draft) == number
    lobby.portal.save(token, answered(case_uid=draft.case_uid))  # a second tab that knew no number yet
    assert lobby.portal.draft(token).receipt == number
    assert len(lobby.desk.envelopes_after(0, 10)) == 1
    lobby.portal.save(token, answered())  # another case begins
    assert lobby.portal.draft(token).receipt == ""
    refused("already_sent", lobby.portal.submit_case, token, answered(case_uid=draft.case_uid))
    refused("already_sent", lobby.portal.submit_case, token, answered(case_uid=""))


def test_two_processes_that_send_at_once_send_one_case(lobby: Lobby, tmp_path: Path, clock: SetClock):
    draft = answered()
    token = lobby.portal.begin(draft)
    numbers, sides = [], []

    def send() -> None:
        with opened(tmp_path, clock, Database(LEDGERS.intake_url(tmp_path))) as other:
            sides.append(other)
            numbers.append(other.portal.submit_case(token, msgspec.structs.replace(draft)))

    threads = [threading.Thread(target=send) for _ in range(5)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(numbers) == 5
    assert len(set(numbers)) == 1
    assert len(lobby.desk.envelopes_after(0, 10)) == 1
    assert lobby.portal.open(numbers[0]) is not None


def test_a_queue_that_is_full_takes_nothing_more(tmp_path: Path, clock: SetClock):
    with opened(tmp_path, clock, waiting_max=1) as lobby:
        _, number = lobby.sent()
        draft = answered()
        token = lobby.portal.begin(draft)
        refused("desk_behind", lobby.portal.submit_case, token, draft)
        refused("desk_behind", lobby.portal.write_message, lobby.opened(number), "hello")
        lobby.desk.taken(lobby.desk.envelopes_after(0, 1)[0].seq)
        assert lobby.portal.submit_case(token, draft)


@pytest.mark.parametrize(("child", "sealed"), [("yes", True), ("unsure", True), ("", True), ("no", False)])
def test_a_tip_is_sealed_and_has_a_receipt_of_its_own(lobby: Lobby, child: str, sealed: bool):
    told = {"about": "group", "words": "They sell them.", "links": "https://example.test/g"}
    draft = Draft(language="ko", tip={**told, **({"names_child": child} if child else {})})
    number = lobby.portal.submit_tip(lobby.portal.begin(draft), draft)
    (envelope,) = lobby.desk.envelopes_after(0, 10)
    assert isinstance(envelope.body, TipBody)
    assert (envelope.body.about, envelope.body.names_child) == ("group", sealed)
    assert unseal(envelope.body.sealed, DESK.secret).decode() == "They sell them.\n\nhttps://example.test/g"
    assert draft.tip == {}
    back = lobby.opened(number)
    assert back.is_tip
    assert lobby.portal.home(back).is_tip
    assert "sell" not in lobby.stored()


@pytest.mark.parametrize(
    ("slug", "tip"),
    [
        ("nothing_told", {"words": " \n\x00 "}),
        ("text_too_long", {"words": "x" * 5_001}),
        ("bad_answer", {"words": "x", "about": "else"}),
        ("bad_answer", {"words": "x", "names_child": "else"}),
    ],
)
def test_a_tip_that_cannot_be_sent_is_said(lobby: Lobby, slug: str, tip: dict[str, str]):
    draft = Draft(language="en", tip=tip)
    refused(slug, lobby.portal.submit_tip, lobby.portal.begin(draft), draft)
    assert draft.tip == tip


# --- the number


def test_only_the_number_opens_the_case(lobby: Lobby):
    case_uid, number = lobby.sent()
    back = lobby.opened(f" {number[:4]}-{number[4:8]} {number[8:]}\r\n")
    assert (back.case_uid, back.is_tip) == (case_uid, False)
    for wrong in ("", "x", number[:-1], number + "1", number[::-1], "0" * 16, "\ud800", number[:-1] + "x"):
        assert lobby.portal.open(wrong) is None


class Counting(Receipts):
    """The real ones, and how often they computed."""

    done = 0

    def derived(self, digits: str) -> Derived:
        self.done += 1
        return super().derived(digits)


def test_whatever_is_typed_costs_one_computation_and_one_look(lobby: Lobby, clock: SetClock):
    _, number = lobby.sent()
    settings = IntakeSettings(**CHEAP)
    counting = Counting(PEPPER, settings)
    portal = Intake(lobby.db, clock, settings, counting, DESK.recipient)
    looks = []
    event.listen(lobby.db._ways.read.engine, "before_cursor_execute", lambda *given: looks.append(given[2]))
    costs = set()
    for typed in (number, with_check_digit("1" * 15), "", "x" * 1_000, number[:-1], "1" * 16, "\ud800"):
        looks.clear()
        counting.done = 0
        portal.open(typed)
        costs.add((counting.done, *looks))
    assert len(costs) == 1
    assert costs.pop()[0] == 1


def test_a_number_opens_nothing_under_another_pepper(lobby: Lobby, tmp_path: Path, clock: SetClock):
    _, number = lobby.sent()
    lobby.portal.check()
    with opened(tmp_path, clock, Database(LEDGERS.intake_url(tmp_path)), argon2_passes=2) as other:
        assert other.portal.open(number) is None
        refused("receipts_differ", other.portal.check)
    lobby.portal.check()


def test_a_receipt_moved_to_another_case_does_not_open_it(lobby: Lobby):
    hers, number = lobby.sent()
    other, _ = lobby.sent()
    with lobby.db.write() as connection:
        find = "SELECT verifier, sealed_identity, recipient FROM receipt WHERE case_uid = :uid"
        moved = connection.execute(text(find), {"uid": hers}).one()._asdict()
        put = "UPDATE receipt SET verifier = :verifier, sealed_identity = :sealed_identity, recipient = :recipient"
        for uid, values in ((hers, {**moved, "verifier": b"0" * 32}), (other, moved)):
            connection.execute(text(f"{put} WHERE case_uid = :uid"), {**values, "uid": uid})
    refused("sealed_damaged", lobby.portal.open, number)


# --- coming back


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
    assert bodies == [WithdrawBody([2]), WithdrawBody(None)]


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
