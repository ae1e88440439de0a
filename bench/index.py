"""The Hamming index at a million codes of 256 bits: scan kernels, queries together, threads, changes, the file."""

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from amparo.index import HammingIndex, kernel
from amparo.index.scan import kernels

N = 1_000_000
BITS = 256
RADIUS = 31


def wall_ms(act: Callable[[], object], rounds: int = 5) -> float:
    """Median milliseconds by the clock on the wall."""
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        act()
        times.append((time.perf_counter() - started) * 1e3)
    return statistics.median(times)


def main() -> None:
    """Print a table of milliseconds, then one JSON line."""
    rng = np.random.default_rng(2026)
    codes = rng.integers(0, 256, (N, BITS // 8)).astype(np.uint8)
    index = HammingIndex(BITS)
    ms = {"add_all": wall_ms(lambda: index.add(np.arange(N), codes), 1)}
    packed = codes.view(np.uint64)
    for name, scan in kernels().items():
        ms[f"scan_1_{name}"] = wall_ms(lambda scan=scan: scan(packed, packed[:1], RADIUS))
        ms[f"scan_8_{name}"] = wall_ms(lambda scan=scan: scan(packed, packed[:8], RADIUS))
    for m, threads in ((1, 1), (1, 2), (8, 1), (8, 2), (256, 1), (256, 2)):
        ms[f"search_{m}_threads_{threads}"] = wall_ms(lambda m=m, t=threads: index.search(codes[:m], RADIUS, threads=t))
    fresh = iter(range(N, 10 * N, 10_000))
    ms["add_10000"] = wall_ms(lambda: index.add(np.arange(10_000) + next(fresh), codes[:10_000]))
    ms["remove_10000"] = wall_ms(lambda: index.remove(np.arange(10_000) + next(fresh) - 50_000), 3)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index"
        ms["save"] = wall_ms(lambda: index.save(path), 3)
        ms["load"] = wall_ms(lambda: HammingIndex.load(path), 3)
    for name, spent in ms.items():
        print(f"{name:24} {spent:10.3f} ms")
    figures = {"bench": "index", "kernel": kernel(), "codes": N, "bytes": index.nbytes}
    print(json.dumps(figures | {"ms": {name: round(spent, 3) for name, spent in ms.items()}}))
