"""Two languages nobody speaks, made from the English in code, to see in tests what is not translated, too tight, or not ready for right-to-left.

Served only where a setting asks for it; never a language a person is offered.
"""

import re
from collections.abc import Callable
from typing import Final

from babel.support import NullTranslations

OPEN: Final = "⟦"
CLOSE: Final = "⟧"
ACCENTED: Final = str.maketrans(
    "AaBCcDdEeGgHhIiJjKkLlNnOoRrSsTtUuWwYyZz",
    "ÅåƁÇçÐðÉéĜĝĤĥÎîĴĵĶķĻļÑñÖöŔŕŠšŢţÛûŴŵÝýŽž",
)
LONGER: Final = 0.4
"""How much longer than the English: translations into German or Malay grow about so much."""
KEPT: Final = re.compile(r"(%\(\w+\)[sd]|<[^>]*>|&#?\w+;)")
RIGHT_TO_LEFT: Final = "\u202e"
END: Final = "\u202c"


def accented(text: str) -> str:
    """The text with accents, 40 % longer, between brackets. Placeholders, tags and entities stay as they are."""
    letters = "".join(part for part in KEPT.split(text)[::2])
    filler = "~~~~ " * (int(len(letters) * LONGER) // 5 + 1)
    return OPEN + _each(text, lambda part: part.translate(ACCENTED)) + " " + filler.strip() + CLOSE


def mirrored(text: str) -> str:
    """The text with each word marked to be written from right to left. Placeholders, tags and entities stay as they are."""
    return _each(text, lambda part: re.sub(r"[^\s]+", lambda word: RIGHT_TO_LEFT + word[0] + END, part))


def _each(text: str, change: Callable[[str], str]) -> str:
    parts = KEPT.split(text)
    return "".join(part if number % 2 else change(part) for number, part in enumerate(parts))


class Pseudo(NullTranslations):
    """The English, changed by ``dress``. Plurals are those of English."""

    def __init__(self, dress: Callable[[str], str]) -> None:
        super().__init__()
        self._dress = dress

    def gettext(self, message: str) -> str:
        """The sentence, dressed."""
        return self._dress(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """The sentence for one or for many, dressed."""
        return self._dress(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:
        """The sentence, dressed; the context is not shown."""
        del context
        return self._dress(message)

    def npgettext(self, context: str, singular: str, plural: str, num: int) -> str:
        """The sentence for one or for many, dressed."""
        del context
        return self._dress(singular if num == 1 else plural)
