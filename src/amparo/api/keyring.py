"""Who holds which key, remembered for as long as no key ended and no policy changed. Grants nothing and refuses nothing.

A key that ended is a change in the ledger like a bank's policy: what was remembered before it is forgotten at the next
look, which stands before every request.
"""

import hashlib

from amparo.access.model import Principal

KEYS_MAX = 10_000


class Keyring:
    """Holders by the SHA-256 of their key: the key itself is not kept."""

    def __init__(self) -> None:
        self._policy = -1
        self._holders: dict[bytes, Principal] = {}

    def holder(self, text: str, newest_policy: int) -> Principal | None:
        """Who held the key when it was last read, unless something changed until ``newest_policy``."""
        if newest_policy != self._policy:
            self._holders.clear()
            self._policy = newest_policy
        return self._holders.get(_digest(text))

    def keep(self, text: str, newest_policy: int, holder: Principal) -> None:
        """Remember what was read after the look that gave ``newest_policy``; not if another look found more since."""
        if newest_policy == self._policy:
            if len(self._holders) >= KEYS_MAX:
                self._holders.clear()
            self._holders[_digest(text)] = holder


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
