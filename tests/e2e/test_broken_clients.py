"""Clients that are slow, broken or hostile, over real sockets: none gets a 5xx, none stops the service for the others."""

import contextlib
import re
import socket
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.e2e.running import Service, started

pytestmark = pytest.mark.enable_socket
HEADER_MS, BODY_MS, STALL_MS, CONNECTIONS, HEADER_BYTES = 3_000, 1_500, 1_500, 400, 16_384
LIMITS = {
    "AMPARO_API_HEADER_MS_MAX": str(HEADER_MS),
    "AMPARO_API_BODY_MS_MAX": str(BODY_MS),
    "AMPARO_API_STALL_MS_MAX": str(STALL_MS),
    "AMPARO_API_CONNECTIONS_MAX": str(CONNECTIONS),
    "AMPARO_API_HEADER_BYTES_MAX": str(HEADER_BYTES),
}
PATIENCE_S = 60
STATUS = re.compile(rb"HTTP/1\.1 ([0-9]{3}) ")
MATCH = b"POST /v1/match HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\n"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with started(tmp_path_factory.mktemp("broken"), "--workers", "1", **LIMITS) as running:
        running.ready_line()
        yield running
        assert httpx.get(f"{running.url}/readyz").status_code == 200
        assert "child ended" not in running.log.read_text()
        assert "request failed" not in running.log.read_text()
        assert "Traceback" not in running.log.read_text()
        assert running.stop() == 0


@pytest.fixture(scope="module")
def key(service: Service) -> bytes:
    return b"Authorization: " + service.key("admin")["Authorization"].encode() + b"\r\n"


@pytest.fixture(autouse=True)
def lives_on(service: Service) -> Iterator[None]:
    yield
    assert httpx.get(f"{service.url}/livez").status_code == 200


@contextlib.contextmanager
def connected(service: Service) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", service.base), timeout=PATIENCE_S) as line:
        yield line


def rest_of(line: socket.socket) -> bytes:
    """All that still comes until the other side hangs up."""
    parts = []
    with contextlib.suppress(ConnectionError):
        while part := line.recv(65_536):
            parts.append(part)
    return b"".join(parts)


def statuses(told: bytes) -> list[int]:
    return [int(status) for status in STATUS.findall(told)]


def asked(service: Service, *pieces: bytes, ends: bool = False) -> list[int]:
    """The statuses that come back for ``pieces``. ends: this side says then that it sends no more."""
    with connected(service) as line:
        with contextlib.suppress(ConnectionError):
            for piece in pieces:
                line.sendall(piece)
            if ends:
                line.shutdown(socket.SHUT_WR)
        return statuses(rest_of(line))


def dribbled(service: Service, begin: bytes, drop: bytes) -> bytes:
    """What comes back while ``drop`` is sent again and again, never silent for long, until the other side hangs up."""
    told, until = b"", time.monotonic() + PATIENCE_S
    with connected(service) as line:
        line.sendall(begin)
        line.settimeout(0.1)
        while time.monotonic() < until:
            try:
                line.sendall(drop)
                part = line.recv(65_536)
            except TimeoutError:
                continue
            except ConnectionError:
                return told + rest_of(line)
            if not part:
                return told
            told += part
    raise AssertionError("it was never hung up on")


@pytest.mark.parametrize(
    ("begin", "drop"),
    [
        (b"GET /livez", b"x"),
        (b"GET /livez HTTP/1.1\r\nHost: a\r\n", b"A: b\r\n"),
        (b"GET /livez HTTP/1.1\r\nHost: a\r\nA: ", b"b"),
    ],
)
def test_headers_that_never_end_are_hung_up_on(service: Service, begin: bytes, drop: bytes) -> None:
    told = dribbled(service, begin, drop)
    assert statuses(told) == [408]
    assert b'"slug":"too_slow"' in told
    assert b"amparo-worker: api-0-" in told


def test_the_second_request_of_a_connection_may_not_dribble_either(service: Service) -> None:
    told = dribbled(service, b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\nGET /livez HTTP/1.1\r\nHost: a\r\n", b"A: b\r\n")
    assert statuses(told) == [200, 408]


def test_one_who_connects_and_begins_no_request_is_hung_up_on(service: Service) -> None:
    assert asked(service) == []
    assert dribbled(service, b"", b"\r\n") == b""


def test_a_body_that_dribbles_is_too_slow(service: Service, key: bytes) -> None:
    told = dribbled(service, MATCH + key + b"Content-Length: 1000000\r\n\r\n", b"x")
    assert statuses(told) == [408]
    assert b'"slug":"too_slow"' in told


def test_a_list_that_dribbles_is_too_slow(service: Service, key: bytes) -> None:
    secret = key.decode().partition(": ")[2].strip()
    httpx.post(f"{service.url}/v1/banks", json={"name": "Lists"}, headers={"Authorization": secret})
    begin = b"POST /v1/banks/Lists/import HTTP/1.1\r\nHost: a\r\nContent-Type: application/jsonl\r\n" + key
    told = dribbled(service, begin + b"Content-Length: 1000000\r\n\r\n", b"\n")
    assert b"too_slow" in told


def test_a_body_behind_an_answer_is_not_read_for_ever(service: Service) -> None:
    begin = MATCH + b"Content-Length: 100000000\r\n\r\n"  # no key: answered at once, the body is not waited for
    told = dribbled(service, begin, b"x" * 100)
    assert statuses(told) == [401]


def test_one_who_takes_no_answers_is_hung_up_on(service: Service) -> None:
    with connected(service) as line:
        line.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n" * 1_000)  # far more than the line holds
        until = time.monotonic() + PATIENCE_S
        with contextlib.suppress(ConnectionError):
            while time.monotonic() < until:
                line.sendall(b"\r\n")
                time.sleep(0.1)
            raise AssertionError("it was never hung up on")


def test_a_body_shorter_than_it_says_and_then_the_end(service: Service, key: bytes) -> None:
    found = asked(service, MATCH + key + b"Content-Length: 1000\r\n\r\nabc", ends=True)
    assert all(status < 500 for status in found)


def test_a_body_longer_than_it_says(service: Service, key: bytes) -> None:
    found = asked(service, MATCH + key + b"Content-Length: 3\r\n\r\nabcdefgh\r\n\r\n", ends=True)
    assert found[-1] == 400
    assert all(status < 500 for status in found)


@pytest.mark.parametrize(
    "lengths",
    [
        b"Content-Length: 3\r\nContent-Length: 4\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: 0x10\r\n",
        b"Content-Length: 99999999999999999999999\r\n",
        b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: gzip, chunked, gzip\r\n",
    ],
)
def test_lengths_that_contradict_are_refused(service: Service, key: bytes, lengths: bytes) -> None:
    assert asked(service, MATCH + key + lengths + b"\r\nabc") == [400]


@pytest.mark.parametrize(
    "body",
    [b"zz\r\nabc\r\n0\r\n\r\n", b"3\r\nabcdef\r\n0\r\n\r\n", b"-3\r\nabc", b"ffffffffffffffffff\r\n", b"\xff" * 64],
)
def test_garbled_chunks_are_refused(service: Service, key: bytes, body: bytes) -> None:
    found = asked(service, MATCH + key + b"Transfer-Encoding: chunked\r\n\r\n" + body, ends=True)
    assert 400 in found
    assert all(status < 500 for status in found)


@pytest.mark.parametrize(
    "begin",
    [
        b"GET /livez?" + b"a" * HEADER_BYTES + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nA: " + b"a" * HEADER_BYTES + b"\r\n\r\n",
        b"GET /livez HTTP/1.1\r\n" + b"A: b\r\n" * HEADER_BYTES + b"\r\n",
        b"GET /livez HTTP/1.1\r\nA: " + b"a" * (4 * HEADER_BYTES),
        b"\r\n" * HEADER_BYTES,
    ],
)
def test_headers_over_their_limit_are_refused(service: Service, begin: bytes) -> None:
    assert asked(service, begin)[-1:] in ([431], [])  # with bytes left unread the answer itself may be lost


def test_the_refusal_of_large_headers_says_so(service: Service) -> None:
    with connected(service) as line:
        line.sendall(b"GET /livez HTTP/1.1\r\nA: " + b"a" * HEADER_BYTES + b"\r\n\r\n")
        told = rest_of(line)
    assert statuses(told) == [431]
    assert b'"slug":"headers_too_large"' in told


def test_endless_trailers_are_refused(service: Service, key: bytes) -> None:
    begin = MATCH + key + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"
    found = asked(service, begin, *[b"A: " + b"b" * 1_000 + b"\r\n"] * 100)
    assert all(status < 500 for status in found)
    assert not found or found[0] in (400, 431)


def test_300_silent_connections_keep_nobody_out(service: Service) -> None:
    with contextlib.ExitStack() as held:
        lines = [held.enter_context(connected(service)) for _ in range(300)]
        for line in lines[::2]:
            line.sendall(b"GET /livez HTTP/1.1\r\nHost")
        assert httpx.get(f"{service.url}/livez").status_code == 200
        assert [statuses(rest_of(line)) for line in lines] == [[408], []] * 150


def test_connections_over_the_limit_are_refused_and_come_free_again(service: Service) -> None:
    with contextlib.ExitStack() as held:
        lines = [held.enter_context(connected(service)) for _ in range(CONNECTIONS + 20)]
        ends = [statuses(rest_of(line)) for line in lines]
        assert ends.count([503]) >= 20
        assert all(end in ([503], []) for end in ends)


def test_http_1_0_is_answered_and_closed(service: Service) -> None:
    assert asked(service, b"GET /livez HTTP/1.0\r\n\r\n") == [200]
    assert asked(service, b"GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n\r\n") == [200]


@pytest.mark.parametrize(
    "begin", [b"GET /livez HTTP/0.9\r\n\r\n", b"GET /livez HTTP/9.9\r\n\r\n", b"GET /livez\r\n\r\n"]
)
def test_other_versions_are_refused(service: Service, begin: bytes) -> None:
    assert all(status < 500 for status in asked(service, begin))


def test_pipelined_requests_are_answered_in_order(service: Service) -> None:
    many = b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n" * 200
    found = asked(service, many + b"GET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert found == [200, 401] * 200 + [200]


@pytest.mark.parametrize(
    "path", [b"/\xff\xfe", b"/%ff%fe", b"/v1/banks/%00", b"/v1/banks/\xc3\x28", b"//", b"/%2e%2e/"]
)
@pytest.mark.parametrize("method", [b"GET", b"POST", b"DELETE"])
def test_paths_that_are_no_text_are_no_route(service: Service, key: bytes, method: bytes, path: bytes) -> None:
    found = asked(service, method + b" " + path + b" HTTP/1.1\r\nHost: a\r\n" + key + b"Connection: close\r\n\r\n")
    assert found
    assert all(400 <= status < 500 for status in found)


@pytest.mark.parametrize(
    "header",
    [
        b"Authorization: Bearer \xff\xfe",
        b"Authorization: \xc3\x28",
        b"Amparo-Item-Id: \xff\xfe\xfd",
        b"Content-Type: \xff/\xfe; boundary=\xff",
        b"Content-Type: multipart/form-data; boundary=\xff\xfe",
        b"Content-Type: multipart/form-data",
        b"Content-Encoding: gzip",
        b"Expect: nonsense",
        b"Host: \xff",
        b"A\xff: b",
        b"A: b\x00c",
        b": empty",
        b" folded",
    ],
)
@pytest.mark.parametrize("with_key", [True, False])
def test_headers_that_are_no_text_are_the_clients_mistake(
    service: Service, key: bytes, header: bytes, *, with_key: bool
) -> None:
    begin = b"POST /v1/match HTTP/1.1\r\n" + (key if with_key and not header.startswith(b"Auth") else b"")
    found = asked(service, begin + header + b"\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc")
    assert found
    assert all(400 <= status < 500 for status in found)


@pytest.mark.parametrize("method", [b"TRACE", b"CONNECT", b"OPTIONS", b"PROPFIND", b"PRI", b"get", b"NONSENSE"])
@pytest.mark.parametrize("target", [b"/livez", b"*", b"example.org:443", b"http://example.org/livez"])
def test_other_methods_and_targets_are_refused(service: Service, key: bytes, method: bytes, target: bytes) -> None:
    found = asked(service, method + b" " + target + b" HTTP/1.1\r\nHost: a\r\n" + key + b"Connection: close\r\n\r\n")
    assert found
    assert all(400 <= status < 500 for status in found)


@pytest.mark.parametrize("upgrade", [b"websocket", b"h2c", b"nonsense"])
def test_another_protocol_is_not_taken_up(service: Service, upgrade: bytes) -> None:
    begin = b"GET /livez HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: " + upgrade + b"\r\n\r\n"
    assert asked(service, begin) == [200]
    assert asked(service, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") == [400]


@pytest.mark.parametrize("begin", [b"\x16\x03\x01\x02\x00\x01\x00", b"\x00" * 100, b"SSH-2.0-x\r\n", b"\xff" * 1000])
def test_what_is_no_http_is_refused(service: Service, begin: bytes) -> None:
    assert asked(service, begin, ends=True)[:1] in ([400], [])


def test_one_who_resets_the_line_in_the_middle_of_a_request_is_forgotten(service: Service, key: bytes) -> None:
    for _ in range(50):
        with connected(service) as line:
            line.sendall(MATCH + key + b"Content-Length: 1000\r\n\r\nabc")
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")  # close by reset
