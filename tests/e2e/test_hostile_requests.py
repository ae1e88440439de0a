"""One running service takes thousands of hostile requests over every route: no 5xx, no process more, no growth."""

import http.client
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import httpx
import pytest

from tests.e2e.running import Service, started
from tests.e2e.test_hostile import GROWTH_MAX, memory, sees, tree
from tests.hostile import drawing, saved
from tests.hostile_requests import Hostile, hostile_requests

pytestmark = pytest.mark.enable_socket
REQUESTS, REQUESTS_LONG = 3_000, 20_000
PATIENCE_S = 60


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    unlimited = {"AMPARO_ACCESS_RATE_PER_S": "1000000", "AMPARO_ACCESS_PROBES_PER_CONTENT_MAX": "1000000000"}
    with started(tmp_path, "--workers", "1", **unlimited) as running:
        running.ready_line()
        yield running


def test_hostile_requests_in_a_row(service: Service, pytestconfig: pytest.Config) -> None:
    count = REQUESTS_LONG if pytestconfig.getoption("--long") else REQUESTS
    key, picture = service.key("admin"), saved(drawing((400, 300)), "PNG")
    with httpx.Client(base_url=service.url, headers=key, timeout=PATIENCE_S) as client:
        client.post("/v1/banks", json={"name": "Safe"}).raise_for_status()
        client.post("/v1/banks/Safe/contents", files={"file": picture}).raise_for_status()
        before = tree(service.process.pid)
        sizes: list[int] = []
        statuses: Counter[int] = Counter()
        line = http.client.HTTPConnection("127.0.0.1", service.base, timeout=PATIENCE_S)
        for number, hostile in enumerate(hostile_requests(count)):
            statuses[asked(line, hostile, key)] += 1
            if number % 20 == 19:
                client.post("/v1/banks", json={"name": "Fuzz"})  # it is deleted or renamed now and then
            if number % 100 == 99:
                sizes.append(sum(memory(pid) for pid in tree(service.process.pid)))
        assert sees(client, picture)
    after = tree(service.process.pid)
    print(f"\nanswers {dict(sorted(statuses.items()))}, memory MiB {sizes[0] >> 20} .. {sizes[-1] >> 20}")
    assert len(after) == len(before), (before, after)
    assert statuses[200] > count // 20, statuses
    assert statuses[400] > count // 20, statuses
    early, late = median(sizes[len(sizes) // 4 : len(sizes) // 2]), median(sizes[-len(sizes) // 4 :])
    assert late <= early * GROWTH_MAX, sizes
    said = service.log.read_text()
    assert "Traceback" not in said
    assert "request failed" not in said


def asked(line: http.client.HTTPConnection, hostile: Hostile, key: dict[str, str]) -> int:
    """The status of its answer, which is never a 5xx and always a whole one."""
    line.putrequest(hostile.method, hostile.path, skip_accept_encoding=True)
    for name, value in (*((name, value.encode()) for name, value in key.items()), *hostile.headers):
        line.putheader(name, value)
    line.putheader("Content-Length", str(len(hostile.body)))
    line.endheaders(hostile.body)
    answer = line.getresponse()
    body = answer.read()
    assert answer.status < 500, (hostile.method, hostile.path, hostile.headers, hostile.body[:500], body)
    if answer.headers.get("Content-Type") == "application/problem+json":
        assert json.loads(body)["slug"]
    if answer.will_close:
        line.close()
    return answer.status
