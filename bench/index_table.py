"""The tables of `./amparo bench index`, as Markdown. Computes nothing but medians and ratios."""

import os
import platform
import statistics
from pathlib import Path

from amparo.index import kernel
from bench.bars import Bar, best_peer
from bench.index_measure import BATCH, ROUNDS, ROUNDS_FEW, Measured
from bench.peers import FLAT, OURS
from bench.turns import SLICE_S, ratio

RESIDENT_MIN = 100_000
"""Below this the process grows by more than the index."""


def describe() -> str:
    """Where and how."""
    return (
        f"{processor()}, {os.cpu_count()} cores, Python {platform.python_version()}, kernel {kernel()}\n\n"
        f"CPU microseconds a query on one thread: medians of {ROUNDS} rounds at radius 31, {ROUNDS_FEW} at others, of "
        f"{SLICE_S} s a side by turns. One query a call; batch: {BATCH} a call, radius 31. Queries: half misses, 45 % at "
        "0 to 31 bits from a row, 5 % at 32 to 40."
    )


def processor() -> str:
    """As the system names it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def side_table(run: Measured) -> str:
    """A row a side: what a query costs at each radius and in a batch, the ratio, the recall, what it takes to build and keep."""
    columns = list(run.us)
    lines = [
        f"\n### {run.shape}, {run.n:,} codes\n",
        f"| side | {' | '.join(columns)} | ours is faster, r=31 | recall (answers compared) | build CPU s | bytes a code |",
        f"|---|{'---:|' * (len(columns) + 4)}",
    ]
    for side in run.sides:
        if side in run.left_out:
            lines.append(f"| {side} | not run: {run.left_out[side]} {'|' * (len(columns) + 4)}")
        else:
            lines.append(side_row(run, side))
    name, times = best_peer(run, "r=31")
    single = run.us["r=31"]
    spread = [slow / fast for slow, fast in zip(single[FLAT], single[OURS], strict=False)]
    lines.append(
        f"\nTimes {FLAT}: {ratio(single[FLAT], single[OURS]):.1f} ({min(spread):.1f} to {max(spread):.1f}). "
        f"Times the best exact peer, {name}: {times:.1f}."
    )
    return "\n".join(lines)


def side_row(run: Measured, name: str) -> str:
    """One side's."""
    cells = [f"{statistics.median(sides[name]):,.2f}" if name in sides else "not asked" for sides in run.us.values()]
    cells.append(f"{ratio(run.us['r=31'][name], run.us['r=31'][OURS]):,.1f} x")
    wrong = f", {run.wrong[name]} wrong" if run.wrong[name] else ""
    cells.append(f"{run.recall[name]:.4f} ({run.checked[name]}{wrong})")
    cells.append(f"{run.built_cpu_s[name]:.2f}")
    cells.append(f"{run.resident[name]:.0f}" if run.n >= RESIDENT_MIN else "too few to tell")
    return f"| {name} | {' | '.join(cells)} |"


def life_table(runs: list[Measured]) -> str:
    """Ours alone: a row a figure, a column a run."""
    lines = [
        "\n### Building, saving, opening, adding\n",
        f"| | {' | '.join(f'{run.shape}, {run.n:,}' for run in runs)} |",
        f"|---|{'---:|' * len(runs)}",
    ]
    lines += [
        f"| {name.replace('_', ' ')} | {' | '.join(f'{run.life[name]:,.2f}' for run in runs)} |"
        for name in runs[0].life
    ]
    return "\n".join(lines)


def bar_table(bars: list[Bar]) -> str:
    """A row a bar."""
    lines = ["\n### Bars\n", "| figure | measured | bound | |", "|---|---:|---:|---|"]
    for bar in bars:
        bound = f"{'at least' if bar.at_least else 'at most'} {bar.bound:g}"
        lines.append(f"| {bar.name} | {bar.value:,.2f} | {bound} | {'pass' if bar.met else 'FAIL'} |")
    return "\n".join([*lines, ""])
