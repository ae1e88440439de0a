"""How often a place and the whole portal may act: windows that slide, those with a proof of work apart, and nothing that grows."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amparo.errors import LimitReached
from amparo.portal.limits import ACTS, HOUR_S, Limits, caps, unproved
from amparo.portal.settings import LimitSettings
from tests.conftest import SetClock

START = datetime(2026, 11, 27, 12, tzinfo=UTC)
HERE, THERE = b"here", b"there"
FEW = LimitSettings(guesses_per_place=4, guesses=10, unproved_percent=50)


class Ticking(SetClock):
    """Stands at some second after an hour began until it is set."""

    def __init__(self, now_s: float = 0.0) -> None:
        super().__init__(START)
        self.now_s = now_s

    @property
    def now_s(self) -> float:
        return (self.instant - START).total_seconds()

    @now_s.setter
    def now_s(self, seconds: float) -> None:
        self.instant = START + timedelta(seconds=seconds)


def passes(limits: Limits, place: bytes | None, *, proved: bool = True) -> int:
    """How many guesses go through until one is refused, 100 at most."""
    for count in range(100):
        try:
            limits.take("guess", place, proved=proved)
        except LimitReached:
            return count
    return 100


def from_all(limits: Limits) -> int:
    """How many go through from many places together."""
    return sum(passes(limits, bytes([number])) for number in range(1, 20))


def wait_s(limits: Limits, place: bytes | None) -> int:
    with pytest.raises(LimitReached) as refused:
        limits.take("guess", place, proved=True)
    assert refused.value.slug == "too_often"
    assert refused.value.retry_after_s is not None
    return refused.value.retry_after_s


def test_a_place_has_its_limit_and_does_not_use_up_anothers():
    limits = Limits(FEW, Ticking())
    assert [passes(limits, HERE), passes(limits, THERE)] == [4, 4]


def test_the_whole_portal_has_a_limit_over_all_places():
    limits = Limits(FEW, Ticking())
    assert sum(passes(limits, name.encode()) for name in "abcdef") == 10


def test_who_comes_from_nowhere_leaves_half_to_the_others():
    """Over an onion service one sender used up all that the whole portal may, and shut out everybody."""
    limits = Limits(FEW, Ticking())
    assert passes(limits, None) == 5
    assert [passes(limits, HERE), passes(limits, THERE)] == [4, 1]


def test_who_brings_no_proof_has_less_and_shuts_out_nobody_who_does():
    limits = Limits(FEW, Ticking())
    assert sum(passes(limits, name.encode(), proved=False) for name in "abcdef") == 5
    assert passes(limits, b"a") == 4


def test_each_act_is_counted_by_itself():
    limits = Limits(FEW, Ticking())
    passes(limits, HERE)
    for act in set(ACTS) - {"guess"}:
        limits.take(act, HERE, proved=True)


def test_an_edge_of_the_hour_gives_the_whole_portal_no_second_helping():
    clock = Ticking(HOUR_S - 1)
    limits = Limits(FEW, clock)
    assert from_all(limits) == 10
    clock.now_s = HOUR_S + 1
    assert from_all(limits) == 0
    clock.now_s = 1.5 * HOUR_S
    assert from_all(limits) == 5


def test_a_place_begins_anew_with_the_hour_as_its_digest_does():
    clock = Ticking(HOUR_S - 1)
    limits = Limits(FEW, clock)
    assert passes(limits, HERE) == 4
    assert wait_s(limits, HERE) == 1
    clock.now_s = HOUR_S
    assert passes(limits, HERE) == 4


def test_after_two_quiet_hours_all_is_as_at_first():
    clock = Ticking()
    limits = Limits(FEW, clock)
    from_all(limits)
    clock.now_s = 2 * HOUR_S
    assert from_all(limits) == 10
    clock.now_s = 50 * HOUR_S
    assert from_all(limits) == 10


def test_a_refusal_is_not_counted():
    clock = Ticking()
    limits = Limits(FEW, clock)
    passes(limits, HERE)
    said = wait_s(limits, HERE)
    for _ in range(1_000):
        wait_s(limits, HERE)
    assert wait_s(limits, HERE) == said


@given(
    at_s=st.floats(0, 3 * HOUR_S, allow_nan=False),
    gaps_s=st.lists(st.floats(0, HOUR_S, allow_nan=False), max_size=30),
    cap=st.integers(1, 6),
    place=st.sampled_from([None, HERE]),
)
def test_who_waits_as_told_is_let_through(at_s, gaps_s, cap, place):
    clock = Ticking(at_s)
    limits = Limits(LimitSettings(guesses_per_place=max(1, cap // 2), guesses=cap), clock)
    for gap_s in gaps_s:
        clock.now_s += gap_s
        passes(limits, place)
    passes(limits, place)
    said = wait_s(limits, place)
    assert 1 <= said <= 2 * HOUR_S
    clock.now_s += said
    limits.take("guess", place, proved=True)


@given(times_s=st.lists(st.floats(0, 4 * HOUR_S, allow_nan=False), min_size=1, max_size=60), cap=st.integers(1, 5))
def test_no_sixty_minutes_see_twice_the_limit(times_s, cap):
    clock = Ticking()
    limits = Limits(LimitSettings(guesses=cap), clock)
    let = []
    for clock.now_s in sorted(times_s):
        let += [clock.now_s] * passes(limits, HERE)
    for start in let:
        assert sum(start <= one < start + HOUR_S for one in let) <= 2 * cap


def test_what_is_kept_is_bounded_by_the_limits_themselves():
    clock = Ticking()
    limits = Limits(FEW, clock)
    for hour in range(3):
        clock.now_s = hour * HOUR_S
        for number in range(1_000):
            passes(limits, number.to_bytes(8, "big"))
    assert limits.held() <= 10


def test_a_session_needs_no_proof_and_no_share_is_nothing():
    settings = LimitSettings(tips_per_place=1, tips=2, unproved_percent=1)
    assert unproved(settings)["session"] == caps(settings)["session"]
    assert (unproved(settings)["tip"].place, unproved(settings)["tip"].whole) == (1, 1)
