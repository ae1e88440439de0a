"""What the tests of the catalogues read: entries of each language, placeholders and tags of a sentence. Judges nothing."""

import io
import re

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from amparo.web.words import FORMATS, Domain

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")
TAG = re.compile(r"</?\w+[^>]*>")


def read(domain: Domain, tag: str) -> Catalog:
    """The catalogue as it stands in its file."""
    return read_po(io.BytesIO(domain.source(tag).encode()), locale=FORMATS[tag], abort_invalid=True)


def entries(domain: Domain, tag: str) -> list[Message]:
    """Its entries but the head."""
    return [message for message in read(domain, tag) if message.id]


def forms(text: str | tuple[str, ...] | list[str] | None) -> list[str]:
    """The sentence, or its forms for one and for many."""
    if isinstance(text, str):
        return [text]
    return list(text or [])


def kept(text: str) -> list[str]:
    """What a translation keeps to the letter, sorted: placeholders and tags."""
    return sorted(PLACEHOLDER.findall(text) + TAG.findall(text))


def wrong(message: Message, plurals: int, *, is_complete: bool = True) -> list[str]:
    """What is wrong with a translation, in words; empty where nothing is. is_complete: no sentence may be missing."""
    sources, told = forms(message.id), forms(message.string)
    if message.fuzzy:
        return ["fuzzy"]
    if not told or not all(text.strip() for text in told):
        return ["not translated"] if is_complete or any(told) else []
    found = []
    if len(sources) == 2 and len(told) != plurals:
        found.append(f"{len(told)} plural forms, not {plurals}")
    allowed = [kept(text) for text in sources]
    for text in told:
        if kept(text) not in allowed:
            found.append(f"placeholders or tags differ: {kept(text)}, not {allowed[-1]}")
        if "%" in PLACEHOLDER.sub("", text):
            found.append("a bare %")
        if text != text.strip() and sources[0] == sources[0].strip():
            found.append("blank at an end")
    return found
