"""What the places and what is there are called, on every page that tells of them. The routes themselves: `places.py`."""

from typing import Final

from amparo.web.places import ELSEWHERE, Kind
from amparo.web.words import N_

NAMES: Final = {
    "AU": N_("Australia"),
    "CA": N_("Canada"),
    "CN": N_("Mainland China"),
    "HK": N_("Hong Kong"),
    "IE": N_("Ireland"),
    "JP": N_("Japan"),
    "KR": N_("South Korea"),
    "MY": N_("Malaysia"),
    "NZ": N_("New Zealand"),
    "SG": N_("Singapore"),
    "TW": N_("Taiwan"),
    "GB": N_("United Kingdom"),
    "US": N_("United States"),
    ELSEWHERE: N_("Another place"),
}
"""Every place there is a file for, by its code (ISO 3166-1, or ``international``)."""
WHAT: Final[dict[Kind, str]] = {
    "emergency": N_("In danger now"),
    "removal": N_("Getting pictures taken down"),
    "helpline": N_("Someone to talk to"),
    "report": N_("Reporting what you found"),
    "police": N_("Police"),
}
"""What an entry is for, in the order in which they are shown."""
