"""A signal: one hash of one kind, of one form (view) of a picture. Knows no kind; `hashing` does."""

from dataclasses import dataclass

IDENTITY = "identity"
LATER = "/"
"""Stands between how a film was sampled, which is nobody's business, and the form that is told as its view."""


@dataclass(frozen=True, slots=True)
class Signal:
    """kind: name of a hash kind. code: its raw bytes. quality: 0-100 where the kind has one.

    view: which form of the picture was hashed. profile: how the pixels were made, "" when somebody else hashed.
    """

    kind: str
    code: bytes
    quality: int | None = None
    view: str = IDENTITY
    profile: str = ""
