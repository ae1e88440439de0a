"""The portal's side of the intake: what is kept of a session, what is sent once and whole, what a receipt's number opens."""

import threading
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import event, text

from amparo.intake.model import CaseBody, Draft, TipBody
from amparo.intake.receipts import Derived, NewReceipt, Receipts, pepper, with_check_digit
from amparo.intake.sealed_to import SealTo
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


def test_a_session_that_is_kept_alive_ends_all_the_same(lobby: Lobby, clock: SetClock):
    """One place could keep as many open as there is room for, by a form an hour each, and nobody else got in."""
    token = lobby.portal.begin(answered())
    for _ in range(23):
        clock.forward(minutes=30)
        lobby.portal.save(token, answered())  # also with a draft that is begun anew, as after a receipt
    clock.forward(minutes=29)
    assert lobby.portal.draft(token) is not None
    clock.forward(minutes=1)
    assert lobby.portal.draft(token) is None
    refused("session_over", lobby.portal.save, token, answered())
    clock.forward(minutes=60)
    assert lobby.desk.forget().drafts == 1


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


class Colliding(Receipts):
    """The real ones, but as if chance drew these first."""

    def __init__(self, *drawn: NewReceipt) -> None:
        super().__init__(PEPPER, IntakeSettings(**CHEAP))
        self.drawn = list(drawn)

    def new(self, case_uid: str, number: int, now_us: int) -> NewReceipt:
        return self.drawn.pop(0) if self.drawn else super().new(case_uid, number, now_us)


@pytest.mark.parametrize(("times", "is_sent"), [(2, True), (3, False)])
def test_a_number_that_is_taken_is_drawn_anew(lobby: Lobby, clock: SetClock, times: int, is_sent: bool):
    first = answered()
    receipts = Colliding()
    new = receipts.new(first.case_uid, 0, 0)
    receipts.drawn = [new] * (1 + times)
    portal = Intake(lobby.db, clock, IntakeSettings(**CHEAP), receipts, SealTo(DESK.recipient))
    number = portal.submit_case(portal.begin(first), first)
    second = answered()
    token = portal.begin(second)
    if is_sent:
        assert portal.submit_case(token, second) != number
    else:
        refused("busy", portal.submit_case, token, second)
        assert portal.draft(token) == second
    assert len(lobby.desk.envelopes_after(0, 9)) == 1 + is_sent


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
    portal = Intake(lobby.db, clock, settings, counting, SealTo(DESK.recipient))
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


def test_the_pepper_is_made_once_or_given(tmp_path: Path):
    made = pepper(tmp_path / "secrets", b"")
    assert len(made) == 32
    assert pepper(tmp_path / "secrets", b"") == made
    assert pepper(tmp_path / "secrets", b"given" * 8) == b"given" * 8
    (tmp_path / "secrets" / "receipt.pepper").write_text("short")
    refused("secret_damaged", pepper, tmp_path / "secrets", b"")
