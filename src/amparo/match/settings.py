"""The settings of the match room."""

from dataclasses import dataclass, field

POSITIVE = {"min": 1}


@dataclass(frozen=True, slots=True)
class MatchSettings:
    """How matches are recorded and guarded."""

    event_days: int = field(default=90, metadata=POSITIVE)
    """Days for which match events are kept."""
    flood_matches_min: int = field(default=50, metadata=POSITIVE)
    """Matches of one content within an hour under which the flood guard never acts."""
    flood_factor: float = field(default=10.0, metadata=POSITIVE)
    """How many times its usual hourly rate a content must match for the flood guard to act."""
    snapshot_signals_min: int = field(default=50_000, metadata=POSITIVE)
    """Signals that must have changed, beside a tenth of all, before the background worker writes a new snapshot of the index."""
    snapshot_minutes: int = field(default=10, metadata=POSITIVE)
    """Time after which a snapshot that holds what was withdrawn since is written anew and deleted."""
    matches_max: int = field(default=1_000, metadata=POSITIVE)
    """Matches one answer lists, nearest first; `matches_total` says how many there were."""
    video_query_share_min: float = field(default=80.0, metadata={"min": 0, "max": 100})
    """Percent of the frames of a video that must have a near one in a listed video for the two to meet (as vPDQ has it)."""
    video_content_share_min: float = field(default=0.0, metadata={"min": 0, "max": 100})
    """Percent of the frames of a listed video that must have a near one in the video asked (as vPDQ has it)."""
    batch_hits_max: int = field(default=1_000_000, metadata=POSITIVE)
    """Codes of the index that one batch lookup may meet in all; each costs some 300 bytes of memory until it is answered."""
