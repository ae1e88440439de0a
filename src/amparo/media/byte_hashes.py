"""Hashes over a file's bytes as they are: no decoder is needed, so any process may make them."""

from collections.abc import Callable
from typing import cast

from amparo.hashing import KINDS, Hashed
from amparo.media import frames
from amparo.terms.signal import IDENTITY, Signal


def byte_signals(data: bytes) -> tuple[Signal, ...]:
    """Signals of the kinds that are made over a file's bytes."""
    made = []
    for kind in KINDS.values():
        if kind.over == "bytes":
            hashed = cast("Callable[[bytes], Hashed]", kind.hash)(data)
            made.append(frames.signal_of(kind.name, IDENTITY, hashed.quality, hashed.code))
    return tuple(made)
