"""Other people's browser code is fetched and bundled, never committed; its lock names no place and pins by hash."""

import json
import re
import subprocess

import pytest

from tests.tidy.tree import ROOT, files, tracked

FETCHED = ("node_modules/mediabunny/package.json", ".node/bin/node", "src/amparo/web/static/vendor/mediabunny.js")
SCRIPTS = (".js", ".mjs", ".cjs", ".css")
LINE_MAX = 300  # what is longer was written by no one
FOREIGN = re.compile(r"@license|@preserve|/\*!|\(c\) *\d{4}|copyright \d{4}|sourceMappingURL", re.IGNORECASE)


def lock() -> dict[str, dict[str, object]]:
    entries: dict[str, dict[str, object]] = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    return entries


@pytest.mark.parametrize("name", FETCHED)
def test_what_is_fetched_and_bundled_is_ignored(name):
    assert subprocess.run(["git", "check-ignore", "-q", name], cwd=ROOT, check=False).returncode == 0
    assert not [found for found in tracked() if found.startswith(name.rpartition("/")[0] + "/")]


def foreign(text: str) -> list[str]:
    """What tells that somebody else wrote it, or a program."""
    long = [line[:40] for line in text.splitlines() if len(line) > LINE_MAX]
    return long + FOREIGN.findall(text)


def test_every_script_and_sheet_is_our_own():
    found = {
        name: signs for name in files() if name.endswith(SCRIPTS) and (signs := foreign((ROOT / name).read_text()))
    }
    assert not found, f"name its package in package.json and bundle it (src/amparo/<room>/bundles): {found}"
    assert any(name.endswith(".js") for name in files())


@pytest.mark.parametrize(
    "text",
    ["/*! x */", "// @license MIT", "/* (c) 2020 Somebody */", "// Copyright 2020 Somebody", "a" * 301,
     "//# sourceMappingURL=x.map"],
)  # fmt: skip
def test_the_rule_sees_what_it_is_for(text):
    assert foreign(text)


def test_the_lock_of_the_browser_code_says_not_where_from():
    kept = [(name, key) for name, entry in lock().items() for key in ("resolved", "funding") if key in entry]
    assert not kept, f"make it again: `./amparo lock`: {kept[:3]}"
    assert "://" not in (ROOT / "package-lock.json").read_text()


def test_every_package_is_pinned_by_hash_and_version():
    packages = {name: entry for name, entry in lock().items() if name}
    assert len(packages) > 5
    assert not [name for name, entry in packages.items() if not str(entry.get("integrity", "")).startswith("sha512-")]
    wanted = json.loads((ROOT / "package.json").read_text())
    for name, version in (wanted["dependencies"] | wanted["devDependencies"]).items():
        assert packages[f"node_modules/{name}"]["version"] == version, (
            f"{name}: package.json names one version, exactly"
        )


def test_nothing_but_what_is_bundled_is_a_dependency():
    """What tests and building need is a devDependency, so that the list of what reaches her browser is short and true."""
    entries = "".join(
        (ROOT / name).read_text()
        for name in files()
        if re.match(r"src/amparo/(web|console)/bundles/", name) and not name.endswith("make.mjs")
    )
    taken = set(re.findall(r'(?:from|import) "([^"/]+)', entries))
    assert taken == set(json.loads((ROOT / "package.json").read_text())["dependencies"])
