"""The desk: what came in becomes cases and contents once, what comes of them is shown, whatever comes twice, late or wrong."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from amparo.access.model import OPERATOR
from amparo.banks.model import BankPolicy, Listing
from amparo.errors import Misconfigured, Unavailable
from amparo.intake.model import ContactBody, FileIn, FrameIn, MessageBody, PDQIn, TipBody, VPDQIn, WithdrawBody
from amparo.match.service import Question
from amparo.match.settings import MatchSettings
from amparo.sealing.age import seal, unseal
from amparo.terms.signal import Signal
from tests.conftest import SetClock
from tests.integration.desk import DESK, HERS, HERS_SIGNER, Room, case, code, file, room, uid
from tests.integration.ledger import new_bank, refused

SEALED = b"age-encryption.org/v1\nsealed"


@pytest.fixture
def desk(tmp_path: Path, clock: SetClock) -> Iterator[Room]:
    with room(tmp_path, clock) as opened:
        yield opened


def count(desk: Room, table: str) -> int:
    with desk.house.db.read() as connection:
        return connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()


# --- taking


def test_a_case_is_listed_and_found_at_once(desk: Room) -> None:
    sent = desk.send(case(file(1), file(2)))
    desk.work()
    assert desk.names() == {1: "listed", 2: "listed"}
    assert desk.origins(1) == {f"case-{uid(1)}"}
    content = desk.house.live("portal")[0]
    assert desk.files()[1].cause == f"content:{content.id}"
    assert {one.kind for one in content.signals} == {"pdq", "md5", "sha256"}
    whole = next(one for one in desk.tray.views[uid(1)].states if one.subject == "case")
    assert (whole.name, whole.cause, whole.at_us) == ("received", f"envelope:{sent.uid}", sent.at_us)
    assert desk.house.banks.bank("portal").action == "review"


def test_the_action_of_a_new_bank_is_the_operators_choice(tmp_path: Path, clock: SetClock) -> None:
    with room(tmp_path, clock, new_action="hide", bank="hers") as desk:
        desk.send(case(file(1)))
        desk.work()
        assert desk.house.banks.bank("hers").action == "hide"
        assert desk.ask(1).suggested_action == "hide"


@pytest.mark.parametrize(
    ("age", "bank"),
    [("adult_stated", "portal"), ("minor_possible", "portal_under_18"), ("minor_stated", "portal_under_18")],
)
def test_who_may_have_been_a_child_is_in_no_bank_of_adults(desk: Room, age: str, bank: str) -> None:
    desk.send(case(file(1), age=age))
    desk.work()
    assert [one.name for one in desk.house.banks.banks()] == [bank]
    assert desk.ask(1).suggested_action == ("review" if bank == "portal" else "hide")


@pytest.mark.parametrize("given", [(), ("desk", "share", "statistics")])
def test_without_consent_nothing_is_listed(desk: Room, given: tuple[str, ...]) -> None:
    desk.send(case(file(1), given=given))
    desk.work()
    assert desk.files()[1].name == "refused"
    assert desk.files()[1].reason == "no_consent"
    assert desk.house.banks.banks() == []
    assert count(desk, "signal") == 0


def frames(*told: tuple[str, int]) -> FileIn:
    return FileIn(
        1, "video", [VPDQIn([FrameIn(value, quality, at * 1000) for at, (value, quality) in enumerate(told)])]
    )


FLAT = "0" * 64
HEAVY = f"{(1 << 150) - 1:064x}"


@pytest.mark.parametrize(
    ("sent", "state", "reason"),
    [
        (file(1, quality=49), "listed", "low_detail"),
        (file(1, quality=50), "listed", ""),
        (FileIn(1, "picture", [PDQIn(code(1), 49)]), "refused", "low_detail"),
        (FileIn(1, "picture", [PDQIn(FLAT, 100)]), "refused", "not_a_picture"),
        (FileIn(1, "picture", [PDQIn(HEAVY, 100)]), "refused", "not_a_picture"),
        (frames((code(1), 100), (code(2), 100)), "listed", ""),
        (frames((code(1), 100), (FLAT, 0)), "listed", ""),
        (frames((code(1), 100), (FLAT, 100)), "listed", "not_a_picture"),
        (frames((FLAT, 100)), "refused", "not_a_picture"),
        (frames((code(1), 10)), "refused", "low_detail"),
    ],
)
def test_what_no_picture_gives_is_refused_with_the_reason(desk: Room, sent: FileIn, state: str, reason: str) -> None:
    desk.send(case(sent))
    desk.work()
    shown = desk.files()[1]
    assert (shown.name, shown.reason) == (state, reason)
    codes = [one.code for content in desk.house.live("portal") for one in content.signals]
    assert not any(bytes.fromhex(FLAT) in one and reason == "not_a_picture" for one in codes)


def test_all_comes_twice_and_changes_nothing_the_second_time(desk: Room) -> None:
    desk.send(case(file(1), file(2), places=[SEALED]))
    desk.send(MessageBody(uid(77), SEALED))
    desk.send(ContactBody(SEALED))
    desk.withdraw(2)
    desk.send(TipBody("group", False, "en", SEALED, HERS.recipient, HERS_SIGNER), 2)
    desk.work()
    desk.work()
    tables = (
        "desk_case",
        "case_item",
        "case_place",
        "case_consent",
        "case_message",
        "case_contact",
        "case_log",
        "content",
        "signal",
    )
    before, shown = {name: count(desk, name) for name in tables}, dict(desk.tray.views)
    desk.tray.name = "e2"  # as after a restore: a new epoch, everything is read again
    desk.tray.views.clear()
    desk.restart()
    desk.work()
    assert {name: count(desk, name) for name in tables} == before
    assert {key: (one.states, one.messages) for key, one in desk.tray.views.items()} == {
        key: (one.states, one.messages) for key, one in shown.items()
    }
    assert desk.names() == {1: "listed", 2: "withdrawn"}
    assert sum(1 for _ in desk.house.file.read()) == 1


POISON = [
    ("case", None, "unreadable_envelope"),
    ("case", WithdrawBody(None), "unreadable_envelope"),
    ("case", case(file(1), file(1)), "bad_envelope"),
    ("case", case(FileIn(1, "picture", [PDQIn(code(1), 100), PDQIn(code(2), 100)])), "bad_envelope"),
    ("case", case(file(1), language="en\x00"), "bad_envelope"),
    ("case", case(file(1), happened=["looked"]), "bad_envelope"),
    ("case", case(file(1), places=[b"x" * 40_000]), "bad_envelope"),
    ("case", case(file(1), places=[SEALED] * 101), "bad_envelope"),
    ("case", case(file(1), recipient="age1nobody"), "bad_recipient"),
    ("case", case(file(1), entered_by=2**70), "bad_envelope"),
    ("case", case(*(file(one) for one in range(1, 202))), "bad_envelope"),
    ("tip", TipBody("planet", False, "en", SEALED, HERS.recipient, HERS_SIGNER), "bad_envelope"),
    ("message", MessageBody("no uid", SEALED), "unknown_case"),
    ("withdraw", WithdrawBody(None), "unknown_case"),
]


@pytest.mark.parametrize(("kind", "body", "slug"), POISON)
def test_what_cannot_be_taken_stands_aside_and_holds_up_nobody(desk: Room, kind: str, body: object, slug: str) -> None:
    desk.send(body, 5, kind)
    desk.send(case(file(1)))
    desk.work()
    assert desk.names() == {1: "listed"}
    (aside,) = desk.cases.asides()
    assert (aside.seq, aside.slug, aside.kind) == (1, slug, kind)
    assert count(desk, "desk_case") == 1
    desk.work()
    assert len(desk.cases.asides()) == 1


def test_ids_and_times_out_of_bounds_stand_aside(desk: Room) -> None:
    for changed in ({"uid": "x"}, {"case_uid": "../1"}, {"at_us": -1}, {"at_us": 2**80}):
        sent = desk.send(case(file(1)))
        desk.tray.envelopes[-1] = replace(sent, **changed)
    desk.work()
    assert [one.slug for one in desk.cases.asides()] == ["bad_envelope"] * 4
    assert count(desk, "desk_case") == 0


def test_what_stands_aside_is_tried_again_in_its_order_by_the_next_start(desk: Room) -> None:
    good = case(file(1), file(2))
    desk.send(None, kind="case")
    desk.withdraw(1)
    desk.work()
    assert [one.slug for one in desk.cases.asides()] == ["unreadable_envelope", "unknown_case"]
    desk.tray.envelopes[0] = replace(desk.tray.envelopes[0], body=good)  # this version can read it
    desk.work()
    assert len(desk.cases.asides()) == 2, "once a start, not once a round"
    desk.restart()
    desk.work()
    desk.work()
    assert desk.cases.asides() == []
    assert desk.names() == {1: "withdrawn", 2: "listed"}, "the withdrawal that waited for its case was not lost"


def test_a_negative_bank_of_that_name_stops_the_desk_and_is_told(desk: Room) -> None:
    new_bank(desk.house, "portal", polarity="negative")
    desk.send(case(file(1)))
    refused("bank_unfit", desk.work)
    desk.house.banks.set_policy("portal", BankPolicy(name="harmless"))
    desk.work()
    assert desk.names() == {1: "listed"}


# --- withdrawing


def test_a_withdrawal_is_shown_when_every_worker_has_it(desk: Room) -> None:
    desk.send(case(file(1), file(2)))
    desk.work()
    desk.workers.at = 0
    desk.withdraw(1)
    desk.work()
    assert desk.names() == {1: "withdrawing", 2: "listed"}
    assert not desk.origins(1), "it answers nobody from the first moment"
    change = int(desk.files()[1].cause.removeprefix("change:"))
    desk.workers.at = change - 1
    desk.work()
    assert desk.names()[1] == "withdrawing"
    desk.workers.at = change
    desk.house.clock.forward(seconds=2)
    desk.work()
    assert desk.names() == {1: "withdrawn", 2: "listed"}
    assert desk.files()[1].cause == f"change:{change}"
    with desk.house.db.read() as connection:
        assert (
            connection.execute(text("SELECT count(*) FROM change WHERE seq = :seq"), {"seq": change}).scalar_one() == 1
        )


def test_another_persons_listing_of_the_same_picture_goes_on_matching(desk: Room) -> None:
    desk.send(case(file(1, picture=9)), 1)
    desk.send(case(file(1, picture=9)), 2)
    desk.work()
    assert desk.origins(9) == {f"case-{uid(1)}", f"case-{uid(2)}"}
    desk.withdraw(case_number=1)
    desk.work()
    assert desk.origins(9) == {f"case-{uid(2)}"}
    assert (desk.names(1), desk.names(2)) == ({1: "withdrawn"}, {1: "listed"})


def test_withdrawn_before_it_was_listed_twice_and_with_numbers_nobody_has(desk: Room) -> None:
    desk.send(case(file(1), file(2), file(3)))
    desk.withdraw(1)
    desk.withdraw(1, 200)
    desk.withdraw(2)
    desk.work()
    desk.work()
    assert desk.names() == {1: "withdrawn", 2: "withdrawn", 3: "listed"}
    assert {one.external_id for one in desk.house.live("portal")} == {"file-3"}
    desk.withdraw()
    desk.work()
    desk.work()
    assert set(desk.names().values()) == {"withdrawn"}
    assert desk.cases.asides() == []


def test_a_withdrawal_for_one_case_touches_no_other(desk: Room) -> None:
    desk.send(case(file(1)), 1)
    desk.send(case(file(1, picture=2), file(2, picture=3)), 2)
    desk.withdraw(1, 2, case_number=1)
    desk.work()
    desk.work()
    assert (desk.names(1), desk.names(2)) == ({1: "withdrawn"}, {1: "listed", 2: "listed"})


def test_what_the_desk_withdraws_or_a_deleted_bank_held_is_shown_as_withdrawn(desk: Room) -> None:
    desk.send(case(file(1), file(2)))
    desk.work()
    bank = desk.house.banks.bank("portal")
    desk.house.banks.withdraw(bank, desk.house.live("portal")[0].id)
    desk.work()
    desk.work()
    assert desk.names() == {1: "withdrawn", 2: "listed"}
    assert desk.files()[1].reason == "desk"
    desk.house.banks.delete_bank("portal")
    desk.house.banks.purge()
    desk.work()
    desk.work()
    assert desk.names() == {1: "withdrawn", 2: "withdrawn"}
    desk.withdraw()
    desk.send(case(file(1, picture=5)), 2)
    desk.work()
    assert desk.names(2) == {1: "listed"}, "the bank is made anew when it is needed"


# --- what comes of it


def test_matches_are_counted_once_by_file_and_client(desk: Room) -> None:
    desk.ask(1)  # before it was listed: no match, no event
    desk.send(case(file(1), file(2)))
    desk.work()
    for client, picture in (("site", 1), ("site", 1), ("forum", 1), ("site", 2)):
        desk.ask(picture, client)
    desk.work()
    assert desk.matched() == {(1, "site"): 2, (1, "forum"): 1, (2, "site"): 1}
    desk.work()
    desk.restart()
    desk.work()
    assert desk.matched() == {(1, "site"): 2, (1, "forum"): 1, (2, "site"): 1}
    desk.ask(1)
    desk.work()
    assert desk.matched()[1, "site"] == 3
    last = desk.matcher.events(0, 100, None)[-1]
    states = desk.tray.views[uid(1)].states
    assert next(one for one in states if (one.number, one.client) == (1, "site")).cause == f"match_event:{last.id}"
    desk.withdraw(1)
    desk.work()
    desk.work()
    assert desk.names()[1] == "withdrawn"
    assert desk.matched()[1, "site"] == 3, "what happened stays told"


def test_matches_of_what_is_no_case_are_passed_over(desk: Room) -> None:
    new_bank(desk.house, "A")
    desk.house.add("A", "client:b", Listing((Signal("pdq", bytes.fromhex(code(1)), 100),)))
    desk.send(case(file(1)))
    desk.work()
    desk.ask(1)
    desk.work()
    assert desk.matched() == {(1, "site"): 1}
    assert count(desk, "case_match") == 1


def test_the_negative_bank_and_the_flood_guard_hold_from_the_first_second(tmp_path: Path, clock: SetClock) -> None:
    """A false claim on a known harmless picture is vetoed; one that would sweep up a platform causes no automatic act."""
    with room(tmp_path, clock, new_action="hide") as desk:
        new_bank(desk.house, "harmless", polarity="negative")
        desk.house.add("harmless", "operator", Listing((Signal("pdq", bytes.fromhex(code(1)), 100),)))
        desk.send(case(file(1), file(2)))
        desk.work()
        assert desk.ask(1).verdict == "no_match"
        matcher = desk.house.matcher(MatchSettings(flood_matches_min=5))
        try:
            signal = [Signal("pdq", bytes.fromhex(code(2)), 100)]
            actions = [matcher.judge(OPERATOR, "r", signal, Question()).suggested_action for _ in range(8)]
        finally:
            matcher.lookup.close()
        assert actions[0] == "hide"
        assert actions[-1] == "review", "it matches on, but no machine acts on it"


# --- either side down


def test_what_was_sent_while_the_ledger_or_the_desk_was_away_is_all_taken(desk: Room) -> None:
    for number in range(1, 131):
        desk.send(case(file(1, picture=number)), number)
    desk.tray.down = Unavailable("database_busy", "the database is busy")
    refused("database_busy", desk.work)
    desk.tray.down = None
    desk.work()
    assert len(desk.tray.views) == 130
    assert len(desk.house.live("portal")) == 130


def test_an_intake_that_takes_no_writes_gets_its_views_later(desk: Room) -> None:
    desk.tray.read_only = Misconfigured("database_refused", "cannot be opened for writing")
    desk.send(case(file(1)))
    refused("database_refused", desk.work)
    assert desk.origins(1) == {f"case-{uid(1)}"}, "it is listed all the same"
    assert desk.cases.waiting() == 1
    desk.tray.read_only = None
    desk.work()
    assert desk.names() == {1: "listed"}
    assert desk.cases.waiting() == 0
    shown = desk.tray.shown
    desk.work()
    assert desk.tray.shown == shown, "nothing new, nothing shown"


def test_an_intake_put_back_by_hand_is_taken_and_shown_again(desk: Room) -> None:
    for number in (1, 2, 3):
        desk.send(case(file(1, picture=number)), number)
    desk.work()
    del desk.tray.envelopes[1:]  # an older copy, with its epoch, and how far the desk was then
    desk.tray.taken_seq = 1
    desk.tray.views.clear()
    desk.work()
    assert desk.tray.name != "e1"
    desk.send(case(file(1, picture=4)), 4)  # it has the number under which the desk took case 2
    desk.work()
    assert {name for name, view in desk.tray.views.items() if view.states[1].name == "listed"} == {
        uid(one) for one in (1, 2, 3, 4)
    }
    assert count(desk, "desk_case") == 4


def test_two_intakes_on_one_ledger_see_each_their_own(desk: Room) -> None:
    first = desk.tray
    desk.send(case(file(1)), 1)
    desk.work()
    desk.tray = replace(first, name="other", envelopes=[], views={})
    desk.restart()
    desk.send(case(file(1, picture=2)), 2)
    desk.work()
    assert set(desk.tray.views) == {uid(2)}
    assert set(first.views) == {uid(1)}


# --- the desk's people


def test_a_reply_is_sealed_to_her_and_to_the_desk(desk: Room) -> None:
    desk.send(case(file(1)))
    desk.work()
    told = desk.cases.reply("1", "  we wrote to them \n", DESK.recipient)
    assert not desk.cases.is_shown(uid(1))
    desk.work()
    (message,) = desk.tray.views[uid(1)].messages
    assert message.uid == told
    assert unseal(message.sealed, HERS.secret) == unseal(message.sealed, DESK.secret) == b"we wrote to them"
    for words in ("", "  ", "x" * 5_001, "a\0b", "\ud800"):
        refused("bad_text", desk.cases.reply, "1", words, DESK.recipient)
    for name in ("2", "0", "-1", "x", "1" * 40, uid(9), "\u0661"):
        refused("unknown_case", desk.cases.reply, name, "x", DESK.recipient)


def test_sealed_tips_stand_in_no_list(desk: Room) -> None:
    words = seal(b"who", [DESK.recipient])
    desk.send(TipBody("camera", False, "en", words, HERS.recipient, HERS_SIGNER), 1)
    desk.send(TipBody("person", True, "ko", words, HERS.recipient, HERS_SIGNER), 2)
    desk.send(case(file(1)), 3)
    desk.work()
    assert [(one.kind, one.uid) for one in desk.cases.cases(None, 10)] == [("case", uid(3)), ("tip", uid(1))]
    assert [one.uid for one in desk.cases.cases(3, 10)] == [uid(1)]
    assert desk.cases.sealed_tips() == 1
    refused("unknown_case", desk.cases.case, "2")
    assert desk.cases.case(uid(2)).messages[0].sealed == words
