"""Measuring by turns: every side has the processor for a slice, then the next, round after round. Knows no index.

So what else runs on the machine stretches all sides alike, and the ratios hold. CPU time of the whole process: a side pays for
its threads too.
"""

import statistics
import time
from collections.abc import Callable

SLICE_S = 0.2
PATIENCE_S = 1.0
"""A side that takes longer for one call has that one call."""

Act = Callable[[int, int], object]
"""Asks a side for the queries from the first number up to the second, of a list without end."""


def by_turns(acts: dict[str, Act], rounds: int, step: int = 1) -> dict[str, list[float]]:
    """CPU microseconds a query by side, one figure a round, 0.2 s or one call long; one call asks ``step`` queries."""
    spent: dict[str, list[float]] = {name: [] for name in acts}
    calls = {}
    for name, act in acts.items():
        once = cpu_s(act, 0, step)
        if once > PATIENCE_S:
            spent[name].append(once / step * 1e6)
        else:
            calls[name] = max(1, round(SLICE_S / cpu_s(act, step, 2 * step)))
    for number in range(rounds):
        for name, many in calls.items():
            first = number * many * step
            lapse = cpu_s(acts[name], first, first + many * step)
            spent[name].append(lapse / (many * step) * 1e6)
    return spent


def cpu_s(act: Act, first: int, last: int) -> float:
    """CPU seconds of this process, never 0."""
    begun = time.process_time()
    act(first, last)
    return max(time.process_time() - begun, 1e-7)


def ratio(slow: list[float], fast: list[float]) -> float:
    """How many times as long ``slow`` took: the median over rounds run side by side, or of medians where one had fewer."""
    if len(slow) == len(fast):
        return statistics.median(a / b for a, b in zip(slow, fast, strict=True))
    return statistics.median(slow) / statistics.median(fast)
