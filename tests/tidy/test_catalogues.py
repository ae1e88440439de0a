"""The catalogues of each room with pages: up to date, complete where they must be, with the placeholders of the English. Does not judge words."""

import pytest
from babel.messages.catalog import Message

from amparo.web.words import LANGUAGES
from docs.make_catalogues import BOOKS, Book
from tests.tidy.catalogues import PLACEHOLDER, entries, forms, read, wrong

EACH = pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.domain.name)
SAID = {book.domain.name: book.messages() for book in BOOKS}


@EACH
def test_there_is_something_to_say(book: Book) -> None:
    assert len(SAID[book.domain.name]) > 10


@EACH
def test_english_is_the_template_and_holds_no_second_english(book: Book) -> None:
    assert not [message.id for message in entries(book.domain, "en") if any(forms(message.string))]


@EACH
def test_no_bare_percent_in_the_english(book: Book) -> None:
    """Jinja puts values into every sentence with ``%``: a lone one would be taken for a placeholder."""
    said = [text for message in SAID[book.domain.name] for text in forms(message.id)]
    assert not [text for text in said if "%" in PLACEHOLDER.sub("", text)]


@EACH
@pytest.mark.parametrize("tag", LANGUAGES)
def test_the_catalogue_holds_what_the_room_says_and_no_more(book: Book, tag: str) -> None:
    there = book.domain.source(tag)
    assert there == book.catalogue(tag, SAID[book.domain.name]), "take it in: python -m docs.make_catalogues"


@EACH
@pytest.mark.parametrize("tag", [tag for tag in LANGUAGES if tag != "en"])
def test_every_sentence_is_translated_and_keeps_what_has_to_stay(book: Book, tag: str) -> None:
    plurals, is_complete = read(book.domain, tag).num_plurals, tag in book.complete
    found = {
        str(one.id): reasons
        for one in entries(book.domain, tag)
        if (reasons := wrong(one, plurals, is_complete=is_complete))
    }
    assert not found, "docs/translators.md says which words to choose"


def test_what_waits_for_a_translator_is_not_wrong_and_half_a_sentence_is() -> None:
    assert wrong(Message("a", ""), 1, is_complete=False) == []
    assert wrong(Message(("a", "%(n)s as"), ("b", "")), 2, is_complete=False) == ["not translated"]
    assert wrong(Message("a", "100 %"), 1, is_complete=False) == ["a bare %"]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (Message("a", ""), "not translated"),
        (Message("a", "  "), "not translated"),
        (Message("a", "b", flags=["fuzzy"]), "fuzzy"),
        (Message("%(n)s a", "b"), "placeholders or tags differ: [], not ['%(n)s']"),
        (Message("a %(n)s", "b %(m)s"), "placeholders or tags differ: ['%(m)s'], not ['%(n)s']"),
        (Message("a %(n)s", "%(n)s %(n)s"), "placeholders or tags differ: ['%(n)s', '%(n)s'], not ['%(n)s']"),
        (Message("<b>a</b>", "<i>a</i>"), "placeholders or tags differ: ['</i>', '<i>'], not ['</b>', '<b>']"),
        (Message("a", "100 %"), "a bare %"),
        (Message("a", "b "), "blank at an end"),
        (Message(("a", "%(n)s as"), ("b", "%(n)s")), "2 plural forms, not 1"),
        (Message(("a", "%(n)s as"), ("",)), "not translated"),
        (Message(("a", "%(n)s as"), ("%(x)s",)), "placeholders or tags differ: ['%(x)s'], not ['%(n)s']"),
    ],
)
def test_what_is_wrong_with_a_translation_is_found(message, reason):
    assert wrong(message, 1) == [reason]
    assert wrong(Message(("a %(n)s", "%(n)s as"), ("%(n)s b",)), 1) == []
