"""Keeps the words a person agrees to, version by version: `python -m docs.make_consents` writes docs/consents/<version>.toml. Changes no old one.

A version that is there with other words is an error: the text needs a new version (src/amparo/portal/consents.py), or its old words back.
"""
# ruff: noqa: INP001 - a script beside the pages it writes, no package

import json
import tomllib
from pathlib import Path

from amparo.portal.consents import CONSENTS
from amparo.portal.pages import WORDS
from amparo.web.words import Languages

CONSENT_TEXTS = Path(__file__).resolve().parent / "consents"
Texts = dict[str, dict[str, dict[str, str]]]


def current(languages: Languages) -> dict[str, Texts]:
    """What is asked today: by version, purpose and language the title and the text."""
    versions: dict[str, Texts] = {}
    for consent in CONSENTS:
        versions.setdefault(consent.version, {})[consent.purpose] = {
            words.tag: {"title": words.gettext(consent.title), "text": words.gettext(consent.text)}
            for words in languages.offered
        }
    return versions


def kept(version: str) -> Texts:
    """What stands in the file of that version; nothing where there is none."""
    path = CONSENT_TEXTS / f"{version}.toml"
    return tomllib.loads(path.read_text("utf-8")) if path.is_file() else {}


def changed(versions: dict[str, Texts]) -> list[str]:
    """Version, purpose and language of each text that is asked today in other words than its version keeps."""
    return [
        f"{version} {purpose} {tag}"
        for version, purposes in versions.items()
        for purpose, tongues in purposes.items()
        for tag, texts in tongues.items()
        if kept(version).get(purpose, {}).get(tag) not in (None, texts)
    ]


def page(version: str, texts: Texts) -> str:
    """The text of the file of a version."""
    lines = [f"# What a person was asked on the portal in the wording of {version}. Written once; never changed."]
    for purpose, tongues in texts.items():
        for tag, asked in tongues.items():
            quoted = {name: json.dumps(words, ensure_ascii=False) for name, words in asked.items()}
            lines += ["", f"[{purpose}.{tag}]", *(f"{name} = {words}" for name, words in quoted.items())]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the versions that are new; refuse where one would change."""
    versions = current(WORDS.load())
    if found := changed(versions):
        raise SystemExit(f"these words have changed under their version: {', '.join(found)}. Give them a new one.")
    CONSENT_TEXTS.mkdir(exist_ok=True)
    for version, texts in versions.items():
        (CONSENT_TEXTS / f"{version}.toml").write_text(page(version, kept(version) | texts), "utf-8")


if __name__ == "__main__":
    main()
