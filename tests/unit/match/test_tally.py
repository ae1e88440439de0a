"""What other thresholds would have changed is counted in full, though its lists are bounded."""

from datetime import UTC, datetime, timedelta

from amparo.match.what_if import CONTENTS_MAX, PAIRS_MAX, Tally

AT = datetime(2026, 1, 1, tzinfo=UTC)


def test_beyond_the_days_and_clients_that_are_listed_it_is_only_counted():
    tally = Tally()
    for number in range(PAIRS_MAX + 3):
        tally.note(AT + timedelta(days=number % 28), f"client {number}", [1])
    tally.note(AT, "client 0", [1])
    assert sum(map(len, tally.days.values())) == PAIRS_MAX
    assert tally.days["2026-01-01"]["client 0"] == 2, "who is listed goes on"
    assert (tally.changed, tally.beyond, tally.contents) == (PAIRS_MAX + 4, 3, {1: PAIRS_MAX + 4})


def test_beyond_the_contents_that_are_listed_they_are_only_counted():
    tally = Tally()
    for content_id in range(CONTENTS_MAX + 2):
        tally.note(AT, "site", [content_id])
    tally.note(AT, "site", [0, CONTENTS_MAX + 5])
    assert len(tally.contents) == CONTENTS_MAX
    assert tally.contents[0] == 2
    assert (tally.changed, tally.beyond) == (CONTENTS_MAX + 3, 3)
    assert tally.days == {"2026-01-01": {"site": CONTENTS_MAX + 3}}
