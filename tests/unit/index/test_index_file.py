"""Saving and loading: all or nothing, shared by mapping, refused when damaged or foreign."""

import hashlib
import struct
from pathlib import Path

import numpy as np
import pytest

from amparo.errors import BadInput, NotFound, Tampered, Unavailable
from amparo.index import HammingIndex, file


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
    limits, ids, _ = index.search(np.zeros((1, 16), np.uint8), 128)
    assert limits[-1] == 4
    book = index._book.now
    for number in ids.tolist():
        row = book.rows_of(np.array([number]))
        other.add(np.array([number]), book.codes[row].view(np.uint8))
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
    assert not loaded._book.now.codes.flags.writeable
    loaded.remove(np.array([3]))
    loaded.add(np.array([5, 80]), np.zeros((2, 16), np.uint8))
    assert loaded.search(np.zeros((1, 16), np.uint8), 0)[1].tolist() == [5, 80]
    assert len(loaded) == 4
    assert (tmp_path / "a").read_bytes() == before
    loaded.save(tmp_path / "a")
    assert HammingIndex.load(tmp_path / "a").digest() == loaded.digest()


def sealed(version=1, bits=64, count=2, body=b""):
    head = struct.pack("<8sIIQ8x", b"AMPAROHX", version, bits, count)
    return head + hashlib.sha256(head + body).digest() + body


TWO = np.array([1, 2], np.int64).tobytes() + bytes(16)


@pytest.mark.parametrize(
    ("content", "error", "slug"),
    [
        (b"", BadInput, "not_an_index"),
        (b"GIF89a", BadInput, "not_an_index"),
        (b"AMPAROHX", Tampered, "index_damaged"),
        (sealed(body=TWO)[:-1], Tampered, "index_damaged"),
        (sealed(body=TWO) + b"0", Tampered, "index_damaged"),
        (sealed(body=TWO)[:-1] + b"1", Tampered, "index_damaged"),
        (sealed(version=2, body=TWO), BadInput, "not_an_index"),
        (sealed(bits=65, body=TWO), Tampered, "index_damaged"),
        (sealed(bits=0, body=TWO), Tampered, "index_damaged"),
        (sealed(bits=2**31, body=TWO), Tampered, "index_damaged"),
        (sealed(count=2**63, body=TWO), Tampered, "index_damaged"),
        (sealed(body=np.array([2, 2]).tobytes() + bytes(16)), Tampered, "index_damaged"),
        (sealed(body=np.array([-2, 2]).tobytes() + bytes(16)), Tampered, "index_damaged"),
    ],
)
def test_other_files_are_refused(content, error, slug, tmp_path):
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(error) as caught:
        HammingIndex.load(tmp_path / "a")
    assert caught.value.slug == slug


def test_the_layout_is_the_documented_one(tmp_path):
    (tmp_path / "a").write_bytes(sealed(body=TWO))
    assert len(HammingIndex.load(tmp_path / "a")) == 2


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
