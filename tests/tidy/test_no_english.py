"""No sentence of a page stands where no catalogue sees it: not in a template, not in a view, not in a script."""

import pytest

from tests.tidy.said import in_python, in_script, in_template
from tests.tidy.tree import ROOT, files

ROOMS = ("portal", "web", "console")
SRC = "src/amparo/"
PAGES = [name for name in files() if name.startswith(tuple(f"{SRC}{room}/" for room in ROOMS))]
TEMPLATES = [name for name in PAGES if name.endswith(".html")]
MODULES = [name for name in PAGES if name.endswith(".py")]
SCRIPTS = [name for name in PAGES if "/static/" in name and name.endswith(".js")]
TABLES = {"portal/consents.py", "portal/said.py", "console/said.py"}
"""What make_catalogues reads as a whole."""
LISTED: dict[str, set[str]] = {
    "web/policy.py": {"noindex, nofollow, noarchive"},
    "console/door.py": {"page parts"},
    "console/settings.py": {"Amparo"},
    "console/timeline.py": {
        "(?P<n>\\d+) files withdrawn in every worker",
        "asked not to be contacted",
        "file withdrawn by others",
        "opened for 30 minutes by (?P<both>staff:\\d+(?: and staff:\\d+)?)",
        "said how she may be contacted",
        "staff marked that it may show somebody under 18",
        "taken: (?P<some>\\d+) of (?P<all>\\d+) files listed",
        "the desk wrote a message",
        "two of the staff took the under-18 mark away",
    },
    "console/visit.py": {"Doors", "Shape"},
    "console/static/figures.js": {"(prefers-color-scheme: dark)"},
    "portal/settings.py": {"Notes"},
    "web/words.py": {"English", "Bahasa Melayu", "Mirrored English", "none yet"},
    "portal/static/exit.js": {"Shift", "input, textarea"},
}
"""By module: a language's own name, headers and the like. Never a sentence."""


def of(name):
    return (ROOT / name).read_text("utf-8")


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_english_in_a_template(name):
    assert in_template(of(name)) == [], "mark it: {{ _('…') }} or {% trans %}"


@pytest.mark.parametrize("name", MODULES)
def test_no_english_in_python(name):
    short = name.removeprefix(SRC)
    left = set() if short in TABLES else set(in_python(of(name))) - LISTED.get(short, set())
    assert not left, "mark it: N_('…')"


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_english_in_a_script(name):
    assert not set(in_script(of(name))) - LISTED.get(name.removeprefix(SRC), set()), "put it into said.py and say() it"


def test_the_list_holds_nothing_that_is_gone():
    for short, listed in LISTED.items():
        find = in_python if short.endswith(".py") else in_script
        assert listed <= set(find(of(SRC + short))), short


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>Hello</p>", ["Hello"]),
        ("<p>{{ _('Hello there') }} {% trans %}You <b>too</b>{% endtrans %} &amp; 12</p>", []),
        ('<img alt="A dog">', ["A dog"]),
        ('<input placeholder="{{ _("A dog") }}" value="adult" class="big box">', []),
        ("{{ act('next', 'Go on') }}", ["Go on"]),
        ("{{ act('next', _('Go on')) }}", []),
        ("{% trans n=n %}One dog{% pluralize %}{{ n }} dogs{% endtrans %}", []),
        ('<script type="application/json">{{ said }}</script>', []),
    ],
)
def test_english_in_a_template_is_found(source, found):
    assert in_template(source) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('"""A docstring of words."""\nx = "no_match"', []),
        ('x = "Go on from here."', ["Go on from here."]),
        ('x = N_("Go on from here.")\ny = words.gettext("Go on.")', []),
        ('raise BadInput("bad_dog", "no such dog", "Take another.")', []),
        ('x = f"Go on with {name}"', ["Go on with "]),
        ('x = "a; b c"\nlog.info("page was shown")', []),
    ],
)
def test_english_in_python_is_found(source, found):
    assert in_python(source) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('node.textContent = "Please wait";', ["Please wait"]),
        ("node.textContent = `Done`;", ["Done"]),
        ('// it is "a comment here"\nsay("hashing", { done: 3 });', []),
        ('throw new Error("no such key here");', []),
        ('import { say } from "./words.js";', []),
    ],
)
def test_english_in_a_script_is_found(source, found):
    assert in_script(source) == found
