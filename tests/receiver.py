"""A platform's door for webhooks on this machine that behaves as a test wants: takes, fails, hangs, trickles, breaks off. Tests nothing itself."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

Manner = int | Literal["hang", "trickle", "reset", "huge", "move", "garbage", "half"]


@dataclass(frozen=True)
class Message:
    """What came. said: its headers by name in lower case."""

    said: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.said["webhook-id"]

    @property
    def data(self) -> dict[str, Any]:
        return json.loads(self.body)["data"]

    def is_signed(self, secret: str) -> bool:
        """As the Standard Webhooks specification says, written apart from what signs."""
        key = base64.b64decode(secret.split("_", 1)[1])
        what = b".".join([self.id.encode(), self.said["webhook-timestamp"].encode(), self.body])
        made = "v1," + base64.b64encode(hmac.new(key, what, hashlib.sha256).digest()).decode()
        return made in self.said["webhook-signature"].split(" ")


@dataclass
class Receiver:
    """manner: what it does with the next message. taken: those it answered well. came: all."""

    port: int = 0
    manner: Callable[[Message], Manner] = lambda _: 204
    taken: list[Message] = field(default_factory=list)
    came: list[Message] = field(default_factory=list)
    headers: str = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks?x=1"

    def actions(self) -> list[tuple[str, str]]:
        return [(one.data["item_id"], one.data["action"]) for one in self.taken]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            try:
                await self._one(reader, writer)
            finally:
                writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        said = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        message = Message(said, await reader.readexactly(int(said["content-length"])))
        self.came.append(message)
        manner = self.manner(message)
        if isinstance(manner, int):
            if manner < 300:
                self.taken.append(message)
            writer.write(f"HTTP/1.1 {manner} x\r\n{self.headers}Content-Length: 2\r\n\r\nok".encode())
        elif manner == "hang":
            await reader.read()
        elif manner == "trickle":
            for byte in b"HTTP/1.1 200 OK\r\n" * 1_000:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0.02)
        elif manner == "reset":
            writer.transport.abort()
        elif manner == "huge":
            self.taken.append(message)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n")
            while True:
                writer.write(b"x" * 65_536)
                await writer.drain()
        elif manner == "move":
            writer.write(f"HTTP/1.1 307 x\r\nLocation: {self.url}&y\r\nContent-Length: 0\r\n\r\n".encode())
        elif manner == "half":
            writer.write(b"HTTP/1.1 2")
        else:
            writer.write(b"\0\xff hello\r\n\r\n")
        await writer.drain()


@contextlib.asynccontextmanager
async def receiving(port: int = 0) -> AsyncIterator[Receiver]:
    """A receiver, on a port of its own or (one that is back) on ``port``."""
    receiver = Receiver()
    listener = await asyncio.start_server(receiver.serve, "127.0.0.1", port)
    receiver.port = listener.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        listener.close()
