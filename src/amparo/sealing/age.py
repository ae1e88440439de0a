"""Seals bytes to public keys and opens them again, in the age format. Keeps no key.

Before sealing the bytes are padded to a multiple of PAD_BYTES, so that the length of what is sealed tells little: a short message, a
name and an address look alike. The padding is ISO/IEC 7816-4's (0x80, then zeros), so an `age` of another make shows the text as it is,
with a tail.
Source: https://c2sp.org/age (v1; X25519 recipients), by the package pyrage.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import pyrage

from amparo.errors import BadInput, Tampered

PAD_BYTES: Final = 256
"""Sealed text of up to 255 bytes is of one length, and so on in steps of 256."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A pair of keys. secret: opens (AGE-SECRET-KEY-1…). recipient: to it is sealed (age1…)."""

    secret: str = field(repr=False)
    recipient: str


def new_identity() -> Identity:
    """A pair of keys, drawn by chance."""
    made = pyrage.x25519.Identity.generate()
    return Identity(str(made), str(made.to_public()))


def identity_of(secret: str) -> Identity:
    """The pair of a secret. Raises: BadInput (bad_identity)."""
    return Identity(secret.strip(), str(_identity(secret).to_public()))


def check_recipient(recipient: str) -> str:
    """``recipient`` as it is. Raises: BadInput (bad_recipient)."""
    _recipient(recipient)
    return recipient


def seal(data: bytes, recipients: Sequence[str]) -> bytes:
    """``data`` so that each holder of a secret of ``recipients`` can open it, and nobody else; never twice the same bytes.

    Raises: BadInput (bad_recipient), also for none at all.
    """
    if not recipients:
        raise _bad_recipient()
    sealed: bytes = pyrage.encrypt(padded(data), [_recipient(one) for one in recipients])
    return sealed


def unseal(sealed: bytes, secret: str) -> bytes:
    """What was sealed. Raises: Tampered (sealed_damaged) when it was sealed to another or is damaged: the two look alike;
    BadInput (bad_identity).
    """
    identity = _identity(secret)
    try:
        return unpadded(pyrage.decrypt(sealed, [identity]))
    except pyrage.DecryptError:
        raise damaged() from None


def padded(data: bytes) -> bytes:
    """``data`` and 1 to PAD_BYTES bytes of padding; the length is a multiple of PAD_BYTES."""
    return data + b"\x80" + bytes(-(len(data) + 1) % PAD_BYTES)


def unpadded(data: bytes) -> bytes:
    """What was padded. Raises: Tampered (sealed_damaged) when this is nothing that ``padded`` gives."""
    kept = data.rstrip(b"\0")
    if not kept.endswith(b"\x80") or len(data) % PAD_BYTES or len(data) - len(kept) >= PAD_BYTES:
        raise damaged()
    return kept[:-1]


def damaged() -> Tampered:
    """The error for what does not open."""
    return Tampered(
        "sealed_damaged", "a sealed text is damaged, or was sealed to another key", "Is this the key it was sealed to?"
    )


def _identity(secret: str) -> pyrage.x25519.Identity:
    try:
        return pyrage.x25519.Identity.from_str(secret.strip())
    except (pyrage.IdentityError, UnicodeEncodeError):
        raise BadInput("bad_identity", "this is no secret key of age", "It begins with AGE-SECRET-KEY-1.") from None


def _recipient(text: str) -> pyrage.x25519.Recipient:
    try:
        return pyrage.x25519.Recipient.from_str(text)
    except (pyrage.RecipientError, UnicodeEncodeError):
        raise _bad_recipient() from None


def _bad_recipient() -> BadInput:
    return BadInput("bad_recipient", "this is no public key of age", "It begins with age1.")
