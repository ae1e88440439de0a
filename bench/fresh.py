"""How soon a change counts: each of many listings and withdrawals is followed from its acknowledgement until every worker, asked by
its own connection without a pause, answers by it; while others ask 2,000 times a second. Starts no service.
"""

import hashlib
import http.client
import json
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

from bench.load import Order
from bench.service import BANK, Service

LOAD_PER_S = 2_000.0
GOAL_MS = 100.0
CONNECT_MAX = 200
LOST_S = 30.0


class Line:
    """A kept connection, which the kernel gave to one worker."""

    def __init__(self, port: int, key: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self.worker = ""
        self.ask("GET", "/livez")

    def ask(self, method: str, path: str, body: object = None) -> dict[str, object]:
        """The answer. Raises: SystemExit for a refusal that is not 503."""
        while True:
            self._connection.request(method, path, None if body is None else json.dumps(body), self._headers)
            answer = self._connection.getresponse()
            said = answer.read()
            self.worker = answer.headers["amparo-worker"]
            if answer.status < 400:
                told: dict[str, object] = json.loads(said)
                return told
            if answer.status != 503:
                raise SystemExit(f"{method} {path}: {answer.status}")

    def until(self, value: str, verdict: str, since: float) -> float:
        """Ask until the worker says ``verdict``: milliseconds from ``since`` until that answer was here."""
        while True:
            said = self.ask("POST", "/v1/match", {"signals": [{"kind": "pdq", "value": value}]})["verdict"]
            now = time.perf_counter()
            if said == verdict:
                return (now - since) * 1e3
            if now - since > LOST_S:
                raise SystemExit(f"{self.worker} never said {verdict}")


def lines(service: Service) -> dict[str, Line]:
    """A line to each worker, by its name."""
    found: dict[str, Line] = {}
    for _ in range(CONNECT_MAX):
        line = Line(service.port, service.key)
        found.setdefault(line.worker, line)
        if len(found) == service.workers:
            return found
    raise SystemExit("not every worker could be reached")


def measured(service: Service, changes: int) -> dict[str, dict[str, float]]:
    """Milliseconds from acknowledgement to effect, over all workers, for ``changes`` listings and as many withdrawals."""
    order = Order(port=service.port, key=service.key, body="json", seconds=3_600, connections=16, per_s=LOAD_PER_S)
    run = [sys.executable, "-m", "bench.load", "--until-end"]
    load = subprocess.Popen(run, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert load.stdin is not None
    load.stdin.write(json.dumps(asdict(order)) + "\n")
    load.stdin.flush()
    try:
        workers, first = lines(service), Line(service.port, service.key)
        took: dict[str, list[float]] = {"listed": [], "withdrawn": []}
        with ThreadPoolExecutor(len(workers)) as pool:
            for number in range(changes):
                value = hashlib.sha256(b"fresh %d" % number).hexdigest()
                body = {"signals": [{"kind": "pdq", "value": value}]}
                listed = first.ask("POST", f"/v1/banks/{BANK}/contents", body)
                took["listed"] += _all(pool, workers, value, "match")
                first.ask("DELETE", f"/v1/banks/{BANK}/contents/{listed['content_id']}")
                took["withdrawn"] += _all(pool, workers, value, "no_match")
    finally:
        said, _ = load.communicate()
    told = json.loads(said)
    figures = {name: _spread(each) for name, each in took.items()}
    asked = told["statuses"].get("200", 0)
    figures["load"] = {
        "lookups_per_s": asked / told["lapse_s"],
        "ms_p50": told["ms"]["p50"],
        "ms_p99": told["ms"]["p99"],
        "refused": told["requests"] - asked,
    }
    return figures


def show(ledger: str, figures: dict[str, dict[str, float]]) -> None:
    """Print the table."""
    load = figures["load"]
    print(
        f"{ledger}: from acknowledgement to effect in every worker, under {load['lookups_per_s']:.0f} lookups a second"
    )
    for name in ("listed", "withdrawn"):
        one = figures[name]
        row = f"p50 {one['ms_p50']:.1f}  p99 {one['ms_p99']:.1f}  max {one['ms_max']:.1f} ms"
        print(f"{name:10} {row}  ({one['answers']:.0f} answers; goal: p99 {GOAL_MS:.0f} ms)", flush=True)


def _all(pool: ThreadPoolExecutor, workers: dict[str, Line], value: str, verdict: str) -> list[float]:
    since = time.perf_counter()
    return list(pool.map(lambda line: line.until(value, verdict, since), workers.values()))


def _spread(took: list[float]) -> dict[str, float]:
    ordered = sorted(took)
    return {
        "ms_p50": statistics.median(ordered),
        "ms_p99": ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))],
        "ms_max": ordered[-1],
        "answers": len(ordered),
    }
