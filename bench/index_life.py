"""An index's life around the searches: add, save, open, add while others search. Measured for ours alone; peers take no part."""

import gc
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from amparo.index import HammingIndex
from bench.codes import BITS, Codes

RADIUS = 31
ADDS = 2_000
TOGETHER = 1_000
SPELL_S = 2.0


def life(codes: Codes, asked: Codes) -> dict[str, float]:
    """Figures by name, units last. ``asked``: uint8[M, 32] codes to search for."""
    n = len(codes)
    held = resident()
    begun = time.process_time()
    index = HammingIndex(BITS)
    index.add(np.arange(n), codes)
    index.settle()
    figures = {"build_cpu_s": time.process_time() - begun, "memory_bytes_a_code": index.nbytes / n}
    figures["resident_bytes_a_code"] = (resident() - held) / n
    figures |= kept(index, asked)
    figures |= adding(index, n)
    figures |= adding_while_searching(index, asked)
    return figures


def resident() -> int:
    """Bytes of this process in memory."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def kept(index: HammingIndex, asked: Codes) -> dict[str, float]:
    """Saving, and opening up to the first answer; the file lies in the page cache."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index"
        cpu = time.process_time()
        index.save(path)
        saved = time.process_time() - cpu
        size = sum(part.stat().st_size for part in Path(folder).rglob("*") if part.is_file())
        opened, answered = [], []
        for number in range(5):
            begun = time.perf_counter()
            again = HammingIndex.load(path)
            opened.append((time.perf_counter() - begun) * 1e3)
            again.search(asked[number : number + 1], RADIUS)
            answered.append((time.perf_counter() - begun) * 1e3)
            del again
    return {
        "file_bytes_a_code": size / len(index),
        "save_cpu_s": saved,
        "open_ms": statistics.median(opened),
        "open_to_answer_ms": statistics.median(answered),
    }


def adding(index: HammingIndex, n: int) -> dict[str, float]:
    """Adds of one code, then of a thousand a call, to what is there; all are removed again."""
    chance = np.random.default_rng(n)
    ids = np.arange(n, n + ADDS + 20 * TOGETHER)
    codes = chance.integers(0, 256, (len(ids), BITS // 8), dtype=np.uint8)
    begun = time.process_time()
    ones = sorted(us(lambda k=k: index.add(ids[k : k + 1], codes[k : k + 1])) for k in range(ADDS))
    cpu = (time.process_time() - begun) / ADDS * 1e6
    many = [
        us(lambda k=k: index.add(ids[k : k + TOGETHER], codes[k : k + TOGETHER])) / TOGETHER
        for k in range(ADDS, len(ids), TOGETHER)
    ]
    index.remove(ids)
    return {
        "add_p50_us": ones[ADDS // 2],
        "add_p99_us": ones[ADDS * 99 // 100],
        "add_cpu_us": cpu,
        "add_of_1000_us_a_code": statistics.median(many),
    }


def us(act: Callable[[], object]) -> float:
    """Microseconds by the clock on the wall."""
    begun = time.perf_counter()
    act()
    return (time.perf_counter() - begun) * 1e6


def adding_while_searching(index: HammingIndex, asked: Codes) -> dict[str, float]:
    """How long a search takes by the clock on the wall, alone and while another thread adds a code at a time."""
    ones = [asked[k : k + 1] for k in range(len(asked))]
    alone = spell(index, ones)
    stop, added = threading.Event(), 0

    def add() -> None:
        nonlocal added
        first = 1 << 40
        while not stop.is_set():
            index.add(np.array([first + added]), ones[added % len(ones)])
            added += 1

    adder = threading.Thread(target=add)
    adder.start()
    try:
        beside = spell(index, ones)
    finally:
        stop.set()
        adder.join()
    index.remove(np.arange(1 << 40, (1 << 40) + added))
    return {
        "search_alone_p50_us": alone[len(alone) // 2],
        "search_alone_p99_us": alone[len(alone) * 99 // 100],
        "search_beside_adds_p50_us": beside[len(beside) // 2],
        "search_beside_adds_p99_us": beside[len(beside) * 99 // 100],
        "search_beside_adds_most_us": beside[-1],
        "adds_per_s_beside": added / SPELL_S,
    }


def spell(index: HammingIndex, ones: list[Codes]) -> list[float]:
    """Microseconds of each search of a spell, the shortest first."""
    took, number, until = [], 0, time.perf_counter() + SPELL_S
    while time.perf_counter() < until:
        took.append(us(lambda: index.search(ones[number % len(ones)], RADIUS)))  # noqa: B023 - called at once
        number += 1
    return sorted(took)
