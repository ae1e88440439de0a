"""The portal's catalogues: up to date, complete, with the placeholders of the English. Does not judge a translation's words."""

import pytest
from babel.messages.catalog import Message

from amparo.portal import words
from docs import make_catalogues
from tests.tidy.catalogues import PLACEHOLDER, entries, forms, read, wrong

TRANSLATED = [tag for tag in words.LANGUAGES if tag != "en"]
SAID = make_catalogues.messages()


def test_there_is_something_to_say():
    assert len(SAID) > 10


def test_english_is_the_template_and_holds_no_second_english():
    assert not [message.id for message in entries("en") if any(forms(message.string))]


def test_no_bare_percent_in_the_english():
    """Jinja puts values into every sentence with ``%``: a lone one would be taken for a placeholder."""
    found = [text for message in SAID for text in forms(message.id) if "%" in PLACEHOLDER.sub("", text)]
    assert not found


@pytest.mark.parametrize("tag", words.LANGUAGES)
def test_the_catalogue_holds_what_the_portal_says_and_no_more(tag):
    assert words.source(tag) == make_catalogues.catalogue(tag, SAID), "take it in: python -m docs.make_catalogues"


@pytest.mark.parametrize("tag", TRANSLATED)
def test_every_sentence_is_translated_and_keeps_what_has_to_stay(tag):
    plurals = read(tag).num_plurals
    found = {str(one.id): reasons for one in entries(tag) if (reasons := wrong(one, plurals))}
    assert not found, "docs/translators.md says which words to choose"


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
