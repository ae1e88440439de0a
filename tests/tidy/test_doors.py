"""Doors that neither import-linter nor ruff can close by module: parts of modules, and calls. The rest: test_floors.py."""

import ast
from collections.abc import Iterator

import pytest

from tests.tidy.tree import dotted, modules

# what it is -> who may use it, and what to use instead
MODULES = {
    "urllib.request": ("wire", "only wire opens connections"),
    "http.client": ("wire", "only wire opens connections"),
    "http.server": ("", "uvicorn serves"),
    "concurrent.futures.process": ("", "its queues are pickle: fixed binary frames instead"),
    "logging.handlers": ("", "its socket handlers are pickle"),
}
CALLS = {
    "asyncio.open_connection": ("wire", "only wire opens connections"),
    "asyncio.start_server": ("app", "only app listens"),
    "__import__": ("", "import by name, so that the floors see it"),
}
ATTRIBUTES = {
    "create_connection": ("wire", "only wire opens connections"),
    "create_datagram_endpoint": ("wire", "only wire opens connections"),
    "sock_connect": ("wire", "only wire opens connections"),
    "ProcessPoolExecutor": ("", "its queues are pickle: fixed binary frames instead"),
}


def room_of(name: str) -> str:
    parts = name.split("/")
    return parts[2] if len(parts) > 3 else ""


def opened(tree: ast.AST) -> Iterator[tuple[str, int, str, str]]:
    """What of the tables above the code uses, the line, who may, and the reason."""
    for node in ast.walk(tree):
        for name in imported(node):
            for module, (room, why) in MODULES.items():
                if name == module or name.startswith(f"{module}."):
                    yield module, node.lineno, room, why
            if (last := name.rpartition(".")[2]) in ATTRIBUTES:
                yield last, node.lineno, *ATTRIBUTES[last]
        if isinstance(node, ast.Call) and dotted(node.func) in CALLS:
            yield dotted(node.func), node.lineno, *CALLS[dotted(node.func)]
        if isinstance(node, ast.Attribute) and node.attr in ATTRIBUTES:
            yield node.attr, node.lineno, *ATTRIBUTES[node.attr]
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle" and not is_false(node.value):
            yield "allow_pickle", node.value.lineno, "", "what runs code when it is read is not read"


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level:
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def test_doors_are_shut():
    found = [
        f"{name}:{line} uses {what}: {why}"
        for name, tree in modules().items()
        if name.startswith("src/")
        for what, line, room, why in opened(tree)
        if room_of(name) != room
    ]
    assert not found, "\n".join(found)


def test_relative_imports_do_not_hide():
    found = [
        f"{name}:{node.lineno}"
        for name, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert not found, f"import by the whole name: {found}"


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("import urllib.request", "urllib.request"),
        ("from urllib import request", "urllib.request"),
        ("from urllib.request import urlopen", "urllib.request"),
        ("import http.client as h", "http.client"),
        ("def f():\n    from http import client", "http.client"),
        ("await_ = asyncio.open_connection('a', 1)", "asyncio.open_connection"),
        ("loop.create_connection(f)", "create_connection"),
        ("from concurrent.futures import ProcessPoolExecutor", "ProcessPoolExecutor"),
        ("numpy.load(p, allow_pickle=True)", "allow_pickle"),
        ("__import__('os')", "__import__"),
    ],
)
def test_the_rule_sees_what_it_is_for(code, what):
    assert [found[0] for found in opened(ast.parse(code))] == [what]


@pytest.mark.parametrize(
    "code", ["from urllib.parse import urlsplit", "from http import HTTPStatus", "numpy.load(p, allow_pickle=False)"]
)
def test_the_rule_leaves_the_rest_alone(code):
    assert not list(opened(ast.parse(code)))
