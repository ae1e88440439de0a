"""Laws of the index: distance is a metric, answers are those of the plain sum, whatever was added, removed, replaced, saved."""

import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from amparo.errors import AmparoError
from amparo.index import ExactIndex, HammingIndex
from amparo.index.digest import digest_of
from amparo.index.kernels import kernels

BITS = (64, 128, 256, 512)
KERNELS = kernels()


def codes_of(rng, n, size, flips=40):
    """Codes near a few centres, so that all distances occur and some codes are equal."""
    centres = rng.integers(0, 256, (3, size)).astype(np.uint8)
    bits = np.unpackbits(centres[rng.integers(0, 3, n)], axis=1)
    for row in bits:
        row[rng.integers(0, size * 8, rng.integers(0, flips))] ^= 1
    return np.packbits(bits, axis=1)


def distances(a, b):
    return np.unpackbits(a[:, None] ^ b[None], axis=2).sum(axis=2)


def brute(held, queries, radius):
    """For each query the (distance, id) pairs within the radius, sorted; the plainest way to say it."""
    return [
        sorted((d, i) for i, code in held.items() if (d := int(np.unpackbits(code ^ query).sum())) <= radius)
        for query in queries
    ]


def told(limits, ids, dist):
    return [list(zip(dist[a:b].tolist(), ids[a:b].tolist(), strict=True)) for a, b in pairwise(limits.tolist())]


seeds = st.integers(0, 2**32 - 1)


@given(seeds, st.sampled_from(BITS), st.integers(0, 60), st.integers(0, 9), st.integers(0, 520))
def test_every_kernel_is_the_plain_sum(seed, bits, n, m, radius):
    rng = np.random.default_rng(seed)
    codes, queries = codes_of(rng, n, bits // 8), codes_of(rng, m, bits // 8)
    expected = brute(dict(enumerate(codes)), queries, radius)
    for kernel in KERNELS.values():
        index = HammingIndex(bits, kernel)
        index.add(np.arange(n), codes)
        assert told(*index.search(queries, radius)) == expected
        for k in (0, 1, 3, n + 2):
            ids, far = index.nearest(queries, k)
            whole = brute(dict(enumerate(codes)), queries, bits)
            want = [[*one[:k], *[(65535, -1)] * (k - len(one))] for one in whole]
            assert [list(zip(a, b, strict=True)) for a, b in zip(far.tolist(), ids.tolist(), strict=True)] == want


@given(seeds, st.sampled_from(BITS))
def test_the_distance_is_a_metric(seed, bits):
    rng = np.random.default_rng(seed)
    codes = codes_of(rng, 6, bits // 8)
    index = HammingIndex(bits)
    index.add(np.arange(6), codes)
    limits, ids, dist = index.search(codes, radius_bits=bits)
    d = np.empty((6, 6), int)
    d[np.repeat(np.arange(6), np.diff(limits)), ids] = dist
    assert (np.diag(d) == 0).all()
    assert (d == d.T).all()
    assert ((d == 0) == (codes[:, None] == codes[None]).all(axis=2)).all()
    assert (d[:, None, :] <= d[:, :, None] + d[None]).all()


@given(seeds, st.permutations(range(12)))
def test_the_digest_has_no_order_and_sees_every_bit(seed, order):
    rng = np.random.default_rng(seed)
    ids, codes = np.arange(12), codes_of(rng, 12, 32).view(np.uint64)
    first = digest_of(ids, codes)
    assert digest_of(ids[list(order)], codes[list(order)]) == first
    changed = codes.copy()
    changed[rng.integers(12), rng.integers(4)] ^= np.uint64(1) << np.uint64(rng.integers(64))
    assert digest_of(ids, changed) != first
    assert digest_of(ids + 1, codes) != first


class Life(RuleBasedStateMachine):
    """Two indexes and a dictionary live through the same changes; each must tell the same."""

    @initialize(bits=st.sampled_from(BITS), seed=seeds)
    def begin(self, bits, seed):
        self.rng = np.random.default_rng(seed)
        self.size = bits // 8
        self.near, self.same = HammingIndex(bits), ExactIndex(bits)
        self.pool = codes_of(self.rng, 40, self.size)
        self.held = {}

    @rule(ids=st.lists(st.integers(0, 50), max_size=30))
    def add(self, ids):
        codes = self.pool[self.rng.integers(0, len(self.pool), len(ids))]
        self.held |= dict(zip(ids, codes, strict=True))
        for index in (self.near, self.same):
            index.add(np.array(ids, np.int64), codes)

    @rule(ids=st.lists(st.integers(0, 60), max_size=30))
    def remove(self, ids):
        for number in ids:
            self.held.pop(number, None)
        for index in (self.near, self.same):
            index.remove(np.array(ids, np.int64))

    @rule()
    def save_and_load(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "index"
            self.near.save(path)
            self.near = HammingIndex.load(path)

    @rule(radius=st.integers(0, 520), m=st.integers(0, 9))
    def search(self, radius, m):
        queries = self.pool[self.rng.integers(0, len(self.pool), m)]
        assert told(*self.near.search(queries, radius)) == brute(self.held, queries, radius)
        limits, ids = self.same.search(queries)
        assert told(limits, ids, np.zeros(len(ids), int)) == brute(self.held, queries, 0)

    @invariant()
    def they_agree(self):
        assert len(self.near) == len(self.same) == len(self.held)
        assert self.near.digest() == self.same.digest()
        ids = np.array(sorted(self.held), np.int64)
        codes = np.array([self.held[i] for i in ids.tolist()], np.uint8).reshape(len(ids), self.size)
        assert self.near.digest() == digest_of(ids, codes.view(np.uint64)) % 2**64


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    index = HammingIndex(128)
    index.add(np.arange(0, 60, 3), codes_of(np.random.default_rng(5), 20, 16))
    path = tmp_path_factory.mktemp("saved") / "index"
    index.save(path)
    return path.read_bytes(), index.digest()


@given(st.data())
def test_a_damaged_file_is_refused_and_never_crashes(saved, data):
    whole, digest = saved
    broken = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        broken[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    broken = bytes(broken)[: data.draw(st.integers(0, len(whole)))] + data.draw(st.binary(max_size=9))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index"
        path.write_bytes(broken)
        try:
            index = HammingIndex.load(path)
        except AmparoError as error:
            assert error.slug in {"not_an_index", "index_damaged"}  # noqa: PT017 - any of the two, and nothing else
        else:
            assert broken == whole
            assert index.digest() == digest


@given(st.binary(max_size=400))
def test_any_bytes_are_refused(foreign):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index"
        path.write_bytes(foreign)
        with pytest.raises(AmparoError):
            HammingIndex.load(path)
