"""The flood guard's arithmetic: when does a content match so far above its usual rate that no machine should act on it.
Pure; keeps nothing.

The usual rate is an exponentially weighted mean of matches an hour with a half-life of a day. A content trips when this
hour's count reaches both the floor and ``factor`` times the usual rate.
"""

from dataclasses import dataclass

HOUR_US = 3_600_000_000
HALF_LIFE_HOURS = 24.0


@dataclass(frozen=True, slots=True)
class Rate:
    """hour_us: start of the hour counted. count: matches in it so far. base_per_hour: the usual rate before it."""

    hour_us: int
    count: int
    base_per_hour: float


def advance(rate: Rate | None, now_us: int, matches: int) -> Rate:
    """The rate after ``matches`` more at ``now_us``; a clock that went back counts into the hour held."""
    hour_us = now_us - now_us % HOUR_US
    if rate is None:
        return Rate(hour_us, matches, 0.0)
    passed = (hour_us - rate.hour_us) // HOUR_US
    if passed <= 0:
        return Rate(rate.hour_us, rate.count + matches, rate.base_per_hour)
    keep = 0.5 ** (1 / HALF_LIFE_HOURS)
    base = (rate.base_per_hour * keep + rate.count * (1 - keep)) * keep ** (passed - 1)
    return Rate(hour_us, matches, base)


def is_tripped(rate: Rate, matches_min: int, factor: float) -> bool:
    """Whether this hour is a flood."""
    return rate.count >= matches_min and rate.count >= factor * rate.base_per_hour
