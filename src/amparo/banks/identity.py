"""Who a content is: a keyed digest of (bank, origin, external id). Never the hash alone, and no way back to one.

Source: HMAC-SHA256 (RFC 2104), fields with their lengths before them so that no two lists of fields collide.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from amparo.terms.signal import Signal

KEY_BYTES = 32


def key_check(key: bytes) -> str:
    """16 hex digits that tell whether two withdrawals keys are the same, and nothing about them."""
    return hmac.digest(key, b"amparo: which withdrawals key", "sha256")[:8].hex()


@dataclass(frozen=True, slots=True)
class Namer:
    """Makes identities for one bank and one origin. key: the withdrawals key, kept outside the database."""

    key: bytes
    bank_key: str
    origin: str

    def by_external_id(self, external_id: str) -> bytes:
        """Identity (32 bytes) of what this origin lists under ``external_id``."""
        return self._digest("external", external_id)

    def by_signals(self, signals: Sequence[Signal]) -> bytes:
        """Identity (32 bytes) where the origin gave no external id: kind and code stand in for it."""
        return self._digest("signals", *sorted(f"{signal.kind}:{signal.code.hex()}" for signal in signals))

    def of(self, external_id: str | None, signals: Sequence[Signal]) -> bytes:
        """Identity (32 bytes) of a content."""
        return self.by_signals(signals) if external_id is None else self.by_external_id(external_id)

    def stand_ins(self, external_id: str | None, signals: Sequence[Signal]) -> set[bytes]:
        """The identities each signal would have alone: withdrawing the content silences these too."""
        if external_id is not None or len(signals) < 2:
            return set()
        return {self.by_signals([signal]) for signal in signals}

    def _digest(self, *fields: str) -> bytes:
        message = bytearray()
        for field in (self.bank_key, self.origin, *fields):
            encoded = field.encode()
            message += len(encoded).to_bytes(4, "big") + encoded
        return hmac.digest(self.key, message, "sha256")
