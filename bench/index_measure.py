"""One size and shape of `./amparo bench index`: every side built, compared and timed over the same codes. Prints no figures."""

import gc
import sys
import time
from dataclasses import dataclass, field

from bench.codes import Codes, bank, questions
from bench.index_life import life, resident
from bench.peers import FLAT, OURS, RADIUS, SIDES, Search, Side, pairs
from bench.turns import Act, by_turns

RADII = (0, 15, 31, 40, 52)
ASKED = 8_000
ROUNDS, ROUNDS_FEW = 5, 3
BATCH = 100
CHECKED, CHECKED_S = 400, 2.0
"""Answers compared: so many, or as many as take so long."""


@dataclass
class Measured:
    """What one size and shape gave. us: microseconds of CPU a query, a figure a round, by column (``r=31``, ``batch``) and side."""

    shape: str
    n: int
    sides: list[str]
    us: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    built_cpu_s: dict[str, float] = field(default_factory=dict)
    resident: dict[str, float] = field(default_factory=dict)
    recall: dict[str, float] = field(default_factory=dict)
    wrong: dict[str, int] = field(default_factory=dict)
    checked: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    life: dict[str, float] = field(default_factory=dict)


def measure(shape: str, n: int, sides: list[str]) -> Measured:
    """Build the sides of these names over the same codes, compare their answers, time them, let them go, then live with ours alone."""
    codes = bank(shape, n)
    asked = questions(shape, codes, ASKED)
    run = Measured(shape, n, sides)
    searches = build(run, codes)
    check(run, searches, asked)
    for radius in RADII:
        rounds = ROUNDS if radius == RADIUS else ROUNDS_FEW
        able = {name: search for name, search in searches.items() if side_of(name).radius in {None, radius}}
        say(f"{shape}, {n:,} codes: radius {radius}")
        run.us[f"r={radius}"] = by_turns({name: singly(search, asked, radius) for name, search in able.items()}, rounds)
    able = {name: search for name, search in searches.items() if side_of(name).batches}
    run.us["batch"] = by_turns({name: together(search, asked) for name, search in able.items()}, ROUNDS, BATCH)
    searches.clear()
    gc.collect()
    say(f"{shape}, {n:,} codes: building, saving, adding")
    run.life = life(codes, asked)
    return run


def build(run: Measured, codes: Codes) -> dict[str, Search]:
    """All sides that take so many codes."""
    searches = {}
    for side in map(side_of, run.sides):
        if run.n > side.rows_max:
            run.left_out[side.name] = side.why
            continue
        say(f"{run.shape}, {run.n:,} codes: building {side.name}")
        held, begun = resident(), time.process_time()
        searches[side.name] = side.make(codes)
        run.built_cpu_s[side.name] = time.process_time() - begun
        run.resident[side.name] = (resident() - held) / run.n
    return searches


def side_of(name: str) -> Side:
    """By its name."""
    return next(side for side in SIDES if side.name == name)


def check(run: Measured, searches: dict[str, Search], asked: Codes) -> None:
    """Compare with the answers of the flat side, as many as time allows; ours at every radius, the others at 31."""
    say(f"{run.shape}, {run.n:,} codes: comparing answers")
    for name, search in searches.items():
        begun = time.process_time()
        search(asked[:1], RADIUS)
        slowest = max(time.process_time() - begun, run.n * 1.1e-9)
        m = max(4, min(CHECKED, int(CHECKED_S / slowest)))
        met = due = wrong = 0
        for radius in RADII if name == OURS else (RADIUS,):
            for mine, truth in zip(
                pairs(search(asked[:m], radius)), pairs(searches[FLAT](asked[:m], radius)), strict=True
            ):
                wrong += sum(truth.get(number) != distance for number, distance in mine.items())
                due += min(len(truth), side_of(name).hits_max)
                met += len(mine)
        run.recall[name], run.wrong[name], run.checked[name] = (met - wrong) / due if due else 1.0, wrong, m


def singly(search: Search, asked: Codes, radius: int) -> Act:
    """One query a call."""
    ones = [asked[k : k + 1] for k in range(len(asked))]

    def act(first: int, last: int) -> None:
        for number in range(first, last):
            search(ones[number % len(ones)], radius)

    return act


def together(search: Search, asked: Codes) -> Act:
    """``BATCH`` queries a call."""

    def act(first: int, last: int) -> None:
        for number in range(first, last, BATCH):
            start = number % len(asked)
            search(asked[start : start + BATCH], RADIUS)

    return act


def say(text: str) -> None:
    """Where it stands, to stderr."""
    print(text, file=sys.stderr, flush=True)
