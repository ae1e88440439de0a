"""House §6: how long a module and a function may be, how many parameters one takes. What is over stands in ratchet.toml."""

import ast
import tomllib

from tests.tidy.tree import ROOT, files, functions, modules

LIMITS = {"module_lines": 450, "function_lines": 70, "parameters": 5}
MODULE_ENDINGS = (".py", ".c", ".h", ".js", ".mjs", ".css", ".sh")
EXCEPTIONS = tomllib.loads((ROOT / "tests/tidy/ratchet.toml").read_text()).get("over", [])


def parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many it takes, the instance or class not counted."""
    named = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return len([argument for argument in named if argument.arg not in ("self", "cls")])


def sizes() -> dict[tuple[str, str], int]:
    """Every figure that has a limit, by where it stands and which limit it is."""
    found = {}
    for name in files():
        if name.endswith(MODULE_ENDINGS) or name == "amparo":
            found[name, "module_lines"] = len((ROOT / name).read_text().splitlines())
    for name, tree in modules().items():
        for inside, node in functions(tree):
            found[f"{name}::{inside}", "function_lines"] = node.end_lineno - node.lineno + 1
            if not name.startswith("tests/"):  # a test takes as many fixtures as it needs
                found[f"{name}::{inside}", "parameters"] = parameters(node)
    return found


def over() -> dict[tuple[str, str], int]:
    return {key: size for key, size in sizes().items() if size > LIMITS[key[1]]}


def test_nothing_is_over_its_limit_but_what_the_ratchet_lists():
    listed = {(entry["where"], entry["limit"]) for entry in EXCEPTIONS}
    too_big = [
        f"{where}: {size} {limit}, at most {LIMITS[limit]}"
        for (where, limit), size in over().items()
        if (where, limit) not in listed
    ]
    assert not too_big, "split them:\n" + "\n".join(too_big)


def test_the_ratchet_only_shrinks():
    found = over()
    for entry in EXCEPTIONS:
        key = (entry["where"], entry["limit"])
        assert key in found, f"{key} is no longer over: take it out of ratchet.toml"
        assert found[key] == entry["is"], f"{key} is {found[key]} now, ratchet.toml says {entry['is']}"
        assert len(entry["reason"]) > 20, f"{key} needs its reason"


def test_every_module_says_what_it_is():
    silent = [name for name, tree in modules().items() if tree.body and not ast.get_docstring(tree)]
    assert not silent, f"begin with a docstring: what it is, then what it is not: {silent}"
