"""How much one key may ask, counted in a small file that all workers of a machine share. Not a billing record.

Rate: a token bucket a key. Probing: distances are an oracle (who may ask often enough near a content learns its
code bit by bit), so the *different* signals with which one key meets one content are counted by the hour.
The file is memory-mapped, guarded by an advisory lock, and worth nothing after a restart.
"""

import contextlib
import fcntl
import mmap
import os
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from amparo.access.model import Principal
from amparo.access.settings import AccessSettings
from amparo.errors import LimitReached
from amparo.store.durable import file_error, make_private_folder

SLOTS: Final = 1 << 16
BUCKET: Final = struct.Struct("<dd")  # tokens left, monotonic seconds
SEEN_BITS: Final = 1 << 23
COUNTERS: Final = 1 << 16
HOUR_S: Final = 3600

_HOUR_AT: Final = SLOTS * BUCKET.size
_SEEN_AT: Final = _HOUR_AT + 8
_COUNT_AT: Final = _SEEN_AT + SEEN_BITS // 8
SIZE_BYTES: Final = _COUNT_AT + COUNTERS * 2


class Limits:
    """Counts for all keys; one instance a process, one file a machine."""

    def __init__(self, path: Path, settings: AccessSettings, monotonic: Callable[[], float] = time.monotonic) -> None:
        make_private_folder(path.parent)
        self._settings = settings
        self._monotonic = monotonic
        self._lock = threading.Lock()
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            os.ftruncate(self._fd, SIZE_BYTES)
        except OSError as error:
            raise file_error(error, path.name) from error
        self._map = mmap.mmap(self._fd, SIZE_BYTES)
        self._seen = np.frombuffer(self._map, np.uint8, SEEN_BITS // 8, _SEEN_AT)
        self._count = np.frombuffer(self._map, np.uint16, COUNTERS, _COUNT_AT)

    def take(self, principal: Principal) -> None:
        """Count one request. Raises: LimitReached (rate) with the seconds after which it may be tried again."""
        if principal.key_id == 0:
            return
        rate = principal.rate_per_s or self._settings.rate_per_s
        burst = max(rate, self._settings.rate_burst) if principal.rate_per_s is None else rate
        at = (principal.key_id % SLOTS) * BUCKET.size
        with self._held(at, BUCKET.size):
            now = self._monotonic()
            tokens, stamp = BUCKET.unpack_from(self._map, at)
            # a stamp of zero or from before the last boot: a full bucket
            tokens = float(burst) if not 0 < stamp <= now else min(float(burst), tokens + (now - stamp) * rate)
            BUCKET.pack_into(self._map, at, tokens - 1 if tokens >= 1 else tokens, now)
        if tokens < 1:
            raise LimitReached(
                "rate",
                "this key asks too often",
                "Wait, then ask again.",
                retry_after_s=max(1, round((1 - tokens) / rate)),
            )

    def probe(self, principal: Principal, content_ids: NDArray[np.int64], codes: NDArray[np.uint64]) -> None:
        """Count that ``codes[i]`` (a 64-bit digest of the signal asked) met ``content_ids[i]``; only for role platform.

        Raises: LimitReached (probing) when one content was met by too many different signals within the hour.
        """
        if principal.role != "platform" or not len(content_ids):
            return
        now = int(self._monotonic())
        pair = _mixed(content_ids.astype(np.uint64) ^ np.uint64((principal.key_id << 40) & (2**64 - 1)))
        place = _mixed(pair ^ codes) % np.uint64(SEEN_BITS)
        place, first = np.unique(place, return_index=True)
        slot = (pair[first] % np.uint64(COUNTERS)).astype(np.int64)
        byte, bit = (place >> np.uint64(3)).astype(np.int64), np.uint8(1) << (place & np.uint64(7)).astype(np.uint8)
        with self._held(_HOUR_AT, SIZE_BYTES - _HOUR_AT):
            self._turn_hour(now // HOUR_S)
            new = (self._seen[byte] & bit) == 0
            np.bitwise_or.at(self._seen, byte[new], bit[new])
            counts = np.bincount(slot[new], minlength=COUNTERS) + self._count
            self._count[:] = np.minimum(counts, np.iinfo(np.uint16).max).astype(np.uint16)
            worst = int(self._count[slot].max())
        if worst > self._settings.probes_per_content_max:
            raise LimitReached(
                "probing",
                "this key met one content with too many different signals",
                "Send the media itself, or wait for the next hour.",
                retry_after_s=HOUR_S - now % HOUR_S,
            )

    def close(self) -> None:
        """Let go of the file."""
        del self._seen, self._count
        self._map.close()
        os.close(self._fd)

    def _turn_hour(self, hour: int) -> None:
        (held,) = struct.unpack_from("<q", self._map, _HOUR_AT)
        if held != hour:
            self._seen[:] = 0
            self._count[:] = 0
            struct.pack_into("<q", self._map, _HOUR_AT, hour)

    @contextlib.contextmanager
    def _held(self, at: int, size_bytes: int) -> Iterator[None]:
        with self._lock:
            fcntl.lockf(self._fd, fcntl.LOCK_EX, size_bytes, at)
            try:
                yield
            finally:
                fcntl.lockf(self._fd, fcntl.LOCK_UN, size_bytes, at)


def _mixed(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    # finaliser of SplitMix64 (Steele, Lea, Flood 2014)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
