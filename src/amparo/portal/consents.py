"""What a person is asked to agree to, purpose by purpose, and which wording it was. Stores nothing.

The version names the wording in every language: what she agreed to can be shown again later (docs/consents/). Whoever changes a
text, or its translation, gives it a new version; a test holds each version to its words.
"""

from dataclasses import dataclass
from typing import Final

from amparo.intake.model import Purpose


@dataclass(frozen=True, slots=True)
class ConsentText:
    """One purpose as she is asked. title, text: the English, keys of the catalogues. version: the day of the wording."""

    purpose: Purpose
    title: str
    text: str
    version: str


CONSENTS: Final = (
    ConsentText(
        "match",
        "Look for copies of your pictures",
        "Platforms that work with us compare uploads with the fingerprints of your files. Without this, nothing can be found.",
        "2026-11-27",
    ),
    ConsentText(
        "desk",
        "Let our team read what you wrote",
        "A person of our team reads your words and can answer you. The files you choose never reach us.",
        "2026-11-27.2",
    ),
    ConsentText(
        "share",
        "Share the fingerprints with partners",
        "Other organisations that remove such pictures may get the fingerprints too. They never get your words or your receipt number.",
        "2026-11-27",
    ),
    ConsentText(
        "statistics",
        "Count your case",
        "We may publish how many people came and how fast pictures were found. No figure says anything about you alone.",
        "2026-11-27",
    ),
)
