"""Proofs that whoever sent something holds a secret: signatures with a key made of it. Keeps no key and knows no room.

Source: Ed25519 (RFC 8032), its key by HKDF-SHA256 (RFC 5869) out of a secret that is itself drawn by chance.
"""

from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from amparo.sealing.box import derived_key

SIGNER_CHARS: Final = 64


def signer_of(secret: str) -> str:
    """The public half, 64 hex digits: by it proofs are checked, and nothing is told of the secret."""
    return _key(secret).public_key().public_bytes_raw().hex()


def prove(secret: str, data: bytes) -> bytes:
    """The proof, 64 bytes, that the holder of ``secret`` says ``data``."""
    return _key(secret).sign(data)


def is_proof(signer: str, proof: bytes, data: bytes) -> bool:
    """Whether that is the signer's proof of ``data``. signer: any text; what is no public half proves nothing."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(signer)).verify(proof, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def _key(secret: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(derived_key(secret.encode(), "proof"))
