"""The index from outside: answers, bad input, growth, concurrency."""

import importlib
import sys
import threading

import numpy as np
import pytest

import amparo.index
from amparo.errors import BadInput
from amparo.index import ExactIndex, HammingIndex, kernel, kernels
from amparo.index.arrays import as_words
from amparo.index.codebook import DEAD_MIN
from amparo.index.runs import Runs


def ids(*numbers):
    return np.array(numbers, np.int64)


def codes(*first, size=32):
    """Codes of zeros but for their first byte."""
    made = np.zeros((len(first), size), np.uint8)
    made[:, 0] = first
    return made


def listed(answer):
    return [part.tolist() for part in answer]


def test_nearest_first_ties_by_id_limits_by_query():
    index = HammingIndex(bits=256)
    index.add(ids(9, 4, 7, 2), codes(0b1, 0b1, 0b0, 0b111))
    limits, found, dist = index.search(codes(0b0, 0b1111_1111, 0b1), radius_bits=2)
    assert (limits.dtype, found.dtype, dist.dtype) == (np.int64, np.int64, np.uint16)
    assert listed((limits, found, dist)) == [[0, 3, 3, 7], [7, 4, 9, 4, 9, 7, 2], [0, 1, 1, 0, 0, 1, 2]]


def test_empty_index_and_no_queries():
    for bits in (64, 256):
        index = HammingIndex(bits)
        assert listed(index.search(codes(0, 1, size=bits // 8), 31)) == [[0, 0, 0], [], []]
        assert listed(index.search(codes(size=bits // 8), 31)) == [[0], [], []]
        assert listed(ExactIndex(bits).search(codes(0, size=bits // 8))) == [[0, 0], []]
        assert (len(index), index.digest(), index.bits) == (0, 0, bits)


def test_a_change_shows_in_the_next_search():
    for index, extra in ((HammingIndex(256), (0,)), (ExactIndex(256), ())):

        def found(code, index=index, extra=extra):
            return index.search(codes(code), *extra)[1].tolist()

        index.add(ids(1, 2), codes(5, 5))
        assert found(5) == [1, 2]
        index.add(ids(1), codes(6))
        assert (found(5), found(6), len(index)) == ([2], [1], 2)
        index.remove(ids(2, 77))
        assert (found(5), found(6), len(index)) == ([], [1], 1)
        index.add(ids(2), codes(5))
        assert found(5) == [2]
        index.add(ids(3, 3), codes(8, 9))
        assert (found(8), found(9)) == ([], [3])
        index.add(ids(), codes())
        index.remove(ids())
        assert len(index) == 3
        assert index.nbytes > 0
        assert index.bits == 256


def test_any_layout_of_the_arrays():
    spread = np.zeros((6, 40), np.uint8)[::2, 3:35]
    spread[:, 0] = [1, 2, 3]
    unaligned = np.frombuffer(b"\0" + codes(1, 2, 3).tobytes(), np.uint8)[1:].reshape(3, 32)
    for given in (spread, unaligned, np.asfortranarray(codes(1, 2, 3))):
        assert as_words(given, 4).ctypes.data % 8 == 0
        index = HammingIndex(256)
        index.add(np.arange(12)[::4], given)
        assert listed(index.search(given, 0)) == [[0, 1, 2, 3], [0, 4, 8], [0, 0, 0]]


def test_given_arrays_may_change_afterwards():
    index, given, numbers = HammingIndex(256), codes(1), ids(1)
    index.add(numbers, given)
    given[:], numbers[:] = 0, 5
    assert index.search(codes(1), 0)[1].tolist() == [1]


@pytest.mark.parametrize("bits", [0, -64, 63, 100, 576, 2**40])
def test_lengths_that_are_not_held(bits):
    for kind in (HammingIndex, ExactIndex):
        with pytest.raises(BadInput) as caught:
            kind(bits)
        assert caught.value.slug == "bad_bits"


@pytest.mark.parametrize(
    "bad", [[1], np.arange(2), np.array([1], np.int32), np.array([1.0]), np.zeros((1, 1), np.int64), ids(-1), None]
)
def test_bad_ids(bad):
    for index in (HammingIndex(256), ExactIndex(256)):
        with pytest.raises(BadInput):
            index.add(bad, codes(1))
        assert len(index) == 0
        if not (isinstance(bad, np.ndarray) and bad.shape == (2,)):
            with pytest.raises(BadInput, match=r"ids|id is"):
                index.remove(bad)


@pytest.mark.parametrize(
    "bad",
    [codes(1, size=31), codes(1, size=64), codes(1)[0], codes(1).astype(np.int8), b"0" * 32, None, codes(1)[None]],
)
def test_bad_codes(bad):
    near, same = HammingIndex(256), ExactIndex(256)
    for call in (
        lambda: near.add(ids(1), bad),
        lambda: same.add(ids(1), bad),
        lambda: near.search(bad, 31),
        lambda: same.search(bad),
    ):
        with pytest.raises(BadInput) as caught:
            call()
        assert caught.value.slug == "bad_codes"


@pytest.mark.parametrize("bad", [-1, 1.5, "31", None, float("nan")])
def test_bad_radius_and_threads(bad):
    index = HammingIndex(256)
    with pytest.raises(BadInput, match="radius_bits") as caught:
        index.search(codes(1), bad)
    assert caught.value.slug == "bad_number"
    with pytest.raises(BadInput, match="threads"):
        index.search(codes(1), 31, threads=bad)
    with pytest.raises(BadInput, match="threads"):
        index.search(codes(1), 31, threads=0)


def test_the_radius_has_no_default():
    with pytest.raises(TypeError):
        HammingIndex(256).search(codes(1))


def test_a_radius_over_the_length_finds_all():
    index = HammingIndex(64)
    index.add(np.arange(300), codes(*[255] * 300, size=8))
    for radius in (64, 65, 2**31, 2**40, np.int64(64)):
        assert len(index.search(codes(0, size=8), radius)[1]) == 300


@pytest.mark.parametrize("bits", [64, 192, 256])
def test_threads_share_the_questions(bits):
    rng = np.random.default_rng(3)
    index, n = HammingIndex(bits), 40_017
    held = rng.integers(0, 256, (n, bits // 8)).astype(np.uint8)
    index.add(rng.permutation(n).astype(np.int64), held)
    for queries in (held[[0, n // 2, n - 1]], held[:1], held[:0]):
        one = listed(index.search(queries, bits // 4, threads=1))
        assert one == listed(index.search(queries, bits // 4, threads=3))
        assert one == listed(index.search(queries, bits // 4, threads=64))
        assert one[0][-1] >= len(queries)
        near = listed(index.nearest(queries, 3))
        assert near == listed(index.nearest(queries, 3, threads=2))


def test_the_dead_are_cleared_away():
    near, same, n = HammingIndex(64), ExactIndex(64), 3 * DEAD_MIN
    for index in (near, same):
        index.add(np.arange(n), codes(*[1] * n, size=8))
        digest = index.digest()
        for part in np.array_split(np.arange(n), 9)[:-1]:
            index.remove(part)
        left = index.search(codes(1, size=8), *((0,) if index is near else ()))[1]
        assert left.tolist() == np.array_split(np.arange(n), 9)[-1].tolist()
        index.add(np.arange(n), codes(*[1] * n, size=8))
        assert index.digest() == digest
    assert same._book.now.n < 3 * n


def test_codes_that_end_in_zeros_are_not_confused():
    index = ExactIndex(128)
    held = np.zeros((17, 16), np.uint8)
    for k in range(16):
        held[k, : k + 1] = 1
    index.add(np.arange(17), held)
    assert listed(index.search(held)) == [list(range(18)), list(range(17))]


def test_a_failed_add_leaves_all_as_it_was(monkeypatch):
    index = ExactIndex(256)
    index.add(ids(1, 2), codes(1, 2))
    before = (len(index), index.digest())

    def fails(self, keys, rows):
        raise MemoryError

    monkeypatch.setattr(Runs, "plus", fails)
    with pytest.raises(MemoryError):
        index.add(ids(1, 3), codes(7, 3))
    monkeypatch.undo()
    index.remove(ids(2))
    assert listed(index.search(codes(1))) == [[0, 1], [1]]
    index.add(ids(2), codes(2))
    assert (len(index), index.digest()) == before


@pytest.mark.parametrize("kind", [HammingIndex, ExactIndex])
def test_searches_during_changes_see_whole_changes(kind):
    """Each change moves all ids of a group to a new code at once: a search must find the whole group at one code."""
    index, stop, wrong, seen = kind(256), threading.Event(), [], [0]
    group = np.arange(50)
    index.add(group, codes(*[1] * 50))
    extra = (0,) if kind is HammingIndex else ()

    def look():
        while not stop.is_set():
            found = index.search(codes(1, 2), *extra)[1]
            seen[0] += 1
            if found.tolist() != group.tolist():
                wrong.append(found)

    readers = [threading.Thread(target=look) for _ in range(4)]
    for reader in readers:
        reader.start()
    other = np.arange(1000, 1200)
    for k in range(400):
        index.add(group, codes(*[1 + k % 2] * 50))
        index.add(other + 200 * (k % 3), codes(*[9] * 200))
        index.remove(other)
    stop.set()
    for reader in readers:
        reader.join()
    assert not wrong
    assert seen[0] > 10


def test_writers_wait_for_each_other():
    index = HammingIndex(256)

    def write(k):
        for j in range(50):
            index.add(np.arange(10 * j, 10 * j + 10) * 4 + k, codes(*[k] * 10))

    writers = [threading.Thread(target=write, args=(k,)) for k in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(index) == 2000
    assert [len(index.search(codes(k), 0)[1]) for k in range(4)] == [500] * 4


def test_without_the_extension_numpy_serves(monkeypatch):
    assert kernel() == list(kernels.kernels())[-1] != "numpy"
    assert list(kernels.kernels(None)) == ["numpy"]
    monkeypatch.setitem(sys.modules, "amparo.index._hamming", None)
    monkeypatch.delattr(amparo.index, "_hamming")
    try:
        importlib.reload(kernels)
        assert kernels.KERNEL.name == "numpy"
        assert list(kernels.kernels()) == ["numpy"]
    finally:
        monkeypatch.undo()
        importlib.reload(kernels)
