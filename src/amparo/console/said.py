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
    "passkeys": {
        "cancelled": "No passkey was chosen, or it took too long. Please try again.",
        "known": "This device holds a passkey for you already. Use another device or key.",
        "none": "This browser cannot use passkeys at this address. Use another browser, or a password and codes.",
        "bad_sign_in": "That did not sign you in. Please try again, or another way.",
        "bad_prf": "The passkey did not tell its secret. Use the browser in which you made it.",
        "bad_name": "Please choose a name of letters, digits and spaces, at most 64.",
        "member_taken": "Somebody has this name already. Please choose another.",
        "invite_over": "This link was used already, is too old, or was never made.",
        "page_too_old": "This page waited too long. Please load it anew.",
        "sign_in_tries": "This was tried too often. Please wait a quarter of an hour.",
        "not_fresh": "For this, please sign in once more: passkeys and passwords are changed within five minutes of that.",
        "session_over": "Your session is over. Please sign in again.",
        "lost": "No answer came. Please check the connection and try again.",
        "failed": "That did not work. Please load the page anew and try again.",
    },
}
