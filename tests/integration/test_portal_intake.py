"""The portal over a real intake, on SQLite and PostgreSQL: what she sends is there once and whole, and what she did not send goes."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest

from amparo.intake.model import CaseBody
from amparo.portal.notices import NOTICES
from tests.conftest import SetClock
from tests.integration.intake import Lobby, opened, picture, video
from tests.integration.portal import at
from tests.person import Person, doors_of


@pytest.fixture
def lobby(tmp_path: Path, clock: SetClock) -> Iterator[Lobby]:
    with opened(tmp_path, clock) as made:
        yield made


@pytest.fixture
async def person(lobby: Lobby) -> AsyncIterator[Person]:
    async with at(doors_of(lobby.portal, clock=lobby.clock)) as persons:
        yield persons()


async def send_files(person: Person, files: list) -> int:
    body = msgspec.json.encode({"form": person.form_token, "files": files})
    answer = await person.client.post("/files", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 200, answer.text
    return int(answer.json()["held"])


async def test_the_whole_path_is_one_envelope(person: Person, lobby: Lobby) -> None:
    await person.to("files")
    assert await send_files(person, [picture(1), video(2)]) == 2
    assert await send_files(person, [picture(1)]) == 2
    await person.look()
    assert person.answer.text.count("data-held=") == 2
    await person.to("consent", places="https://a.example/1\nhttps://a.example/2")
    assert 'data-files-count="2"' in person.answer.text
    form = person.filled(person.button("next"), consent=["match", "desk"])
    await person.send(form)
    shown = person.at.receipt
    assert (await person.send(form)).receipt == shown
    await person.press("next", last_four=shown[-4:])
    assert person.at.step == "sent"
    (envelope,) = lobby.desk.envelopes_after(0, 10)
    assert isinstance(envelope.body, CaseBody)
    assert envelope.body.files == [picture(1), video(2)]
    assert (envelope.body.age, envelope.body.happened, len(envelope.body.places)) == ("adult_stated", ["shared"], 2)
    home = lobby.portal.home(lobby.opened(shown))
    assert [place.text for place in home.places] == ["https://a.example/1", "https://a.example/2"]
    assert (await person.send(form)).step == "sent"
    assert len(lobby.desk.envelopes_after(0, 10)) == 1
    digits = shown.replace(" ", "")
    assert digits not in lobby.stored()
    assert "a.example" not in lobby.stored()


async def test_an_hour_without_an_answer_ends_the_session_and_keeps_what_she_sends(
    person: Person, lobby: Lobby, clock: SetClock
) -> None:
    await person.to("where")
    clock.forward(minutes=61)
    await person.press("next", addresses="https://late.example/")
    assert (person.at.step, person.at.notice) == ("safe", NOTICES["expired"])
    await person.to("where")
    assert ("addresses", "https://late.example/") in person.at.fields


async def test_files_after_an_hour_are_told_so(person: Person, clock: SetClock) -> None:
    await person.to("files")
    clock.forward(minutes=61)
    body = b'{"form":"%b","files":[{"number":1,"medium":"picture","signals":[{"kind":"md5","value":"%b"}]}]}'
    answer = await person.client.post(
        "/files", content=body % (person.form_token.encode(), b"0" * 32), headers={"content-type": "application/json"}
    )
    assert (answer.status_code, answer.json()["slug"]) == (409, "expired")


async def test_a_second_case_in_the_same_visit_is_another(person: Person, lobby: Lobby) -> None:
    numbers = set()
    for _ in range(2):
        await person.to("receipt")
        numbers.add(person.at.receipt)
        await person.press("next", last_four=person.at.receipt[-4:])
        await person.press("next")
        assert person.at.step == "language"
    assert len(numbers) == 2
    assert len({envelope.case_uid for envelope in lobby.desk.envelopes_after(0, 10)}) == 2


async def test_what_was_not_sent_is_nowhere(person: Person, lobby: Lobby) -> None:
    await person.to("where")
    await person.press("next", addresses="https://secret.example/")
    await person.client.get("/exit")
    assert not lobby.desk.envelopes_after(0, 10)
    assert "secret.example" not in lobby.stored()
