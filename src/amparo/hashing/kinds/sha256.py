"""SHA-256 (FIPS 180-4) of a file's bytes: finds exact copies. Says nothing about what a picture looks like."""

import hashlib

from amparo.hashing.kind import Hashed, HashKind


def _hash(data: bytes) -> Hashed:
    return Hashed(hashlib.sha256(data).digest())


KIND = HashKind(
    name="sha256", bits=256, over="bytes", threshold_bits=0, threshold_bits_max=0, quality_min=None, hash=_hash
)
