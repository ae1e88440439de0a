"""How HMA's routes are entered: by whom, with the key in the path, with slashes doubled; and what a refusal says there."""

import dataclasses
import json
import random
import string
from typing import Any

import pytest
from prometheus_client import REGISTRY, generate_latest
from starlette.types import Message, Receive, Scope, Send

from amparo.access.model import MATRIX
from amparo.api.guard import Guard
from amparo.api.hma.routes import TABLE
from amparo.api.openapi import PARAMETER
from tests.integration.hma import CAT, CODE, bank, client_of, listed, said
from tests.integration.test_api import Api, api

__all__ = ["api"]
JSON = {"Content-Type": "application/json"}
PATHS = sorted({(door.method, PARAMETER.sub("1", door.path)) for door in TABLE})


def keyed(api: Api, **settings: bool) -> Any:
    changed = dataclasses.replace(api.doors.settings, hma_key_in_path=True, **settings)
    return client_of(api.doors, settings=changed)


def text_of(headers: dict[str, str]) -> str:
    return headers["Authorization"].removeprefix("Bearer ")


@pytest.mark.parametrize(("method", "path"), PATHS)
async def test_every_route_asks_for_a_key(api: Api, method: str, path: str) -> None:
    answer = await api.http.request(method, path)
    said(answer, 401)
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    said(await api.http.request(method, path, headers={"Authorization": "Bearer amparo_wrong"}), 401)


@pytest.mark.parametrize("role", MATRIX)
@pytest.mark.parametrize("door", TABLE, ids=lambda door: f"{door.method} {door.path}")
async def test_every_route_is_closed_to_roles_without_its_permission(api: Api, role: str, door) -> None:
    answer = await api.http.request(door.method, PARAMETER.sub("1", door.path), headers=api.key(role))
    if door.permission in MATRIX[role]:
        assert answer.status_code not in {401, 403, 500}, answer.text
    else:
        said(answer, 403)


def test_platforms_look_up_and_curators_curate() -> None:
    allowed = {role: {door.path for door in TABLE if door.permission in MATRIX[role]} for role in MATRIX}
    assert all(path.startswith(("/h/", "/m/")) or path in READABLE for path in allowed["platform"])
    assert allowed["curator"] == allowed["admin"] == {door.path for door in TABLE}


READABLE = {"/c/banks", "/c/bank/{bank}", "/c/signal_type", "/c/content_type", "/c/exchanges/apis"}


async def test_status_needs_no_key(api: Api) -> None:
    for path in ("/status", "/status/live", "http://test//status"):
        answer = await api.http.get(path)
        assert (answer.status_code, answer.text) == (200, "I-AM-ALIVE")
        assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/c/exchanges"), ("POST", "/c/exchanges"), ("GET", "/c/exchanges/api/ncmec"),
        ("POST", "/c/exchanges/api/ncmec"), ("GET", "/c/exchanges/api/ncmec/schema"), ("GET", "/c/exchange/A"),
        ("PUT", "/c/exchange/A"), ("DELETE", "/c/exchange/A"), ("GET", "/c/exchange/A/status"),
        ("PUT", "/c/signal_type/pdq"), ("GET", "/h/nothing"), ("GET", "/m/"), ("GET", "/c/banks/"), ("POST", "/m/match"),
    ],
)  # fmt: skip
async def test_what_does_not_work_is_not_there(api: Api, method: str, path: str) -> None:
    said(await api.http.request(method, path, headers=api.key("admin")), 404)


async def test_a_wrong_method_is_told_the_right_ones(api: Api) -> None:
    answer = await api.http.request("PATCH", "/c/banks", headers=api.key("admin"))
    said(answer, 405)
    assert answer.headers["Allow"] == "GET, HEAD, POST"


async def test_doubled_slashes_are_one_on_these_routes_and_no_other(api: Api) -> None:
    curator = api.key("curator")
    made = await api.http.post("http://test//c/banks", json={"name": "A"}, headers=curator)
    assert made.status_code == 201
    assert (await api.http.get("http://test//c//bank///A", headers=curator)).json() == made.json()
    assert (await api.http.get("http://test//v1/banks", headers=curator)).status_code == 404


async def test_a_key_in_the_path_opens_what_its_role_may(api: Api) -> None:
    curator, platform = text_of(api.key("curator")), text_of(api.key("platform"))
    async with keyed(api) as http:
        http.base_url = f"http://test/hma/{curator}"
        await bank(http, "A")
        (content_id,) = await listed(http, "A", CODE)
        for base in (f"/hma/{platform}", f"//hma//{platform}/"):
            found = await http.get(f"http://test{base}/m/lookup", params={"signal": CODE, "signal_type": "pdq"})
            assert found.json() == {"A": [{"bank_content_id": content_id, "distance": "0"}]}
        said(await http.post(f"http://test/hma/{platform}/c/banks", json={"name": "B"}), 403)
        said(await http.get("http://test/hma/amparo_wrong/c/banks"), 401)
        said(await http.get("http://test/hma//c/banks"), 401)  # "c" is no key
        assert (await http.get(f"http://test/hma/{platform}/status")).text == "I-AM-ALIVE"


async def test_a_key_in_the_path_opens_nothing_but_these_routes(api: Api) -> None:
    admin = text_of(api.key("admin"))
    async with keyed(api) as http:
        for path in ("/v1/banks", "/v1/keys", "/metrics", "", "/", "/hma/x/c/banks", "/livez"):
            said(await http.get(f"/hma/{admin}{path}"), 404)


async def test_without_the_setting_the_path_is_no_door_whatever_the_key(api: Api) -> None:
    admin = api.key("admin")
    for key in (text_of(admin), "amparo_wrong"):
        assert said(await api.http.get(f"/hma/{key}/c/banks"), 404) == said(
            await api.http.get(f"/hma/{key}/c/banks", headers=admin), 404
        )


@pytest.mark.parametrize("is_on", [True, False])
async def test_nothing_that_is_told_or_passed_on_holds_a_key_from_the_path(
    api: Api, capsys: pytest.CaptureFixture[str], is_on: bool
) -> None:
    key = text_of(api.key("admin"))
    settings = dataclasses.replace(api.doors.settings, hma_key_in_path=is_on)
    passed: list[Scope] = []

    async def broken(scope: Scope, _receive: Receive, _send: Send) -> None:
        passed.append(scope)
        raise ZeroDivisionError(str(scope))

    guard = Guard(broken, dataclasses.replace(api.doors, settings=settings), {})
    for path in (f"/hma/{key}/c/banks", f"//hma//{key}//m/lookup", f"/hma/{key}", f"/hma/{key}/v1/keys"):
        sent: list[Message] = []

        async def send(message: Message, sent: list[Message] = sent) -> None:
            sent.append(message)

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "raw_path": path.encode(),
            "headers": [],
            "query_string": b"",
        }
        await guard(scope, receive, send)
        assert key not in str(sent)
        assert key not in str(scope)
    assert len(passed) == (4 if is_on else 0)
    said_by_log = capsys.readouterr()
    assert ("request failed" in said_by_log.out + said_by_log.err) is is_on
    assert key not in said_by_log.out + said_by_log.err
    assert key.encode() not in generate_latest(REGISTRY)


async def test_any_body_gets_an_answer_in_hmas_words(api: Api) -> None:
    """Whatever JSON comes to whatever route, the answer is no 5xx, and a refusal is one message."""
    drawn = random.Random(2026)
    async with client_of(api.doors, api.key("curator")) as http:
        await bank(http, "A")
        (content_id,) = await listed(http, "A", CODE)
        places = {"bank": "A", "id": str(content_id)}
        routes = [
            (door.method, PARAMETER.sub(lambda found: places[found[1]], door.path)) for door in TABLE if door.body
        ]
        counts = dict.fromkeys(range(2, 6), 0)
        for _ in range(600):
            method, path = drawn.choice(routes)
            body = json.dumps(any_json(drawn, 0)).encode()  # half a surrogate too, as an escape
            answer = await http.request(method, path, content=body, headers=JSON, params=any_query(drawn))
            counts[answer.status_code // 100] += 1
            assert answer.status_code < 500, (method, path)
            if answer.status_code >= 400:
                said(answer, answer.status_code)
    assert counts[2] > 20
    assert counts[4] > 20


async def test_any_form_gets_an_answer_in_hmas_words(api: Api) -> None:
    """A form as Coop writes it, with bytes of it changed, cut, doubled: no 5xx, and what is refused is refused in words."""
    drawn = random.Random(2027)
    form = b"".join(
        b"--XX\r\nContent-Disposition: form-data; name=%b\r\n\r\n%b\r\n" % part
        for part in ((b'"photo"; filename="blob"', CAT[:400]), (b'"metadata"', b'{"a": 1}'), (b'"note"', b"n"))
    )
    headers = {"Content-Type": "multipart/form-data; boundary=XX"}
    seen = set()
    async with client_of(api.doors, api.key("curator")) as http:
        await bank(http, "A")
        for number in range(400):
            body = bytearray(form + b"--XX--\r\n")
            for _ in range(drawn.randrange(6)):
                at = drawn.randrange(len(body))
                body[at : at + drawn.choice((0, 1, 1, 20))] = drawn.choice(
                    (b"", b"\r\n", b"--XX", b'"', drawn.randbytes(3))
                )
            name = ("photo", "video")[number % 2].encode()
            path = drawn.choice(("/h/hash", "/m/lookup", "/c/bank/A/content"))
            answer = await http.post(path, content=bytes(body).replace(b"photo", name), headers=headers)
            seen.add(answer.status_code)
            if answer.status_code >= 400:
                said(answer, answer.status_code)
    assert seen == {200, 400}


WORDS = (
    "pdq", "video_md5", "note", "name", "enabled", "enabled_ratio", "metadata", "json", "content_id", "disable_until_ts", "A", "",
    CODE, "0" * 32, "\0", "\ud800", "true", "1", "nan", "9" * 400,
)  # fmt: skip


def any_json(drawn: random.Random, depth: int) -> Any:
    kind = drawn.randrange(5 if depth == 0 else 8)
    if kind < 4:
        return {any_word(drawn): any_json(drawn, depth + 1) for _ in range(drawn.randrange(4))} if depth < 3 else {}
    if kind == 4:
        return [any_json(drawn, depth + 1) for _ in range(drawn.randrange(4))] if depth < 3 else []
    return drawn.choice([None, True, False, 0, 1, -1, 0.5, 1e308, 10**30, any_word(drawn), any_word(drawn)])


def any_word(drawn: random.Random) -> str:
    return drawn.choice([*WORDS, "".join(drawn.choices(string.printable, k=drawn.randrange(6)))])


def any_query(drawn: random.Random) -> dict[str, str]:
    names = ("url", "types", "content_type", "banks", "seed", "relist", "bypass_coinflip", "signal", "metadata")
    return {name: any_word(drawn).encode("utf-8", "replace").decode() for name in names if drawn.random() < 0.1}
