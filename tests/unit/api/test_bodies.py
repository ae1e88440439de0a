"""Bodies that come in line by line: whole, cut, too slow."""

import asyncio
from collections.abc import Iterable

import pytest
from starlette.requests import Request

from amparo.api import bodies
from amparo.errors import TooLarge, TooSlow


def request_of(chunks: Iterable[bytes], pause_s: float = 0.0) -> Request:
    """A request whose body comes in these pieces, with a pause before each."""
    pieces = iter(chunks)

    async def receive() -> dict[str, object]:
        await asyncio.sleep(pause_s)
        piece = next(pieces, None)
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    return Request({"type": "http", "method": "POST", "path": "/", "headers": []}, receive)


async def lines_of(
    request: Request, *, bytes_max: int = 1 << 20, line_bytes_max: int = 8, ms_max: int = 60_000
) -> list[bytes]:
    return [line async for some in bodies.lines(request, bytes_max, line_bytes_max, ms_max) for line in some]


async def test_lines_are_whole_however_the_body_is_cut():
    body = b"one\n\ntwo\nthree"
    for size in range(1, len(body) + 1):
        chunks = [body[at : at + size] for at in range(0, len(body), size)]
        assert await lines_of(request_of(chunks)) == [b"one", b"", b"two", b"three"]


async def test_a_line_too_long_comes_one_byte_too_long():
    assert await lines_of(request_of([b"x" * 5] * 10 + [b"\nok\n"])) == [b"x" * 9, b"ok"]


async def test_a_body_too_large_is_refused():
    with pytest.raises(TooLarge):
        await lines_of(request_of([b"x\n"] * 10), bytes_max=10)


async def test_a_sender_that_trickles_is_too_slow():
    with pytest.raises(TooSlow):
        await lines_of(request_of([b"\n"] * 300, pause_s=0.02), ms_max=200)  # each piece well within the time, all not


async def test_a_sender_that_keeps_the_pace_has_as_long_as_it_takes():
    pieces = [b"\n" * bodies.STRETCH_BYTES] * 8
    assert len(await lines_of(request_of(pieces, pause_s=0.2), ms_max=1_500)) == 8 * bodies.STRETCH_BYTES
