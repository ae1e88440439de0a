"""Sums over the reports that pytest writes. Runs nothing."""

from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET


@dataclass(frozen=True)
class Skip:
    """A test that did not run, or was expected to fail, and the reason it gives."""

    test: str
    reason: str


@dataclass(frozen=True)
class Tally:
    """passed, failed: tests (an error in set-up counts as failed). skips: one for each test that did not run."""

    passed: int = 0
    failed: int = 0
    skips: tuple[Skip, ...] = ()

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.passed + other.passed, self.failed + other.failed, self.skips + other.skips)


def read_junit(path: Path) -> Tally:
    """The sums of one report. A test that passed but failed to tear down is two cases or one with an error: failed."""
    passed = failed = 0
    skips = []
    for case in ET.parse(path).getroot().iter("testcase"):
        name = f"{case.get('classname')}::{case.get('name')}"
        skip = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif skip is not None:
            skips.append(Skip(name, (skip.get("message") or "").removeprefix("Skipped: ")))
        else:
            passed += 1
    return Tally(passed, failed, tuple(skips))
