"""Writes the portal's catalogues anew from what its pages and scripts say: `python -m docs.make_catalogues`. Translates nothing.

Translations are kept where the English is still there, to the letter; what is new is empty, what is gone is dropped, and nothing is
guessed (no fuzzy entry). English has a catalogue too, which stays empty: it is what a translator into a new language starts from.
"""
# ruff: noqa: INP001 - a script beside the pages it writes, no package

import io
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from amparo.portal.consents import CONSENTS
from amparo.portal.places import NAMES
from amparo.portal.said import SAID
from amparo.portal.words import FORMATS, LANGUAGES, NOBODY, REVIEWED, source

PORTAL = Path(__file__).resolve().parents[1] / "src" / "amparo" / "portal"
LOCALES = PORTAL / "locale"
KEYWORDS = {
    "_": None,
    "N_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
NOTE = "Translators:"
METHODS = {".py": "python", ".html": "jinja2"}
OPTIONS = {"trimmed": "true", "newstyle": "true", "silent": "false", "encoding": "utf-8"}
HEAD = r"""# What the portal says, in {name} ({tag}). The msgid is the English on the page.
# Placeholders like %(name)s and tags like <strong> stay as they are. Which words to choose: docs/translators.md.
# X-Reviewed-By: a person or organisation whose language it is and who read all of it; "{nobody}" until then.
msgid ""
msgstr ""
"Project-Id-Version: amparo\n"
"Language: {tag}\n"
"X-Reviewed-By: {reviewer}\n"
"Plural-Forms: {plural}\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"

"""


def messages() -> list[Message]:
    """Every sentence the portal says, each once, in the order of its files."""
    found = Catalog()
    for path in sorted(PORTAL.rglob("*")):
        if path.suffix in METHODS:
            for text, notes, context in _in_file(path):
                found.add(text, locations=[(_name(path), 0)], auto_comments=notes, context=context)
    for page, table in SAID.items():
        for text in table.values():
            found.add(text, locations=[("said.py", 0)], auto_comments=[f"{NOTE} said by the script of {page}"])
    for name in NAMES.values():
        found.add(name, locations=[("places.py", 0)], auto_comments=[f"{NOTE} a place, in a list to choose from"])
    for consent in CONSENTS:
        note = f"{NOTE} consent: a change of the translation asks for a new version in consents.py"
        for text in (consent.title, consent.text):
            found.add(text, locations=[("consents.py", 0)], auto_comments=[note])
    return [message for message in found if message.id]


def catalogue(tag: str, said: list[Message]) -> str:
    """The text of a language's catalogue, with the translations it has."""
    there = LOCALES / tag.replace("-", "_") / "portal.po"
    text = source(tag) if there.is_file() else ""
    before = read_po(io.BytesIO(text.encode()), locale=FORMATS[tag])
    after = Catalog(locale=FORMATS[tag])
    for message in said:
        old = before.get(message.id, message.context)
        keep = (
            old is not None and not old.fuzzy and tag != "en" and isinstance(old.id, str) == isinstance(message.id, str)
        )
        after.add(
            message.id,
            old.string if keep and old else None,
            locations=[(name, 0) for name in dict.fromkeys(name for name, _ in message.locations)],
            auto_comments=[note.removeprefix(NOTE).strip() for note in message.auto_comments],
            user_comments=old.user_comments if old else (),
            context=message.context,
        )
    body = io.BytesIO()
    write_po(body, after, width=120, omit_header=True, include_lineno=False)
    reviewer = REVIEWED.search(text)
    head = HEAD.format(
        name=LANGUAGES[tag],
        tag=tag,
        nobody=NOBODY,
        reviewer=reviewer[1] if reviewer else NOBODY,
        plural=after.plural_forms,
    )
    return head + re.sub(r"(?m)[ \t]+$", "", body.getvalue().decode()).strip() + "\n"


def _in_file(path: Path) -> Iterator[tuple[str | tuple[str, ...], list[str], str | None]]:
    with path.open("rb") as opened:
        for _, text, notes, context in extract(METHODS[path.suffix], opened, KEYWORDS, (NOTE,), OPTIONS):
            yield text, list(notes), context


def _name(path: Path) -> str:
    return str(path.relative_to(PORTAL))


def main() -> None:
    """Write every catalogue."""
    said = messages()
    for tag in LANGUAGES:
        path = LOCALES / tag.replace("-", "_") / "portal.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(catalogue(tag, said), "utf-8")


if __name__ == "__main__":
    main()
