"""Judges past uploads against a bank's list of today, by the rules of a match. Acts on nothing and records nothing.

1. What is looked for: the bank's live signals, each with the bank's own threshold (`search`).
2. Of the uploads that met, the exact distances, beside those of the negative banks (`judged`).
3. What the ledger says of these signals at that moment: withdrawn or disabled since, it is not told.
4. `match.decide`, as if the upload came now.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from amparo.banks.feed import candidates, listed
from amparo.banks.model import Bank, Candidate
from amparo.errors import BadInput
from amparo.hashing import KINDS
from amparo.index.stream import Wanted
from amparo.match.judge import decide
from amparo.match.model import Asked, Hit, Item
from amparo.match.service import seed_of
from amparo.store.db import Database
from amparo.terms.clock import from_us
from amparo.terms.signal import Signal
from amparo.uploads.model import LOGGED, Upload
from amparo.uploads.scan import HITS_MAX, search_bytes

BATCH = 500
UNINDEXED = 2**63
"""Few uploads against many codes: an index over those would not pay."""


@dataclass(frozen=True, slots=True)
class Retro:
    """A past upload that meets a content of the bank."""

    item_id: str
    client: str
    at: datetime
    uploader_ref: str | None
    bank: str
    content_id: int
    kind: str
    distance_bits: int
    threshold_bits: int


@dataclass(frozen=True, slots=True)
class _List:
    """Signals of one kind: row n of the codes is that of ids[n]."""

    ids: NDArray[np.int64]
    codes: NDArray[np.uint8]
    wanted: Wanted


class Rescan:
    """One run over one bank's list as it was when this was made, less what goes meanwhile."""

    def __init__(self, db: Database, bank: Bank, banks: Sequence[Bank], last_id: int, listed_since_us: int = 0) -> None:
        """banks: all there are. last_id: the newest signal that counts. Raises: BadInput (negative_bank)."""
        if bank.polarity == "negative":
            raise BadInput(
                "negative_bank", "a negative bank holds what is harmless", "Give a bank of what is looked for."
            )
        self._db = db
        self._bank = bank
        self.radius_bits = {kind: bank.threshold_bits(kind) for kind in LOGGED}
        negatives = [one for one in banks if one.polarity == "negative"]
        self._bank_ids = frozenset(one.id for one in (bank, *negatives))
        self._own = _lists(listed(db, bank, last_id, listed_since_us), self.radius_bits)
        self._vetoes = [
            _lists(listed(db, one, last_id), {kind: one.threshold_bits(kind) for kind in LOGGED}) for one in negatives
        ]

    def __len__(self) -> int:
        """How many signals are looked for."""
        return sum(len(one.ids) for one in self._own.values())

    def search(self, since_us: int) -> bytes:
        """What `uploads.scan.scan_unit` looks for, among uploads answered since then."""
        return search_bytes(since_us, {kind: one.codes for kind, one in self._own.items()}, self.radius_bits)

    def judged(self, uploads: Sequence[Upload], now_us: int) -> Iterator[Retro]:
        """What of ``uploads`` meets the bank now, in their order, nearest first. Raises: TooLarge (too_many_hits)."""
        for start in range(0, len(uploads), BATCH):
            yield from self._judged(uploads[start : start + BATCH], now_us)

    def _judged(self, uploads: Sequence[Upload], now_us: int) -> Iterator[Retro]:
        hits: dict[int, list[Hit]] = {}
        for number, hit in (pair for lists in (self._own, *self._vetoes) for pair in _hits(lists, uploads)):
            hits.setdefault(number, []).append(hit)
        known = self._known(sorted({hit.signal_id for met in hits.values() for hit in met}))
        for number in sorted(hits):
            upload = uploads[number]
            signals = tuple(Signal(kind, upload.codes.get(kind, b"")) for kind in LOGGED)
            seed = seed_of(Item(item_id=upload.item_id), signals)
            verdict = decide(Asked(signals, seed, now_us, self._bank_ids), hits[number], known)
            for match in verdict.matches:
                yield Retro(
                    item_id=upload.item_id,
                    client=upload.client,
                    at=from_us(upload.at_us),
                    uploader_ref=upload.uploader_ref,
                    bank=match.bank,
                    content_id=match.content_id,
                    kind=match.kind,
                    distance_bits=match.distance_bits,
                    threshold_bits=match.threshold_bits,
                )

    def _known(self, signal_ids: Sequence[int]) -> Mapping[int, Candidate]:
        """What the ledger says of these signals now."""
        return candidates(self._db, signal_ids)


def _lists(signals: Iterator[tuple[int, str, bytes]], radius_bits: Mapping[str, int]) -> dict[str, _List]:
    ids: dict[str, list[int]] = {kind: [] for kind in LOGGED}
    codes: dict[str, bytearray] = {kind: bytearray() for kind in LOGGED}
    for signal_id, kind, code in (one for one in signals if one[1] in LOGGED):
        ids[kind].append(signal_id)
        codes[kind] += code
    found = {}
    for kind in LOGGED:
        rows = np.frombuffer(bytes(codes[kind]), np.uint8).reshape(-1, KINDS[kind].bits // 8)
        found[kind] = _List(np.array(ids[kind], np.int64), rows, Wanted(rows, radius_bits[kind], UNINDEXED))
    return found


def _hits(lists: Mapping[str, _List], uploads: Sequence[Upload]) -> Iterator[tuple[int, Hit]]:
    """(place of the upload, hit) for all that is within the list's own radius."""
    for place, kind in enumerate(LOGGED):
        numbers = [number for number, upload in enumerate(uploads) if kind in upload.codes]
        joined = b"".join(uploads[number].codes[kind] for number in numbers)
        rows = np.frombuffer(joined, np.uint8).reshape(len(numbers), -1) if numbers else lists[kind].codes[:0]
        for row, wanted, distance in lists[kind].wanted.found(rows, HITS_MAX).tolist():
            yield numbers[row], Hit(place, int(lists[kind].ids[wanted]), distance)
