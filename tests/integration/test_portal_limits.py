"""Limits at the portal's doors: ten thousand guesses teach nothing and bring nothing down; who works for it, or comes again later, is let in."""

import secrets
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from amparo.intake.receipts import with_check_digit
from amparo.portal.notices import NOTICES
from amparo.portal.settings import LimitSettings, PortalSettings
from tests.conftest import SetClock
from tests.integration.visiting import HERE, THERE, Parlour, parlour
from tests.person import Person
from tests.work import solve

GUESSES = 10_000
MD5 = {"kind": "md5", "value": "0123456789abcdef" * 2}
PLACES = 100
LIMITS = LimitSettings(work_bits=4, guesses=400, guesses_per_place=20, unproved_percent=25)
BEHIND = PortalSettings(open_ms_min=0, proxies="10.0.0.0/8")


@pytest.fixture
async def portal(tmp_path: Path, clock: SetClock) -> AsyncIterator[Parlour]:
    async with parlour(tmp_path, clock, BEHIND, LIMITS) as opened:
        yield opened


def drawn() -> str:
    """A number as receipts have them, by chance."""
    return with_check_digit(f"{secrets.randbelow(10**15):015}")


async def guesser(portal: Parlour, peer: str = HERE, *, works: bool = False) -> Person:
    person = await portal.person(peer, works=works)
    await person.at_home()
    return person


async def guess(person: Person, number: str, place: str = "") -> tuple[int, str]:
    """Send it without looking where it leads. The status and, where it led nowhere, what is said."""
    fields = person.filled(person.button("open"), number=number)
    headers = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}
    if place:
        headers["x-forwarded-for"] = place
    answer = await person.client.post(
        "/", content=str(httpx.QueryParams(fields)), headers=headers, follow_redirects=False
    )
    return answer.status_code, answer.headers.get("location", answer.headers.get("retry-after", ""))


@pytest.mark.once
async def test_ten_thousand_guesses_teach_nothing_and_the_door_stays_open(portal: Parlour) -> None:
    uid, number = portal.lobby.sent()
    flood = await guesser(portal, "10.1.2.3")
    computed = Counter[str]()
    derived = portal.lobby.portal._receipts.derived
    portal.lobby.portal._receipts.derived = lambda digits: computed.update(["Argon2id"]) or derived(digits)
    told = Counter()
    for count in range(GUESSES):
        told[await guess(flood, drawn(), f"198.51.{count % PLACES}.1")] += 1
    let, refused = told.pop((303, "/")), told
    assert let == computed["Argon2id"] == LIMITS.guesses * LIMITS.unproved_percent // 100, (
        "the rest cost no computation"
    )
    assert {status for status, _ in refused} == {429}
    assert sum(refused.values()) == GUESSES - let
    assert await guess(flood, number, "198.51.7.1") in refused, "a right number is refused as any other"
    await flood.look()
    assert flood.at.step == "home"
    assert uid not in flood.answer.text
    her = await portal.person(THERE)
    await her.opens(number)
    assert her.at.step == "case", "who lets her browser work for it is not shut out"


async def test_one_place_has_its_share_and_is_told_when_to_come_again(portal: Parlour) -> None:
    portal.uid, portal.number = portal.lobby.sent()
    her = await guesser(portal, works=True)
    for _ in range(LIMITS.guesses_per_place):
        await her.press("open", number=drawn())
        assert her.at.notice == NOTICES["no_case"]
    await her.press("open", number=portal.number)
    assert her.answer.status_code == 429
    assert her.at.notice == NOTICES["too_often"]
    assert dict(her.at.fields)["number"] == portal.number, "what she typed is not lost"
    wait_s = int(her.answer.headers["retry-after"])
    other = await guesser(portal, THERE, works=True)
    await other.press("open", number=portal.number)
    assert other.at.step == "case", "another place is not this one"
    portal.lobby.clock.forward(seconds=wait_s)
    await her.at_home()
    await her.press("open", number=portal.number)
    assert her.at.step == "case"


async def test_without_proof_there_is_less_and_a_proof_counts_once(portal: Parlour) -> None:
    her = await guesser(portal)
    proof = her.proof()
    for _ in range(LIMITS.guesses_per_place * LIMITS.unproved_percent // 100):
        assert await guess(her, drawn()) == (303, "/")
    status, _ = await guess(her, drawn())
    assert status == 429
    await her.press("open", number=drawn(), work=proof)
    assert her.answer.status_code == 200
    await her.press("open", number=drawn(), work=proof)
    assert her.answer.status_code == 429, "the same proof again is none"


@pytest.mark.parametrize(
    ("act", "limits"),
    [
        ("case", LimitSettings(work_bits=4, cases_per_place=1)),
        ("tip", LimitSettings(work_bits=4, tips_per_place=1)),
        ("message", LimitSettings(work_bits=4, messages_per_place=1)),
        ("session", LimitSettings(work_bits=4, sessions_per_place=1)),
    ],
)
async def test_each_act_has_a_limit_and_nothing_typed_is_lost(
    tmp_path: Path, clock: SetClock, act: str, limits: LimitSettings
) -> None:
    clock.forward(minutes=30)
    async with parlour(tmp_path, clock, limits=limits) as portal:
        _, number = portal.lobby.sent()
        sent = len(portal.lobby.desk.envelopes_after(0, 10))
        first, second = await portal.person(), await portal.person()
        if act == "session":
            await first.look()
            await first.press("next", "en")
            await second.look()
            await second.press("next", "en")
            assert (second.answer.status_code, second.at.notice) == (429, NOTICES["too_often"])
            return
        for person in (first, second):
            if act == "case":
                await person.to("consent", places="https://hers.example/")
                await person.press("next", consent=["match", "desk"])
            elif act == "tip":
                await person.look()
                await person.press("tip")
                await person.press("next", words="her words", names_child="no")
            else:
                await person.opens(number)
                await person.press("write", message=f"her words {id(person)}")
        assert (second.answer.status_code, second.at.notice) == (429, NOTICES["too_often"])
        assert int(second.answer.headers["retry-after"]) > 0
        assert len(portal.lobby.desk.envelopes_after(0, 10)) == sent + 1
        if act == "case":
            assert second.at.boxes["consent", "match"]
        else:
            assert "her words" in second.answer.text
        clock.forward(minutes=31)  # the next hour of the clock
        await second.send(second.filled(second.button("write" if act == "message" else "next")))
        assert len(portal.lobby.desk.envelopes_after(0, 10)) == sent + 2


async def test_parts_of_hashes_are_counted_and_a_proof_counts_apart(tmp_path: Path, clock: SetClock) -> None:
    limits = LimitSettings(work_bits=4, file_parts_per_place=2, unproved_percent=50)
    async with parlour(tmp_path, clock, limits=limits) as portal:
        person = await portal.person()
        await person.to("files")
        part = {"form": person.form_token, "files": [{"number": 1, "medium": "picture", "signals": [MD5]}]}
        told = []
        for work in ("", "", person.proof(), "x" * 45):
            answer = await person.client.post("/files", json={**part, "work": work})
            told.append(answer.status_code)
        assert told == [200, 429, 200, 429]
        assert answer.json()["slug"] == "too_often"
        assert int(answer.headers["retry-after"]) > 0


async def test_a_proof_that_was_let_through_nowhere_is_kept_nowhere(tmp_path: Path, clock: SetClock) -> None:
    """One place could fill the memory of used proofs with refused ones: for hours no proof of anybody's counted."""
    limits = LimitSettings(work_bits=4, file_parts_per_place=1, unproved_percent=100)
    clock.forward(minutes=30)
    async with parlour(tmp_path, clock, limits=limits) as portal:
        person = await portal.person()
        await person.to("files")
        part = {"form": person.form_token, "files": [{"number": 1, "medium": "picture", "signals": [MD5]}]}
        proof = person.proof()
        told = []
        for work in (proof, solve(portal.doors.work.question("files", b"12345678"), 4)):
            told += [(await person.client.post("/files", json={**part, "work": work})).status_code]
        clock.forward(minutes=31)  # the next hour of the clock
        for again in ("", work):
            told += [(await person.client.post("/files", json={**part, "work": again})).status_code]
        assert told == [200, 429, 200, 200], "the proof that was refused is good in the next hour"
        assert [portal.doors.work.proved("files", one) for one in (proof, work)] == [False, False]
