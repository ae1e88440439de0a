"""What the written documents name is there: relative links, headings, commands, settings. Does not judge what they say of it."""

import re

import pytest

import amparo.intake.rows  # so that INTAKE knows its tables; LEDGER's come with the rooms
from amparo.app.rooms import SECTIONS
from amparo.app.settings import load
from amparo.store.db import INTAKE, LEDGER
from docs.commands_page import leaves
from tests.tidy.tree import ROOT, files

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
COMMAND = re.compile(r"(?<![\w=:])amparo((?: +[a-z][a-z-]*)+)")
VARIABLE = re.compile(r"\bAMPARO_[A-Z_]+\b")
SCRIPT = {"test", "bench", "lock"}
NO_SETTING = {"AMPARO_CONFIG"}

DOCUMENTS = [name for name in files() if name.endswith(".md")]
SETTINGS = load(ROOT / "none" / "amparo.toml", {}, SECTIONS).table()


def anchors(text: str) -> set[str]:
    """Headings as they stand in a link behind the number sign."""
    plain = (re.sub(r"[^\w\- ]", "", title.strip().lower()) for title in HEADING.findall(FENCE.sub("", text)))
    return {title.replace(" ", "-") for title in plain}


def broken_links(name: str, text: str) -> list[str]:
    """Relative links of the document that lead nowhere."""
    broken = []
    for link in LINK.findall(FENCE.sub("", text)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / name).parent / path
        if not target.exists() or (anchor and anchor not in anchors(target.read_text() if path else text)):
            broken.append(link)
    return broken


def unknown_commands(text: str) -> list[str]:
    """Commands in code or fences that no parser knows. Words after a known command are its arguments."""
    known = {tuple(name.split()[1:]) for name, _, _ in leaves()}
    nouns = {words[0] for words in known}
    unknown = []
    for code in [*CODE.findall(FENCE.sub("", text)), *FENCE.findall(text)]:
        for found in COMMAND.findall(code):
            words = tuple(found.split())
            if words[0] in SCRIPT or words[:1] in known or words[:2] in known:
                continue
            if words == words[:1] and words[0] in nouns:
                continue
            unknown.append(" ".join(words))
    return unknown


def unknown_settings(text: str) -> list[str]:
    """Variables and dotted keys of sections that no setting has."""
    variables = {row.variable for row in SETTINGS} | NO_SETTING
    keys = {row.key for row in SETTINGS}
    unknown = [name for name in VARIABLE.findall(text) if name not in variables and not name.endswith("_")]
    for code in CODE.findall(text):
        section, dot, field = code.partition(".")
        if dot and section in SECTIONS and re.fullmatch(r"[a-z]+(_[a-z]+)+", field) and code not in keys:
            unknown.append(code)
    return unknown


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_it_names_is_there(name):
    text = (ROOT / name).read_text()
    assert broken_links(name, text) == []
    assert unknown_commands(text) == []
    assert unknown_settings(text) == []


def test_what_is_not_there_is_found():
    planted = "# A b\n[x](gone.md) [y](#no) [z](#a-b)\n`amparo frobnicate` `amparo key bend` `amparo key new`\n"
    planted += "`api.no_such` `api.json_bytes_max` AMPARO_NO_SUCH AMPARO_API_KEY\n```\n./amparo fly high\n```\n"
    assert broken_links("README.md", planted) == ["gone.md", "#no"]
    assert unknown_commands(planted) == ["frobnicate", "key bend", "fly high"]
    assert sorted(unknown_settings(planted)) == ["AMPARO_NO_SUCH", "api.no_such"]


def test_the_table_of_stores_names_every_table():
    named = set(CODE.findall((ROOT / "docs" / "architecture.md").read_text()))
    assert amparo.intake.rows.receipt.name in INTAKE.tables
    assert {*LEDGER.tables, *INTAKE.tables} - named == set()


def test_every_metric_is_documented_and_no_other():
    code = "\n".join((ROOT / name).read_text() for name in files() if name.startswith("src/amparo/"))
    made = {
        f"{name}_total" if what == "Counter" else name
        for what, name in re.findall(r'\b(Counter|Gauge|Histogram)\("(amparo_\w+)"', code)
    }
    text = (ROOT / "docs" / "operate.md").read_text()
    assert set(re.findall(r"^\| `(amparo_\w+)`", text, re.MULTILINE)) == made
