"""The settings of the match room."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MatchSettings:
    """How matches are recorded and guarded."""

    event_days: int = 90
    """Days for which match events are kept."""
    flood_matches_min: int = 50
    """Matches of one content within an hour under which the flood guard never acts."""
    flood_factor: float = 10.0
    """How many times its usual hourly rate a content must match for the flood guard to act."""
    matches_max: int = 1_000
    """Matches one answer lists, nearest first; `matches_total` says how many there were."""
