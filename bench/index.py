"""The Hamming index against its peers, by turns in one run, by CPU time, on one thread. Measures in bench/index_measure.py.

./amparo bench index                            10 thousand to 10 million codes, uniform and clustered: a quarter of an hour
./amparo bench index --sizes 1000000 --shapes uniform
./amparo bench index --long                     30 million too: 16 GB of memory
./amparo bench index --exact                    only the exactness run of tests/property/test_index_exact.py, whole
"""

import argparse
import json
import statistics
import subprocess
import sys

from amparo.index import kernel
from bench.bars import Bar, bars_of
from bench.codes import SHAPES
from bench.index_measure import Measured, measure
from bench.index_table import bar_table, describe, life_table, processor, side_table
from bench.peers import FLAT, OURS, SIDES

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
LONG_SIZE = 30_000_000
EXACT = "tests/property/test_index_exact.py"


def main(words: list[str]) -> None:
    """Print a table a size and shape, the bars, then one JSON line. Exits with 1 when an answer of ours is wrong."""
    options = options_of(words)
    if options.exact:
        pytest = [sys.executable, "-m", "pytest", "-q", "-s", "--long", EXACT]
        raise SystemExit(subprocess.run(pytest, check=False).returncode)
    print(describe())
    runs: list[Measured] = []
    for n in [*options.sizes, *([LONG_SIZE] if options.long else [])]:
        for shape in options.shapes:
            runs.append(measure(shape, n, options.sides))
            print(side_table(runs[-1]), flush=True)
    bars = bars_of(runs)
    print(life_table(runs), bar_table(bars), json.dumps(figures(runs, bars)), sep="\n")
    if any(run.wrong[OURS] or run.recall[OURS] != 1 for run in runs):
        raise SystemExit(1)


def options_of(words: list[str]) -> argparse.Namespace:
    """The command's options; exits with 2 on others."""
    parser = argparse.ArgumentParser(prog="amparo bench index", description="the Hamming index against its peers")
    parser.add_argument("--sizes", type=lambda text: [int(each) for each in text.split(",")], default=list(SIZES))
    parser.add_argument("--shapes", type=lambda text: text.split(","), default=list(SHAPES[:2]))
    parser.add_argument("--sides", type=chosen, default=[side.name for side in SIDES])
    parser.add_argument("--long", action="store_true", help="30 million codes too")
    parser.add_argument("--exact", action="store_true", help="only the whole exactness run")
    options = parser.parse_args(words)
    if unknown := set(options.shapes) - set(SHAPES):
        parser.error(f"there are no shapes {sorted(unknown)}; there are {list(SHAPES)}")
    return options


def chosen(text: str) -> list[str]:
    """Sides by name, with the two that the others are compared with. Raises: ValueError for a name there is none of."""
    names = {OURS, FLAT, *filter(None, text.split(","))}
    if not names <= {side.name for side in SIDES}:
        raise ValueError
    return [side.name for side in SIDES if side.name in names]


def figures(runs: list[Measured], bars: list[Bar]) -> dict[str, object]:
    """The JSON line."""
    rows = [
        {
            "shape": run.shape,
            "codes": run.n,
            "us": {
                column: {name: round(statistics.median(times), 3) for name, times in sides.items()}
                for column, sides in run.us.items()
            },
            "built_cpu_s": {name: round(spent, 3) for name, spent in run.built_cpu_s.items()},
            "recall": {name: round(share, 4) for name, share in run.recall.items()},
            "wrong": run.wrong,
            "not_run": run.left_out,
            "life": {name: round(value, 3) for name, value in run.life.items()},
        }
        for run in runs
    ]
    told = [{"bar": bar.name, "value": round(bar.value, 3), "bound": bar.bound, "met": bar.met} for bar in bars]
    return {"bench": "index", "kernel": kernel(), "processor": processor(), "runs": rows, "bars": told}
