"""The page of settings, read from the frozen records of the rooms. Reads no file and no environment."""
# ruff: noqa: INP001 - beside the pages it writes, no package

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from amparo.app.rooms import SECTIONS
from amparo.app.settings import Deployment, load

INTRO = """# Settings

Read once at start: defaults, then the TOML file, then the environment, then arguments. The file is `amparo.toml` in the data folder, or the one
that `AMPARO_CONFIG` names. In it a section is a table (`[api]`, `in_flight_max = 32`); keys without a section stand above the first table. In the environment every key is a
variable. An unknown key is an error. `amparo settings show` prints what is in force and where it comes from, secrets masked. Changes take effect at the next start.

| key | variable | default | bounds | meaning |
|---|---|---|---|---|
"""


def settings_page() -> str:
    """docs/reference/settings.md: every key with variable, default, bounds and doc line."""
    bounds = {
        f"{name}.{each.name}".lstrip("."): _bounds(each.metadata)
        for name, cls in {"": Deployment, **SECTIONS}.items()
        for each in fields(cls)
    }
    rows = load(Path("none") / "amparo.toml", {}, SECTIONS).table()
    return INTRO + "".join(
        f"| `{row.key}` | `{row.variable}` | {row.value or '-'} | {bounds[row.key]} | {row.doc.replace('|', chr(92) + '|')} |\n"
        for row in rows
    )


def _bounds(metadata: Mapping[str, Any]) -> str:
    told = [f"{word} {metadata[word]}" for word in ("min", "max") if word in metadata]
    return ", ".join([*told, *(["secret"] if metadata.get("secret") else [])]) or "-"
