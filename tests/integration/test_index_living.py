"""The index stays exact while it changes: two threads ask, one adds, replaces and removes near what they ask for, all the time.

What was there before a search began and after it ended must be told, what was absent at both must not, each at its distance.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from amparo.index import HammingIndex
from bench.codes import SHAPES, Codes, flipped
from tests.exactness import FARTHEST, RADII, Case, case, near

pytestmark = pytest.mark.once

ABSENT, PRESENT = 0, 2
ASKED = 200
TOGETHER = 10
ROUNDS = 3


@dataclass
class Changing:
    """Codes that come and go. step: int64[K], a count per code: 0 absent, 1 on its way in, 2 there, 3 on its way out, 4 absent …"""

    ids: NDArray[np.int64]
    codes: Codes
    step: NDArray[np.int64]
    apart: NDArray[np.int64]
    over: threading.Event = field(default_factory=threading.Event)

    def live(self, index: HammingIndex, chance: np.random.Generator) -> None:
        """Add all in parts of every size, replace some by themselves, remove all; some rounds of it."""
        try:
            for _ in range(ROUNDS):
                for act in (index.add, index.remove):
                    order = chance.permutation(len(self.ids))
                    cuts = np.sort(chance.integers(0, len(order), 30))
                    for part in np.split(order, [*range(1, 50), *cuts[cuts > 50]]):
                        self.step[part] += 1
                        index.add(self.ids[part], self.codes[part]) if act == index.add else index.remove(
                            self.ids[part]
                        )
                        self.step[part] += 1
                        again = part[self.step[part] % 4 == PRESENT]
                        index.add(self.ids[again], self.codes[again])
        finally:
            self.over.set()


def changing(bank: Case, n: int) -> Changing:
    """``n`` codes at 0 to 53 bits from what is asked; ids between and above the bank's."""
    chance = np.random.default_rng(n)
    codes = flipped(chance, bank.asked[chance.integers(0, len(bank.asked), n)], chance.integers(0, FARTHEST + 1, n))
    ids = np.setdiff1d(np.arange(2 * int(bank.ids.max())), bank.ids)
    apart = np.full((len(bank.asked), n), FARTHEST + 1)
    for question, row, distance in near(codes, bank.asked):
        apart[question, row] = distance
    return Changing(np.sort(chance.choice(ids, n, replace=False)), codes, np.zeros(n, np.int64), apart)


def ask(index: HammingIndex, bank: Case, moving: Changing, seed: int) -> tuple[int, int]:
    """Search until the changing is over: how many searches, and how many of its codes had to be told."""
    chance = np.random.default_rng(seed)
    searches = due = 0
    while not moving.over.is_set():
        first = int(chance.integers(0, len(bank.asked) - TOGETHER))
        radius = int(chance.choice(RADII))
        before = moving.step.copy()
        limits, ids, distance = index.search(bank.asked[first : first + TOGETHER], radius)
        after = moving.step.copy()
        still = before == after
        must, never = still & (before % 4 == PRESENT), still & (before % 4 == ABSENT)
        question = np.repeat(np.arange(TOGETHER), np.diff(limits))
        place = np.minimum(np.searchsorted(moving.ids, ids), len(moving.ids) - 1)
        moves = moving.ids[place] == ids
        for part, want in zip((question, distance, ids), standing(bank, first, radius), strict=True):
            np.testing.assert_array_equal(part[~moves], want)
        apart = moving.apart[first : first + TOGETHER]
        told = np.zeros(apart.shape, bool)
        told[question[moves], place[moves]] = True
        assert told.sum() == moves.sum(), "an id was told twice"
        np.testing.assert_array_equal(distance[moves], apart[question[moves], place[moves]])
        assert not (told & never).any(), "a code was told that was not there"
        assert not (~told & must & (apart <= radius)).any(), "a code that was there was not told"
        assert (np.diff(question * 1_000 + distance) >= 0).all()
        searches += 1
        due += int((must & (apart <= radius)).sum())
    return searches, due


def standing(bank: Case, first: int, radius: int) -> tuple[NDArray[np.int64], ...]:
    """Question, distance and id of what of the bank itself is due."""
    limits, ids, distance = bank.answer(radius, first, first + TOGETHER)
    return np.repeat(np.arange(TOGETHER), np.diff(limits)), distance, ids


@pytest.mark.parametrize("shape", SHAPES)
def test_answers_are_exact_while_others_change_the_index(shape: str, request: pytest.FixtureRequest) -> None:
    long = request.config.getoption("--long")
    bank = case(shape, 1_000_000 if long else 100_000, ASKED)
    moving = changing(bank, 200_000 if long else 20_000)
    index = HammingIndex(256)
    index.add(bank.ids, bank.codes)
    with ThreadPoolExecutor(3) as pool:
        changes = pool.submit(moving.live, index, np.random.default_rng(1))
        asks = [pool.submit(ask, index, bank, moving, seed) for seed in (2, 3)]
        changes.result()
        searches, due = np.sum([each.result() for each in asks], axis=0)
    print(
        f"\n{shape}: {searches:,} searches of {TOGETHER} while {moving.step.sum() // 2:,} codes came or went, {due:,} due"
    )
    assert searches >= 20
    assert due > 0
    assert len(index) == len(bank.ids)
