"""What every hash kind keeps. A new kind needs no line here."""

import ast
from pathlib import Path

import numpy as np
import pytest

import amparo.hashing.kinds
from amparo.errors import BadInput
from amparo.hashing import KINDS, kind_of, parse_value, value_of
from amparo.hashing.vectors import vectors_of
from amparo.hashing.video import FRAME
from amparo.terms.signal import Signal
from tests import make_vectors

FOLDER = Path(amparo.hashing.kinds.__file__).parent
MODULES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")
HEX = pytest.mark.parametrize(
    "kind", [one for one in KINDS.values() if one.over != "frames"], ids=lambda kind: kind.name
)
GIVEN = {
    "pixels": np.zeros((40, 30, 3), np.uint8),
    "frames": [(0, np.zeros((40, 30), np.uint8)), (1000, np.ones((30, 40), np.uint8))],
    "bytes": b"some bytes",
}
EACH = pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)


def test_every_module_is_registered_and_every_kind_has_its_module():
    assert sorted(KINDS) == MODULES


@EACH
def test_has_vectors(kind):
    assert (FOLDER / f"{kind.name}.vectors.json").is_file(), f"add {kind.name}.vectors.json"


@EACH
def test_gives_its_vectors(kind):
    vectors = vectors_of(kind.name)
    assert vectors.source
    assert vectors.at_start >= 3, "the self-test at start needs some"
    for case in vectors.cases:
        hashed = case.hash_with(kind)
        assert (hashed.code, hashed.quality) == (parse_value(kind.name, case.value), case.quality), case.given


@EACH
def test_its_figures_make_sense(kind):
    assert kind.name == kind.name.lower()
    assert kind.bits % 64 == 0
    assert kind.bits <= 512
    assert 0 <= kind.threshold_bits <= kind.threshold_bits_max < kind.bits // 2
    assert kind.is_exact == (kind.threshold_bits_max == 0)
    assert kind.quality_min is None or 0 <= kind.quality_min <= 100
    assert kind_of(kind.name) is kind


@EACH
def test_hashes_to_its_length_alike_each_time(kind):
    given = GIVEN[kind.over]
    first = kind.hash(given)
    assert len(first.code) == (len(given) * FRAME.itemsize if kind.over == "frames" else kind.bits // 8)
    assert (first.quality is None) == (kind.quality_min is None)
    assert kind.hash(given) == first


@EACH
def test_its_values_come_back_as_they_went(kind):
    code = kind.hash(GIVEN[kind.over]).code
    assert parse_value(kind.name, value_of(Signal(kind.name, code))) == code


@HEX
def test_its_values_travel_as_strict_hex(kind):
    code = bytes(0xA0 + place for place in range(kind.bits // 8))
    assert parse_value(kind.name, code.hex()) == code
    good = code.hex()
    for bad in ("", good.upper(), good[:-1], good + "0", good[:-1] + "g", good[:-1] + "\n", good[:-1] + "\uff10"):
        with pytest.raises(BadInput) as caught:
            parse_value(kind.name, bad)
        assert caught.value.slug == "bad_value"
        assert good not in caught.value.text + caught.value.hint


def test_an_unknown_kind_is_named_as_such():
    with pytest.raises(BadInput) as caught:
        parse_value("dhash", "00")
    assert caught.value.slug == "unknown_kind"


@pytest.mark.parametrize("module", MODULES)
def test_kinds_do_not_lean_on_each_other(module):
    tree = ast.parse((FOLDER / f"{module}.py").read_text())
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    assert not [name for name in imported if name and name.startswith("amparo.hashing.kinds")]


@pytest.mark.parametrize("name", ["pdq", "vpdq", "md5", "sha256"])
def test_writing_the_vectors_anew_gives_the_files_that_are_there(name):
    told = make_vectors.vectors()[name]
    assert make_vectors.as_text(told) == (FOLDER / f"{name}.vectors.json").read_text("ascii")
