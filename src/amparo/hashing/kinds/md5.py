"""MD5 (RFC 1321) of a file's bytes: finds exact copies, in lists that others keep by it. Not for proof: collisions can be made."""

import hashlib

from amparo.hashing.kind import Hashed, HashKind


def _hash(data: bytes) -> Hashed:
    return Hashed(hashlib.md5(data, usedforsecurity=False).digest())


KIND = HashKind(
    name="md5", bits=128, over="bytes", threshold_bits=0, threshold_bits_max=0, quality_min=None, hash=_hash
)
