"""One running service takes thousands of hostile files in a row: it answers each, stays as large as it was, and still sees."""

import resource
import time
from collections import Counter
from pathlib import Path
from statistics import median

import httpx
import pytest

from tests.e2e.running import Service
from tests.hostile import drawing, hostile_files, saved

pytestmark = pytest.mark.enable_socket
FILES, FILES_LONG = 2_000, 20_000
GROWTH_MAX = 1.10  # last quarter against the second; a leak of 100 kB a file would be far over it
PATIENCE_S = 60


def test_hostile_files_in_a_row(service: Service, pytestconfig: pytest.Config) -> None:
    count = FILES_LONG if pytestconfig.getoption("--long") else FILES
    picture = saved(drawing((400, 300)), "PNG")
    with httpx.Client(base_url=service.url, headers=service.key("admin"), timeout=PATIENCE_S) as http:
        http.post("/v1/banks", json={"name": "Demo"}).raise_for_status()
        http.post("/v1/banks/Demo/contents", files={"file": picture}).raise_for_status()
        assert sees(http, picture)
        before = tree(service.process.pid)
        sizes, statuses = feed(http, service, picture, count)
        assert sees(http, picture)
        after = tree(service.process.pid)
    assert len(after) == len(before), (before, after)
    assert set(statuses) <= {200, 422}, statuses
    assert statuses[200] > count // 20, statuses
    assert statuses[422] > count // 4, statuses
    early, late = median(sizes[len(sizes) // 4 : len(sizes) // 2]), median(sizes[-len(sizes) // 4 :])
    print(f"\nanswers {dict(statuses)}, processes {len(after)}, memory MiB {early / 2**20:.0f} then {late / 2**20:.0f}")
    assert late <= early * GROWTH_MAX, sizes


def feed(http: httpx.Client, service: Service, picture: bytes, count: int) -> tuple[list[int], Counter[int]]:
    """Every hostile file in turn: memory of the service every 20 files, answers by status."""
    sizes: list[int] = []
    statuses: Counter[int] = Counter()
    for number, (name, data) in enumerate(hostile_files(count)):
        began = time.monotonic()
        answer = http.post("/v1/match", content=data)
        slow(name, data, began)
        statuses[answer.status_code] += 1
        told = answer.json()
        assert answer.status_code < 500, (number, name, answer.text)
        assert told["slug"] if answer.status_code >= 400 else told["verdict"] in VERDICTS, (number, name, answer.text)
        if number % 20 == 19:
            assert sees(http, picture), (number, name)
            sizes.append(sum(memory(pid) for pid in tree(service.process.pid)))
    return sizes, statuses


VERDICTS = {"match", "no_match", "unusable"}


def slow(name: str, data: bytes, began: float) -> None:
    took = time.monotonic() - began
    if took > 1:
        print(f"{took:5.1f} s  {len(data):9} bytes  {name}")


def sees(http: httpx.Client, picture: bytes) -> bool:
    """Whether the listed picture still meets itself."""
    told = http.post("/v1/match", content=picture).raise_for_status().json()
    return bool(told["verdict"] == "match" and told["matches"][0]["distance_bits"] == 0)


def tree(root: int) -> list[int]:
    """The process and all below it."""
    parents: dict[int, int] = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(place.parent.name)] = int(place.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it has just ended
    found = [root]
    for pid in found:
        found.extend(child for child, parent in parents.items() if parent == pid)
    return found


def memory(pid: int) -> int:
    """Resident bytes, 0 when the process has just ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()
    except OSError:
        return 0
