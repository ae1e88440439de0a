"""Tests do not go quiet: every skip says why, and mocks stay in tests/unit. Which skips CI allows: tests/skips.toml."""

import ast

import pytest

from tests.tidy.tree import dotted, modules

QUIET = {"skip", "skipif", "xfail", "importorskip", "skipTest"}


def silent(tree: ast.AST) -> list[int]:
    """Lines where a test is skipped, or expected to fail, without a reason."""
    called = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    lines = []
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and node.attr in QUIET
            and dotted(node).startswith(("pytest.", "unittest.", "self."))
        ):
            call = called.get(id(node))
            if call is None or not any(is_text(given) for given in reasons(call, node.attr)):
                lines.append(node.lineno)
    return lines


def reasons(call: ast.Call, verb: str) -> list[ast.expr]:
    """What may be the reason: named so, or the first argument of a plain skip."""
    named = [word.value for word in call.keywords if word.arg in ("reason", "msg")]
    return named + (call.args[:1] if verb in ("skip", "skipTest") else [])


def is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) > 8
    )


def test_every_skip_gives_its_reason():
    found = [f"{name}:{line}" for name, tree in modules().items() for line in silent(tree)]
    assert not found, f"say why, in words: {found}"


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("pytest.skip()", [1]),
        ("pytest.skip('no')", [1]),
        ("pytest.skip('there is no compiler here')", []),
        ("@pytest.mark.skip\ndef test(): pass", [1]),
        ("@pytest.mark.skipif(True, reason='only on Linux')\ndef test(): pass", []),
        ("@pytest.mark.skipif(True)\ndef test(): pass", [1]),
        ("@pytest.mark.xfail\ndef test(): pass", [1]),
        ("x = pytest.importorskip('av')", [1]),
    ],
)
def test_the_rule_sees_what_it_is_for(code, lines):
    assert silent(ast.parse(code)) == lines


def test_mocks_stay_in_unit_tests():
    found = [
        name
        for name, tree in modules().items()
        if not name.startswith("tests/unit/")
        for node in ast.walk(tree)
        if (isinstance(node, ast.ImportFrom) and (node.module or "").startswith(("unittest.mock", "mock")))
        or (
            isinstance(node, ast.ImportFrom)
            and node.module == "unittest"
            and "mock" in {alias.name for alias in node.names}
        )
        or (isinstance(node, ast.Import) and any(alias.name in ("unittest.mock", "mock") for alias in node.names))
    ]
    assert not found, f"use the real thing, or an in-memory twin with fault hooks: {found}"
