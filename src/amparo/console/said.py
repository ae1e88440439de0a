"""What the scripts of the console say, by page and key. Scripts hold no sentence: ``static/words.js`` reads these from the page.

A page takes its own by ``{% block said %}{{ said("figures") }}{% endblock %}`` (page.html).
"""

from typing import Final

from amparo.web.words import Pair

SAID: Final[dict[str, dict[str, str | Pair]]] = {
    "figures": {
        "day": "Day",
        "opened": "Opened",
        "decided": "Decided",
        "taken_back": "Taken back",
        "to_decision": "To a decision, hours",
        "to_hide": "To a hide, hours",
    },
    "drop": {
        "working": "This browser is making the hashes.",
        "ready": "The hashes are in the field below. The picture stays here.",
        "digests": "This browser could only make the hashes of the exact file. Copies that were changed are not met by these.",
        "nothing": "No hash could be made of this file.",
    },
    "case": {
        "left": ("One letter is left.", "%(n)s letters are left."),
        "over": (
            "This is one letter too long. Shorten it, or send it in two parts.",
            "This is %(n)s letters too long. Shorten it, or send it in two parts.",
        ),
    },
}
