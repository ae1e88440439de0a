"""The tiers of an index: what came last stands flat, what is older in rings; merged behind the readers' backs. Searches nothing.

A reader takes ``now`` and keeps it: no change touches what it shows. Changes wait for each other, not for merges.
"""

import contextlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amparo.index.arrays import WORD_BITS, IDs, Words
from amparo.index.digest import MASK, digest_of
from amparo.index.kernels import Kernel, Part
from amparo.index.table import LANES, Segment, Table, blocks_of, mark, marked

DELTA_ROWS = 16_384
"""What comes last is scanned whole: some microseconds at most."""
RING_MIN = 16_384
"""Fewer rows than this are scanned faster than looked up."""
AT_ONCE = 1 << 18
"""An addition over this gets its ring before it is seen: scanning it until then would slow every search."""
RATIO = 4
"""Segments are merged while the next larger one is at most this many times as large as those before it together."""
BACKLOG = 64
"""Segments there may be before an addition waits for merges."""
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class State:
    """segments: without an order. delta: room for DELTA_ROWS rows, of which ``delta_n`` are visible. handle: the kernel's."""

    segments: tuple[Segment, ...]
    delta: Table
    delta_n: int
    delta_dead: NDArray[np.uint8] | None
    live: int
    digest: int
    handle: Any

    def parts(self) -> list[Part]:
        """What there is to search."""
        found: list[Part] = [(one.table, len(one.table.ids), one.dead) for one in self.segments]
        return [*found, (self.delta, self.delta_n, self.delta_dead)] if self.delta_n else found

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays, mapped ones and what is kept in reserve too."""
        dead = 0 if self.delta_dead is None else self.delta_dead.nbytes
        return sum(one.nbytes for one in self.segments) + self.delta.nbytes + dead


class Tiers:
    """Holds the newest state; ``now`` may be read by any thread."""

    def __init__(self, words: int, kernel: Kernel, segments: Sequence[Segment] = (), digest: int = 0) -> None:
        """Tiers of codes of ``words`` 64-bit words over ``segments`` whose digest is ``digest``."""
        self._words = words
        self._kernel = kernel
        self._writing = threading.Lock()
        self._merger: threading.Thread | None = None
        self._places: dict[int, int] = {}
        live = sum(one.live for one in segments)
        self.now = self._with_handle(State(tuple(segments), self._room(), 0, None, live, digest, None))

    def add(self, ids: IDs, codes: Words) -> None:
        """Add rows; an id that is here already gets the new code, of an id given twice the last one counts."""
        if not bool(np.all(ids[1:] > ids[:-1])):
            _, last = np.unique(ids[::-1], return_index=True)
            keep = len(ids) - 1 - last  # by id
            ids, codes = ids[keep], codes[keep]
        if not len(ids):
            return
        digest, spread = digest_of(ids, codes), self._kernel.spread(codes, False)
        own = self._segment(ids, spread) if len(ids) > AT_ONCE else None
        with self._writing:
            state = self._without(self.now, ids)
            state = replace(state, live=state.live + len(ids), digest=(state.digest + digest) & MASK)
            if own is None and len(ids) <= DELTA_ROWS:
                if state.delta_n + len(ids) > DELTA_ROWS:
                    state = self._frozen(state)
                state = self._appended(state, ids, spread)
            else:
                own = own or self._segment(ids, spread, ring=False)
                state = replace(state, segments=(*state.segments, own))
            self._publish(state)
        if len(self.now.segments) > BACKLOG:
            self.settle()  # who adds faster than rings are built waits for them, so that searches need not

    def remove(self, ids: IDs) -> None:
        """Remove those of ``ids`` that are here."""
        with self._writing:
            state = self._without(self.now, ids)
            if state is not self.now:
                self._publish(state)

    def settle(self) -> None:
        """Wait until there is nothing to merge."""
        while (merger := self._merger) is not None:
            merger.join()

    def whole(self) -> tuple[Table, int]:
        """All live rows in one table with ascending ids, and their digest; the tiers stay as they are."""
        state = self.now
        if len(state.segments) == 1 and not state.delta_n:
            (only,) = state.segments
            if not only.dead_count and not _is_worn(only, self._kernel.has_rings):
                return only.table, state.digest
        return self._merged([*state.segments, self._delta_segment(state)]).table, state.digest

    def _room(self) -> Table:
        ids, codes = np.zeros(DELTA_ROWS, np.int64), np.zeros((DELTA_ROWS, self._words), np.uint64)
        return self._kept(Table(ids, codes, np.zeros((DELTA_ROWS // LANES, self._words, LANES), np.uint64)))

    def _kept(self, table: Table) -> Table:
        return replace(table, kept=self._kernel.keep(table))

    def _segment(self, ids: IDs, spread: Words, *, ring: bool = True) -> Segment:
        """Rows with ascending ids as a segment."""
        made = self._kernel.ring(spread) if ring and len(ids) >= RING_MIN else None
        blocks = blocks_of(spread) if made is None else None
        return Segment(self._kept(Table(ids, spread, blocks, made)))

    def _with_handle(self, state: State) -> State:
        return replace(state, handle=self._kernel.handle(self._words * WORD_BITS, state.parts()))

    def _publish(self, state: State) -> None:
        self.now = self._with_handle(replace(state, segments=tuple(one for one in state.segments if one.live)))
        if self._merger is None and _to_merge(self.now.segments, self._kernel.has_rings):
            self._merger = threading.Thread(target=self._merge, name="index-merge", daemon=True)
            self._merger.start()

    def _without(self, state: State, ids: IDs) -> State:
        """The state with the live rows of ``ids`` dead; itself when none of them is here."""
        segments, gone, digest = [], 0, 0
        for segment in state.segments:
            rows = segment.rows_of(ids)
            segments.append(segment.without(rows))
            gone, digest = gone + len(rows), digest + self._digest_of(segment.table, rows)
        dead = state.delta_dead
        places = [self._places.pop(one) for one in ids.tolist() if one in self._places] if self._places else []
        if places:
            rows = np.array(places, np.int64)
            dead = np.zeros(DELTA_ROWS // 8, np.uint8) if dead is None else dead.copy()
            mark(dead, rows)
            gone, digest = gone + len(rows), digest + self._digest_of(state.delta, rows)
        if not gone:
            return state
        digest = (state.digest - digest) & MASK
        return replace(state, segments=tuple(segments), delta_dead=dead, live=state.live - gone, digest=digest)

    def _digest_of(self, table: Table, rows: Rows) -> int:
        return digest_of(table.ids[rows], self._kernel.spread(table.codes[rows], True)) if len(rows) else 0

    def _appended(self, state: State, ids: IDs, spread: Words) -> State:
        first, n = state.delta_n, state.delta_n + len(ids)
        assert state.delta.blocks is not None, "made with them"
        rows = np.arange(first, n)
        state.delta.codes[first:n] = spread
        state.delta.ids[first:n] = ids
        state.delta.blocks[rows // LANES, :, rows % LANES] = spread
        self._places.update(zip(ids.tolist(), range(first, n), strict=True))
        return replace(state, delta_n=n)

    def _delta_segment(self, state: State) -> Segment:
        rows = np.arange(state.delta_n)
        if state.delta_dead is not None:
            rows = rows[~marked(state.delta_dead, rows)]
        rows = rows[np.argsort(state.delta.ids[rows])]
        return self._segment(state.delta.ids[rows], state.delta.codes[rows], ring=False)

    def _frozen(self, state: State) -> State:
        """The delta as a segment, and a new one in its place."""
        segments = (*state.segments, self._delta_segment(state))
        self._places = {}
        return replace(state, segments=segments, delta=self._room(), delta_n=0, delta_dead=None)

    def _merge(self) -> None:
        """Merge until there is nothing to merge; one thread at a time. Without memory it stays as it is, slower."""
        with contextlib.suppress(MemoryError):
            while self._merge_once():
                pass

    def _merge_once(self) -> bool:
        with self._writing:
            chosen = _to_merge(self.now.segments, self._kernel.has_rings)
            if not chosen:
                self._merger = None
                return False
        try:
            made = self._merged(chosen)
        except BaseException:
            with self._writing:
                self._merger = None  # the next change tries again
            raise
        with self._writing:
            self._swap(chosen, made)
        return True

    def _merged(self, segments: Sequence[Segment]) -> Segment:
        # take and argsort let other threads run meanwhile; indexing would not
        rows = [one.live_rows() for one in segments]
        ids = np.concatenate([np.take(one.table.ids, row) for one, row in zip(segments, rows, strict=True)])
        codes = np.concatenate([np.take(one.table.codes, row, axis=0) for one, row in zip(segments, rows, strict=True)])
        order = np.argsort(ids, kind="stable")
        return self._segment(np.take(ids, order), np.take(codes, order, axis=0))

    def _swap(self, chosen: Sequence[Segment], made: Segment) -> None:
        """Put ``made`` in the place of ``chosen``; what died of them meanwhile is dead in it too."""
        there = {id(one.table): one for one in self.now.segments}
        for before in chosen:
            after = there.pop(id(before.table), None)  # None: all of it died
            if after is before:
                continue
            died = before.live_rows() if after is None else after.died_since(before)
            made = made.without(made.rows_of(before.table.ids[died]))
        self._publish(replace(self.now, segments=(*there.values(), made)))


def _to_merge(segments: Sequence[Segment], has_rings: bool) -> list[Segment]:
    """The segments to put together next; none when all is well."""
    chosen: list[Segment] = []
    total = 0
    for segment in sorted(segments, key=lambda one: one.live):
        if chosen and segment.live > RATIO * total:
            break
        chosen.append(segment)
        total += segment.live
    if len(chosen) > 1:
        return chosen
    return [one for one in segments if _is_worn(one, has_rings)][:1]


def _is_worn(segment: Segment, has_rings: bool) -> bool:
    """Mostly dead, or large and still without its ring."""
    table = segment.table
    wants_ring = has_rings and table.ring is None and len(table.ids) >= RING_MIN
    return wants_ring or 2 * segment.dead_count > len(table.ids)
