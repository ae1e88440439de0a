"""What is asked of a matcher and what it answers, as values. Computes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from amparo.banks.model import Opinion
from amparo.terms.signal import Signal

Word = Literal["match", "no_match", "unusable"]
Action = Literal["none", "review", "hide"]


@dataclass(frozen=True, slots=True)
class Item:
    """What the caller says about the item; all of it optional, none of it trusted."""

    item_id: str | None = None
    uploader_ref: str | None = None
    uploaded_at: datetime | None = None
    seed: str | None = None


@dataclass(frozen=True, slots=True)
class VideoRule:
    """When two videos meet: percent of the frames of either that must have a near one in the other (vPDQ's own: 80 and 0)."""

    query_share_min: float = 80.0
    content_share_min: float = 0.0


@dataclass(frozen=True, slots=True)
class Asked:
    """One question. bank_ids: the banks to ask, None for all. seed: decides the staged share (house §4).

    is_whole: banks that are paused, or in staged roll-out, answer as if they were not; their vetoes stay as they are.
    """

    signals: tuple[Signal, ...]
    seed: bytes
    now_us: int
    bank_ids: frozenset[int] | None = None
    is_whole: bool = False
    rule: VideoRule = VideoRule()


@dataclass(frozen=True, slots=True, eq=False)
class FramesMet:
    """How the frames of a query video met those of a listed one.

    query_frames, content_frames: how many are compared. query_bits, content_bits: for each frame of that side that met
    any of the other, the distance to its nearest.
    """

    query_frames: int
    content_frames: int
    query_bits: NDArray[np.uint16]
    content_bits: NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Hit:
    """A listed signal within the search radius of ``signals[signal_number]``.

    frames: of a video, how its frames met; its distance and shares are known only at a bank's threshold (videos.within).
    """

    signal_number: int
    signal_id: int
    distance_bits: int
    frames: FramesMet | None = field(default=None, compare=False)
    query_share: float | None = None
    content_share: float | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """One content that met, by its nearest signal; ``also`` names the other kinds that met, ``also_bits`` how near each of them was.

    query_share, content_share: percent of the frames of either video that met, None for other kinds.
    """

    bank: str
    content_id: int
    kind: str
    distance_bits: int
    threshold_bits: int
    view: str
    also: tuple[str, ...]
    opinions: tuple[Opinion, ...]
    origin: str
    action: Action
    flood_guarded: bool
    query_share: float | None = None
    content_share: float | None = None
    also_bits: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer. vetoes: contents of negative banks that stood nearer than, or as near as, what else met.

    may_be_minor: something in the bank of what may show somebody under 18 met too, whichever banks were asked. For staff, never told.
    """

    verdict: Word
    matches: Sequence[Match]
    matches_total: int
    suggested_action: Action
    vetoes: Sequence[Match] = ()
    reason: str | None = None
    quality: Mapping[str, int] = field(default_factory=dict)
    index_generation: int = 0
    policy: str = ""
    may_be_minor: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """A match as it is kept: ids and distances, never a signal. may_be_minor: as of the verdict, for staff alone."""

    id: int
    at: datetime
    request_id: str
    client: str
    item: Item
    suggested_action: Action
    policy: str
    index_generation: int
    matches: Sequence[Mapping[str, object]]
    client_id: int = 0
    may_be_minor: bool = False
