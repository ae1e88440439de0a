"""The rescan: stored codes a second for 1 to 1,000 new ones, kernels and peers by turns; for more, passing them all
against an index over them; then whole units as the command reads them.

CPU time of one thread, medians. The stored codes lie in a mapped file in the page cache; faiss has them in its own memory, and its
building is not counted. Every side's hits are compared. Uniform codes; as many hits are planted as there are new codes.
"""

import json
import mmap
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from amparo.index.stream import Wanted, kernels
from amparo.uploads.model import Upload
from amparo.uploads.scan import met_in, scan_unit, search_bytes
from amparo.uploads.unit import packed
from bench.index_table import processor

STORED = 8_000_000
NEW = (1, 10, 100, 1_000)
MANY = (10_000, 20_000, 100_000)
RADIUS = 31
HITS_MAX = 10_000_000
PAIRS = 2_000_000_000
"""Pairs of a stored and a new code that one turn of a side may take; where it is slower, a part of the file says enough."""
SLOWER = {"numpy": 40, "c": 10, "faiss flat": 12}
ROUNDS = 5
UNIT_UPLOADS = 400_000
UNITS = 20
BAR_M_PER_S = 300

Codes = NDArray[np.uint8]
Act = Callable[[int], int]


def stored_codes(path: Path, new: Codes) -> Codes:
    """The file of codes, written, mapped and read once; every new code is planted in it, 31 bits off."""
    chance = np.random.default_rng(7)
    with path.open("wb") as file:
        for start in range(0, STORED, 500_000):
            block = chance.integers(0, 256, (500_000, 32), dtype=np.uint8)
            if start == 0:
                block[: len(new)] = new
                block[: len(new), :4] ^= np.array([255, 255, 255, 254], np.uint8)
            file.write(block)
    with path.open("rb") as file:
        held = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    codes = np.frombuffer(held, np.uint8).reshape(-1, 32)
    codes[:, 0].sum()
    return codes


def sides(stored: Codes, new: Codes) -> dict[str, Act]:
    """What finds the new codes among the first so many stored ones: the number of hits."""
    words, wanted = stored.view(np.uint64), new.view(np.uint64)
    found: dict[str, Act] = {
        name: (lambda n, scan=scan: len(scan(words[:n], wanted, RADIUS, HITS_MAX))) for name, scan in kernels().items()
    }

    def flat(n: int) -> int:
        index = flats.setdefault(n, faiss.IndexBinaryFlat(256))
        if index.ntotal == 0:
            index.add(stored[:n])
        limits, _, _ = index.range_search(new, RADIUS + 1)  # faiss leaves out what is exactly as far
        return int(limits[-1])

    flats: dict[int, faiss.IndexBinaryFlat] = {}
    found["faiss flat"] = flat
    return found


def by_turns(acts: dict[str, Act], rows: dict[str, int]) -> dict[str, float]:
    """Million stored codes a second by side."""
    spent: dict[str, list[float]] = {name: [] for name in acts}
    for number in range(ROUNDS + 1):
        for name, act in acts.items():
            begun = time.process_time()
            act(rows[name])
            if number:  # the first round warms up
                spent[name].append(time.process_time() - begun)
    return {name: rows[name] / statistics.median(times) / 1e6 for name, times in spent.items()}


def kernels_and_peer(stored: Codes, new: Codes) -> dict[int, dict[str, float]]:
    """By number of new codes, by side."""
    found = {}
    for n in NEW:
        acts = sides(stored, new[:n])
        rows = {name: max(20_000, min(STORED, PAIRS // SLOWER.get(name, 1) // n)) for name in acts}
        hits = {name: act(20_000) for name, act in acts.items()}
        if set(hits.values()) != {n}:
            raise SystemExit(f"wrong hits: {hits}")
        found[n] = by_turns(acts, rows)
        print(f"{n:>7,} " + " ".join(f"{name} {figure:9,.1f}" for name, figure in found[n].items()), flush=True)
    return found


def passed_or_indexed(stored: Codes, new: Codes) -> dict[int, dict[str, float]]:
    """Many new codes: passing them all, or an index over them (its building not counted)."""
    found = {}
    for n in MANY:
        ways = {"passed": Wanted(new[:n], RADIUS, 10**9), "indexed": Wanted(new[:n], RADIUS, 1)}
        acts = {name: (lambda rows, way=way: len(way.found(stored[:rows], HITS_MAX))) for name, way in ways.items()}
        found[n] = by_turns(acts, dict.fromkeys(acts, 40_000))
        print(f"{n:>7,} " + " ".join(f"{name} {figure:9,.3f}" for name, figure in found[n].items()), flush=True)
    return found


def units(folder: Path, stored: Codes, new: Codes) -> dict[int, float]:
    """Whole units, opened, mapped and looked through as `amparo rescan` does on one thread: million uploads a second."""
    uploads = (Upload(n, "site", f"item-{n:08d}", f"user-{n % 997}", {"pdq": stored[n].tobytes()}) for n in range(UNIT_UPLOADS))  # fmt: skip
    raw = packed(uploads)
    assert raw is not None
    paths = [folder / f"{number:020d}-0.unit" for number in range(UNITS)]
    for path in paths:
        path.write_bytes(raw)
    found = {}
    for n in NEW:
        search = search_bytes(0, {"pdq": new[:n]}, {"pdq": RADIUS})
        times = []
        for _ in range(ROUNDS):
            begun = time.process_time()
            met = [met_in(scan_unit(str(path), search)) for path in paths]
            times.append(time.process_time() - begun)
            assert all(len(one.uploads()) == n for one in met)
        found[n] = UNIT_UPLOADS * UNITS / statistics.median(times) / 1e6
    print("units   " + " ".join(f"{n:,}: {figure:,.1f}" for n, figure in found.items()))
    return found


def main() -> None:
    """Print tables of million stored codes a second, then one JSON line."""
    faiss.omp_set_num_threads(1)
    new = np.random.default_rng(1).integers(0, 256, (max(MANY), 32), dtype=np.uint8)
    print(
        f"{processor()}, {os.cpu_count()} cores; {STORED:,} stored codes, radius {RADIUS}; M stored codes/s of one thread"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        stored = stored_codes(folder / "codes", new)
        scans = kernels_and_peer(stored, new)
        many = passed_or_indexed(stored, new)
        read = units(folder, stored, new)
    best = list(kernels())[-1]
    figures = {"bench": "rescan", "kernel": best, "stored": STORED, "radius": RADIUS, "bar_m_per_s": BAR_M_PER_S}
    rounded = {n: {side: round(figure, 3) for side, figure in row.items()} for n, row in (scans | many).items()}
    print(json.dumps(figures | {"m_per_s": rounded, "units_m_per_s": {n: round(each, 1) for n, each in read.items()}}))
