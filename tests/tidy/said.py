"""Finds English that no catalogue would see: in a template's text, in Python, in a script. Decides only what looks like a sentence."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser

from jinja2 import Environment, nodes

from amparo import errors

WORDS = re.compile(r"[A-Za-z]{2,}[,;:]? [A-Za-z]{2,}|^[A-Z][a-z]{2,}[.?!]?$")
"""Two words with a blank between them, or one with a capital."""
SAYS = {"_", "N_", "gettext", "ngettext", "pgettext", "npgettext"}
LOGS = {"debug", "info", "warning", "error", "exception"}
SHOWN = {"alt", "aria-description", "aria-label", "aria-roledescription", "label", "placeholder", "summary", "title"}
HOLE = "\x00"
STRINGS = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`", re.DOTALL)
THROWN = re.compile(r"new \w*Error\((?:[^()]|\([^()]*\))*\)|console\.\w+\((?:[^()]|\([^()]*\))*\)")


class _Texts(HTMLParser):
    """Text a reader sees or hears: between tags, and in the attributes that are shown."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("script", "style")
        self.found += [value for name, value in attrs if name in SHOWN and value]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found.append(data)


def texts(html: str) -> list[str]:
    """Every piece of text of a page, blanks at its ends cut off."""
    parser = _Texts()
    parser.feed(html)
    parser.close()
    return [text.strip() for text in parser.found if text.strip()]


def in_template(source: str) -> list[str]:
    """Letters in a template outside what is translated, and sentences in its expressions."""
    tree = Environment(extensions=["jinja2.ext.i18n"]).parse(source)
    page = HOLE.join(str(node.data) for node in tree.find_all(nodes.TemplateData))
    found = [text for text in texts(page) if re.search(r"[A-Za-z]", text.replace(HOLE, ""))]
    said = {id(text) for call in tree.find_all(nodes.Call) if _says(call) for text in call.find_all(nodes.Const)}
    strings = [text.value for text in tree.find_all(nodes.Const) if id(text) not in said]
    return found + [text for text in strings if isinstance(text, str) and _sentence(text)]


def in_python(source: str) -> list[str]:
    """Strings that look like a sentence, but for docstrings, errors and what is marked for the catalogues."""
    tree = ast.parse(source)
    apart = {id(node) for part in _apart(tree) for node in ast.walk(part)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in apart
        and _sentence(node.value)
    ]


def in_script(source: str) -> list[str]:
    """Strings of a script that look like a sentence, but for errors only developers see."""
    code = THROWN.sub("", source)
    strings = [text[1:-1] for text in STRINGS.findall(code) if not text.startswith("/")]
    return [text for text in strings if _sentence(text) and text != "use strict"]


def _sentence(text: str) -> bool:
    return bool(WORDS.search(text)) and not re.search(r"[=\[{]|; ", text)


def _says(call: nodes.Call) -> bool:
    return isinstance(call.node, nodes.Name) and call.node.name in SAYS


def _apart(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise | ast.Assert) or (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        ):
            yield node
        elif isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in SAYS | LOGS or hasattr(errors, name):
                yield node
