"""Videos: the frames of all listed ones in one index, and the rule by which two videos meet. Reads no database, judges no bank.

A frame's id is its signal's id and its number in it, so a hit says whose frame it is. Frames under the kind's quality are
not held, and of equal ones in a video the first alone.
Source of the rule: facebook/ThreatExchange, python-threatexchange, extensions/vpdq/vpdq_index.py (VPDQIndex).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from amparo.hashing.video import searchable
from amparo.index import HammingIndex
from amparo.match.model import FramesMet, Hit, VideoRule

FRAME_BITS = 16
HITS_AT_ONCE = 1_000_000
"""Hits one search may give before the next one asks for fewer frames; a still camera's frames all meet each other."""
FRAMES_AT_ONCE = 4_096
Codes = NDArray[np.uint8]
Whole = NDArray[np.int64]


class VideoIndex:
    """The frames of listed videos by signal id. Any thread may search while one changes it."""

    def __init__(self, bits: int, quality_min: int) -> None:
        self._quality_min = quality_min
        self._frames = HammingIndex(bits)
        self._counts: dict[int, int] = {}

    def add(self, ids: Whole, codes: Sequence[bytes]) -> None:
        """Add packed codes under int64[N] signal ids that are new, or here with the same code."""
        if not codes:
            return
        rows = [searchable(code, self._quality_min) for code in codes]
        counts = [len(each) for each in rows]
        self._counts.update(zip(ids.tolist(), counts, strict=True))
        if sum(counts):
            self._frames.add(_frame_ids(ids.tolist(), counts), np.concatenate(rows))

    def remove(self, ids: Whole) -> None:
        """Remove int64[K] signal ids with all their frames; unknown ones are ignored."""
        here = [one for one in ids.tolist() if one in self._counts] if self._counts else []
        if here:
            self._frames.remove(_frame_ids(here, [self._counts[one] for one in here]))
            for one in here:
                del self._counts[one]

    def search(
        self, videos: Sequence[Codes], radius_bits: int, rule: VideoRule, hits_max: int | None
    ) -> list[tuple[int, int, FramesMet]]:
        """(number of the video asked, signal id, how their frames met) of all that can satisfy ``rule`` at this radius.

        videos: the searchable frames of each, uint8[F, bits // 8]; F may be 0. hits_max: pairs of frames, over which it ends.
        Raises: TooLarge (too_many_hits).
        """
        sizes = [len(video) for video in videos]
        owners = np.repeat(np.arange(len(videos)), sizes)
        asked, listed = _Nearest(), _Nearest()
        for first, limits, ids, bits in self._pieces(np.concatenate(videos), radius_bits, hits_max):
            row = first + np.repeat(np.arange(len(limits) - 1), np.diff(limits))
            asked.take(ids >> FRAME_BITS, row, bits)
            listed.take(owners[row], ids, bits)
        return list(self._met(sizes, owners, asked, listed, rule))

    def _pieces(
        self, codes: Codes, radius_bits: int, hits_max: int | None
    ) -> Iterator[tuple[int, Whole, Whole, NDArray[np.uint16]]]:
        """One search for all frames where few meet, several where many do. Gives the first row, and what was found."""
        first, step, total = 0, FRAMES_AT_ONCE if hits_max is not None else 64, 0
        while first < len(codes):
            left = None if hits_max is None else hits_max - total
            limits, ids, bits = self._frames.search(codes[first : first + step], radius_bits, hits_max=left)
            yield first, limits, ids, bits
            first += step
            total += len(ids)
            step = min(FRAMES_AT_ONCE, max(1, step * HITS_AT_ONCE // max(1, len(ids))))

    def _met(
        self, sizes: Sequence[int], owners: Whole, asked: "_Nearest", listed: "_Nearest", rule: VideoRule
    ) -> Iterator[tuple[int, int, FramesMet]]:
        signals, rows, bits = asked.all()
        videos = owners[rows]
        edges = np.flatnonzero(np.diff(signals, prepend=-1) | np.diff(videos, prepend=-1))
        wanted = np.diff(edges, append=len(rows)) * 100 >= rule.query_share_min * np.asarray(sizes)[videos[edges]]
        ends = np.append(edges[1:], len(rows))
        owner, frames, frame_bits = listed.all()
        for start, end in zip(edges[wanted].tolist(), ends[wanted].tolist(), strict=True):
            video, signal = int(videos[start]), int(signals[start])
            count = self._counts.get(signal)
            if count is None:  # withdrawn meanwhile
                continue
            low, high = np.searchsorted(owner, [video, video + 1])
            place = low + np.searchsorted(frames[low:high], [signal << FRAME_BITS, signal + 1 << FRAME_BITS])
            yield video, signal, FramesMet(sizes[video], count, bits[start:end], frame_bits[place[0] : place[1]])

    def digest(self) -> int:
        """64 bits over all (frame id, code) pairs."""
        return self._frames.digest()

    def __len__(self) -> int:
        """How many signals are here."""
        return len(self._counts)


class _Nearest:
    """The least distance for each pair of keys, from pieces."""

    def __init__(self) -> None:
        self._held = np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.uint16)

    def take(self, first: Whole, second: Whole, bits: NDArray[np.uint16]) -> None:
        """One more piece: a distance for each pair of int64 keys."""
        a = np.concatenate([self._held[0], first])
        b = np.concatenate([self._held[1], second])
        d = np.concatenate([self._held[2], bits])
        order = np.lexsort((d, b, a))
        a, b, d = a[order], b[order], d[order]
        new = np.ones(len(a), bool)
        new[1:] = (a[1:] != a[:-1]) | (b[1:] != b[:-1])
        self._held = a[new], b[new], d[new]

    def all(self) -> tuple[Whole, Whole, NDArray[np.uint16]]:
        """Both keys and the distance, in the order of the keys."""
        return self._held


def within(hit: Hit, threshold_bits: int, rule: VideoRule) -> Hit | None:
    """The hit as it counts at a bank's threshold, None where it does not; of a video with its shares and its median distance.

    The shares are percent of the frames of either side that meet one of the other; of an even number of frames the lower
    of the two middle distances is told.
    """
    met = hit.frames
    if met is None:
        return hit if hit.distance_bits <= threshold_bits else None
    near = np.sort(met.query_bits[met.query_bits <= threshold_bits])
    query_share = len(near) * 100 / met.query_frames
    content_share = int((met.content_bits <= threshold_bits).sum()) * 100 / met.content_frames
    if not len(near) or query_share < rule.query_share_min or content_share < rule.content_share_min:
        return None
    median = int(near[(len(near) - 1) // 2])
    return replace(hit, distance_bits=median, query_share=query_share, content_share=content_share)


def _frame_ids(signals: Sequence[int], counts: Sequence[int]) -> Whole:
    own = [
        np.arange(count, dtype=np.int64) + (signal << FRAME_BITS) for signal, count in zip(signals, counts, strict=True)
    ]
    return np.concatenate(own) if own else np.empty(0, np.int64)
