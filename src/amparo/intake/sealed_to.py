"""To whom a person's words are sealed beside her own number: the desk, and where a child may be named those who open tips. Holds no secret."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from amparo.sealing.age import seal

SEALED_TIP: Final = "sealed_tip"
"""The kind of a receipt whose tip, and all that is written under it, is sealed to those who open tips."""


def nobody() -> str:
    """Where no key for tips was made yet."""
    return ""


@dataclass(frozen=True, slots=True)
class SealTo:
    """desk: its recipient. tips: that of the tips key as it is now, "" while there is none; then the desk's serves."""

    desk: str
    tips: Callable[[], str] = nobody

    def for_desk(self, text: str, hers: str) -> bytes:
        """Words for the desk. hers: the recipient of her number."""
        return seal(text.encode(), [self.desk, hers])

    def for_tips(self, text: str, hers: str) -> bytes:
        """Words that may name a child or a witness: the desk's key does not open them, once there is one for tips."""
        return seal(text.encode(), [self.tips() or self.desk, hers])
