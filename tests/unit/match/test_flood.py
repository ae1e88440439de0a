"""The flood guard's arithmetic: hours counted, the usual rate, and when a content stands far above it."""

import pytest

from amparo.match.flood import HOUR_US, Rate, advance, is_tripped

T0 = 1_000 * HOUR_US


def test_the_first_match_opens_the_hour_it_falls_in():
    assert advance(None, T0 + 5, 3) == Rate(T0, 3, 0.0)


def test_matches_of_one_hour_add_up():
    rate = advance(advance(None, T0, 1), T0 + HOUR_US - 1, 2)
    assert rate == Rate(T0, 3, 0.0)


def test_a_new_hour_starts_at_nothing_and_takes_the_last_into_the_usual_rate():
    rate = advance(Rate(T0, 24, 0.0), T0 + HOUR_US, 1)
    assert (rate.hour_us, rate.count) == (T0 + HOUR_US, 1)
    assert rate.base_per_hour == pytest.approx(24 * (1 - 0.5 ** (1 / 24)))


def test_the_usual_rate_halves_in_a_day_without_matches():
    soon = advance(Rate(T0, 100, 40.0), T0 + HOUR_US, 0)
    later = advance(Rate(T0, 100, 40.0), T0 + 25 * HOUR_US, 0)
    assert later.base_per_hour == pytest.approx(soon.base_per_hour / 2)


def test_an_empty_hour_counts_the_same_whether_or_not_it_was_asked_about():
    direct = advance(Rate(T0, 7, 3.0), T0 + 2 * HOUR_US, 1)
    stepped = advance(advance(Rate(T0, 7, 3.0), T0 + HOUR_US, 0), T0 + 2 * HOUR_US, 1)
    assert direct.base_per_hour == pytest.approx(stepped.base_per_hour)


def test_a_steady_rate_becomes_the_usual_one():
    rate = None
    for hour in range(24 * 10):
        rate = advance(rate, T0 + hour * HOUR_US, 12)
    assert rate.base_per_hour == pytest.approx(12, rel=0.01)
    assert not is_tripped(rate, 10, 10.0)


def test_a_clock_that_went_back_counts_into_the_hour_held():
    assert advance(Rate(T0, 4, 1.0), T0 - 3 * HOUR_US, 2) == Rate(T0, 6, 1.0)


@pytest.mark.parametrize(
    ("count", "base", "tripped"),
    [(49, 0.0, False), (50, 0.0, True), (50, 5.0, True), (50, 5.1, False), (51, 5.1, True), (0, 0.0, False)],
)
def test_a_flood_reaches_both_the_floor_and_the_factor(count, base, tripped):
    assert is_tripped(Rate(T0, count, base), 50, 10.0) is tripped
