"""axe-core in a page: what of WCAG 2.2 A and AA a machine can see to be broken, and what runs off sideways. Judges nothing else.

Its script goes in by the engine's own door, so a page under its real policy (CSP, Trusted Types) can be looked at.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.browser.chromium import ChromiumPage
from tests.browser.page import Page

SCRIPT = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
WAYS = ((320, "light"), (1280, "dark"))
"""Width, CSS pixels, and colours."""
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa")


@dataclass(frozen=True)
class Violation:
    """rule: axe's name. where: selectors of what breaks it. why: in axe's words."""

    rule: str
    impact: str
    why: str
    where: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.rule} ({self.impact}): {self.why}: {', '.join(self.where)}"


@cache
def script() -> str:
    """axe-core as the package has it."""
    assert SCRIPT.exists(), "axe-core is not there: ./amparo test fetches it (or: npm ci --ignore-scripts)"
    return SCRIPT.read_text()


def violations(page: Page, within: str = "html") -> list[Violation]:
    """What is broken within a selector. Also says so where axe looked at nothing."""
    if not page.run("typeof window.axe === 'object'"):
        page.run(f"(() => {{ {script()}\n }})()")
    how = json.dumps({"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]})
    told = page.run(
        f"axe.run({json.dumps(within)}, {how}).then((told) => ({{looked: told.passes.length + told.violations.length, "
        "broken: told.violations.map((one) => ({rule: one.id, impact: one.impact, why: one.help,"
        " where: one.nodes.map((node) => node.target.flat().join(' '))}))}))"
    )
    assert told["looked"], f"axe found nothing to look at within {within}"
    return [Violation(one["rule"], one["impact"], one["why"], tuple(one["where"])) for one in told["broken"]]


def faults(page: ChromiumPage, ways: Sequence[tuple[int, str]] = WAYS) -> list[str]:
    """What is wrong with the page as it stands, in each of these widths and colours."""
    found = []
    for width, colours in ways:
        page.playwright_page.set_viewport_size({"width": width, "height": 640})
        page.playwright_page.emulate_media(color_scheme=colours)
        found += [f"{width} {colours}: {one}" for one in violations(page)]
        if page.run(WIDER):
            found.append(f"{width}: runs off sideways")
    return found
