"""Boxes: bytes locked under a key that the caller holds, bound to what they are about. Keeps no key.

Source: ChaCha20-Poly1305 (RFC 8439) with a nonce drawn by chance; HKDF-SHA256 (RFC 5869). At 96 random bits a key may lock
2^32 boxes before two nonces meet with a chance of 2^-32; ours lock a few hundred.
"""

import os
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from amparo.sealing.age import damaged

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12


@dataclass(frozen=True, slots=True)
class Box:
    """Locks and opens. key: 32 bytes. What is locked about one thing does not open about another."""

    key: bytes = field(repr=False)

    def lock(self, data: bytes, about: bytes) -> bytes:
        """Nonce, ciphertext and tag: 28 bytes more than ``data``."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + ChaCha20Poly1305(self.key).encrypt(nonce, data, about)

    def open(self, locked: bytes, about: bytes) -> bytes:
        """What was locked. Raises: Tampered (sealed_damaged)."""
        try:
            return ChaCha20Poly1305(self.key).decrypt(locked[:NONCE_BYTES], locked[NONCE_BYTES:], about)
        except (InvalidTag, ValueError):  # the latter when there is not even a nonce
            raise damaged() from None


def derived_key(secret: bytes, what: str) -> bytes:
    """A key of 32 bytes for one purpose, out of a secret that is itself drawn by chance (no passphrase)."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"amparo: " + what.encode()).derive(secret)
