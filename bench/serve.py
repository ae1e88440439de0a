"""What one machine serves with a million codes listed: uploads of a megapixel, lookups by JSON, batches of a thousand; then how soon a
change counts in every worker under load (bench/fresh.py), on SQLite and PostgreSQL. Processor time of all processes of the service;
the load comes from this machine too, and its share is told.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench import fresh
from bench.load import Order
from bench.service import Service, serving
from bench.upload import uploads

BATCH = 1_000
GOALS = {"uploads": (120, "a second"), "lookups": (4_000, "a second and core"), "batched": (200_000, "a second")}


def load(order: Order) -> dict[str, Any]:
    """What a generator in a process of its own did. Raises: SystemExit when an answer was not 200."""
    run = [sys.executable, "-m", "bench.load"]
    said = subprocess.run(run, input=json.dumps(asdict(order)), capture_output=True, text=True, check=True).stdout
    told: dict[str, Any] = json.loads(said)
    if set(told["statuses"]) != {"200"}:
        raise SystemExit(f"the service answered {told['statuses']}")
    return told


def round_of(service: Service, order: Order) -> dict[str, float]:
    """One round: requests a second by the clock, processor time of each in the service and the load, time to an answer."""
    before = service.cpu_s()
    told = load(order)
    spent = service.cpu_s() - before
    return {
        "per_s": told["requests"] / told["lapse_s"],
        "cpu_us": spent / told["requests"] * 1e6,
        "load_cpu_us": told["cpu_s"] / told["requests"] * 1e6,
        "ms_p50": told["ms"]["p50"],
        "ms_p99": told["ms"]["p99"],
    }


def measured(service: Service, seconds: float, rounds: int) -> dict[str, dict[str, float]]:
    """Medians of ``rounds`` rounds in which the kinds of request take turns."""
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for number, data in enumerate(uploads()):
            path = Path(folder) / f"{number:02}.jpg"
            path.write_bytes(data)
            files.append(str(path))
        common: dict[str, Any] = {"port": service.port, "key": service.key, "seconds": seconds}
        orders = {
            "uploads": Order(body="files", files=tuple(files), connections=8, **common),
            "lookups": Order(body="json", connections=16, **common),
            "batched": Order(body="batch", codes=BATCH, connections=4, **common),
        }
        for order in orders.values():
            round_of(service, order)  # decoders start, code is compiled
        told: dict[str, list[dict[str, float]]] = {name: [] for name in orders}
        for _ in range(rounds):
            for name, order in orders.items():
                told[name].append(round_of(service, order))
    return {name: {key: statistics.median(one[key] for one in each) for key in each[0]} for name, each in told.items()}


def reach(figures: dict[str, dict[str, float]]) -> dict[str, float]:
    """What the service's processor time allows: uploads and batched lookups a second on all cores, lookups a second and core."""
    cores = os.cpu_count() or 1
    return {
        "uploads": cores * 1e6 / figures["uploads"]["cpu_us"],
        "lookups": 1e6 / figures["lookups"]["cpu_us"],
        "batched": cores * BATCH * 1e6 / figures["batched"]["cpu_us"],
    }


def main(words: list[str]) -> None:
    """Print the tables, then one JSON line."""
    parser = argparse.ArgumentParser(prog="amparo bench serve")
    parser.add_argument("--codes", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=max(2, os.cpu_count() or 1))
    parser.add_argument("--changes", type=int, default=1_000, help="listings and withdrawals followed; 0: none")
    parser.add_argument("--ledger", choices=("sqlite", "postgresql", "both"), default="both")
    wanted = parser.parse_args(words)
    told: dict[str, Any] = {"bench": "serve", "codes": wanted.codes, "workers": wanted.workers, "cores": os.cpu_count()}
    for ledger in ("sqlite", "postgresql") if wanted.ledger == "both" else (wanted.ledger,):
        with serving(ledger, wanted.codes, wanted.workers) as service:
            figures = measured(service, wanted.seconds, wanted.rounds) if wanted.rounds else {}
            if figures:
                _print(ledger, figures)
                told[ledger] = {"serve": figures, "reach": reach(figures)}
            if wanted.changes:
                soon = fresh.measured(service, wanted.changes)
                fresh.show(ledger, soon)
                told.setdefault(ledger, {})["fresh"] = soon
    print(json.dumps(_rounded(told)))


def _print(ledger: str, figures: dict[str, dict[str, float]]) -> None:
    print(f"{ledger}: processor time of the service, {os.cpu_count()} cores")
    print(
        f"{'':8} {'a second':>10} {'CPU us':>10} {'load us':>8} {'p50 ms':>8} {'p99 ms':>8}   by CPU time, and the goal"
    )
    for name, one in figures.items():
        goal, unit = GOALS[name]
        row = f"{one['per_s']:10.0f} {one['cpu_us']:10.0f} {one['load_cpu_us']:8.0f} {one['ms_p50']:8.1f} {one['ms_p99']:8.1f}"
        print(f"{name:8} {row}   {reach(figures)[name]:,.0f} {unit} (goal {goal:,})", flush=True)


def _rounded(told: Any) -> Any:
    if isinstance(told, dict):
        return {name: _rounded(value) for name, value in told.items()}
    return round(told, 3) if isinstance(told, float) else told
