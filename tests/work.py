"""A browser's proof of work, made by Python: for tests that have no browser."""

import hashlib
from itertools import count


def solve(question: str, bits: int, after: int = -1) -> str:
    """``question.nonce`` with the first nonce past ``after`` whose SHA-256 begins with that many zero bits."""
    for nonce in count(after + 1):
        answer = f"{question}.{nonce:08x}"
        if int.from_bytes(hashlib.sha256(answer.encode()).digest(), "big") >> (256 - bits) == 0:
            return answer
    raise AssertionError("count does not end")
