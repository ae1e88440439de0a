"""The self-test at start finds what is wrong, and quickly. The numpy code serves where the extension is missing."""

import importlib
import json
import sys
import time
from dataclasses import replace

import pytest

import amparo.hashing
from amparo.errors import BadInput, Tampered
from amparo.hashing import KINDS, pdq_kernel, pdq_numpy, self_test, vectors
from amparo.hashing.kind import Hashed
from amparo.hashing.patterns import draw


def test_the_self_test_counts_and_is_quick():
    started = time.process_time()
    ran = self_test()
    assert time.process_time() - started < 0.15
    assert list(ran) == list(KINDS)
    assert ran == {name: vectors.vectors_of(name).at_start for name in KINDS}
    assert ran["pdq"] >= 16


@pytest.mark.parametrize("name", KINDS)
def test_another_value_is_caught(name):
    kind = replace(KINDS[name], hash=lambda given: Hashed(bytes(KINDS[name].bits // 8), 7))
    with pytest.raises(Tampered, match="another value") as caught:
        vectors.self_test([kind])
    assert caught.value.slug == "self_test"


def test_a_kind_that_fails_is_caught():
    def fails(data):
        raise ValueError(data)

    with pytest.raises(Tampered, match="7 of 7"):
        vectors.self_test([replace(KINDS["md5"], hash=fails)])


def given(monkeypatch, tmp_path, text):
    (tmp_path / "md5.vectors.json").write_text(text)
    monkeypatch.setattr(vectors, "files", lambda package: tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"source": "x", "at_start": 1, "cases": [3]}', "\x80"])
def test_malformed_vectors_are_caught(monkeypatch, tmp_path, text):
    given(monkeypatch, tmp_path, text)
    with pytest.raises(Tampered, match="missing or malformed"):
        self_test_md5()


def test_missing_vectors_are_caught(monkeypatch, tmp_path):
    monkeypatch.setattr(vectors, "files", lambda package: tmp_path)
    with pytest.raises(Tampered, match="missing or malformed"):
        self_test_md5()


def self_test_md5():
    return vectors.self_test([KINDS["md5"]])


def test_lost_cases_are_caught(monkeypatch, tmp_path):
    case = {"text": "", "value": "d41d8cd98f00b204e9800998ecf8427e", "at_start": True}
    given(monkeypatch, tmp_path, json.dumps({"source": "x", "at_start": 2, "cases": [case]}))
    with pytest.raises(Tampered, match="1 vectors where there should be 2"):
        self_test_md5()
    given(monkeypatch, tmp_path, json.dumps({"source": "x", "at_start": 0, "cases": []}))
    with pytest.raises(Tampered, match="0 vectors where"):
        self_test_md5()


def test_a_case_for_a_pattern_nobody_draws_is_caught():
    with pytest.raises(BadInput, match="no such pattern"):
        draw("plaid", 0, 8, 8)


def test_without_the_extension_numpy_serves(monkeypatch):
    monkeypatch.setitem(sys.modules, "amparo.hashing._pdq", None)
    monkeypatch.delattr(amparo.hashing, "_pdq")
    try:
        importlib.reload(pdq_kernel)
        assert pdq_kernel.NAME == "numpy"
        assert pdq_kernel.COMPUTE is pdq_numpy.compute
        assert amparo.hashing.kernel() == "numpy"
        assert amparo.hashing.hash_pixels(draw("weave", 1, 65, 64)).quality == 100
    finally:
        monkeypatch.undo()
        importlib.reload(pdq_kernel)
    assert amparo.hashing.kernel() != "numpy"
