"""The pages of cases, over a real ledger and the desk that shows her what was done; over both ledgers."""

import html
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from amparo.access.staff_model import STAFF_MATRIX, STAFF_ROLES
from amparo.cases.casework import Casework
from amparo.cases.minors import Minors
from amparo.cases.model import Outcome
from amparo.cases.outcomes import note_outcome_within
from amparo.console.case_doors import CaseDoors
from amparo.intake.model import TEXT_CHARS_MAX, ContactBody, MessageBody, TipBody
from amparo.intake.receipts import Receipts, opened_secret
from amparo.intake.settings import IntakeSettings
from amparo.sealing.age import new_identity, seal, unseal
from tests.conftest import SetClock
from tests.console import Desk, StaffTwin, at, doors_of, view_of
from tests.integration.desk import DESK, HERS, HERS_SIGNER, Room, case, file, room, uid
from tests.integration.intake import CHEAP, PEPPER

WORDS = "请帮帮我 שלום عربي 👩‍👩‍👧 <b>bold</b>"
MARK = "data-closed"


@dataclass
class Office:
    """A desk, and staff of each role at its console. The lead and the caseworker hold the desk key."""

    room: Room
    staff: StaffTwin
    receipts: Receipts
    at: object

    def desk(self, role: str) -> Desk:
        return self.at(role)

    def took(self, number: int = 1, **more) -> str:
        """A case with two places, taken; its uid."""
        places = [seal(f"https://place.test/{at}".encode(), [DESK.recipient]) for at in (1, 2)]
        self.room.send(case(file(1, number), **{"places": places, **more}), number)
        self.room.work()
        return uid(number)

    def wrote(self, words: str, number: int = 1) -> None:
        sealed = seal(words.encode(), [DESK.recipient, HERS.recipient])
        self.room.send(MessageBody(f"{number:030x}aa", sealed), number)
        self.room.work()


@pytest.fixture
def desk(tmp_path: Path, clock: SetClock) -> Iterator[Room]:
    with room(tmp_path, clock) as opened:
        yield opened


@pytest.fixture
async def office(desk: Room) -> AsyncIterator[Office]:
    receipts = Receipts(PEPPER, IntakeSettings(**CHEAP))
    minors = Minors(desk.house.banks, desk.house.clock, desk.settings)
    work = Casework(desk.cases, minors, receipts=lambda: receipts, desk=lambda: DESK.recipient)
    doors = CaseDoors(
        work,
        lambda key_id: f"helper {key_id}",
        lambda _who, _uid: 7,
        lambda who, one: work.mark_minor(one, f"staff:{who.id}"),
    )
    staff = StaffTwin(keys={(role, "desk"): [DESK] for role in ("caseworker", "lead")})
    async with at(doors_of(staff, clock=desk.house.clock, casework=doors)) as seats:
        yield Office(desk, staff, receipts, seats)


def shown(page: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", page))


def fact(page: str, name: str) -> str:
    found = re.search(rf'data-fact="{name}"><dt>[^<]*</dt><dd>(.*?)</dd>', page, re.DOTALL)
    return shown(found[1]).strip() if found else ""


async def test_a_case_is_read_with_the_sessions_own_key_and_each_read_is_kept(office: Office) -> None:
    one = office.took(given=("match", "desk"), entered_by=5)
    office.wrote(WORDS)
    answer = await office.desk("caseworker").get(f"/cases/{one}")
    assert (answer.status_code, view_of(answer.text)) == (200, "case")
    assert WORDS in html.unescape(answer.text)
    assert "<b>bold" not in answer.text
    assert "https://place.test/2" in answer.text
    assert fact(answer.text, "helper") == "helper 5"
    assert 'href="/work/7"' in answer.text
    assert office.staff.reads == [("caseworker", "case", one)]


async def test_without_a_key_texts_stay_sealed_and_the_page_says_how_to_get_one(office: Office) -> None:
    one = office.took(given=("match", "desk"))
    office.wrote(WORDS)
    answer = await office.desk("admin").get(f"/cases/{one}")
    assert "data-keyless" in answer.text
    assert answer.text.count(MARK) == 3
    assert "place.test" not in answer.text


async def test_a_text_of_a_lost_key_is_told_as_such_and_takes_nothing_with_it(office: Office) -> None:
    one = office.took(given=("match", "desk"))
    office.wrote(WORDS)
    office.staff.keys["lead", "desk"] = [new_identity(), DESK]
    assert MARK not in (await office.desk("lead").get(f"/cases/{one}")).text, (
        "an earlier key opens what was sealed to it"
    )
    office.staff.keys["lead", "desk"] = [new_identity()]
    answer = await office.desk("lead").get(f"/cases/{one}")
    assert 'data-damaged="3"' in answer.text
    assert "data-keyless" not in answer.text


async def test_what_she_agreed_to_stands_beside_what_it_bears_on(office: Office) -> None:
    one = office.took(given=("match",))
    page = (await office.desk("caseworker").get(f"/cases/{one}")).text
    said = re.findall(r'data-consent="(\w+)" data-given="(\w+)"', page)
    assert set(said) == {("match", "yes"), ("desk", "no"), ("share", "no"), ("statistics", "no")}
    assert said.count(("desk", "no")) >= 3, "beside the places, beside the answer, and in the list"
    assert "v1" in page
    assert "data-unread" in page
    assert "place.test" not in page, "the key would open them; she did not agree"


async def test_without_her_leave_nobody_writes_to_her_until_she_writes(office: Office) -> None:
    one = office.took(given=("match",))
    her = office.desk("caseworker")
    assert "data-no-answer" in (await her.get(f"/cases/{one}")).text
    refused = await her.post(f"/cases/{one}/message", act="send", text="hello")
    assert refused.status_code == 403
    assert not office.room.cases.case(one).messages
    office.wrote("are you there")
    sent = await her.post(f"/cases/{one}/message", act="send", text="yes")
    assert sent.status_code == 303
    assert [message.direction for message in office.room.cases.case(one).messages] == ["person", "desk"]


async def test_an_answer_is_seen_before_it_is_sent_and_reaches_her_sealed(office: Office) -> None:
    one = office.took(given=("match", "desk"))
    her = office.desk("caseworker")
    seen = await her.post(f"/cases/{one}/message", act="preview", text=f"{WORDS}\nnext line")
    assert "data-preview" in seen.text
    assert html.unescape(seen.text).count(WORDS) == 2, "in the field and in the preview"
    assert not office.room.cases.case(one).messages
    sent = await her.post(f"/cases/{one}/message", act="send", text=f"{WORDS}\nnext line")
    assert (sent.status_code, sent.headers["location"]) == (303, f"/cases/{one}?said=reply_sent")
    office.room.work()
    (message,) = office.room.tray.views[one].messages
    assert unseal(message.sealed, HERS.secret).decode() == f"{WORDS}\nnext line"
    assert ("the desk wrote a message (staff:2)", f"message:{message.uid}") in [
        (line.what, line.cause) for line in office.room.cases.case(one).log
    ]


@pytest.mark.parametrize("text", ["", "  \n ", "x" * (TEXT_CHARS_MAX + 1)])
async def test_what_cannot_be_sent_stays_in_the_field(office: Office, text: str) -> None:
    one = office.took(given=("match", "desk"))
    answer = await office.desk("lead").post(f"/cases/{one}/message", act="send", text=text)
    assert answer.status_code in (400, 413)
    assert view_of(answer.text) == "case"
    assert text.strip() in html.unescape(answer.text)
    assert not office.room.cases.case(one).messages


async def test_a_new_receipt_is_made_after_the_questions_and_shown_once(office: Office) -> None:
    one = office.took(given=("match", "desk"))
    her = office.desk("caseworker")
    await her.post(f"/cases/{one}/message", act="send", text="what we wrote before")
    contact = seal(b'{"channel":"+82 2","avoid":"police"}', [DESK.recipient])
    office.room.send(ContactBody(contact), 1)
    office.room.work()
    page = (await her.get(f"/cases/{one}/receipt")).text
    assert (fact(page, "channel"), fact(page, "avoid")) == ("+82 2", "police")
    assert "data-receipt" not in page
    refused = await her.post(f"/cases/{one}/receipt", act="make", number="1", asked="called_back")
    assert refused.status_code == 400
    assert office.room.cases.case(one).receipts == 0
    ticked = {"act": "make", "number": "1", "asked": ["called_back", "known_facts", "read_back"]}
    made = await her.post(f"/cases/{one}/receipt", **ticked)
    digits = re.search(r"data-receipt[^>]*>([\d ]{19})<", made.text)[1].replace(" ", "")
    assert made.headers["cache-control"] == "no-store"
    office.room.work()
    view = office.room.tray.views[one]
    derived = office.receipts.derived(digits)
    assert view.receipt.verifier == derived.verifier
    secret = opened_secret(derived, view.receipt.sealed_identity, one)
    assert unseal(view.messages[0].sealed, secret).decode() == "what we wrote before", "sealed anew to her new key"
    assert digits not in (await her.get(f"/cases/{one}")).text
    again = await her.post(f"/cases/{one}/receipt", **ticked)
    assert (again.status_code, "data-receipt" in again.text) == (400, False), "the same form makes no second one"
    assert ("caseworker", "receipt", one) in office.staff.reads
    assert "the desk made a new receipt; the one before opens nothing (staff:2)" in [
        line.what for line in office.room.cases.case(one).log
    ]


async def test_each_file_stands_with_what_came_of_it(office: Office) -> None:
    one = office.took()
    content_id = office.room.cases.case(one).items[0].content_id
    with office.room.house.db.write() as connection:
        note_outcome_within(connection, Outcome(content_id, "hidden", "Forum", "action:1", 1_780_000_000_000_000))
    page = (await office.desk("lead").get(f"/cases/{one}")).text
    assert re.findall(r'data-state="(\w+)" data-cause="([\w:]+)"', page) == [
        ("listed", f"content:{content_id}"),
        ("hidden", "action:1"),
    ]
    assert f"/banks/portal/contents/{content_id}" in page


async def test_one_of_the_staff_marks_it_and_the_place_is_shown(office: Office) -> None:
    one = office.took()
    her = office.desk("caseworker")
    assert 'data-minor="no"' in (await her.get(f"/cases/{one}")).text
    assert (await her.post(f"/cases/{one}/minor")).status_code == 303
    page = (await her.get(f"/cases/{one}?place=KR")).text
    assert 'data-minor="yes"' in page
    assert "경찰 112" in page
    assert office.room.cases.case(one).summary.bank == "portal_under_18"


async def test_the_list_is_filtered_and_paged_and_only_counts_sealed_tips(office: Office) -> None:
    for number in range(1, 54):
        office.room.send(case(file(1, number)), number)
    office.room.send(TipBody("person", True, "en", b"a child", HERS.recipient, HERS_SIGNER), 60)
    office.room.send(TipBody("group", False, "ko", b"a group", HERS.recipient, HERS_SIGNER), 61)
    office.room.work()
    her = office.desk("caseworker")
    first = (await her.get("/cases")).text
    assert view_of(first) == "cases"
    assert len(re.findall(r"data-case=", first)) == 50
    assert uid(60) not in first
    assert 'data-sealed="1"' in first
    onward = html.unescape(re.search(r'href="(/cases\?[^"]*before=\d+)"', first)[1])
    assert len(re.findall(r"data-case=", (await her.get(onward)).text)) == 4
    assert re.findall(r'data-case="(\w+)"', (await her.get("/cases?kind=tip")).text) == [uid(61)]
    assert re.findall(r'data-case="(\w+)"', (await her.get("/cases?waits=1")).text) == [uid(61)]
    assert "data-case" not in (await her.get("/cases?minor=1&helper=1")).text
    assert len(re.findall(r"data-case=", (await her.get("/cases?kind=%27&before=x&waits=maybe")).text)) == 50


async def test_a_sealed_tip_has_no_page_here(office: Office) -> None:
    office.room.send(TipBody("person", True, "en", b"a child", HERS.recipient, HERS_SIGNER), 1)
    office.room.work()
    for path in (f"/cases/{uid(1)}", f"/cases/{uid(1)}/receipt", "/cases/1", f"/cases/{uid(9)}"):
        assert (await office.desk("lead").get(path)).status_code == 404, path
    assert (await office.desk("lead").post(f"/cases/{uid(1)}/message", act="send", text="x")).status_code == 404


@pytest.mark.parametrize("role", [*STAFF_ROLES, ""])
async def test_who_may_not_read_cases_reads_none_by_any_route(office: Office, role: str) -> None:
    one = office.took(given=("match", "desk"))
    office.wrote("her very own words")
    office.staff.keys[role, "desk"] = [DESK]
    may = bool(role) and "cases.read" in STAFF_MATRIX[role]
    who = office.desk(role)
    answers = [await who.get(path) for path in (f"/cases/{one}", "/cases", f"/cases/{one}/receipt")]
    answers += [
        await who.post(f"/cases/{one}/{name}", act="preview", text="x") for name in ("message", "receipt", "minor")
    ]
    kept_out = [answer.status_code in (401, 403) or answer.headers.get("location") == "/sign-in" for answer in answers]
    assert kept_out == [not may] * len(answers)
    for answer in answers:
        assert may or "her very own words" not in answer.text
        assert may or one not in answer.text
    assert may == bool(office.staff.reads)
