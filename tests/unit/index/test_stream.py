"""The stream scan: every kernel, the exact way and the index on the wanted side find what brute force finds, and no more than asked."""

import importlib
import sys

import numpy as np
import pytest

from amparo.errors import BadInput, TooLarge
from amparo.index import stream

RANDOM = np.random.default_rng(40)
MANY = 1_000_000


def brute(rows: np.ndarray, wanted: np.ndarray, radius: int) -> list[tuple[int, int, int]]:
    """(row, wanted, distance), by row, nearest, wanted."""
    found = []
    for row, code in enumerate(rows):
        distances = np.unpackbits(wanted ^ code, axis=1).sum(axis=1)
        near = [(row, int(w), int(distances[w])) for w in np.flatnonzero(distances <= radius)]
        found += sorted(near, key=lambda hit: (hit[2], hit[1]))
    return found


def planted(rows: int, wanted: int, radius: int, bits: int = 256) -> tuple[np.ndarray, np.ndarray]:
    """Random codes; every third stored one stands at radius - 1, radius or radius + 1 bits from a wanted one."""
    stored = RANDOM.integers(0, 256, (rows, bits // 8), dtype=np.uint8)
    codes = RANDOM.integers(0, 256, (wanted, bits // 8), dtype=np.uint8)
    for row in range(0, rows, 3):
        flips = np.zeros(bits, np.uint8)
        flips[RANDOM.permutation(bits)[: max(0, radius + row // 3 % 3 - 1)]] = 1
        stored[row] = codes[row % wanted] ^ np.packbits(flips)
    return stored, codes


def tuples(hits: np.ndarray) -> list[tuple[int, int, int]]:
    return [tuple(map(int, hit)) for hit in hits]


@pytest.mark.parametrize("name", list(stream.kernels()))
@pytest.mark.parametrize("radius", [1, 15, 31, 36, 37, 52, 64])
@pytest.mark.parametrize(("rows", "wanted"), [(1, 1), (15, 2), (16, 1), (31, 3), (32, 1), (33, 40), (300, 7)])
def test_every_kernel_finds_what_brute_force_finds(
    monkeypatch: pytest.MonkeyPatch, name: str, radius: int, rows: int, wanted: int
) -> None:
    monkeypatch.setattr(stream, "SCAN", stream.kernels()[name])
    stored, codes = planted(rows, wanted, radius)
    hits = tuples(stream.Wanted(codes, radius).found(stored, MANY))
    assert hits == brute(stored, codes, radius)
    assert hits


@pytest.mark.parametrize("indexed_min", [1, MANY])
@pytest.mark.parametrize("bits", [64, 128, 256, 512])
@pytest.mark.parametrize("radius", [0, 1, 9, 31])
def test_codes_of_any_length_by_index_or_by_passing_them_all(indexed_min: int, bits: int, radius: int) -> None:
    stored, codes = planted(120, 9, radius, bits)
    hits = tuples(stream.Wanted(codes, radius, indexed_min).found(stored, MANY))
    assert hits == brute(stored, codes, radius)
    assert hits


def test_many_wanted_codes_are_indexed_and_found_all_the_same() -> None:
    stored, codes = planted(40, stream.INDEXED_MIN + 1, 31)
    wanted = stream.Wanted(codes, 31)
    assert wanted._index is not None
    assert tuples(wanted.found(stored, MANY)) == brute(stored, codes, 31)
    assert stream.Wanted(codes[1:-1], 31)._index is None


def test_equal_codes_are_all_named() -> None:
    code = np.arange(32, dtype=np.uint8)[None]
    for radius, indexed_min in ((0, MANY), (3, MANY), (3, 1)):
        wanted = stream.Wanted(np.repeat(code, 3, axis=0), radius, indexed_min)
        assert tuples(wanted.found(np.repeat(code, 2, axis=0), MANY)) == [
            (row, which, 0) for row in range(2) for which in range(3)
        ]


def test_codes_that_share_their_first_word_are_told_apart() -> None:
    codes = np.zeros((4, 16), np.uint8)
    codes[:, 15] = range(4)
    assert tuples(stream.Wanted(codes[1:3], 0).found(codes, MANY)) == [(1, 0, 0), (2, 1, 0)]


def test_where_nothing_is_equal_nothing_is_found() -> None:
    codes = np.arange(64, dtype=np.uint8).reshape(4, 16)
    assert len(stream.Wanted(codes[:2], 0).found(codes[2:], MANY)) == 0


def test_the_index_goes_over_the_rows_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "INDEXED_ROWS", 7)
    stored, codes = planted(50, 5, 31)
    assert tuples(stream.Wanted(codes, 31, 1).found(stored, MANY)) == brute(stored, codes, 31)


def test_nothing_wanted_or_nothing_stored_finds_nothing() -> None:
    none, some = np.empty((0, 32), np.uint8), np.zeros((2, 32), np.uint8)
    for wanted, rows in ((none, some), (some, none)):
        assert len(stream.Wanted(wanted, 31).found(rows, MANY)) == 0
        assert len(stream.Wanted(wanted, 0).found(rows, MANY)) == 0


@pytest.mark.parametrize("name", list(stream.kernels()))
@pytest.mark.parametrize(("radius", "indexed_min"), [(0, MANY), (2, MANY), (2, 1)])
def test_one_hit_over_the_most_is_an_error(
    monkeypatch: pytest.MonkeyPatch, name: str, radius: int, indexed_min: int
) -> None:
    monkeypatch.setattr(stream, "SCAN", stream.kernels()[name])
    wanted = stream.Wanted(np.zeros((3, 32), np.uint8), radius, indexed_min)
    rows = np.zeros((40, 32), np.uint8)
    assert len(wanted.found(rows, 120)) == 120
    with pytest.raises(TooLarge) as caught:
        wanted.found(rows, 119)
    assert caught.value.slug == "too_many_hits"


def test_what_is_no_code_is_refused() -> None:
    with pytest.raises(BadInput):
        stream.Wanted(np.zeros((1, 5), np.uint8), 31)
    with pytest.raises(BadInput):
        stream.Wanted(np.zeros((1, 32), np.uint8), -1)
    with pytest.raises(BadInput):
        stream.Wanted(np.zeros((1, 32), np.uint8), 31).found(np.zeros((1, 16), np.uint8), MANY)


def test_without_the_extension_numpy_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "amparo.index._stream", None)
    monkeypatch.delattr("amparo.index._stream", raising=False)
    try:
        importlib.reload(stream)
        assert stream.NAME == "numpy"
        assert list(stream.kernels()) == ["numpy"]
    finally:
        monkeypatch.undo()
        importlib.reload(stream)
    assert stream.NAME != "numpy"


def test_the_extension_refuses_what_does_not_fit() -> None:
    extension = stream.EXTENSION
    assert extension is not None, "build the kernels: pip install -e ."
    code = bytes(32)
    for rows, wanted, hits_max, variant in ((code + b"1", code, 1, 0), (code, b"", -1, 0), (code, code, 1, 99), (code, code, 1, -2)):  # fmt: skip
        with pytest.raises(ValueError, match="do not fit"):
            extension.scan(rows, wanted, 1, hits_max, variant)
