"""What is asked of a matcher and what it answers, as values. Computes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

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
class Asked:
    """One question. bank_ids: the banks to ask, None for all. seed: decides the staged share (house §4).

    is_whole: banks that are paused, or in staged roll-out, answer as if they were not; their vetoes stay as they are.
    """

    signals: tuple[Signal, ...]
    seed: bytes
    now_us: int
    bank_ids: frozenset[int] | None = None
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A listed signal within the search radius of ``signals[signal_number]``."""

    signal_number: int
    signal_id: int
    distance_bits: int


@dataclass(frozen=True, slots=True)
class Match:
    """One content that met, by its nearest signal; ``also`` names the other kinds that met."""

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


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer. vetoes: contents of negative banks that stood nearer than, or as near as, what else met."""

    verdict: Word
    matches: Sequence[Match]
    matches_total: int
    suggested_action: Action
    vetoes: Sequence[Match] = ()
    reason: str | None = None
    quality: Mapping[str, int] = field(default_factory=dict)
    index_generation: int = 0
    policy: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """A match as it is kept: ids and distances, never a signal."""

    id: int
    at: datetime
    request_id: str
    client: str
    item: Item
    suggested_action: Action
    policy: str
    index_generation: int
    matches: Sequence[Mapping[str, object]]
