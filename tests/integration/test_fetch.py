"""Files fetched from an address, against real servers, a real proxy and real TLS on this machine; names by a resolver of the test's."""

import asyncio
import contextlib
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from amparo.errors import AmparoError, BadInput, Refused, TooLarge, Unavailable
from amparo.wire import Fetcher, WireSettings
from amparo.wire.fetch import system_addresses
from tests.integration.ledger import refused

Answer = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
GOOD = b"HTTP/1.1 200 OK\r\nContent-Type: Image/PNG; charset=x\r\nContent-Length: 4\r\n\r\nfile"


@dataclass
class Server:
    """A server that says whatever bytes the test wants. heads: what it was asked."""

    port: int = 0
    heads: list[bytes] = field(default_factory=list)
    open_now: int = 0

    @property
    def url(self) -> str:
        return f"http://pictures.test:{self.port}/a.png?x=1"

    def names(self) -> str:
        return f"pictures.test:{self.port} allow_private"


@contextlib.asynccontextmanager
async def serving(answer: bytes | Answer, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    server = Server()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.open_now += 1
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            server.heads.append(head)
            if isinstance(answer, bytes):
                writer.write(answer)
                await writer.drain()
            else:
                await answer(head, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            server.open_now -= 1
            writer.close()

    listener = await asyncio.start_server(take, "127.0.0.1", 0, ssl=tls)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()


def resolver(*answers: Sequence[str]) -> Callable[[str, int], Awaitable[Sequence[str]]]:
    """The answers in turn, the last for ever."""
    left = list(answers)

    async def resolve(_name: str, _port: int) -> Sequence[str]:
        return left.pop(0) if len(left) > 1 else left[0]

    return resolve


LOOPBACK = resolver(["127.0.0.1"])


def fetcher(hosts: str, resolve: Any = LOOPBACK, trust: ssl.SSLContext | None = None, **more: Any) -> Fetcher:
    return Fetcher(WireSettings(fetch_hosts=hosts, **more), resolve, trust)


async def slug_of(fetching: Awaitable[object]) -> str:
    with pytest.raises(AmparoError) as caught:
        await fetching
    return caught.value.slug


async def test_a_listed_host_gives_its_file() -> None:
    async with serving(GOOD) as server:
        got = await fetcher(server.names()).fetch(server.url)
        assert (got.data, got.media_type) == (b"file", "image/png")
        (head,) = server.heads
        assert head.startswith(b"GET /a.png?x=1 HTTP/1.1\r\n")
        told = head.lower()
        assert f"host: pictures.test:{server.port}\r\n".encode() in told
        assert b"accept-encoding: identity\r\n" in told
        assert b"cookie" not in told
        assert b"authorization" not in told


async def test_without_a_list_nothing_is_fetched() -> None:
    async with serving(GOOD) as server:
        with pytest.raises(Refused) as caught:
            await fetcher("").fetch(server.url)
        assert caught.value.slug == "fetch_off"
        assert server.heads == []


@pytest.mark.parametrize(
    "url",
    [
        "ftp://pictures.test:{port}/", "file:///etc/passwd", "javascript:1", "data:text/html,x", "ws://pictures.test:{port}/",
        "pictures.test", "//pictures.test:{port}/", "http://", "", "http:///pictures.test", "http://pictures.test:{port}x/",
        "http://other.test:{port}/", "http://pictures.test/", "http://pictures.test:{port}@other.test/",
        "http://a@pictures.test:{port}/", "http://pictures.test.:{port}/", "http://127.0.0.1:{port}/", "http://2130706433:{port}/",
        "http://[::1]:{port}/", "http://pictures.test:{port}\\@x/", "http://pictures.test:99999999/", "\0", "http://\ud800/",
        "http://pictures.test:{port}/" + "x" * 9_000, "https://pictures.test:{port}\t/",
    ],
)  # fmt: skip
async def test_other_addresses_are_refused_before_anything_is_asked(url: str) -> None:
    async with serving(GOOD) as server:
        slug = await slug_of(fetcher(server.names()).fetch(url.replace("{port}", str(server.port))))
        assert slug == "bad_url"
        assert server.heads == []


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::1"], ["::ffff:127.0.0.1"], ["64:ff9b::7f00:1"], ["2002:7f00:1::"],
        ["169.254.169.254"], ["100.64.0.1"], ["fe80::1%lo"], ["0.0.0.0"], ["224.0.0.1"], [], ["no address"],
    ],
)  # fmt: skip
async def test_no_answer_of_a_resolver_leads_inside(addresses: list[str]) -> None:
    async with serving(GOOD) as server:
        got = fetcher(f"pictures.test:{server.port}", resolver(addresses)).fetch(server.url)
        assert await slug_of(got) == "not_fetched"
        assert server.heads == []


@pytest.mark.parametrize("addresses", [["0.0.0.0"], ["127.0.0.1", "0.0.0.0"], ["255.255.255.255"], ["::"], ["ff02::1"]])
async def test_no_entry_leads_to_everybody_or_nobody(addresses: list[str]) -> None:
    async with serving(GOOD) as server:
        assert await slug_of(fetcher(server.names(), resolver(addresses)).fetch(server.url)) == "not_fetched"
        assert server.heads == []


async def test_an_address_itself_is_checked_like_a_name() -> None:
    async with serving(GOOD) as server:
        url = f"http://127.0.0.1:{server.port}/"
        assert await slug_of(fetcher(f"127.0.0.1:{server.port}").fetch(url)) == "not_fetched"
        assert (await fetcher(f"127.0.0.1:{server.port} allow_private").fetch(url)).data == b"file"


async def test_a_name_that_answers_differently_the_second_time_gains_nothing() -> None:
    """The connection goes to the address that was checked; a second answer is asked for nowhere."""
    async with serving(GOOD) as server:
        public_first = resolver(["192.0.2.1"], ["127.0.0.1"])
        got = fetcher(f"pictures.test:{server.port}", public_first).fetch(server.url)
        assert await slug_of(got) == "not_fetched"
        asked: list[str] = []

        async def counted(name: str, _port: int) -> Sequence[str]:
            asked.append(name)
            return ["127.0.0.1"]

        assert (await fetcher(server.names(), counted).fetch(server.url)).data == b"file"
        assert asked == ["pictures.test"]


async def test_a_redirect_is_followed_to_listed_hosts_only() -> None:
    async with serving(GOOD) as good:
        for location, slug in [
            (f"http://pictures.test:{good.port}/b", ""),
            ("/again", "not_fetched"),
            (f"http://127.0.0.1:{good.port}/", "not_fetched"),
            (f"http://other.test:{good.port}/", "not_fetched"),
            ("file:///etc/passwd", "not_fetched"),
            ("http://[", "not_fetched"),
        ]:
            moved = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()
            async with serving(moved) as server:
                get = fetcher(f"{server.names()}, {good.names()}").fetch(server.url)
                if slug:
                    assert await slug_of(get) == slug, location
                else:
                    assert (await get).data == b"file"
        assert len(good.heads) == 1


async def test_a_redirect_to_a_private_address_needs_an_entry_of_its_own() -> None:
    async with serving(GOOD) as inside:
        moved = (
            f"HTTP/1.1 307 Moved\r\nLocation: http://inside.test:{inside.port}/\r\nContent-Length: 0\r\n\r\n".encode()
        )
        async with serving(moved) as server:
            hosts = f"{server.names()}, inside.test:{inside.port}"
            assert await slug_of(fetcher(hosts).fetch(server.url)) == "not_fetched"
            assert inside.heads == []
            assert (await fetcher(f"{hosts} allow_private").fetch(server.url)).data == b"file"


async def test_redirects_without_end_end() -> None:
    async with serving(b"HTTP/1.1 301 Moved\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n") as server:
        assert await slug_of(fetcher(server.names(), fetch_redirects_max=2).fetch(server.url)) == "not_fetched"
        assert len(server.heads) == 3


@pytest.mark.parametrize(
    "answer",
    [
        b"", b"nonsense\r\n\r\n", b"HTTP/1.1 404 No\r\nContent-Length: 4\r\n\r\nfile", b"HTTP/1.1 500 No\r\n\r\n",
        b"HTTP/1.1 204 None\r\n\r\n", b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfile", b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nfile",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)  # fmt: skip
async def test_answers_that_are_none_are_all_the_same(answer: bytes) -> None:
    async with serving(answer) as server:
        with pytest.raises(BadInput) as caught:
            await fetcher(server.names()).fetch(server.url)
    with pytest.raises(BadInput) as closed:  # nobody listens there any more
        await fetcher(server.names()).fetch(server.url)
    with pytest.raises(BadInput) as private:
        await fetcher(f"pictures.test:{server.port}").fetch(server.url)
    told = {(one.value.slug, one.value.text, one.value.hint) for one in (caught, closed, private)}
    assert len(told) == 1
    assert next(iter(told))[0] == "not_fetched"


async def test_a_name_without_an_address_is_the_same_too() -> None:
    async def unknown(_name: str, _port: int) -> Sequence[str]:
        raise OSError

    assert await slug_of(fetcher("pictures.test", unknown).fetch("https://pictures.test/")) == "not_fetched"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfiles", b"HTTP/1.1 200 OK\r\n\r\nfiles",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfiles\r\n0\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
    ],
)  # fmt: skip
async def test_a_file_over_the_limit_is_refused(answer: bytes) -> None:
    async with serving(answer) as server:
        with pytest.raises(TooLarge) as caught:
            await fetcher(server.names(), fetch_bytes_max=4).fetch(server.url)
        assert caught.value.slug == "too_large"


async def test_a_dripping_server_is_left_and_holds_up_nobody() -> None:
    async def drip(_head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with serving(drip) as slow, serving(GOOD) as quick:
        both = fetcher(f"{slow.names()}, {quick.names()}", fetch_ms_max=1_000)
        dripping = asyncio.create_task(both.fetch(slow.url))
        while not slow.heads:
            await asyncio.sleep(0.01)
        assert (await both.fetch(quick.url)).data == b"file"
        assert not dripping.done()
        assert await slug_of(dripping) == "not_fetched"
        while slow.open_now:  # it is hung up on
            await asyncio.sleep(0.01)


async def test_more_at_once_than_one_worker_fetches_are_told_to_come_back() -> None:
    let_go = asyncio.Event()

    async def wait(_head: bytes, writer: asyncio.StreamWriter) -> None:
        await let_go.wait()
        writer.write(GOOD)

    async with serving(wait) as server:
        two = fetcher(server.names(), fetch_at_once_max=2)
        running = [asyncio.create_task(two.fetch(server.url)) for _ in range(2)]
        while len(server.heads) < 2:
            await asyncio.sleep(0.01)
        with pytest.raises(Unavailable) as caught:
            await two.fetch(server.url)
        assert (caught.value.slug, caught.value.retry_after_s) == ("saturated", 1)
        let_go.set()
        assert [one.data for one in await asyncio.gather(*running)] == [b"file"] * 2
        assert (await two.fetch(server.url)).data == b"file"


async def test_the_next_address_is_tried_when_one_is_closed() -> None:
    async with serving(GOOD) as server:
        addresses = resolver(["::1", "127.0.0.1"])  # the server listens on the second alone
        assert (await fetcher(server.names(), addresses).fetch(server.url)).data == b"file"


async def test_a_slow_name_counts_into_the_time() -> None:
    async def never(_name: str, _port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return []

    assert (
        await slug_of(fetcher("pictures.test", never, fetch_ms_max=50).fetch("http://pictures.test/")) == "not_fetched"
    )


async def test_the_system_resolves_addresses_as_they_are() -> None:
    assert await system_addresses("127.0.0.1", 80) == ["127.0.0.1"]


def test_a_malformed_list_stops_the_start() -> None:
    refused("bad_setting", fetcher, "http://a.test")


# --- TLS and the proxy


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's side with a certificate for pictures.test alone, and a client's side that trusts it."""
    folder = tmp_path_factory.mktemp("tls")
    command = [
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=pictures.test", "-addext", "subjectAltName=DNS:pictures.test",
    ]  # fmt: skip
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return server, ssl.create_default_context(cafile=str(Path(folder, "cert.pem")))


@contextlib.asynccontextmanager
async def proxy() -> AsyncIterator[Server]:
    """A forward proxy: CONNECT and absolute addresses, to wherever it is told."""
    pumps: set[asyncio.Task[None]] = set()

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(65_536):
                sink.write(data)
                await sink.drain()
        sink.close()

    server = Server()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        server.heads.append(head)
        method, target = head.split()[:2]
        place = target if method == b"CONNECT" else target.split(b"/")[2]
        host, _, port = place.decode().rpartition(":")
        there, onward = await asyncio.open_connection(host, int(port))
        if method == b"CONNECT":
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        else:
            onward.write(head)
        pumps.update(asyncio.create_task(one) for one in (pump(reader, onward), pump(there, writer)))

    listener = await asyncio.start_server(take, "127.0.0.1", 0)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        for one in pumps:
            one.cancel()


async def test_tls_is_held_to_the_name_though_the_connection_goes_to_its_address(authority) -> None:
    serving_side, trusting = authority
    async with serving(GOOD, serving_side) as server:
        url = server.url.replace("http:", "https:")
        assert (await fetcher(server.names(), trust=trusting).fetch(url)).data == b"file"
        assert await slug_of(fetcher(server.names()).fetch(url)) == "not_fetched"  # trusted by nobody else
        other = fetcher(f"other.test:{server.port} allow_private", trust=trusting)
        assert await slug_of(other.fetch(url.replace("pictures", "other"))) == "not_fetched"


async def test_tls_never_leads_to_plain_text(authority) -> None:
    serving_side, trusting = authority
    async with serving(GOOD) as plain:
        moved = (
            f"HTTP/1.1 302 Found\r\nLocation: http://pictures.test:{plain.port}/\r\nContent-Length: 0\r\n\r\n".encode()
        )
        async with serving(moved, serving_side) as server:
            got = fetcher(f"{server.names()}, {plain.names()}", trust=trusting)
            assert await slug_of(got.fetch(server.url.replace("http:", "https:"))) == "not_fetched"
        assert plain.heads == []


async def test_a_proxy_is_told_the_checked_address_not_the_name(authority) -> None:
    serving_side, trusting = authority
    async with proxy() as between, serving(GOOD) as plain, serving(GOOD, serving_side) as secret:
        through = {"proxy": f"http://127.0.0.1:{between.port}"}
        hosts = f"{plain.names()}, {secret.names()}"
        assert (await fetcher(hosts, **through).fetch(plain.url)).data == b"file"
        assert f"host: pictures.test:{plain.port}".encode() in plain.heads[0].lower()
        url = secret.url.replace("http:", "https:")
        assert (await fetcher(hosts, trust=trusting, **through).fetch(url)).data == b"file"
        targets = [head.split()[1] for head in between.heads]
        assert targets == [
            f"http://127.0.0.1:{plain.port}/a.png?x=1".encode(),
            f"127.0.0.1:{secret.port}".encode(),
        ]
        inside = fetcher(f"pictures.test:{plain.port}", **through)
        assert await slug_of(inside.fetch(plain.url)) == "not_fetched"
        assert len(between.heads) == 2
