"""Saving and loading: all or nothing, shared by mapping, refused when damaged or foreign."""

import hashlib
import struct
from pathlib import Path

import numpy as np
import pytest

from amparo.errors import BadInput, NotFound, Tampered, Unavailable
from amparo.index import HammingIndex, file
from amparo.index.kernels import kernels
from amparo.index.spread import order_of


@pytest.fixture
def index():
    made = HammingIndex(128)
    rng = np.random.default_rng(1)
    made.add(np.array([5, 3, 9, 70, 1]), rng.integers(0, 256, (5, 16)).astype(np.uint8))
    made.remove(np.array([70]))
    return made


def test_round_trip(index, tmp_path):
    index.save(tmp_path / "a")
    index.save(str(tmp_path / "a"))
    loaded = HammingIndex.load(str(tmp_path / "a"))
    assert (len(loaded), loaded.bits, loaded.digest()) == (4, 128, index.digest())
    everything = np.zeros((1, 16), np.uint8)
    assert all(np.array_equal(a, b) for a, b in zip(loaded.search(everything, 128), index.search(everything, 128), strict=True))  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_the_same_content_gives_the_same_file(index, tmp_path):
    other = HammingIndex(128)
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 256, (5, 16)).astype(np.uint8)
    for row, number in ((1, 3), (4, 1), (2, 9), (0, 5)):
        other.add(np.array([number]), codes[row : row + 1])
    index.save(tmp_path / "a")
    other.save(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_an_empty_one(tmp_path):
    HammingIndex(256).save(tmp_path / "a")
    loaded = HammingIndex.load(tmp_path / "a")
    loaded.add(np.array([1]), np.zeros((1, 32), np.uint8))
    assert (len(loaded), loaded.bits) == (1, 256)


def test_a_loaded_one_can_change_and_its_file_stays(index, tmp_path):
    index.save(tmp_path / "a")
    before = (tmp_path / "a").read_bytes()
    loaded = HammingIndex.load(tmp_path / "a")
    assert not loaded._tiers.now.segments[0].table.codes.flags.writeable
    loaded.remove(np.array([3]))
    loaded.add(np.array([5, 80]), np.zeros((2, 16), np.uint8))
    assert loaded.search(np.zeros((1, 16), np.uint8), 0)[1].tolist() == [5, 80]
    assert len(loaded) == 4
    assert (tmp_path / "a").read_bytes() == before
    loaded.save(tmp_path / "a")
    assert HammingIndex.load(tmp_path / "a").digest() == loaded.digest()


def sealed(version=2, bits=64, count=2, body=None, order=None, lengths=None):
    """A file as docs/index-format.md has it, without a ring."""
    ids, codes = TWO if body is None else body
    lengths = lengths or (len(ids), len(codes), 0, 0, 0)
    page, at, parts = struct.pack("<8sIIQQ", b"AMPAROHX", version, bits, count, 7), 4096, {}
    for length, part in zip(lengths, (ids, codes, b"", b"", b""), strict=True):
        at = -(-at // 4096) * 4096
        page += struct.pack("<QQ32s", at, length, hashlib.sha256(part).digest())
        parts[at] = part
        at += length
    kept = min(bits, 512) // 64 * 64
    page += (order_of(kept) if order is None else order).astype("<u2").tobytes()
    page = page.ljust(4064, b"\0")
    whole = bytearray((page + hashlib.sha256(page).digest()).ljust(at, b"\0"))
    for place, part in parts.items():
        whole[place : place + len(part)] = part
    return bytes(whole)


TWO = np.array([1, 2], np.int64).tobytes(), bytes(16)


@pytest.mark.parametrize(
    ("content", "error", "slug"),
    [
        (b"", BadInput, "not_an_index"),
        (b"GIF89a", BadInput, "not_an_index"),
        (b"AMPAROHX", Tampered, "index_damaged"),
        (sealed()[:4000], Tampered, "index_damaged"),
        (sealed()[:-1], Tampered, "index_damaged"),
        (sealed() + b"0", Tampered, "index_damaged"),
        (sealed()[:-1] + b"1", Tampered, "index_damaged"),
        (sealed(version=1), BadInput, "not_an_index"),
        (sealed(version=3), BadInput, "not_an_index"),
        (sealed(bits=65), Tampered, "index_damaged"),
        (sealed(bits=0), Tampered, "index_damaged"),
        (sealed(bits=2**31), Tampered, "index_damaged"),
        (sealed(count=3), Tampered, "index_damaged"),
        (sealed(count=2**63), Tampered, "index_damaged"),
        (sealed(order=np.arange(64)), BadInput, "not_an_index"),
        (sealed(body=(np.array([2, 2]).tobytes(), bytes(16))), Tampered, "index_damaged"),
        (sealed(body=(np.array([-2, 2]).tobytes(), bytes(16))), Tampered, "index_damaged"),
    ],
)
def test_other_files_are_refused(content, error, slug, tmp_path):
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(error) as caught:
        HammingIndex.load(tmp_path / "a")
    assert caught.value.slug == slug


def test_the_layout_is_the_documented_one(tmp_path):
    (tmp_path / "a").write_bytes(sealed())
    index = HammingIndex.load(tmp_path / "a")
    assert (len(index), index.digest(), file.head_of(tmp_path / "a").digest) == (2, 7, 7)
    HammingIndex.verify(tmp_path / "a")


@pytest.fixture(scope="module")
def with_ring(tmp_path_factory):
    """A file with a ring, and what its index answers."""
    rng, index = np.random.default_rng(2), HammingIndex(256)
    codes = rng.integers(0, 256, (20_000, 32)).astype(np.uint8)
    index.add(np.arange(20_000) * 3, codes)
    path = tmp_path_factory.mktemp("ring") / "a"
    index.save(path)
    asked = codes[::1000] ^ np.uint8(1)
    return path, asked, [part.tolist() for part in index.search(asked, 40)]


def test_a_mapped_ring_answers_the_same_and_takes_changes(with_ring):
    path, asked, due = with_ring
    HammingIndex.verify(path)
    for one in kernels().values():
        index = HammingIndex.load(path, one)
        assert [part.tolist() for part in index.search(asked, 40)] == due
        index.remove(np.array([0]))
        index.add(np.array([0]), asked[:1])
        assert index.search(asked[:1], 0)[1].tolist() == [0]


@pytest.mark.parametrize("name", ["ids", "codes", "offsets", "following", "rows"])
def test_damage_in_a_large_file_is_found_on_demand_and_never_a_crash(with_ring, name, tmp_path, monkeypatch):
    path, asked, _ = with_ring
    monkeypatch.setattr(file, "CHECKED_MAX", 0)  # as if it were large
    at, length, _ = file.head_of(path).sections[name]
    whole = bytearray(path.read_bytes())
    rng = np.random.default_rng(9)
    whole[at : at + length] = rng.integers(0, 256, length).astype(np.uint8).tobytes()
    (tmp_path / "a").write_bytes(whole)
    with pytest.raises(Tampered) as caught:
        HammingIndex.verify(tmp_path / "a")
    assert caught.value.slug == "index_damaged"
    if name == "offsets":
        with pytest.raises(Tampered):
            HammingIndex.load(tmp_path / "a")
        return
    for one in kernels().values():
        index = HammingIndex.load(tmp_path / "a", one)
        for radius in (0, 31, 52, 256):
            limits, ids, _ = index.search(asked, radius)
            assert limits[-1] == len(ids)


def test_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(NotFound) as caught:
        HammingIndex.load(tmp_path / "none")
    assert caught.value.slug == "index_missing"
    with pytest.raises(BadInput) as caught:
        HammingIndex.load(tmp_path)
    assert caught.value.slug == "not_an_index"


def test_a_failed_save_leaves_the_old_file_and_no_other(index, tmp_path, monkeypatch):
    index.save(tmp_path / "a")
    before = (tmp_path / "a").read_bytes()
    index.remove(np.array([3]))

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(file.os, "fsync", full)
    with pytest.raises(Unavailable, match="No space left") as caught:
        index.save(tmp_path / "a")
    assert caught.value.slug == "index_not_saved"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_bytes() == before


def test_a_save_into_nowhere(index, tmp_path):
    with pytest.raises(Unavailable):
        index.save(tmp_path / "no" / "folder")
    assert not list(Path(tmp_path).iterdir())
