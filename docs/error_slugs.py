"""Reads from the code which errors it makes: classes, statuses, slugs, texts. Runs none of it and writes nothing."""
# ruff: noqa: INP001 - a script beside the pages it writes, no package

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "amparo"


@dataclass(frozen=True)
class ErrorClass:
    """A class of the error tree with the statuses it stands for, inherited ones included."""

    name: str
    http_status: int
    exit_status: int


@dataclass(frozen=True, order=True)
class Slug:
    """One slug as one class gives it. text: what its reader is told, ``…`` where a value stands; "" where it is made elsewhere."""

    slug: str
    error: str
    text: str


class Inlined(ast.NodeTransformer):
    """Puts the value in place of the name of a text constant, where all constants of that name have one value."""

    def __init__(self, trees: Iterable[ast.Module]) -> None:
        values: dict[str, set[str]] = {}
        for tree in trees:
            for name, given in assignments(tree.body):
                if value := _words(given):
                    values.setdefault(name, set()).add(value)
        self.known = {name: found.pop() for name, found in values.items() if name.isupper() and len(found) == 1}

    def _put(self, node: ast.Name | ast.Attribute) -> ast.expr:
        name = last_name(node)
        if name in self.known and isinstance(node.ctx, ast.Load):
            return ast.copy_location(ast.Constant(self.known[name]), node)
        return node

    visit_Name = visit_Attribute = _put  # noqa: N815 - names the library asks for


def modules() -> dict[Path, ast.Module]:
    """Every module of the source, parsed, its text constants put in place, in the order of their paths."""
    return inlined({path: ast.parse(path.read_text()) for path in sorted(SOURCE.rglob("*.py"))})


def inlined(trees: dict[Path, ast.Module]) -> dict[Path, ast.Module]:
    """The same trees with text constants put in place of their names."""
    inline = Inlined(trees.values())
    return {path: inline.visit(tree) for path, tree in trees.items()}


def assignments(body: Iterable[ast.stmt]) -> Iterator[tuple[str, ast.expr | None]]:
    """Name and value of each plain assignment, annotated or not."""
    for line in body:
        if isinstance(line, ast.Assign):
            yield last_name(line.targets[0]), line.value
        elif isinstance(line, ast.AnnAssign):
            yield last_name(line.target), line.value


def error_classes(trees: dict[Path, ast.Module]) -> dict[str, ErrorClass]:
    """The error tree: AmparoError and all that stand under it, wherever they are defined."""
    defined = [node for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    found: dict[str, ErrorClass] = {}
    grew = True
    while grew:
        grew = False
        for node in defined:
            parents = [found[name] for base in node.bases if (name := last_name(base)) in found]
            if node.name not in found and (parents or node.name == "AmparoError"):
                found[node.name] = _with_own_statuses(node, parents[0] if parents else ErrorClass("", 500, 1))
                grew = True
    return found


def _with_own_statuses(node: ast.ClassDef, parent: ErrorClass) -> ErrorClass:
    own = {"http_status": parent.http_status, "exit_status": parent.exit_status}
    for name, value in assignments(node.body):
        if name in own and isinstance(value, ast.Constant) and isinstance(value.value, int):
            own[name] = value.value
    return ErrorClass(node.name, **own)


def slugs(trees: dict[Path, ast.Module]) -> list[Slug]:
    """Every slug an error is made with. Raises: ValueError naming the place of one that cannot be read from the code."""
    classes = error_classes(trees)
    found: set[Slug] = set()
    for path, tree in trees.items():
        for function, call in _calls(tree):
            error = last_name(call.func)
            if error not in classes or not call.args:
                continue
            slug, text = call.args[0], call.args[1] if len(call.args) > 1 else None
            if literal := _words(slug):
                found.add(Slug(literal, error, _words(text)))
            elif through := list(_handed_in(trees, tree, function, slug)):
                found.update(Slug(name, error, said or _words(text)) for name, said in through)
            else:
                raise ValueError(f"{path.relative_to(ROOT)}:{call.lineno}: write the slug of this {error} as a literal")
    return sorted(found)


def _calls(tree: ast.AST, function: ast.FunctionDef | None = None) -> Iterator[tuple[ast.FunctionDef | None, ast.Call]]:
    """Every call with the function it stands in."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Call):
            yield function, node
        yield from _calls(node, node if isinstance(node, ast.FunctionDef) else function)


def _handed_in(
    trees: dict[Path, ast.Module], tree: ast.Module, function: ast.FunctionDef | None, slug: ast.expr
) -> Iterator[tuple[str, str]]:
    """Slug and text where the slug is a parameter: from the table the function looks it up in, else from who calls it."""
    names = [argument.arg for argument in function.args.args] if function else []
    if function is None or not isinstance(slug, ast.Name) or slug.id not in names:
        return
    tables = {
        node.value.id
        for node in ast.walk(function)
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and last_name(node.slice) == slug.id
    }
    for name, table in assignments(tree.body):
        if name in tables and isinstance(table, ast.Dict):
            for key, value in zip(table.keys, table.values, strict=True):
                if not _words(key):
                    raise ValueError(f"a key of {name} is no literal slug")
                yield _words(key), _words(value.elts[0] if isinstance(value, ast.Tuple) else value)
    if tables:
        return
    place = names.index(slug.id)
    for other in trees.values():
        for _, call in _calls(other):
            if last_name(call.func) == function.name:
                given = [*call.args[place : place + 1], *(word.value for word in call.keywords if word.arg == slug.id)]
                yield from ((literal, "") for value in given if (literal := _words(value)))


def last_name(node: ast.AST | None) -> str:
    """``c`` of ``a.b.c`` and of ``c``; "" for what has no name."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _words(node: ast.AST | None) -> str:
    """A literal text, with … for each value put into it; "" for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    return ""
