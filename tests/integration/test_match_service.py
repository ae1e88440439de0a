"""Matching over a real ledger: every change takes effect on the next lookup, hits are recorded, floods and probing are guarded."""

import threading
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from amparo.access.model import OPERATOR, Principal
from amparo.access.settings import AccessSettings
from amparo.banks.model import BankPolicy, Listing
from amparo.banks.service import Banks
from amparo.errors import LimitReached, Unavailable
from amparo.match.model import Item, Verdict
from amparo.match.recorder import Recorder
from amparo.match.service import Matcher, Question
from amparo.match.settings import MatchSettings
from amparo.store.db import Database
from amparo.terms.signal import Signal
from tests.conftest import SetClock
from tests.integration.ledger import KEY, House, listing, md5, new_bank, opened, pdq

SITE = Principal(7, 3, "site", "platform")
SHA = Signal("sha256", b"s" * 32)


@pytest.fixture
def house(tmp_path: Path, clock: SetClock):
    with opened(tmp_path, clock) as made:
        new_bank(made)
        yield made


@pytest.fixture
def matcher(house: House) -> Matcher:
    return house.matcher()


def ask(matcher: Matcher, *signals: Signal, who: Principal = OPERATOR, **question) -> Verdict:
    return matcher.judge(who, "request", signals, Question(**question))


def met(verdict: Verdict) -> list[tuple[str, str, int]]:
    return [(one.bank, one.origin, one.distance_bits) for one in verdict.matches]


def near(bits: int) -> Signal:
    return pdq((1 << bits) - 1)


def counts(house: House) -> dict[tuple[int, str], int]:
    with house.db.read() as connection:
        rows = connection.execute(text("SELECT client_id, verdict, sum(number) FROM match_count GROUP BY 1, 2"))
        return {(row[0], row[1]): row[2] for row in rows}


# --- the next lookup knows


def test_what_is_listed_matches_and_what_is_withdrawn_does_not(house: House, matcher: Matcher):
    assert ask(matcher, md5(1)).verdict == "no_match"
    house.add("A", "site", listing(1, "x"))
    assert met(ask(matcher, md5(1))) == [("A", "site", 0)]
    house.banks.withdraw(house.banks.bank("A"), 1)
    assert ask(matcher, md5(1)).verdict == "no_match"
    house.add("A", "site", listing(1, "x"))
    assert ask(matcher, md5(1)).verdict == "no_match"
    house.add("A", "site", listing(1, "x"), relist=True)
    assert met(ask(matcher, md5(1))) == [("A", "site", 0)]


def test_one_hash_by_two_origins_matches_while_either_lists_it(house: House, matcher: Matcher):
    house.add("A", "site", listing(1))
    house.add("A", "desk", listing(1))
    assert met(ask(matcher, md5(1))) == [("A", "site", 0), ("A", "desk", 0)]
    house.banks.withdraw(house.banks.bank("A"), 1)
    assert met(ask(matcher, md5(1))) == [("A", "desk", 0)]
    house.banks.withdraw(house.banks.bank("A"), 2)
    assert met(ask(matcher, md5(1))) == []


def test_another_process_follows_and_comes_to_the_same_figures(house: House, matcher: Matcher):
    house.add("A", "site", listing(1), Listing((pdq(3), SHA)))
    ask(matcher, md5(1))
    other = house.matcher()
    house.add("A", "site", *(listing(number) for number in range(10, 30)))
    house.banks.withdraw(house.banks.bank("A"), 1)
    for one in (matcher, other):
        assert ask(one, md5(1)).verdict == "no_match"
    assert matcher.lookup.figures() == other.lookup.figures()
    kinds = matcher.lookup.figures()["kinds"]
    counts = {name: figure["count"] for name, figure in kinds.items() if figure["count"]}
    assert counts == {"pdq": 1, "md5": 20, "sha256": 1}


def test_figures_before_the_first_lookup_are_of_nothing(matcher: Matcher):
    figures = matcher.lookup.figures()
    assert figures["generation"] == 0
    assert {one["count"] for one in figures["kinds"].values()} == {0}


def test_a_policy_takes_effect_on_the_next_lookup_and_changes_its_name(house: House, matcher: Matcher):
    house.add("A", "site", Listing((pdq(0),)))
    assert met(ask(matcher, near(31))) == [("A", "site", 31)]
    before = ask(matcher, near(32))
    assert before.verdict == "no_match"
    house.banks.set_policy("A", BankPolicy(thresholds={"pdq": 64}, action="hide"))
    after = ask(matcher, near(64))
    assert (met(after), after.suggested_action) == ([("A", "site", 64)], "hide")
    assert ask(matcher, near(65)).verdict == "no_match"
    assert after.policy != before.policy
    assert after.index_generation > before.index_generation
    house.banks.set_policy("A", BankPolicy(paused=True))
    assert ask(matcher, near(0)).verdict == "no_match"


def test_a_wide_bank_does_not_widen_a_narrow_one(house: House, matcher: Matcher):
    new_bank(house, "Wide", thresholds={"pdq": 64})
    new_bank(house, "Narrow", thresholds={"pdq": 2})
    for bank in ("A", "Wide", "Narrow"):
        house.add(bank, "site", Listing((pdq(0),)))
    assert met(ask(matcher, near(40))) == [("Wide", "site", 40)]
    assert [one[0] for one in met(ask(matcher, near(2)))] == ["A", "Wide", "Narrow"]


def test_a_deleted_bank_is_gone_at_once_and_its_signals_when_purged(house: House, matcher: Matcher):
    house.add("A", "site", listing(1))
    house.banks.delete_bank("A")
    assert ask(matcher, md5(1)).verdict == "no_match"
    house.banks.purge()
    ask(matcher, md5(1))
    assert matcher.lookup.figures()["kinds"]["md5"]["count"] == 0


def test_a_negative_bank_vetoes_over_the_ledger_too(house: House, matcher: Matcher):
    new_bank(house, "Fine", polarity="negative")
    house.add("A", "site", Listing((pdq(0),)))
    house.add("Fine", "desk", Listing((near(20),)))
    assert met(ask(matcher, near(5))) == [("A", "site", 5)]
    vetoed = ask(matcher, near(10))  # 10 from both
    assert (vetoed.verdict, [one.bank for one in vetoed.vetoes]) == ("no_match", ["Fine"])


def test_only_banks_asked_answer(house: House, matcher: Matcher):
    new_bank(house, "B")
    for bank in ("A", "B"):
        house.add(bank, "site", listing(1))
    ids = frozenset({house.banks.bank("B").id})
    assert met(ask(matcher, md5(1), bank_ids=ids)) == [("B", "site", 0)]
    assert ask(matcher, md5(1), bank_ids=frozenset()).verdict == "no_match"


def test_switched_off_content_is_silent_until_its_time(house: House, matcher: Matcher):
    house.add("A", "site", listing(1))
    bank = house.banks.bank("A")
    until_us = (house.clock.now() + timedelta(hours=1)).timestamp() * 1e6
    house.banks.annotate(bank, 1, {"disable_until_us": int(until_us)})
    assert ask(matcher, md5(1)).verdict == "no_match"
    house.clock.forward(hours=1)
    assert ask(matcher, md5(1)).verdict == "match"
    house.banks.annotate(bank, 1, {"disable_until_us": 0})
    assert ask(matcher, md5(1)).verdict == "no_match"


def test_too_little_detail_is_not_searched_and_the_rest_is(house: House, matcher: Matcher):
    house.add("A", "site", Listing((pdq(0), md5(1))))
    low = ask(matcher, pdq(0, quality=10))
    assert (low.verdict, low.reason, low.quality) == ("unusable", "low_detail", {"pdq": 10})
    found = ask(matcher, pdq(0, quality=10), md5(1))
    assert (found.verdict, [(one.kind, one.also) for one in found.matches]) == ("match", [("md5", ())])


def test_the_view_named_is_the_one_that_met(house: House, matcher: Matcher):
    house.add("A", "site", Listing((near(9),)))
    forms = (pdq(0, 10), Signal("pdq", near(60).code, 90, "over_black"), Signal("pdq", near(8).code, 90, "no_alpha"))
    (match,) = ask(matcher, *forms).matches
    assert (match.view, match.distance_bits) == ("no_alpha", 1)


def test_a_staged_bank_answers_the_same_item_the_same(house: House, matcher: Matcher):
    house.banks.set_policy("A", BankPolicy(staged_share=0.5))
    house.add("A", "site", listing(1))
    items = [Item(f"item{number}") for number in range(40)]
    first = [ask(matcher, md5(1), item=item).verdict for item in items]
    assert {*first} == {"match", "no_match"}
    assert [ask(house.matcher(), md5(1), item=item).verdict for item in items[:5]] == first[:5]


def test_a_long_answer_is_cut_and_says_how_many_there_were(house: House):
    house.add("A", "site", *(listing(1, f"x{number}") for number in range(9)))
    verdict = ask(house.matcher(MatchSettings(matches_max=4)), md5(1))
    assert (len(verdict.matches), verdict.matches_total) == (4, 9)


def test_lookups_while_others_list_and_withdraw(house: House, matcher: Matcher):
    """What was withdrawn before a lookup began never answers it; what stood all the time always does."""
    house.add("A", "site", listing(1_000))
    gone: list[int] = []
    wrong: list[str] = []
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            before = list(gone)
            if ask(matcher, md5(1_000)).verdict != "match":
                wrong.append("lost")
            if any(ask(matcher, md5(number)).verdict != "no_match" for number in before[-3:]):
                wrong.append("back")

    threads = [threading.Thread(target=look) for _ in range(3)]
    for one in threads:
        one.start()
    bank = house.banks.bank("A")
    for number in range(25):
        ((_, content_id),) = house.add("A", "site", listing(number))
        house.banks.withdraw(bank, content_id)
        gone.append(number)
    stop.set()
    for one in threads:
        one.join()
    assert wrong == []


# --- codes in bulk


def test_codes_in_bulk_get_what_one_by_one_get(house: House, matcher: Matcher):
    new_bank(house, "Fine", polarity="negative")
    house.add("A", "site", Listing((pdq(0),), "x"), Listing((pdq(1 << 200),), "y"))
    house.add("Fine", "desk", Listing((near(20),)))
    asked = [pdq(0), near(10), pdq(1 << 99), pdq(1 << 200), near(40), near(5)]
    codes = np.stack([np.frombuffer(one.code, np.uint8) for one in asked])
    answer, generation = matcher.judge_codes(OPERATOR, codes, None)
    alone = [
        (number, one.bank, one.content_id, one.distance_bits)
        for number, signal in enumerate(asked)
        for one in ask(matcher, signal).matches
    ]
    assert sorted(answer) == sorted(alone)
    assert {number for number, *_ in answer} == {0, 2, 3, 5}  # 1 is vetoed, 4 too far
    assert generation == ask(matcher, pdq(0)).index_generation
    assert matcher.judge_codes(OPERATOR, codes, frozenset())[0] == []
    assert matcher.judge_codes(OPERATOR, codes[:0], None)[0] == []


# --- what is recorded


def test_a_hit_is_an_event_and_a_miss_a_number(house: House, matcher: Matcher):
    house.add("A", "site", listing(1))
    item = Item("item-1", "uploader", house.clock.now() - timedelta(days=1), "seed")
    ask(matcher, md5(1), who=SITE, item=item)
    ask(matcher, md5(2), who=SITE)
    ask(matcher, pdq(2, 0), who=SITE)
    (event,) = matcher.events(0, 10, None)
    assert (event.client, event.at, event.request_id, event.suggested_action) == (
        "site",
        house.clock.now(),
        "request",
        "review",
    )
    assert event.item == Item("item-1", "uploader", house.clock.now() - timedelta(days=1))
    assert [(one["bank"], one["content_id"], one["kind"], one["distance_bits"]) for one in event.matches] == [
        ("A", 1, "md5", 0)
    ]
    assert counts(house) == {(3, "match"): 1}  # misses wait in memory
    matcher.recorder.flush(0)
    assert counts(house) == {(3, "match"): 1, (3, "no_match"): 1, (3, "unusable"): 1}
    ask(matcher, md5(2), who=SITE)
    matcher.recorder.flush(0)
    matcher.recorder.flush(0)
    assert counts(house)[3, "no_match"] == 2


def test_no_event_holds_a_signal(house: House, matcher: Matcher):
    house.add("A", "site", listing(0xC0FFEE))
    ask(matcher, md5(0xC0FFEE), pdq(0xBADCAB1E))
    with house.db.read() as connection:
        held = repr(connection.exec_driver_sql("SELECT * FROM match_event").all())
    for trace in (md5(0xC0FFEE).code.hex(), "c0ffee", "badcab1e", repr(md5(0xC0FFEE).code)):
        assert trace not in held.lower()


def test_events_come_in_pages_of_ones_own(house: House, matcher: Matcher):
    house.add("A", "site", listing(1))
    for who in (SITE, OPERATOR, SITE):
        ask(matcher, md5(1), who=who)
    assert [one.id for one in matcher.events(0, 2, None)] == [1, 2]
    assert [one.id for one in matcher.events(2, 2, None)] == [3]
    assert [one.id for one in matcher.events(0, 9, SITE.client_id)] == [1, 3]
    assert matcher.events(0, 9, 99) == []
    assert matcher.events(0, 1, None)[0].item == Item()


def test_events_are_forgotten_in_time_and_bit_by_bit(house: House):
    matcher = house.matcher(MatchSettings(event_days=2))
    house.add("A", "site", listing(1))
    for _ in range(5):
        ask(matcher, md5(1))
    house.clock.forward(days=2)
    assert matcher.forget() == 0
    ask(matcher, md5(1))
    house.clock.forward(seconds=1)
    assert [matcher.forget(2) for _ in range(4)] == [2, 2, 1, 0]
    assert [one.id for one in matcher.events(0, 9, None)] == [6]
    ask(matcher, md5(1))
    assert matcher.events(6, 9, None)[0].id == 7


def test_many_at_once_are_all_recorded(house: House, matcher: Matcher):
    house.add("A", "site", listing(1))
    ask(matcher, md5(1))

    def many() -> None:
        for _ in range(10):
            ask(matcher, md5(1), who=SITE)

    threads = [threading.Thread(target=many) for _ in range(5)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(matcher.events(0, 100, SITE.client_id)) == 50
    assert counts(house)[3, "match"] == 50


def test_a_match_that_cannot_be_recorded_is_an_error_and_a_miss_waits(house: House):
    house.add("A", "site", listing(1))
    hasty = Database(house.db.url, busy_timeout_ms=20)
    recorder = Recorder(hasty, house.banks, MatchSettings())
    matcher = house.matcher()
    matcher = Matcher(house.db, house.clock, matcher.lookup, recorder, matcher.limits, matcher.settings)
    ask(matcher, md5(2), who=SITE)
    with house.db.write_soon():
        with pytest.raises(Unavailable) as caught:
            ask(matcher, md5(1), who=SITE)
        recorder.flush(0)
    assert caught.value.slug == "database_busy"
    assert (matcher.events(0, 9, None), counts(house)) == ([], {})
    recorder.flush(0)
    assert counts(house) == {(3, "match"): 1, (3, "no_match"): 1}
    hasty.close()


# --- guards


def test_a_content_that_floods_is_for_review_until_somebody_clears_it(house: House):
    matcher = house.matcher(MatchSettings(flood_matches_min=3, flood_factor=2.0))
    house.banks.set_policy("A", BankPolicy(action="hide"))
    house.add("A", "site", listing(1), listing(2))
    actions = [ask(matcher, md5(1)).suggested_action for _ in range(5)]
    assert actions == ["hide", "hide", "hide", "review", "review"]
    assert ask(matcher, md5(1)).matches[0].flood_guarded
    assert ask(matcher, md5(2)).suggested_action == "hide"
    house.clock.forward(hours=5)
    assert ask(matcher, md5(1)).suggested_action == "review"
    house.banks.annotate(house.banks.bank("A"), 1, {"flooded_us": None})
    assert ask(matcher, md5(1)).suggested_action == "hide"


class FailingBanks(Banks):
    """The real ones, but the guard's mark cannot be written any more when the events are."""

    def guard(self, content_ids) -> None:
        raise Unavailable("database_busy", "the database is busy")


def test_what_was_counted_is_not_counted_again_when_the_guard_fails(house: House):
    house.add("A", "site", listing(1))
    matcher = house.matcher()
    settings = MatchSettings(flood_matches_min=1, flood_factor=1.0)
    recorder = Recorder(house.db, FailingBanks(house.db, house.clock, KEY, house.file), settings)
    matcher = Matcher(house.db, house.clock, matcher.lookup, recorder, matcher.limits, settings)
    with pytest.raises(Unavailable):
        ask(matcher, md5(1), who=SITE)
    recorder.flush(0)
    assert counts(house) == {(3, "match"): 1}


def test_signals_asked_in_the_place_of_media_are_counted_as_probing(house: House):
    matcher = house.matcher(access=AccessSettings(probes_per_content_max=3))
    house.add("A", "site", Listing((pdq(0),)))
    for bits in (1, 2, 3, 3, 2, 1):
        ask(matcher, near(bits), who=SITE, is_raw=True)
    ask(matcher, near(4), who=SITE)  # from media: not counted
    ask(matcher, near(60), who=SITE, is_raw=True)  # meets nothing
    with pytest.raises(LimitReached) as caught:
        ask(matcher, near(5), who=SITE, is_raw=True)
    assert caught.value.slug == "probing"
    codes = np.frombuffer(near(6).code, np.uint8).reshape(1, -1)
    with pytest.raises(LimitReached):
        matcher.judge_codes(SITE, codes, None)
    ask(matcher, near(7), who=OPERATOR, is_raw=True)


def test_a_limit_does_not_tell_of_banks_the_asker_cannot_see(house: House):
    matcher = house.matcher(access=AccessSettings(probes_per_content_max=1))
    new_bank(house, "Secret")
    house.add("Secret", "desk", Listing((pdq(0),)))
    mine = frozenset({house.banks.bank("A").id})
    for bits in range(6):
        assert ask(matcher, near(bits), who=SITE, is_raw=True, bank_ids=mine).verdict == "no_match"


def test_a_batch_is_counted_query_by_query(house: House, matcher: Matcher):
    house.add("A", "site", Listing((near(0),)))
    codes = np.vstack([np.frombuffer(near(bits).code, np.uint8) for bits in (0, 3, 200)])
    found, _ = matcher.judge_codes(OPERATOR, codes, None)
    assert sorted({number for number, *_ in found}) == [0, 1]
    matcher.recorder.flush(0)
    assert counts(house) == {(OPERATOR.client_id, "match"): 2, (OPERATOR.client_id, "no_match"): 1}
    assert matcher.events(0, 10, None) == []
