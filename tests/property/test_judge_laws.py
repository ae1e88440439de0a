"""Laws of the verdict over any hits: order-free, never past a threshold, never past a veto, once a content."""

import random
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from amparo.banks.model import Bank, Candidate, Opinion
from amparo.match.judge import decide
from amparo.match.model import Asked, Hit
from amparo.terms.signal import Signal

AT = datetime(2026, 1, 1, tzinfo=UTC)
NOW_US = 1_000_000
KINDS = ("pdq", "md5", "sha256")
SIGNALS = (Signal("pdq", bytes(32), 90), Signal("md5", bytes(16)), Signal("sha256", bytes(32)))
STRENGTH = {"none": 0, "review": 1, "hide": 2}


@st.composite
def banks(draw, number: int) -> Bank:
    return Bank(
        number,
        f"B{number}",
        f"b{number}",
        draw(st.sampled_from(["positive", "positive", "negative"])),
        draw(st.dictionaries(st.just("pdq"), st.integers(0, 64), max_size=1)),
        draw(st.sampled_from([0.0, 0.3, 1.0, 1.0])),
        paused=draw(st.sampled_from([False, False, False, True])),
        action=draw(st.sampled_from(["review", "hide"])),
        created_at=AT,
    )


@st.composite
def questions(draw):
    some = [draw(banks(number)) for number in range(draw(st.integers(1, 4)))]
    candidates, hits = {}, []
    for content_id in range(draw(st.integers(0, 8))):
        content = {
            "content_id": content_id,
            "origin": "site",
            "bank": draw(st.sampled_from(some)),
            "disable_until_us": draw(st.sampled_from([None, None, 0, 1, 2 * NOW_US])),
            "is_flooded": draw(st.booleans()),
            "opinions": draw(st.sampled_from([(), (Opinion("x", "negative_class", AT),)])),
        }
        for place in range(draw(st.integers(1, 3))):
            number = draw(st.integers(0, 2))
            signal_id = content_id * 10 + place
            candidates[signal_id] = Candidate(signal_id=signal_id, kind=KINDS[number], **content)
            hits.append(Hit(number, signal_id, draw(st.integers(0, 64)) if number == 0 else 0))
    bank_ids = draw(st.none() | st.frozensets(st.integers(0, 4)))
    return Asked(SIGNALS, draw(st.binary(max_size=4)), NOW_US, bank_ids), hits, candidates


@given(questions(), st.randoms(use_true_random=False))
def test_the_order_of_hits_changes_nothing(question, chance: random.Random):
    asked, hits, candidates = question
    shuffled = chance.sample(hits, len(hits))
    assert decide(asked, shuffled, candidates) == decide(asked, hits, candidates)


@given(questions())
def test_what_a_verdict_always_keeps(question):
    asked, hits, candidates = question
    verdict = decide(asked, hits, candidates)
    contents = {one.content_id: one for one in candidates.values()}
    ids = [one.content_id for one in verdict.matches]
    assert len(ids) == len(set(ids)) == verdict.matches_total
    assert [one.distance_bits for one in verdict.matches] == sorted(one.distance_bits for one in verdict.matches)
    assert (verdict.verdict == "match") == bool(ids)
    assert verdict.suggested_action == max((one.action for one in verdict.matches), key=STRENGTH.get, default="none")
    for one in (*verdict.matches, *verdict.vetoes):
        bank = contents[one.content_id].bank
        assert one.distance_bits <= one.threshold_bits == bank.threshold_bits(one.kind)
        assert not bank.paused
        assert bank.staged_share > 0
        assert asked.bank_ids is None or bank.id in asked.bank_ids
        assert contents[one.content_id].disable_until_us in (None, 1)
        assert one.kind not in one.also
        assert one.distance_bits == min(
            hit.distance_bits
            for hit in hits
            if candidates[hit.signal_id].content_id == one.content_id
            and hit.distance_bits <= bank.threshold_bits(candidates[hit.signal_id].kind)
        )
    assert {contents[one].bank.polarity for one in ids} <= {"positive"}
    assert {contents[one.content_id].bank.polarity for one in verdict.vetoes} <= {"negative"}
    nearest_veto = min((one.distance_bits for one in verdict.vetoes), default=1_000)
    assert all(one.distance_bits < nearest_veto for one in verdict.matches)
    assert all(one.action == "review" for one in verdict.matches if one.flood_guarded or one.opinions)


@given(questions())
def test_taking_the_negative_banks_away_only_adds_matches(question):
    asked, hits, candidates = question
    kept = {one: two for one, two in candidates.items() if two.bank.polarity == "positive"}
    without = {one.content_id for one in decide(asked, hits, kept).matches}
    assert {one.content_id for one in decide(asked, hits, candidates).matches} <= without
