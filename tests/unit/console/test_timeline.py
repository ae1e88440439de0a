"""Lines of a timeline are told in the reader's language: every line that the room of cases writes."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import amparo.cases
from amparo.console.pages import WORDS
from amparo.console.timeline import STATES, told

NAMES = {7: "Ann", 8: "Lea"}
PARTS = {"outcome.state": "hidden", "at": " at forum", "why": " (facts)", "who": "staff:7 and staff:8"}
"""What stands in a line for what it was made of; else a number."""


def written() -> Iterator[str]:
    """An example of each line that the room writes."""
    for path in sorted(Path(amparo.cases.__file__).parent.glob("*.py")):
        tree = ast.parse(path.read_text())
        for call in (one for one in ast.walk(tree) if isinstance(one, ast.Call) and len(one.args) > 3):
            if isinstance(call.func, ast.Attribute) and call.func.attr in {"log", "log_once"}:
                yield from lines(call.args[3], tree)


def lines(what: ast.expr, tree: ast.Module) -> Iterator[str]:
    if isinstance(what, ast.Constant):
        yield str(what.value)
    elif isinstance(what, ast.JoinedStr):
        yield "".join(part(one) for one in what.values)
    elif isinstance(what, ast.IfExp):
        yield from lines(what.body, tree)
        yield from lines(what.orelse, tree)
    elif isinstance(what, ast.Call):  # _by(line, by)
        for line in lines(what.args[0], tree):
            yield line
            yield f"{line} (staff:7)"
    else:
        assert isinstance(what, ast.Name), ast.unparse(what)
        given = [one for one in ast.walk(tree) if isinstance(one, ast.Assign)]
        for one in given:
            if isinstance(one.targets[0], ast.Name) and one.targets[0].id == what.id:
                yield from lines(one.value, tree)


def part(of: ast.expr) -> str:
    return str(of.value) if isinstance(of, ast.Constant) else PARTS.get(ast.unparse(of.value), "2")


WRITTEN = sorted(set(written()))


def test_the_examples_are_all_there() -> None:
    assert len(WRITTEN) > 14
    assert {"sent", "file 2: hidden at forum (facts)", "the desk wrote a message (staff:7)"} <= set(WRITTEN)


@pytest.mark.parametrize("line", WRITTEN)
@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_every_line_is_told_in_the_readers_language(line: str, language: str) -> None:
    said = told(line, WORDS.load().of(language).gettext, NAMES)
    assert said != line
    assert "staff:" not in said
    assert ("Ann" in said) == ("staff:7" in line)
    if language == "zh-Hans":
        assert not {"sent", "file", "desk", "withdr"} & set(said.casefold().split())


@pytest.mark.parametrize("state", [*STATES])
def test_what_came_of_a_file_is_told_with_where(state: str) -> None:
    gettext = WORDS.load().of("en").gettext
    assert told(f"file 3: {state}", gettext, {}) == f"File 3: {STATES[state]}"
    assert told(f"file 3: {state} at a (b) c (clock)", gettext, {}) == f"File 3: {STATES[state]} at a (b) c"


def test_another_line_is_told_as_it_stands() -> None:
    assert told("something else", WORDS.load().of("en").gettext, {}) == "something else"
