"""The desk's side of the intake: what it takes comes in order and once, what it shows is whole and never older, what is over is forgotten."""

import hashlib
from pathlib import Path

import pytest
from sqlalchemy import update

from amparo.intake import rows
from amparo.intake.model import CaseView, DeskMessage, MessageBody, Receipt, State
from amparo.intake.receipts import Receipts
from amparo.intake.settings import IntakeSettings
from amparo.sealing.age import Identity, seal
from amparo.store.db import Database
from tests.conftest import SetClock
from tests.integration.intake import CHEAP, DESK, PEPPER, Lobby, opened
from tests.integration.ledger import refused
from tests.ledgers import LEDGERS


@pytest.fixture
def lobby(tmp_path: Path, clock: SetClock):
    with opened(tmp_path, clock) as lobby:
        yield lobby


def view(case_uid: str, version: int, *states: State, **more) -> CaseView:
    return CaseView(case_uid, version, states, **more)


def listed(number: int, **more) -> State:
    return State("file", number, "listed", 5, f"content:{number}", **more)


def names(lobby: Lobby, number: str) -> list[list[str]]:
    """Of each file the names of its states."""
    return [[one.name for one in file.states] for file in lobby.portal.home(lobby.opened(number)).files]


def receipts() -> Receipts:
    return Receipts(PEPPER, IntakeSettings(**CHEAP))


# --- taking


def test_envelopes_come_in_order_and_a_part_at_a_time(lobby: Lobby):
    sent = [lobby.sent()[0] for _ in range(5)]
    first = lobby.desk.envelopes_after(0, 3)
    rest = lobby.desk.envelopes_after(first[-1].seq, 100)
    assert [one.case_uid for one in first + rest] == sent
    assert [one.seq for one in first + rest] == sorted({one.seq for one in first + rest})
    assert lobby.desk.envelopes_after(0, 3) == first
    waiting = lobby.desk.waiting()
    assert (waiting.count, waiting.oldest_us) == (5, first[0].at_us)
    lobby.desk.taken(first[-1].seq)
    lobby.desk.taken(first[0].seq)
    assert lobby.desk.waiting().count == 2


def test_one_that_is_too_large_is_not_read_and_many_large_ones_come_in_parts(lobby: Lobby):
    """Whoever may write the queue, or hands in many full cases at once, must not take the worker's memory."""
    for _ in range(6):
        lobby.sent()
    with lobby.db.write() as connection:
        for seq, chars in ((1, 4 * 1024 * 1024 + 1), (2, 4_000_000), (3, 4_000_000), (4, 4_000_000), (5, 4_000_000)):
            padded = update(rows.envelope).where(rows.envelope.c.seq == seq)
            body = rows.body_of(connection, seq)
            connection.execute(padded.values(body=body + " " * (chars - len(body))))
    first = lobby.desk.envelopes_after(0, 50)
    assert [(one.seq, one.body is None) for one in first] == [(1, True), *((seq, False) for seq in range(2, 7))]
    with lobby.db.write() as connection:
        connection.execute(update(rows.envelope).where(rows.envelope.c.seq == 6).values(body="{" + " " * 4_000_000))
    parts = lobby.desk.envelopes_after(0, 50), lobby.desk.envelopes_after(5, 50)
    assert [[one.seq for one in part] for part in parts] == [[1, 2, 3, 4, 5], [6]]


def test_what_cannot_be_read_comes_without_a_body(lobby: Lobby):
    lobby.sent()
    lobby.sent()
    with lobby.db.write() as connection:
        connection.exec_driver_sql("""UPDATE envelope SET body = '{"age": 3' WHERE seq = 1""")
    bodies = [one.body for one in lobby.desk.envelopes_after(0, 10)]
    assert bodies[0] is None
    assert bodies[1] is not None
    with lobby.db.write() as connection:
        connection.exec_driver_sql("UPDATE envelope SET kind = 'else' WHERE seq = 2")
    assert lobby.desk.envelopes_after(1, 10)[0].body is None


def test_an_epoch_lasts_until_it_is_renewed(lobby: Lobby, tmp_path: Path, clock: SetClock):
    first = lobby.desk.epoch()
    with opened(tmp_path, clock, Database(LEDGERS.intake_url(tmp_path))) as other:
        assert other.desk.epoch() == other.portal.epoch() == first
    case_uid, number = lobby.sent()
    lobby.portal.check()
    lobby.desk.taken(1)
    lobby.desk.show(view(case_uid, 9, listed(1)))
    assert lobby.desk.renew_epoch() == lobby.desk.epoch() != first
    assert lobby.desk.waiting().count == 1
    lobby.desk.show(view(case_uid, 2, listed(2)))  # of an older ledger
    assert names(lobby, number) == [[], ["listed"]]
    lobby.portal.check()


# --- showing


def test_a_view_takes_the_place_of_the_one_before_and_an_older_one_changes_nothing(lobby: Lobby):
    case_uid, number = lobby.sent()
    matched = State("file", 1, "matched", 7, "match_event:3", client="Site", times=2)
    reply = DeskMessage("d" * 32, seal(b"We saw it.", [lobby_recipient(lobby, number), DESK.recipient]), 9)
    lobby.desk.show(view(case_uid, 2, listed(1), matched, listed(2), messages=(reply,)))
    home = lobby.portal.home(lobby.opened(number))
    assert home.files[0].states == (listed(1), matched)
    assert [(one.text, one.direction, one.at_us) for one in home.messages] == [("We saw it.", "desk", 9)]
    for version in (1, 2):
        lobby.desk.show(view(case_uid, version))
    assert lobby.portal.home(lobby.opened(number)) == home
    lobby.portal.write_message(lobby.opened(number), "Thank you.")
    lobby.desk.show(view(case_uid, 3, State("file", 2, "refused", 1, "content:2", reason="low_detail")))
    home = lobby.portal.home(lobby.opened(number))
    assert [one.text for one in home.messages] == ["Thank you."]
    assert home.files[1].states[0].reason == "low_detail"
    assert home.states == ()


def lobby_recipient(lobby: Lobby, number: str) -> str:
    """Of the case of that number."""
    with lobby.db.read() as connection:
        uid = lobby.opened(number).case_uid
        return connection.exec_driver_sql(f"SELECT recipient FROM receipt WHERE case_uid = '{uid}'").scalar_one()


def test_the_same_words_after_a_reply_are_a_new_message(lobby: Lobby, clock: SetClock):
    case_uid, number = lobby.sent()
    back = lobby.opened(number)
    lobby.portal.write_message(back, "yes")
    clock.forward(minutes=1)
    at_us = lobby.portal.home(back).messages[-1].at_us + 1
    lobby.desk.show(view(case_uid, 1, messages=(DeskMessage("e" * 32, b"not for her", at_us),)))
    lobby.portal.write_message(back, "yes")
    assert [one.text for one in lobby.portal.home(back).messages] == ["yes", None, "yes"]
    assert sum(isinstance(one.body, MessageBody) for one in lobby.desk.envelopes_after(0, 9)) == 2


def test_a_case_unknown_here_is_passed_over(lobby: Lobby):
    lobby.desk.show(view("f" * 32, 1, listed(1)))


def test_what_she_took_back_is_not_brought_back_by_a_view_made_before(lobby: Lobby):
    case_uid, number = lobby.sent()
    lobby.desk.taken(1)
    lobby.portal.withdraw(lobby.opened(number), [2])
    (envelope,) = lobby.desk.envelopes_after(1, 9)
    matched = State("file", 2, "matched", 7, "match_event:3", client="Site", times=2)
    lobby.desk.show(view(case_uid, 1, listed(1), listed(2), matched))
    assert names(lobby, number) == [["listed"], ["withdrawing", "matched"]]
    assert lobby.portal.home(lobby.opened(number)).files[1].states[0].cause == f"envelope:{envelope.uid}"
    gone = State("file", 2, "withdrawn", 8, "change:4")
    lobby.desk.show(view(case_uid, 2, listed(1), gone, matched))
    assert names(lobby, number) == [["listed"], ["withdrawn", "matched"]]
    lobby.portal.withdraw(lobby.opened(number), None)
    lobby.desk.show(view(case_uid, 3, listed(1), gone))
    assert names(lobby, number) == [["withdrawing"], ["withdrawn"]]
    lobby.desk.taken(envelope.seq + 1)
    lobby.desk.show(view(case_uid, 4, listed(1), gone))
    assert names(lobby, number) == [["listed"], ["withdrawn"]]


def test_what_was_found_stays_found_while_she_takes_it_back(lobby: Lobby):
    case_uid, number = lobby.sent()
    matched = State("file", 1, "matched", 7, "match_event:3", client="Site", times=2)
    lobby.desk.show(view(case_uid, 1, listed(1), matched, listed(2)))
    lobby.portal.withdraw(lobby.opened(number), [1])
    assert names(lobby, number) == [["withdrawing", "matched"], ["listed"]]
    lobby.portal.withdraw(lobby.opened(number), None)
    assert names(lobby, number) == [["withdrawing", "matched"], ["withdrawing"]]


def test_what_was_refused_has_nothing_to_be_taken_back(lobby: Lobby):
    case_uid, number = lobby.sent()
    refusal = State("file", 1, "refused", 1, "envelope:x", reason="no_consent")
    lobby.desk.show(view(case_uid, 1, refusal, listed(2)))
    lobby.portal.withdraw(lobby.opened(number), [1])
    assert len(lobby.desk.envelopes_after(0, 9)) == 1
    lobby.portal.withdraw(lobby.opened(number), None)
    assert names(lobby, number) == [["refused"], ["withdrawing"]]
    lobby.desk.show(view(case_uid, 2, refusal, listed(2)))
    assert names(lobby, number) == [["refused"], ["withdrawing"]]


def test_a_new_receipt_opens_and_the_old_one_dies(lobby: Lobby):
    case_uid, number = lobby.sent()
    before = lobby.opened(number)
    new = receipts().new(case_uid, 1, 7)
    note = seal(b"A new number.", [new.identity.recipient, DESK.recipient])
    message = DeskMessage("d" * 32, note, 9)
    lobby.desk.show(view(case_uid, 1, listed(1), receipt=new.receipt, messages=(message,)))
    assert lobby.portal.open(number) is None
    refused("receipt_replaced", lobby.portal.home, before)
    refused("receipt_replaced", lobby.portal.write_message, before, "x")
    home = lobby.portal.home(lobby.opened(new.digits))
    assert [one.text for one in home.messages] == ["A new number."]
    assert [one.text for one in home.places] == [None, None, None], "sealed to the key that is gone"
    older = receipts().new(case_uid, 0, 7).receipt
    lobby.desk.show(view(case_uid, 2, listed(1), receipt=older))
    assert lobby.portal.open(new.digits) is not None


def test_a_receipt_shown_by_itself_does_not_open_what_it_is_not_sealed_to(lobby: Lobby):
    case_uid, _ = lobby.sent()
    new = receipts().new("another case", 1, 7)
    lobby.desk.show(view(case_uid, 1, receipt=new.receipt))
    refused("sealed_damaged", lobby.portal.open, new.digits)


# --- helpers


def test_a_helpers_key_is_known_while_the_desk_says_so(lobby: Lobby):
    digest = hashlib.sha256(b"amparo_key").digest()
    lobby.desk.set_helpers({3: digest, 5: b"\0" * 32})
    lobby.desk.set_helpers({3: digest, 5: b"\0" * 32})
    assert lobby.portal.helper_of("amparo_key") == 3
    for wrong in ("", "amparo_key ", "\ud800"):
        assert lobby.portal.helper_of(wrong) is None
    lobby.desk.set_helpers({5: digest})
    assert lobby.portal.helper_of("amparo_key") == 5
    lobby.desk.set_helpers({})
    assert lobby.portal.helper_of("amparo_key") is None


# --- forgetting


def test_hashes_and_words_are_kept_until_the_desk_has_them_and_a_day_more(
    lobby: Lobby, clock: SetClock, tmp_path: Path
):
    _, number = lobby.sent()
    back = lobby.opened(number)
    lobby.portal.write_message(back, "hello")
    clock.forward(days=3)
    assert lobby.desk.forget().envelopes == 0, "not taken yet"
    lobby.sent()
    lobby.desk.taken(2)
    assert lobby.desk.forget().envelopes == 2
    lobby.desk.taken(3)
    clock.forward(hours=23)
    assert lobby.desk.forget().envelopes == 0
    clock.forward(hours=1)
    assert lobby.desk.forget().envelopes == 1
    assert lobby.desk.envelopes_after(0, 10) == []
    assert "0" * 31 + "1" not in lobby.stored()
    home = lobby.portal.home(back)
    assert home.files[0].shorts[0] == ("md5", "00000000")
    assert home.messages[0].text == "hello"
    _, other = lobby.sent()
    (envelope,) = lobby.desk.envelopes_after(0, 10)
    assert envelope.seq == 4, "a number was given twice"
    if not LEDGERS.is_postgres:
        lobby.portal.withdraw(lobby.opened(other), None)
        lobby.desk.taken(5)
        lobby.desk.forget()
        held = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
        assert b"0" * 31 + b"1" not in held, "the database file holds what was deleted"


def test_hashes_of_what_was_taken_back_go_at_once(lobby: Lobby):
    _, number = lobby.sent()
    lobby.sent()
    lobby.portal.withdraw(lobby.opened(number), [1])
    lobby.desk.taken(2)
    assert lobby.desk.forget().envelopes == 0, "the withdrawal is not taken yet"
    lobby.desk.taken(3)
    assert lobby.desk.forget().envelopes == 1
    assert [one.kind for one in lobby.desk.envelopes_after(0, 9)] == ["case", "withdraw"]


def test_what_stands_aside_at_the_desk_is_kept(lobby: Lobby, clock: SetClock):
    lobby.sent()
    lobby.sent()
    lobby.desk.taken(2)
    clock.forward(days=30)
    assert lobby.desk.forget(kept=[1]).envelopes == 1
    assert [one.seq for one in lobby.desk.envelopes_after(0, 9)] == [1]
    assert lobby.desk.forget().envelopes == 1


def test_an_older_copy_put_in_place_is_noticed(tmp_path: Path, clock: SetClock):
    with opened(tmp_path, clock) as lobby:
        assert not lobby.desk.went_back(0)
        for _ in range(3):
            lobby.sent()
        lobby.desk.taken(2)
        assert not lobby.desk.went_back(3), "the desk ended before it could say that it has it"
        lobby.desk.taken(3)
        clock.forward(days=2)
        lobby.desk.forget()
        assert not lobby.desk.went_back(3), "all is taken and forgotten"
        assert lobby.desk.went_back(4)


def test_identities_do_not_show_in_texts(lobby: Lobby):
    _, number = lobby.sent()
    back = lobby.opened(number)
    assert back.identity not in repr(back)
    assert Identity("AGE-SECRET", "age1").secret not in repr(Identity("AGE-SECRET", "age1"))
    new = receipts().new("x", 0, 0)
    assert new.digits not in repr(new)
    assert isinstance(new.receipt, Receipt)
