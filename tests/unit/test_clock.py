"""Instants in and out: exact in the database, RFC 3339 outside, and never without an offset."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amparo.errors import BadInput
from amparo.terms.clock import from_text, from_us, to_text, to_us

INSTANTS = st.datetimes(timezones=st.just(UTC))


@given(INSTANTS)
def test_what_goes_into_the_database_comes_back(instant):
    assert from_us(to_us(instant)) == instant
    assert from_text(to_text(instant), what="it") == instant


def test_microseconds_are_counted_from_1970_in_any_zone():
    assert to_us(datetime(1970, 1, 1, tzinfo=UTC)) == 0
    assert to_us(datetime(1970, 1, 1, 1, 0, 0, 1, tzinfo=timezone(timedelta(hours=1)))) == 1
    assert to_us(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)) == -1


def test_text_is_utc_with_microseconds():
    instant = datetime(2026, 5, 19, 10, 30, tzinfo=timezone(timedelta(hours=2)))
    assert to_text(instant) == "2026-05-19T08:30:00.000000Z"


@pytest.mark.parametrize(
    "text", ["2026-05-19T08:30:00Z", "2026-05-19T10:30:00+02:00", "2026-05-19 08:30:00.000+00:00", "20260519T0830Z"]
)
def test_an_instant_with_its_offset_is_read(text):
    found = from_text(text, what="it")
    assert found == datetime(2026, 5, 19, 8, 30, tzinfo=UTC)
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-05-19",
        "2026-05-19T08:30:00",
        "2026-13-01T00:00:00Z",
        "1747643400",
        "2026-05-19T08:30:00+25:00",
        "0001-01-01T00:00:00+10:00",
        "9999-12-31T23:59:59-10:00",
        "\0",
        "\ud800",
        "二〇二六年",
        "9" * 10_000,
    ],
)
def test_what_is_no_instant_is_refused_by_its_name(text):
    with pytest.raises(BadInput) as caught:
        from_text(text, what="uploaded_at")
    assert caught.value.slug == "bad_time"
    assert "uploaded_at" in caught.value.text
