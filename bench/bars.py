"""What the index is held to, and whether a run meets it. On a machine without AVX-512 the ratios asked are 0.6 of these."""

import statistics
from dataclasses import dataclass

from amparo.index import kernel
from bench.index_measure import Measured
from bench.peers import FLAT, OURS, PDQ_INDEX, SIDES
from bench.turns import ratio

MILLION = 1_000_000
WITHOUT_AVX512 = 0.6
FLAT_TIMES = {(10 * MILLION, "uniform"): 350, (10 * MILLION, "clustered"): 200, MILLION: 60}
PDQ_INDEX_TIMES = 50
CODES_MIN = 10_000
BYTES_MAX, BUILD_CPU_S_MAX, OPEN_MS_MAX = 140, 20, 100
ADD_TIMES_MAX = 2
"""Adding to 10 million against adding to 10 thousand, both by the median; what stays flat stays under it."""


@dataclass(frozen=True)
class Bar:
    """A figure and its bound; a ratio is to be at least as much, a cost at most."""

    name: str
    value: float
    bound: float
    at_least: bool = True

    @property
    def met(self) -> bool:
        """Whether it holds."""
        return self.value >= self.bound if self.at_least else self.value <= self.bound


def bars_of(runs: list[Measured]) -> list[Bar]:
    """All bars that these runs can tell of."""
    share = 1.0 if has_avx512() else WITHOUT_AVX512
    return [*(bar for run in runs for bar in ratios_of(run, share)), *costs_of(runs)]


def has_avx512() -> bool:
    """As the kernel that was chosen at load says."""
    return "avx512" in kernel()


def ratios_of(run: Measured, share: float) -> list[Bar]:
    """Against flat, against PDQIndex, and against the best exact peer in every column."""
    where, single = f"{run.shape}, {run.n:,}", run.us["r=31"]
    found = []
    if asked := FLAT_TIMES.get((run.n, run.shape)) or FLAT_TIMES.get(run.n):
        found.append(Bar(f"{where}: single, times {FLAT}", ratio(single[FLAT], single[OURS]), asked * share))
    if run.n == MILLION and PDQ_INDEX in single:
        found.append(
            Bar(f"{where}: single, times {PDQ_INDEX}", ratio(single[PDQ_INDEX], single[OURS]), PDQ_INDEX_TIMES * share)
        )
    if run.n >= CODES_MIN:
        for column in run.us:
            name, times = best_peer(run, column)
            found.append(Bar(f"{where}: {column}, times the best exact peer ({name})", times, 1))
    return found


def best_peer(run: Measured, column: str) -> tuple[str, float]:
    """The exact peer nearest to ours, and how many times as long it takes."""
    sides = run.us[column]
    exact = [side.name for side in SIDES if side.exact and side.name != OURS and side.name in sides]
    name = min(exact, key=lambda each: statistics.median(sides[each]))
    return name, ratio(sides[name], sides[OURS])


def costs_of(runs: list[Measured]) -> list[Bar]:
    """Memory, file, building, opening at 10 million; adding there against 10 thousand."""
    found = []
    for run in runs:
        if run.n == 10 * MILLION:
            where, told = f"{run.shape}, {run.n:,}", run.life
            found += [
                Bar(f"{where}: bytes a code in memory", told["memory_bytes_a_code"], BYTES_MAX, at_least=False),
                Bar(f"{where}: bytes a code in the file", told["file_bytes_a_code"], BYTES_MAX, at_least=False),
                Bar(f"{where}: CPU s to build", told["build_cpu_s"], BUILD_CPU_S_MAX, at_least=False),
                Bar(f"{where}: ms to open and answer", told["open_to_answer_ms"], OPEN_MS_MAX, at_least=False),
            ]
            small = [each for each in runs if each.n == CODES_MIN and each.shape == run.shape]
            for each in small:
                times = told["add_p50_us"] / each.life["add_p50_us"]
                found.append(
                    Bar(f"{where}: time to add a code, times that at 10,000", times, ADD_TIMES_MAX, at_least=False)
                )
    return found
