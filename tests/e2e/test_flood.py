"""A thousand clients at once: each gets its answer or a 503 that says when to come back, and the service lives on."""

import asyncio
import re
from collections import Counter
from collections.abc import Iterator

import httpx
import pytest

from tests.e2e.running import Service, posted, started
from tests.hostile import drawing, saved

pytestmark = pytest.mark.enable_socket
CLIENTS = 1_000
PATIENCE_S = 120
REQUESTS = {
    "media": ("/v1/match", "image/png", saved(drawing((2_000, 1_500)), "PNG")),
    "signals": ("/v1/match", "application/json", b'{"signals":[{"kind":"pdq","value":"%s"}]}' % (b"0f" * 32)),
    "batch": ("/v1/match/batch", "application/octet-stream", bytes(32 * 5_000)),
}
STATUS = re.compile(rb"HTTP/1\.1 ([0-9]{3}) ")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with started(tmp_path_factory.mktemp("flood"), "--workers", "2", AMPARO_API_CONNECTIONS_MAX="2000") as running:
        running.ready_line()
        yield running
        assert "Traceback" not in running.log.read_text()
        assert "child ended" not in running.log.read_text()
        assert running.stop() == 0


async def asked(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        return await reader.read()
    finally:
        writer.close()


async def flooded(port: int, request: bytes, count: int) -> list[bytes]:
    async with asyncio.timeout(PATIENCE_S):
        return await asyncio.gather(*(asked(port, request) for _ in range(count)))


@pytest.mark.parametrize("kind", REQUESTS)
def test_a_thousand_clients_at_once(service: Service, kind: str) -> None:
    key = service.key("platform")["Authorization"]
    request = posted(key, *REQUESTS[kind])
    told = asyncio.run(flooded(service.base, request, CLIENTS))
    statuses = Counter(int(found.group(1)) if (found := STATUS.match(one)) else 0 for one in told)
    print(f"\n{kind}: {dict(statuses)}")
    assert set(statuses) <= {200, 503}, statuses
    assert statuses[200] > 0
    assert statuses[503] > 0 or kind == "signals"  # those may be done as fast as they come
    for one in told:
        if one.startswith(b"HTTP/1.1 503"):
            assert b"retry-after:" in one.partition(b"\r\n\r\n")[0].lower()
    assert httpx.get(f"{service.url}/readyz", timeout=PATIENCE_S).status_code == 200
    again = asyncio.run(flooded(service.base, request, 1))
    assert again[0].startswith(b"HTTP/1.1 200"), again[0][:300]
