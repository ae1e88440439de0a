"""POST /files takes hashes and nothing else: no picture gets through, in whatever clothes."""

import base64
import io
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from PIL import Image

from amparo.intake.model import FILES_MAX
from tests.intake_twin import IntakeTwin
from tests.integration.portal import at
from tests.person import Person, doors_of

pytestmark = pytest.mark.once

JSON = {"content-type": "application/json", "sec-fetch-site": "same-origin"}
MD5, SHA256, PDQ = "0a" * 16, "0b" * 32, "f0" * 32


@pytest.fixture
def intake() -> IntakeTwin:
    return IntakeTwin()


@pytest.fixture
async def person(intake: IntakeTwin) -> AsyncIterator[Person]:
    async with at(doors_of(intake)) as persons:
        person = persons()
        await person.to("files")
        yield person


def picture(number: int = 1, **other: Any) -> dict[str, Any]:
    signals = [{"kind": "md5", "value": MD5}, {"kind": "pdq", "value": PDQ, "quality": 90}]
    return {"number": number, "medium": "picture", "signals": signals, **other}


def video(frames: int, **other: Any) -> dict[str, Any]:
    found = [{"value": PDQ, "quality": 60, "at_ms": 1_000 * number} for number in range(frames)]
    return {"number": 1, "medium": "video", "signals": [{"kind": "vpdq", "frames": found}], **other}


def png() -> bytes:
    made = io.BytesIO()
    Image.effect_noise((64, 64), 90).save(made, "PNG")
    return made.getvalue()


async def post(person: Person, content: bytes | dict[str, Any], **headers: str) -> httpx.Response:
    body = content if isinstance(content, bytes) else json.dumps({"form": person.form_token, **content}).encode()
    return await person.client.post("/files", content=body, headers={**JSON, **headers})


async def test_hashes_are_held(person: Person, intake: IntakeTwin) -> None:
    answer = await post(person, {"files": [picture(1), picture(2)]})
    assert (answer.status_code, answer.json()) == (200, {"held": 2})
    answer = await post(person, {"files": [picture(2)], "work": "abc_-=.123"})
    assert answer.json() == {"held": 2}
    answer = await post(person, {"files": [video(2_000, number=3)]})
    assert answer.json() == {"held": 3}
    (held,) = intake.held.values()
    assert [file.medium for file in held.values()] == ["picture", "picture", "video"]


REFUSED = {
    "no file": {"files": []},
    "a field more": {"files": [picture()], "name": "x"},
    "a field more in a file": {"files": [picture(name="IMG_1.jpg")]},
    "a field more in a signal": {
        "files": [picture(signals=[{"kind": "md5", "value": MD5, "note": "aGVsbG8="}])],
    },
    "no signal": {"files": [picture(signals=[])]},
    "a kind nobody knows": {"files": [picture(signals=[{"kind": "raw", "value": MD5}])]},
    "a kind twice": {"files": [picture(signals=[{"kind": "md5", "value": MD5}] * 2)]},
    "scenes of a picture": {"files": [video(1, medium="picture")]},
    "the look of a video": {"files": [picture(medium="video")]},
    "a medium nobody knows": {"files": [picture(medium="sound")]},
    "short": {"files": [picture(signals=[{"kind": "md5", "value": MD5[:-1]}])]},
    "long": {"files": [picture(signals=[{"kind": "md5", "value": MD5 + "0"}])]},
    "of another length": {"files": [picture(signals=[{"kind": "sha256", "value": MD5}])]},
    "upper case": {"files": [picture(signals=[{"kind": "md5", "value": MD5.upper()}])]},
    "a line end behind it": {"files": [picture(signals=[{"kind": "md5", "value": MD5[:-1] + "\n"}])]},
    "letters of base64": {"files": [picture(signals=[{"kind": "sha256", "value": "Zz" * 32}])]},
    "quality over 100": {"files": [picture(signals=[{"kind": "pdq", "value": PDQ, "quality": 101}])]},
    "quality as text": {"files": [picture(signals=[{"kind": "pdq", "value": PDQ, "quality": "90"}])]},
    "no quality": {"files": [picture(signals=[{"kind": "pdq", "value": PDQ}])]},
    "number 0": {"files": [picture(0)]},
    "a number over the last": {"files": [picture(FILES_MAX + 1)]},
    "a number twice": {"files": [picture(1), picture(1)]},
    "more files than a case holds": {"files": [picture(1)] * (FILES_MAX + 1)},
    "10,000 hashes": {"files": [picture(1 + number % FILES_MAX) for number in range(5_000)]},
    "more frames than a film has": {"files": [video(7_201)]},
    "a time below zero": {
        "files": [video(1, signals=[{"kind": "vpdq", "frames": [{"value": PDQ, "quality": 1, "at_ms": -1}]}])]
    },
    "words for work": {"files": [picture()], "work": "hello there"},
    "long work": {"files": [picture()], "work": "a" * 65},
    "not a list": {"files": {"1": picture()}},
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_no_hash_is_refused(person: Person, intake: IntakeTwin, name: str) -> None:
    answer = await post(person, REFUSED[name])
    assert answer.status_code in {413, 422}, answer.text
    assert set(answer.json()) == {"slug", "status"}
    assert not any(intake.held.values())


@pytest.mark.parametrize(
    "dress", ["as it is", "base64 in a value", "hex in a value", "hex in pieces", "in the token", "in work"]
)
async def test_a_picture_cannot_get_through(person: Person, intake: IntakeTwin, dress: str) -> None:
    data = png()
    letters, digits = base64.b64encode(data).decode(), data.hex()
    body: bytes | dict[str, Any] = {
        "as it is": data,
        "base64 in a value": {"files": [picture(signals=[{"kind": "md5", "value": letters}])]},
        "hex in a value": {"files": [picture(signals=[{"kind": "sha256", "value": digits}])]},
        "hex in pieces": {
            "files": [
                picture(signals=[{"kind": "sha256", "value": digits[at : at + 64]} for at in range(0, len(digits), 64)])
            ]
        },
        "in the token": {"form": letters, "files": [picture()]},
        "in work": {"files": [picture()], "work": letters},
    }[dress]
    answer = await post(person, body)
    assert answer.status_code in {400, 422}
    assert not any(intake.held.values())


@pytest.mark.parametrize(
    ("media_type", "status"),
    [
        ("image/png", 415),
        ("multipart/form-data; boundary=x", 415),
        ("text/plain", 415),
        ("", 415),
        ("application/json", 400),
    ],
)
async def test_bytes_of_any_type_are_refused(person: Person, intake: IntakeTwin, media_type: str, status: int) -> None:
    answer = await post(person, png(), **{"content-type": media_type})
    assert answer.status_code == status
    assert not any(intake.held.values())


async def test_more_than_a_part_is_refused_before_it_is_read(person: Person) -> None:
    answer = await post(person, b"[" * (256 * 1024 + 1))
    assert (answer.status_code, answer.json()["slug"]) == (413, "too_large")
    for broken in (b"{", b"", b"\xff", b'{"form":"' + b"\\" * 200_000):
        answer = await post(person, broken)
        assert (answer.status_code, answer.json()["slug"]) == (400, "bad_json")
    assert (await post(person, b"[" * 200_000)).status_code == 422


async def test_a_forged_length_is_no_way_in(person: Person) -> None:
    answer = await post(person, b"{}", **{"content-length": "9" * 30})
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "same-origin", "origin": "null"}, 200),
    ],
)
async def test_no_other_site_sends_hashes(person: Person, headers: dict[str, str], status: int) -> None:
    assert (await post(person, {"files": [picture()]}, **headers)).status_code == status


async def test_an_old_browser_tells_by_its_origin(person: Person) -> None:
    body = json.dumps({"form": person.form_token, "files": [picture()]}).encode()
    for origin, status in [("http://localhost:8801", 200), ("http://evil.example", 403), ("http://localhost", 403)]:
        told = {"content-type": "application/json", "origin": origin}
        assert (await person.client.post("/files", content=body, headers=told)).status_code == status


@pytest.mark.parametrize("token", ["0" * 32, "f" * 32])
async def test_another_sessions_token_opens_nothing(person: Person, intake: IntakeTwin, token: str) -> None:
    answer = await post(person, {"form": token, "files": [picture()]})
    assert (answer.status_code, answer.json()["slug"]) == (409, "expired")
    assert not any(intake.held.values())


async def test_after_it_was_handed_in_nothing_is_added(person: Person, intake: IntakeTwin) -> None:
    token = person.form_token
    await person.to("receipt")
    answer = await post(person, {"form": token, "files": [picture()]})
    assert (answer.status_code, answer.json()["slug"]) == (409, "already_sent")


async def test_other_methods_have_no_view(person: Person) -> None:
    for method in ("GET", "PUT", "DELETE", "PATCH", "OPTIONS"):
        answer = await person.client.request(method, "/files")
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
