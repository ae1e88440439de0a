"""What the tidy tests read: the files of the repository and their syntax trees. Judges nothing."""

import ast
import functools
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE_ROOTS = ("src", "tests", "bench", "docs")


@functools.cache
def files() -> tuple[str, ...]:
    """Every file that is tracked, or would be by `git add .`, as a path from the root."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return tuple(sorted({name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()}))


@functools.cache
def tracked() -> tuple[str, ...]:
    """Every file that is tracked, ignored or not."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    return tuple(name for name in done.stdout.split("\0") if name)


@functools.cache
def modules() -> dict[str, ast.Module]:
    """The Python modules of the code, parsed, by path from the root."""
    names = [name for name in files() if name.endswith(".py") and name.startswith(CODE_ROOTS)]
    return {name: ast.parse((ROOT / name).read_text()) for name in names}


def functions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Every function with its dotted name inside the module, methods and inner ones too."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{prefix}{node.name}", node
            yield from functions(node, f"{prefix}{node.name}.")
        elif isinstance(node, ast.ClassDef):
            yield from functions(node, f"{prefix}{node.name}.")
        else:
            yield from functions(node, prefix)


def dotted(node: ast.AST) -> str:
    """``a.b.c`` of such an expression, "" for any other."""
    if isinstance(node, ast.Attribute):
        left = dotted(node.value)
        return f"{left}.{node.attr}" if left else ""
    return node.id if isinstance(node, ast.Name) else ""
