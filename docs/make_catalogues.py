"""Writes the catalogues of every room with pages anew from what these and their scripts say: `python -m docs.make_catalogues`. Translates nothing.

Translations are kept where the English is still there, to the letter; what is new is empty, what is gone is dropped, and nothing is
guessed (no fuzzy entry). English has a catalogue too, which stays empty: it is what a translator into a new language starts from.
"""
# ruff: noqa: INP001 - a script beside the pages it writes, no package

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from amparo.console.pages import WORDS as CONSOLE_WORDS
from amparo.portal.consents import CONSENTS
from amparo.portal.pages import WORDS as PORTAL_WORDS
from amparo.web.place_names import NAMES, WHAT
from amparo.web.words import FORMATS, LANGUAGES, NOBODY, REVIEWED, Domain

SRC = Path(__file__).resolve().parents[1] / "src"
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
HEAD = r"""# What the {room} says, in {name} ({tag}). The msgid is the English on the page.
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


@dataclass(frozen=True)
class Book:
    """The catalogues of one room. complete: the languages in which no sentence may be missing; the others wait for translators.

    tables: sentences that stand in tables of the room and nowhere else: the sentence, where it stands, what a translator is told.
    """

    domain: Domain
    complete: frozenset[str]
    tables: tuple[tuple[str, str, str], ...] = field(default=(), repr=False)

    @property
    def room(self) -> Path:
        """The folder of the room."""
        return SRC.joinpath(*self.domain.package.split("."))

    def messages(self) -> list[Message]:
        """Every sentence the room says, each once, in the order of its files."""
        found = Catalog()
        for path in sorted(self.room.rglob("*")):
            if path.suffix in METHODS:
                for text, notes, context in _in_file(path):
                    place = str(path.relative_to(self.room))
                    found.add(text, locations=[(place, 0)], auto_comments=notes, context=context)
        for page, table in self.domain.scripts.items():
            for said in table.values():
                found.add(said, locations=[("said.py", 0)], auto_comments=[f"{NOTE} said by the script of {page}"])
        for sentence, place, note in self.tables:
            found.add(sentence, locations=[(place, 0)], auto_comments=[f"{NOTE} {note}"])
        return [message for message in found if message.id]

    def catalogue(self, tag: str, said: list[Message]) -> str:
        """The text of a language's catalogue, with the translations it has."""
        text = self.domain.source(tag)
        before = read_po(io.BytesIO(text.encode()), locale=FORMATS[tag])
        after = Catalog(locale=FORMATS[tag])
        for message in said:
            _carry(before.get(message.id, message.context) if tag != "en" else None, message, after)
        body = io.BytesIO()
        write_po(body, after, width=120, omit_header=True, include_lineno=False)
        reviewer = REVIEWED.search(text)
        head = HEAD.format(
            room=self.domain.name,
            name=LANGUAGES[tag],
            tag=tag,
            nobody=NOBODY,
            reviewer=reviewer[1] if reviewer else NOBODY,
            plural=after.plural_forms,
        )
        return head + re.sub(r"(?m)[ \t]+$", "", body.getvalue().decode()).strip() + "\n"


CONSENT: Final = "consent: a change of the translation asks for a new version in consents.py"
PLACES: Final = (
    *((name, "web/place_names.py", "a place, in a list to choose from") for name in NAMES.values()),
    *((what, "web/place_names.py", "what one can turn there for") for what in WHAT.values()),
)
PORTAL: Final = Book(
    PORTAL_WORDS,
    frozenset(LANGUAGES),
    (
        *PLACES,
        *((text, "consents.py", CONSENT) for consent in CONSENTS for text in (consent.title, consent.text)),
    ),
)
CONSOLE: Final = Book(CONSOLE_WORDS, frozenset({"en", "zh-Hans"}), PLACES)
BOOKS: Final = (PORTAL, CONSOLE)


def _carry(old: Message | None, message: Message, after: Catalog) -> None:
    """Put a sentence into a catalogue, with the translation it had where the English is the same."""
    keep = old is not None and not old.fuzzy and isinstance(old.id, str) == isinstance(message.id, str)
    after.add(
        message.id,
        old.string if keep and old else None,
        locations=[(name, 0) for name in dict.fromkeys(name for name, _ in message.locations)],
        auto_comments=[note.removeprefix(NOTE).strip() for note in message.auto_comments],
        user_comments=old.user_comments if old else (),
        context=message.context,
    )


def _in_file(path: Path) -> Iterator[tuple[str | tuple[str, ...], list[str], str | None]]:
    with path.open("rb") as opened:
        for _, text, notes, context in extract(METHODS[path.suffix], opened, KEYWORDS, (NOTE,), OPTIONS):
            yield text, list(notes), context


def main() -> None:
    """Write every catalogue."""
    for book in BOOKS:
        said = book.messages()
        for tag in LANGUAGES:
            path = book.room / "locale" / tag.replace("-", "_") / f"{book.domain.name}.po"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(book.catalogue(tag, said), "utf-8")


if __name__ == "__main__":
    main()
