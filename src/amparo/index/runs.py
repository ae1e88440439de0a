"""Keys to rows: a few sorted runs, each much longer than the next, so that adding is cheap and finding is a few bisections.

Immutable: adding gives a new value that shares the long runs. Keys may repeat; whoever asks sorts out which rows live.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[Any]
Rows = NDArray[np.int64]
STEP = 8
"""A run is kept apart while it is more than this many times as long as what comes after it."""


@dataclass(frozen=True, slots=True)
class Runs:
    """runs: pairs of sorted keys and their rows, longest first."""

    runs: tuple[tuple[Keys, Rows], ...] = ()

    @property
    def nbytes(self) -> int:
        """Bytes of all runs."""
        return sum(keys.nbytes + rows.nbytes for keys, rows in self.runs)

    def plus(self, keys: Keys, rows: Rows) -> "Runs":
        """With ``keys`` and their ``rows`` (same length) added. Cost: logarithmic on average for each key."""
        kept = list(self.runs)
        parts = [(keys, rows)]
        size = len(keys)
        while kept and len(kept[-1][0]) <= STEP * size:
            parts.append(kept.pop())
            size += len(parts[-1][0])
        merged = np.concatenate([part[0] for part in reversed(parts)])
        order = np.argsort(merged, kind="stable")
        return Runs((*kept, (merged[order], np.concatenate([part[1] for part in reversed(parts)])[order])))

    def find(self, keys: Keys) -> tuple[Rows, Rows]:
        """Every (place in ``keys``, row) whose keys are equal, in no order."""
        places, rows = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for run_keys, run_rows in self.runs:
            first = np.searchsorted(run_keys, keys, "left")
            counts = np.searchsorted(run_keys, keys, "right") - first
            total = int(counts.sum())
            if total:
                within = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
                places.append(np.repeat(np.arange(len(keys)), counts))
                rows.append(run_rows[np.repeat(first, counts) + within])
        return np.concatenate(places), np.concatenate(rows)
