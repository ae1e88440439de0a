"""Writes docs/reference/ anew from the code: `python -m docs.make_reference`. A test fails while the two differ. Decides nothing.

One function a page, listed in PAGES. Each gives the page's whole text, the same each time on every machine.
"""
# ruff: noqa: INP001 - a script beside the pages it writes, no package

from collections.abc import Callable
from pathlib import Path

from docs.api_page import api_page, openapi_page
from docs.commands_page import commands_page
from docs.error_slugs import error_classes, modules, slugs
from docs.settings_page import settings_page

REFERENCE = Path(__file__).resolve().parent / "reference"


def errors_page() -> str:
    """docs/reference/errors.md: every slug with what it stands for."""
    trees = modules()
    classes = error_classes(trees)
    lines = [
        "# Errors",
        "",
        "Every error has a stable `slug`. Over HTTP it comes in a problem document (RFC 9457) with the status below; on the command line",
        "it goes to stderr, and into the object of its input with `--jsonl`, and the command ends with the exit status below.",
        "The text may change from one release to the next, the slug does not. `…` stands where a value is named.",
        "",
        "| slug | HTTP | exit | class | text |",
        "|---|---|---|---|---|",
    ]
    rows: dict[tuple[str, str], list[str]] = {}
    for made in slugs(trees):
        rows.setdefault((made.slug, made.error), []).append(made.text)
    for (slug, error), texts in rows.items():
        told = " / ".join(text.replace("|", "\\|") for text in texts if text)
        lines.append(f"| `{slug}` | {classes[error].http_status} | {classes[error].exit_status} | {error} | {told} |")
    return "\n".join(lines) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "api.md": api_page,
    "commands.md": commands_page,
    "errors.md": errors_page,
    "openapi.json": openapi_page,
    "settings.md": settings_page,
}


def main() -> None:
    """Write every page."""
    REFERENCE.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page())


if __name__ == "__main__":
    main()
