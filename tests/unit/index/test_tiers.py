"""The tiers: freezing, merging behind readers' backs, what dies during a merge, and a merge that fails."""

import threading

import numpy as np
import pytest

from amparo.index import HammingIndex, tiers
from amparo.index.digest import digest_of
from amparo.index.kernels import KERNEL, kernels
from amparo.index.table import Segment, Table
from amparo.index.tiers import DELTA_ROWS, Tiers

RANDOM = np.random.default_rng(31)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rings and merges from few rows on, so that a test needs few."""
    monkeypatch.setattr(tiers, "RING_MIN", 64)


def codes(n: int) -> np.ndarray:
    return RANDOM.integers(0, 256, (n, 32), dtype=np.uint8)


def holds(index: HammingIndex, ids: np.ndarray, held: np.ndarray) -> None:
    """It has exactly these pairs, finds each, and its digest is theirs."""
    index.settle()
    assert len(index) == len(ids)
    assert index.digest() == digest_of(ids, np.ascontiguousarray(held).view(np.uint64))
    limits, found, far = index.search(held, 0)
    assert np.array_equal(np.diff(limits), np.ones(len(ids)))
    assert np.array_equal(found, ids)
    assert not far.any()


@pytest.mark.parametrize("kernel", kernels().values(), ids=lambda one: one.name)
def test_a_full_delta_is_frozen_and_merged(kernel):
    index, n = HammingIndex(256, kernel), 3 * DELTA_ROWS + 5
    held = codes(n)
    for part in np.array_split(np.arange(n), 12):
        index.add(part, held[part])
    index.settle()
    assert len(index._tiers.now.segments) <= 2
    some = RANDOM.choice(n, 200, replace=False)
    limits, found, _ = index.search(held[some], 0)
    assert (found.tolist(), limits[-1]) == (some.tolist(), 200)
    assert index.nbytes >= n * 40


def test_a_small_segment_waits_until_merging_it_pays(monkeypatch):
    monkeypatch.setattr(tiers, "AT_ONCE", 500)
    index, held = HammingIndex(256), codes(9_000)
    index.add(np.arange(8_000), held[:8_000])
    index.add(np.arange(8_000, 9_000), held[8_000:])
    index.settle()
    assert sorted(len(one.table.ids) for one in index._tiers.now.segments) == [1_000, 8_000]
    holds(index, np.arange(9_000), held)


def test_an_empty_segment_has_no_rows():
    none = Segment(Table(np.empty(0, np.int64), np.empty((0, 4), np.uint64)))
    assert none.rows_of(np.array([1])).tolist() == none.live_rows().tolist() == []


def test_a_large_addition_has_its_ring_at_once(monkeypatch):
    monkeypatch.setattr(tiers, "AT_ONCE", 500)
    index, held = HammingIndex(256), codes(600)
    index.add(np.arange(600)[::-1], held[::-1])
    assert [one.table.ring is None for one in index._tiers.now.segments] == [False]
    holds(index, np.arange(600), held)


def test_replaced_removed_and_listed_again_over_all_tiers():
    index, held = HammingIndex(256), codes(DELTA_ROWS + 1000)
    numbers = np.arange(len(held)) * 7
    index.add(numbers, held)  # more than a delta: a segment of its own
    index.settle()
    held[::3] = codes(len(held[::3]))
    index.add(numbers[::3], held[::3])  # rows of the segment die, others stand in the delta
    held[::9] = codes(len(held[::9]))
    index.add(numbers[::9], held[::9])  # and some of these again
    holds(index, numbers, held)
    index.remove(numbers[::2])
    holds(index, numbers[1::2], held[1::2])
    index.add(numbers[::2], held[::2])
    holds(index, numbers, held)
    index.remove(numbers)
    assert (len(index), index.digest(), index._tiers.now.segments) == (0, 0, ())


def test_a_segment_mostly_dead_is_written_anew():
    index, held = HammingIndex(256), codes(DELTA_ROWS + 1)
    numbers = np.arange(len(held))
    index.add(numbers, held)
    index.remove(numbers[:-300])
    index.settle()
    assert [len(one.table.ids) for one in index._tiers.now.segments] == [300]
    holds(index, numbers[-300:], held[-300:])


def test_what_dies_during_a_merge_stays_dead(monkeypatch):
    within, go_on = threading.Event(), threading.Event()
    real = Tiers._merged

    def slow(self: Tiers, segments: list[Segment]) -> Segment:
        made = real(self, segments)
        within.set()
        assert go_on.wait(60)
        return made

    index, held = HammingIndex(256), codes(2 * (DELTA_ROWS + 1))
    numbers = np.arange(len(held))
    index.add(numbers[: DELTA_ROWS + 1], held[: DELTA_ROWS + 1])
    index.settle()
    index.remove(numbers[:1000])  # there is a bitmap already when the merge begins
    monkeypatch.setattr(Tiers, "_merged", slow)
    index.add(numbers[DELTA_ROWS + 1 :], held[DELTA_ROWS + 1 :])
    assert within.wait(60)
    index.remove(numbers[500:2000])  # part of the old segment
    index.remove(numbers[DELTA_ROWS + 1 :])  # all of the new one
    before = index.search(held[2000:2100], 0)[1].tolist()
    go_on.set()
    index.settle()
    assert before == list(range(2000, 2100))
    holds(index, numbers[2000 : DELTA_ROWS + 1], held[2000 : DELTA_ROWS + 1])


def test_a_merge_without_memory_leaves_all_as_it_was_and_is_tried_again(monkeypatch):
    index, held = HammingIndex(256), codes(DELTA_ROWS + 1)
    real = Tiers._merged

    def fails(self: Tiers, segments: list[Segment]) -> Segment:
        raise MemoryError

    monkeypatch.setattr(Tiers, "_merged", fails)
    index.add(np.arange(len(held)), held)
    holds(index, np.arange(len(held)), held)
    assert [one.table.ring for one in index._tiers.now.segments] == [None]
    monkeypatch.setattr(Tiers, "_merged", real)
    index.remove(np.array([0]))
    holds(index, np.arange(1, len(held)), held[1:])
    assert all(one.table.ring is not None for one in index._tiers.now.segments)


def test_who_adds_faster_than_merges_waits_for_them(monkeypatch):
    monkeypatch.setattr(tiers, "BACKLOG", 0)
    index, held = HammingIndex(256), codes(DELTA_ROWS + 1)
    index.add(np.arange(len(held)), held)
    assert index._tiers._merger is None
    assert all(one.table.ring is not None for one in index._tiers.now.segments)


def test_a_crowd_of_equal_codes_and_the_nearest_of_it(monkeypatch):
    monkeypatch.setattr("amparo.index.hamming.NEAR_HITS", 10)
    index, one = HammingIndex(256), codes(1)
    index.add(np.arange(5000), np.repeat(one, 5000, axis=0))
    assert index.nearest(one, 3)[0].tolist() == [[0, 1, 2]]


@pytest.mark.parametrize("bits", [64, 192, 256, 512])
@pytest.mark.parametrize("kernel", kernels().values(), ids=lambda one: one.name)
def test_rings_of_every_length_are_exact_at_every_radius(kernel, bits):
    rng = np.random.default_rng(bits)
    n = 700
    held = rng.integers(0, 256, (n, bits // 8), dtype=np.uint8)
    asked = held[:6].copy()
    for row in range(n // 2, n):  # at every distance from what is asked for
        flips = rng.choice(bits, min(bits, (row - n // 2) % 70), replace=False)
        turned = np.zeros(bits, np.uint8)
        turned[flips] = 1
        held[row] = asked[row % 6] ^ np.packbits(turned)
    index = HammingIndex(bits, kernel)
    index.add(np.arange(n), held)
    index.settle()
    index._tiers.remove(np.array([3]))
    index.add(np.array([3]), held[3:4])
    far = np.bitwise_count(asked[:, None] ^ held[None]).sum(axis=2)
    for radius in range(66):
        limits, ids, distances = index.search(asked, radius)
        for row in range(len(asked)):
            due = np.flatnonzero(far[row] <= radius)
            due = due[np.lexsort((due, far[row][due]))]
            assert ids[limits[row] : limits[row + 1]].tolist() == due.tolist()
            assert distances[limits[row] : limits[row + 1]].tolist() == far[row][due].tolist()


@pytest.mark.parametrize("kernel", kernels().values(), ids=lambda one: one.name)
@pytest.mark.parametrize("together", [1, 12])
def test_a_bucket_larger_than_what_may_wait_is_passed_over_whole(kernel, together):
    rng, n, crowd = (
        np.random.default_rng(7),
        70_000,
        15_000,
    )  # two buckets of it: under half of all rows, so that the ring is walked
    spread = rng.integers(0, 2**64, (n, 4), dtype=np.uint64)
    spread[:crowd, 0] &= ~np.uint64(
        2**32 - 1
    )  # the same first two chunks: all pass, and only the first chunk tells of them
    held = KERNEL.spread(spread, True).view(np.uint8)
    index = HammingIndex(256, kernel)
    index.add(np.arange(n), held)
    index.settle()
    asked = np.linspace(0, crowd - 1, 12).astype(np.int64)
    found = [index.search(held[part], 31) for part in np.split(asked, 12 // together)]
    assert np.concatenate([ids for _, ids, _ in found]).tolist() == asked.tolist()


BAD_CALLS = [
    lambda c: c.spread(b"\0"),
    lambda c: c.spread(np.full(64, 64, np.uint16)),
    lambda c: c.spread_codes(c.spread(np.arange(64, dtype=np.uint16)), bytes(7), bytearray(7)),
    lambda c: c.build(4, bytes(33), bytearray(8), bytearray(8), bytearray(8)),
    lambda c: c.tier(-1, 4, b"", b"", None, None, None, None),
    lambda c: c.tier(1, 9, bytes(72), bytes(8), None, None, None, None),
    lambda c: c.tier(1, 4, bytes(31), bytes(8), None, None, None, None),
    lambda c: c.tier(1, 4, bytes(32), bytes(8), bytes(8), None, None, None),
    lambda c: c.tier(1, 1, bytes(8), bytes(8), None, bytes(4 * 65_537 * 4), bytes(136), bytes(16)),
    lambda c: c.snapshot(c.spread(np.arange(64, dtype=np.uint16)), ((c.tier(0, 4, b"", b"", *[None] * 4), 0, None),)),
    lambda c: c.snapshot(c.spread(np.arange(64, dtype=np.uint16)), ((c.tier(0, 1, b"", b"", *[None] * 4), 1, None),)),
    lambda c: c.search(c.snapshot(c.spread(np.arange(64, dtype=np.uint16)), ()), bytes(7), 1, -1),
    lambda c: c.search(c.snapshot(c.spread(np.arange(64, dtype=np.uint16)), ()), bytes(8), 1, -1, 99),
    lambda c: c.nearest(c.snapshot(c.spread(np.arange(64, dtype=np.uint16)), ()), bytes(8), -1),
]


@pytest.mark.parametrize("call", BAD_CALLS)
def test_the_extension_checks_what_it_is_given(call):
    from amparo.index import _hamming  # noqa: PLC0415  # there is none without a compiler

    assert KERNEL.has_rings
    with pytest.raises(ValueError, match=r"fit|short|order|too many"):
        call(_hamming)
