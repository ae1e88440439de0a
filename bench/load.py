"""A load generator: `python -m bench.load`, an order as a line of JSON on standard input, what came of it as JSON on standard output.

One thread, raw HTTP/1.1 over kept connections, a request at a time on each; so that its own cost stays small. With `--until-end` it
goes on until standard input ends. Judges nothing.
"""

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import cast

import numpy as np
import uvloop


@dataclass(frozen=True, slots=True)
class Order:
    """files: request bodies' files, each taken in turn. per_s: requests a second over all connections, 0: as many as go.

    body: "json" (random PDQ codes by signals), "batch" (random codes, ``codes`` a request) or "files".
    """

    port: int
    key: str
    body: str
    seconds: float
    connections: int = 8
    codes: int = 1_000
    per_s: float = 0.0
    seed: int = 1
    files: tuple[str, ...] = ()
    bodies: int = 500


@dataclass(slots=True)
class Told:
    """What came back. statuses: by number. cpu_s: the generator's own."""

    statuses: dict[str, int] = field(default_factory=dict)
    ms: dict[str, float] = field(default_factory=dict)
    requests: int = 0
    lapse_s: float = 0.0
    cpu_s: float = 0.0


def requests_of(order: Order) -> list[bytes]:
    """Whole requests, headers and body, made before the clock runs."""
    chance = np.random.default_rng(order.seed)
    if order.body == "files":
        made = [("/v1/match", "image/jpeg", Path(path).read_bytes()) for path in order.files]
    elif order.body == "batch":
        made = [
            ("/v1/match/batch", "application/octet-stream", chance.bytes(32 * order.codes))
            for _ in range(min(order.bodies, 100))
        ]
    else:
        values = [chance.bytes(32).hex() for _ in range(order.bodies)]
        made = [
            ("/v1/match", "application/json", b'{"signals":[{"kind":"pdq","value":"%b"}]}' % value.encode())
            for value in values
        ]
    head = (
        "POST {} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n"
    )
    return [head.format(path, order.key, kind, len(body)).encode() + body for path, kind, body in made]


class _Connection(asyncio.Protocol):
    """Sends a request, waits for the whole answer, sends the next."""

    def __init__(self, load: "_Load", requests: list[bytes]) -> None:
        self._load = load
        self._requests = requests
        self._next = 0
        self._buffer = b""
        self._begun = 0.0
        self._transport: asyncio.Transport | None = None
        self.gone = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.go_on()

    def go_on(self) -> None:
        assert self._transport is not None
        now = time.perf_counter()
        if now >= self._load.until:
            self._transport.close()
            return
        wait = self._load.wait_s(now)
        if wait > 0:
            asyncio.get_running_loop().call_later(wait, self._send)
        else:
            self._send()

    def _send(self) -> None:
        assert self._transport is not None
        self._begun = time.perf_counter()
        self._transport.write(self._requests[self._next])
        self._next = (self._next + 1) % len(self._requests)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        low = head.lower()
        at = low.index(b"content-length:") + 15
        length = int(low[at : low.find(b"\r\n", at) if low.find(b"\r\n", at) > 0 else None])
        if len(rest) < length:
            return
        self._load.note(low, time.perf_counter() - self._begun)
        self._buffer = b""
        self.go_on()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if not self.gone.done():
            self.gone.set_result(None)


class _Load:
    """Counts what all connections did and says when the next request is due."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._due = time.perf_counter()
        self.until = self._due + order.seconds
        self.took: list[float] = []
        self.told = Told()

    def end(self) -> None:
        """No more requests."""
        self.until = 0.0
        asyncio.get_running_loop().remove_reader(sys.stdin)

    def wait_s(self, now: float) -> float:
        if not self._order.per_s:
            return 0.0
        self._due = max(self._due + 1 / self._order.per_s, now - 0.5)
        return self._due - now

    def note(self, head: bytes, seconds: float) -> None:
        self.took.append(seconds)
        status = head[9:12].decode()
        self.told.statuses[status] = self.told.statuses.get(status, 0) + 1


async def go(order: Order, *, is_open_end: bool = False) -> Told:
    """Do what the order says. is_open_end: at most until standard input ends."""
    requests = requests_of(order)
    loop = asyncio.get_running_loop()
    begun, cpu = time.perf_counter(), time.process_time()
    load = _Load(order)
    if is_open_end:
        loop.add_reader(sys.stdin, load.end)
    gone = []
    for number in range(order.connections):
        mine = (
            requests[number * len(requests) // order.connections :]
            + requests[: number * len(requests) // order.connections]
        )
        _, connection = await loop.create_connection(lambda mine=mine: _Connection(load, mine), "127.0.0.1", order.port)
        gone.append(connection.gone)
    await asyncio.wait_for(asyncio.gather(*gone), order.seconds + 60)
    told = load.told
    told.lapse_s, told.cpu_s, told.requests = time.perf_counter() - begun, time.process_time() - cpu, len(load.took)
    took = sorted(load.took)
    told.ms = (
        {
            name: round(took[min(len(took) - 1, int(len(took) * share))] * 1e3, 3)
            for name, share in (("p50", 0.5), ("p99", 0.99), ("max", 1.0))
        }
        if took
        else {}
    )
    return told


def main() -> None:
    """One order in, one line out."""
    words = json.loads(sys.stdin.readline())
    print(json.dumps(asdict(uvloop.run(go(Order(**words), is_open_end="--until-end" in sys.argv)))))


if __name__ == "__main__":
    main()
