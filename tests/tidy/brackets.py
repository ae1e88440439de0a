"""What of a page in en-XA stands outside the brackets of that language: English that no catalogue gave. Judges no page."""

import json
from html.parser import HTMLParser

from amparo.web.pseudo import CLOSE, OPEN
from tests.tidy.said import SHOWN


class _Outside(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._depth = 0
        self._within: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self._within.append(tag)
        for name, value in attrs:
            if name in SHOWN and value:
                self.found += outside(value)

    def handle_endtag(self, tag: str) -> None:
        if self._within and self._within[-1] == tag:
            self._within.pop()

    def handle_data(self, data: str) -> None:
        if not self._within:
            pieces, self._depth = _split(data, self._depth)
            self.found += pieces
        elif data.strip().startswith("{"):
            for text in json.loads(data).values():
                for form in text.values() if isinstance(text, dict) else [text]:
                    self.found += outside(form)


def outside(text: str) -> list[str]:
    """The parts of a text that hold a letter and stand in no brackets."""
    return _split(text, 0)[0]


def outside_brackets(page: str) -> list[str]:
    """The same of a page: what is shown, heard, or said by its scripts."""
    parser = _Outside()
    parser.feed(page)
    parser.close()
    return parser.found


def _split(text: str, depth: int) -> tuple[list[str], int]:
    pieces = [""]
    for sign in text:
        depth -= sign == CLOSE
        if not depth and sign not in OPEN + CLOSE:
            pieces[-1] += sign
        elif sign == OPEN:
            pieces.append("")
        depth += sign == OPEN
    return [piece.strip() for piece in pieces if any(sign.isalpha() for sign in piece)], depth
