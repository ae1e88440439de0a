"""The wire against a real server on this machine, and against an app in this process: the same words, the same errors."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from amparo.errors import (
    AmparoError,
    BadInput,
    Conflict,
    LimitReached,
    Misconfigured,
    NotFound,
    Unavailable,
    Unreadable,
)
from amparo.wire import Wire, WireSettings, in_process_client, server_client

pytestmark = pytest.mark.once

SMALL = WireSettings(connect_ms_max=2_000, silence_ms_max=500, answer_bytes_max=10_000, line_bytes_max=1_000)


async def echo(request: Request) -> Response:
    sent = await request.body()
    return JSONResponse(
        {
            "method": request.method,
            "query": request.url.query,
            "headers": dict(request.headers),
            "size": len(sent),
            "sent": sent[:100].decode(),
        },
        201,
        {"Amparo-Worker": "api-1"},
    )


async def trouble(request: Request) -> Response:
    status = int(request.path_params["status"])
    body = {"slug": "some_trouble", "detail": "no\x1b[2Jsuch" + "x" * 1000, "hint": "do this", "status": status}
    return Response(json.dumps(body), status, {"Retry-After": "7"}, "application/problem+json; charset=utf-8")


async def bare(request: Request) -> Response:
    return Response(b"\xff<html>", int(request.path_params["status"]), media_type=request.query_params.get("type"))


async def away(_request: Request) -> Response:
    return RedirectResponse("http://127.0.0.1:1/elsewhere")


async def lines(request: Request) -> Response:
    async def told() -> AsyncIterator[bytes]:
        for number in range(int(request.query_params["n"])):
            yield b'{"n":%d}\n\n' % number
        yield b"z" * int(request.query_params.get("last", "4"))

    return StreamingResponse(told())


async def slow(_request: Request) -> Response:
    await asyncio.sleep(3)
    return Response(b"late")


async def breaks(_request: Request) -> Response:
    raise ZeroDivisionError


APP = Starlette(
    routes=[
        Route("/echo", echo, methods=["GET", "POST", "DELETE"]),
        Route("/trouble/{status}", trouble),
        Route("/bare/{status}", bare),
        Route("/away", away),
        Route("/lines", lines),
        Route("/slow", slow),
        Route("/breaks", breaks),
    ]
)


@contextlib.asynccontextmanager
async def serving() -> AsyncIterator[str]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(APP, log_level="critical", lifespan="off"))
        server.install_signal_handlers = lambda: None
        task = asyncio.create_task(server.serve([listening]))
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = server.force_exit = True
            await task


@pytest.fixture(params=["server", "in_process"])
async def wire(request: pytest.FixtureRequest) -> AsyncIterator[Wire]:
    if request.param == "in_process":
        async with in_process_client(APP, SMALL) as client:
            yield client
        return
    async with serving() as url, server_client(url, "the-key", SMALL) as client:
        yield client


async def failed(wire: Wire, path: str, **sent: object) -> AmparoError:
    with pytest.raises(AmparoError) as caught:
        await wire.request("GET", path, **sent)
    return caught.value


async def test_what_is_sent_arrives_and_the_answer_comes_whole(wire: Wire) -> None:
    reply = await wire.request("POST", "/echo?a=b", json={"x": [1]}, headers={"Amparo-Item-Id": "i1"})
    told = reply.json()
    assert (reply.status, reply.headers["amparo-worker"]) == (201, "api-1")
    assert (told["method"], told["query"], told["sent"]) == ("POST", "a=b", '{"x":[1]}')
    assert told["headers"]["amparo-item-id"] == "i1"
    assert told["headers"]["content-type"] == "application/json"


async def test_a_body_may_stream(wire: Wire) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"y" * 1_000

    told = (await wire.request("POST", "/echo", content=parts())).json()
    assert told["size"] == 100_000


@pytest.mark.parametrize(
    ("status", "cls"),
    [
        (400, BadInput),
        (404, NotFound),
        (409, Conflict),
        (422, Unreadable),
        (429, LimitReached),
        (500, AmparoError),
        (503, Unavailable),
        (418, BadInput),
        (599, Unavailable),
    ],
)
async def test_a_problem_document_becomes_the_same_error(wire: Wire, status: int, cls: type[AmparoError]) -> None:
    error = await failed(wire, f"/trouble/{status}")
    assert type(error) is cls
    assert (error.slug, error.hint, error.retry_after_s) == ("some_trouble", "do this", 7)
    assert error.text.startswith("no [2Jsuchxxx")
    assert len(error.text) == 500


@pytest.mark.parametrize("kind", ["text/html", "application/problem+json"])
async def test_an_error_without_a_reason_is_named_so(wire: Wire, kind: str) -> None:
    error = await failed(wire, f"/bare/404?type={kind}")
    assert (type(error), error.slug) == (NotFound, "bad_answer")


async def test_a_redirect_is_not_followed(wire: Wire) -> None:
    assert (await failed(wire, "/away")).slug == "bad_answer"


async def test_an_answer_over_the_limit_is_dropped(wire: Wire) -> None:
    assert (await failed(wire, "/lines?n=5000")).slug == "answer_too_large"


async def test_lines_come_one_by_one_however_many(wire: Wire) -> None:
    got = [line async for line in wire.lines("GET", "/lines?n=5000")]
    assert (len(got), got[0], got[-1]) == (5001, b'{"n":0}', b"zzzz")
    with pytest.raises(Unavailable):
        async for _line in wire.lines("GET", "/lines?n=1&last=5000"):
            pass


async def test_what_is_malformed_never_leaves(wire: Wire) -> None:
    assert (await failed(wire, "//evil.example/echo")).slug == "bad_path"
    assert (await failed(wire, "/echo\n")).slug == "bad_path"
    assert (await failed(wire, "/echo", headers={"Amparo-Item-Id": "é漢"})).slug == "bad_header"


async def test_a_key_goes_along_and_the_proxy_of_the_environment_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    async with serving() as url, server_client(url, "the-key") as client:
        told = (await client.request("GET", "/echo")).json()
    assert told["headers"]["authorization"] == "Bearer the-key"
    assert told["headers"]["accept-encoding"] == "identity"


async def test_silence_and_absence_are_no_answer() -> None:
    async with serving() as url, server_client(url, "", SMALL) as client:
        assert (await failed(client, "/slow")).text == "the server did not answer in time"
    async with server_client(url, "", SMALL) as client:
        assert (await failed(client, "/echo")).slug == "no_answer"


async def test_what_the_app_in_this_process_raises_comes_through() -> None:
    async with in_process_client(APP) as client:
        with pytest.raises(ZeroDivisionError):
            await client.request("GET", "/breaks")


async def test_an_answer_that_is_not_json_is_named_so() -> None:
    async with in_process_client(APP) as client:
        reply = await client.request("GET", "/bare/200")
    with pytest.raises(Unavailable):
        reply.json()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:8800",
        "ftp://host",
        "http://",
        "http://a:b@host",
        "http://h?q=1",
        "http://h:port",
        "http://[x",
        "http://a b",
    ],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(Misconfigured):
        server_client(url, "key")


@pytest.mark.parametrize("key", ["two words", "é", "line\nbreak", "x" * 300])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        server_client("http://localhost:8800", key)
    assert key not in caught.value.text
