"""Staff's search: every listed content near a hash or another content, whatever its bank is set to. Judges, records and counts nothing."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from amparo.banks.feed import candidates, signals_of
from amparo.banks.model import Candidate
from amparo.errors import BadInput
from amparo.match.judge import is_searched
from amparo.match.lookup import Lookup
from amparo.match.videos import within
from amparo.store.db import Database
from amparo.terms.signal import Signal

SIGNALS_MAX = 64
FOUND_MAX = 200
HITS_MAX = 200_000


@dataclass(frozen=True, slots=True)
class Found:
    """One content near what was searched for, by its nearest signal."""

    candidate: Candidate
    kind: str
    distance_bits: int
    threshold_bits: int


@dataclass(frozen=True, slots=True)
class Finder:
    """Searches over one process's indexes, which are read when the first search is made. hits_max: signals that one search may meet."""

    db: Database
    lookup: Lookup
    hits_max: int = HITS_MAX

    def find(self, signals: Sequence[Signal]) -> list[Found]:
        """Contents within their own bank's threshold of any of ``signals``, nearest first, at most FOUND_MAX.

        Banks that are paused, in staged roll-out or negative count too, and contents that are off.
        Raises: BadInput (no_signals, too_many_signals), TooLarge (too_many_hits).
        """
        asked = [one for one in signals if is_searched(one.kind, one.quality)]
        if not asked:
            raise BadInput("no_signals", "there is nothing to search for", "Give a hash.")
        if len(asked) > SIGNALS_MAX:
            raise BadInput("too_many_signals", "these are more hashes than one search takes", "Search in parts.")
        nearest = self._nearest(asked)
        ordered = sorted(nearest.values(), key=lambda found: (found.distance_bits, found.candidate.content_id))
        return ordered[:FOUND_MAX]

    def like(self, content_ids: Collection[int]) -> Mapping[int, str]:
        """As ``near``, of all signals of these contents; those of them that stand are among what is found. Raises: TooLarge (too_many_hits)."""
        return self.near(signals_of(self.db, content_ids))

    def near(self, signals: Sequence[Signal]) -> Mapping[int, str]:
        """As ``find``, of any number of signals, and all that is found: contents with the name of their bank. Raises: TooLarge (too_many_hits)."""
        asked = [one for one in signals if is_searched(one.kind, one.quality)]
        banks: dict[int, str] = {}
        for first in range(0, len(asked), SIGNALS_MAX):
            found = self._nearest(asked[first : first + SIGNALS_MAX])
            banks |= {number: one.candidate.bank.name for number, one in found.items()}
        return banks

    def _nearest(self, asked: Sequence[Signal]) -> dict[int, Found]:
        """By content the nearest of its signals, within its bank's threshold. Raises: TooLarge (too_many_hits)."""
        _, policy = self.lookup.refresh()
        hits = self.lookup.search(asked, policy, self.hits_max)
        known = candidates(self.db, sorted({hit.signal_id for hit in hits})) if hits else {}
        nearest: dict[int, Found] = {}
        for hit in hits:
            one = known.get(hit.signal_id)
            limit = 0 if one is None else one.bank.threshold_bits(one.kind)
            met = None if one is None else within(hit, limit, policy.rule)
            if one is None or met is None:
                continue
            held = nearest.get(one.content_id)
            if held is None or met.distance_bits < held.distance_bits:
                nearest[one.content_id] = Found(one, one.kind, met.distance_bits, limit)
        return nearest
