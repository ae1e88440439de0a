"""A person's words as they are kept and shown: bounded, without what a screen or a terminal would act on. Changes no wording.

Bidirectional text stays as it was typed: Arabic, Hebrew and Urdu are words, not attacks. Only controls left open are closed, and closing
ones without an opening dropped, so that no line turns what stands after it around.
Source: Unicode Standard Annex #9 (bidirectional algorithm) section 2; Unicode Technical Report #36 section 2.5.
"""

import re
from typing import Final

from amparo.errors import TooLarge
from amparo.intake.model import PLACE_CHARS_MAX, PLACES_MAX, TEXT_CHARS_MAX

LINE_ENDS: Final = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
CONTROLS: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
POP_EMBEDDING: Final = "\u202c"
POP_ISOLATE: Final = "\u2069"
CLOSED_BY: Final = {
    **dict.fromkeys("\u202a\u202b\u202d\u202e", POP_EMBEDDING),
    **dict.fromkeys("\u2066\u2067\u2068", POP_ISOLATE),
}


def cleaned(text: str) -> str:
    """``text`` with LF line ends, without control characters (tab stays), lone surrogates and blank ends; each line's
    bidirectional controls closed.
    """
    return shown_safely(CONTROLS.sub("", LINE_ENDS.sub("\n", text))).strip()


def shown_safely(text: str) -> str:
    """``text`` with every line's bidirectional controls in pairs, as it may stand between other words."""
    return "\n".join(_closed(line) for line in text.split("\n"))


def bounded(text: str) -> str:
    """``cleaned`` words of one message, tip or contact. Raises: TooLarge (text_too_long)."""
    text = cleaned(text)
    if len(text) > TEXT_CHARS_MAX:
        raise too_long()
    return text


def too_long() -> TooLarge:
    """The error for more than a text may hold."""
    told = f"a text is longer than {TEXT_CHARS_MAX} characters"
    return TooLarge("text_too_long", told, "Send it in two or more parts.")


def places_of(addresses: str, names: str) -> list[str]:
    """The places in what she typed, one a line: addresses, then names of groups or people. Each once.

    Raises: TooLarge (place_too_long, too_many_places).
    """
    places = list(dict.fromkeys(line.strip() for line in cleaned(f"{addresses}\n{names}").split("\n") if line.strip()))
    if len(places) > PLACES_MAX:
        raise TooLarge("too_many_places", f"one case holds at most {PLACES_MAX} places", "Send the rest later.")
    if any(len(place) > PLACE_CHARS_MAX for place in places):
        raise TooLarge(
            "place_too_long", f"a place is longer than {PLACE_CHARS_MAX} characters", "One address or name a line."
        )
    return places


def _closed(line: str) -> str:
    kept, open_ones = [], []
    for char in line:
        if char in CLOSED_BY:
            open_ones.append(CLOSED_BY[char])
        elif char in {POP_EMBEDDING, POP_ISOLATE}:
            if not open_ones or open_ones[-1] != char:
                continue
            open_ones.pop()
        kept.append(char)
    return "".join(kept + open_ones[::-1])
