"""The verdict's rules, one by one: what counts, what stands first, what vetoes, what is done, who answers in a staged roll-out."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from amparo.banks.model import Bank, Candidate, Opinion
from amparo.match.judge import decide, is_enabled, is_in_share, is_searched
from amparo.match.model import Asked, Hit
from amparo.match.service import Item, seed_of
from amparo.terms.signal import Signal

AT = datetime(2026, 1, 1, tzinfo=UTC)
NOW_US = 1_767_225_600_000_000
BANK = Bank(1, "A", "a", "positive", {}, 1.0, paused=False, action="hide", created_at=AT)
HARMLESS = replace(BANK, id=9, name="Fine", key="fine", polarity="negative")
PDQ = Signal("pdq", bytes(32), 100)
SIGNALS = (
    PDQ,
    Signal("md5", bytes(16)),
    Signal("sha256", bytes(32)),
    Signal("pdq", bytes(31) + b"\1", 100, view="over_black"),
)


def candidate(signal_id: int, content_id: int, kind: str = "pdq", bank: Bank = BANK, **more) -> Candidate:
    given = {"origin": "site", "disable_until_us": None, "is_flooded": False} | more
    return Candidate(signal_id=signal_id, content_id=content_id, kind=kind, bank=bank, **given)


def asked(*signals: Signal, bank_ids=None, seed: bytes = b"seed", now_us: int = NOW_US) -> Asked:
    return Asked(signals or SIGNALS, seed, now_us, bank_ids)


def judged(*met: tuple[int, int, Candidate], question: Asked | None = None):
    """met: (number of the signal asked, distance, what it met)."""
    hits = [Hit(number, one.signal_id, distance) for number, distance, one in met]
    return decide(question or asked(), hits, {one.signal_id: one for _, _, one in met})


def opinion(name: str) -> Opinion:
    return Opinion("desk", name, AT)


# --- nothing met


def test_nothing_met_is_no_match():
    verdict = judged()
    assert (verdict.verdict, verdict.matches, verdict.matches_total, verdict.suggested_action) == (
        "no_match",
        (),
        0,
        "none",
    )


def test_a_hit_without_a_candidate_does_not_count():
    # withdrawn between the search and the read
    assert decide(asked(), [Hit(0, 77, 0)], {}).verdict == "no_match"


# --- one content, one entry


def test_a_content_stands_once_by_its_nearest_signal_and_names_the_other_kinds_that_met():
    verdict = judged(
        (0, 5, candidate(1, 10)), (3, 2, candidate(2, 10)), (2, 0, candidate(3, 10, "sha256")), (1, 0, candidate(4, 10, "md5"))
    )  # fmt: skip
    (match,) = verdict.matches
    assert (match.kind, match.distance_bits, match.threshold_bits) == ("md5", 0, 0)
    assert match.also == ("pdq", "sha256")
    assert verdict.matches_total == 1


def test_of_equal_distances_the_kinds_order_decides_whatever_order_the_hits_come_in():
    met = [(2, 0, candidate(3, 10, "sha256")), (1, 0, candidate(4, 10, "md5")), (0, 0, candidate(5, 10))]
    for order in (met, met[::-1], met[1:] + met[:1]):
        (match,) = judged(*order).matches
        assert (match.kind, match.also) == ("pdq", ("md5", "sha256"))


def test_the_view_is_that_of_the_nearest_signal_and_of_equal_ones_the_first():
    (match,) = judged((0, 5, candidate(1, 10)), (3, 2, candidate(1, 10))).matches
    assert match.view == "over_black"
    (match,) = judged((3, 2, candidate(1, 10)), (0, 2, candidate(1, 10))).matches
    assert match.view == "identity"
    assert match.also == ()


def test_matches_stand_nearest_first_and_equal_ones_by_content():
    verdict = judged((0, 9, candidate(1, 12)), (0, 3, candidate(2, 14)), (0, 3, candidate(3, 13)), (0, 31, candidate(4, 11)))  # fmt: skip
    assert [(one.content_id, one.distance_bits) for one in verdict.matches] == [(13, 3), (14, 3), (12, 9), (11, 31)]


def test_a_match_says_whose_it_is():
    said = (opinion("positive_class"),)
    (match,) = judged((0, 1, candidate(1, 10, origin="partner", opinions=said))).matches
    assert (match.bank, match.origin, match.opinions) == ("A", "partner", said)


# --- what counts


@pytest.mark.parametrize(("distance", "word"), [(31, "match"), (32, "no_match")])
def test_without_a_threshold_of_its_own_a_bank_answers_up_to_the_kinds(distance, word):
    assert judged((0, distance, candidate(1, 10))).verdict == word


def test_each_bank_answers_within_its_own_threshold():
    narrow = replace(BANK, id=2, name="Narrow", thresholds={"pdq": 4})
    wide = replace(BANK, id=3, name="Wide", thresholds={"pdq": 64})
    met = [(0, 5, candidate(1, 10, bank=narrow)), (0, 60, candidate(2, 11, bank=wide)), (0, 4, candidate(3, 12, bank=narrow))]  # fmt: skip
    found = [(one.bank, one.content_id, one.threshold_bits) for one in judged(*met).matches]
    assert found == [("Narrow", 12, 4), ("Wide", 11, 64)]


def test_a_threshold_of_zero_means_equal():
    exact = replace(BANK, thresholds={"pdq": 0})
    assert judged((0, 0, candidate(1, 10, bank=exact))).verdict == "match"
    assert judged((0, 1, candidate(1, 10, bank=exact))).verdict == "no_match"


@pytest.mark.parametrize(("bank_ids", "word"), [(None, "match"), ({1}, "match"), ({2}, "no_match"), (set(), "no_match")])  # fmt: skip
def test_only_banks_asked_answer(bank_ids, word):
    question = asked(bank_ids=None if bank_ids is None else frozenset(bank_ids))
    assert judged((0, 0, candidate(1, 10)), question=question).verdict == word


def test_a_paused_bank_says_nothing():
    assert judged((0, 0, candidate(1, 10, bank=replace(BANK, paused=True)))).verdict == "no_match"


@pytest.mark.parametrize(
    ("until_us", "word"),
    [(None, "match"), (0, "no_match"), (NOW_US + 1, "no_match"), (NOW_US, "match"), (NOW_US - 1, "match"), (1, "match")],
)  # fmt: skip
def test_a_content_is_off_until_its_time(until_us, word):
    assert judged((0, 0, candidate(1, 10, disable_until_us=until_us))).verdict == word
    assert is_enabled(until_us, NOW_US) == (word == "match")


# --- negative banks


@pytest.mark.parametrize(("harmless_bits", "word"), [(4, "no_match"), (5, "no_match"), (6, "match")])
def test_a_negative_bank_vetoes_what_is_not_strictly_nearer(harmless_bits, word):
    verdict = judged((0, 5, candidate(1, 10)), (0, harmless_bits, candidate(2, 20, bank=HARMLESS)))
    assert verdict.verdict == word
    assert [one.content_id for one in verdict.vetoes] == [20]
    assert verdict.suggested_action == ("hide" if word == "match" else "none")


def test_a_veto_takes_the_far_and_leaves_the_near():
    verdict = judged((0, 2, candidate(1, 10)), (0, 9, candidate(2, 11)), (0, 5, candidate(3, 20, bank=HARMLESS)))
    assert [one.content_id for one in verdict.matches] == [10]
    assert verdict.matches_total == 1


@pytest.mark.parametrize(
    ("view", "harmless_view", "word"),
    [
        ("frame_1", "frame_2", "match"), ("frame_1", "frame_1.mirror", "no_match"), ("frame_1", "identity", "no_match"),
        ("identity", "frame_1", "match"), ("mirror", "negative", "no_match"), ("frame_1.negative", "frame_1", "no_match"),
    ],
)  # fmt: skip
def test_what_is_harmless_in_one_frame_vetoes_nothing_in_another(view, harmless_view, word):
    question = asked(*(Signal("pdq", bytes(32), 90, one) for one in (view, harmless_view)))
    met = [(0, 5, candidate(1, 10)), (1, 0, candidate(2, 20, bank=HARMLESS))]
    verdict = judged(*met, question=question)
    assert verdict.verdict == word
    assert [one.view for one in verdict.vetoes] == [harmless_view]


def test_a_content_vetoed_in_one_frame_still_matches_in_another():
    views = ("frame_1", "frame_2", "frame_1")
    question = asked(*(Signal("pdq", bytes(32), 90, one) for one in views))
    met = [(0, 5, candidate(1, 10)), (1, 9, candidate(1, 10)), (2, 3, candidate(2, 20, bank=HARMLESS))]
    (match,) = judged(*met, question=question).matches
    assert (match.view, match.distance_bits) == ("frame_2", 9)


def test_the_same_bytes_in_both_are_vetoed():
    verdict = judged((2, 0, candidate(1, 10, "sha256")), (2, 0, candidate(2, 20, "sha256", HARMLESS)))
    assert (verdict.verdict, [one.kind for one in verdict.vetoes]) == ("no_match", ["sha256"])


@pytest.mark.parametrize("change", [{"paused": True}, {"staged_share": 0.0}, {"thresholds": {"pdq": 0}}])
def test_a_negative_bank_that_does_not_count_vetoes_nothing(change):
    verdict = judged((0, 5, candidate(1, 10)), (0, 1, candidate(2, 20, bank=replace(HARMLESS, **change))))
    assert (verdict.verdict, verdict.vetoes) == ("match", [])


def test_a_negative_bank_alone_is_no_match():
    verdict = judged((0, 0, candidate(2, 20, bank=HARMLESS)))
    assert (verdict.verdict, verdict.matches_total, verdict.suggested_action) == ("no_match", 0, "none")
    assert [one.content_id for one in verdict.vetoes] == [20]


# --- what is to be done


def test_the_action_is_the_banks_and_of_several_the_strongest():
    mild = replace(BANK, id=2, name="Mild", action="review")
    assert judged((0, 0, candidate(1, 10, bank=mild))).suggested_action == "review"
    verdict = judged((0, 0, candidate(1, 10, bank=mild)), (0, 9, candidate(2, 11)))
    assert (verdict.suggested_action, [one.action for one in verdict.matches]) == ("hide", ["review", "hide"])


def test_a_flooded_content_is_for_review_and_says_so():
    verdict = judged((0, 0, candidate(1, 10, is_flooded=True)))
    assert (verdict.suggested_action, verdict.matches[0].flood_guarded) == ("review", True)


def test_a_flooded_content_does_not_weaken_another():
    verdict = judged((0, 0, candidate(1, 10, is_flooded=True)), (0, 1, candidate(2, 11)))
    assert verdict.suggested_action == "hide"
    assert [one.flood_guarded for one in verdict.matches] == [True, False]


@pytest.mark.parametrize(
    ("opinions", "action"),
    [
        ((), "hide"),
        (("positive_class",), "hide"),
        (("investigation_seed",), "review"),
        (("negative_class",), "review"),
        (("positive_class", "negative_class"), "review"),
    ],
)
def test_nobody_acts_by_machine_on_what_somebody_doubts(opinions, action):
    found = judged((0, 0, candidate(1, 10, opinions=tuple(map(opinion, opinions)))))
    assert (found.verdict, found.suggested_action) == ("match", action)


# --- too little detail


def test_a_picture_without_detail_is_unusable_and_says_its_quality():
    question = asked(Signal("pdq", bytes(32), 12), Signal("pdq", bytes(32), 3, view="over_black"), SIGNALS[1])
    verdict = judged(question=question)
    assert (verdict.verdict, verdict.reason, verdict.quality) == ("unusable", "low_detail", {"pdq": 12})
    assert verdict.suggested_action == "none"


def test_one_form_with_detail_is_enough():
    question = asked(Signal("pdq", bytes(32), 12), Signal("pdq", bytes(32), 50, view="over_black"))
    assert judged(question=question).verdict == "no_match"


def test_bytes_alone_are_never_unusable():
    assert judged(question=asked(*SIGNALS[1:3])).verdict == "no_match"


def test_a_picture_without_detail_still_meets_by_its_bytes():
    question = asked(Signal("pdq", bytes(32), 0), SIGNALS[1])
    verdict = judged((1, 0, candidate(1, 10, "md5")), question=question)
    assert (verdict.verdict, verdict.reason) == ("match", None)


def test_a_picture_without_detail_that_is_known_to_be_harmless_is_no_match():
    question = asked(Signal("pdq", bytes(32), 0), SIGNALS[1])
    verdict = judged((1, 0, candidate(1, 10, "md5", HARMLESS)), question=question)
    assert (verdict.verdict, verdict.reason) == ("no_match", None)


@pytest.mark.parametrize(
    ("kind", "quality", "searched"),
    [("pdq", 19, False), ("pdq", 20, True), ("pdq", 0, False), ("pdq", None, True), ("md5", None, True), ("md5", 0, True)],
)  # fmt: skip
def test_what_has_enough_detail_to_be_asked(kind, quality, searched):
    assert is_searched(kind, quality) is searched


# --- staged roll-out


def seeds(count: int):
    return (f"item:{number}".encode() for number in range(count))


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.9])
def test_a_share_of_many_items_gets_an_answer(share):
    count = 20_000
    answered = sum(is_in_share(share, "a", seed) for seed in seeds(count))
    deviation = (share * (1 - share) * count) ** 0.5
    assert abs(answered - share * count) < 5 * deviation


def test_no_share_answers_nobody_and_the_whole_everybody():
    assert not any(is_in_share(0.0, "a", seed) for seed in seeds(2_000))
    assert all(is_in_share(1.0, "a", seed) for seed in seeds(2_000))


def test_the_same_item_gets_the_same_answer_and_a_growing_share_never_loses_one():
    last = set()
    for share in (0.1, 0.2, 0.5, 0.99, 1.0):
        now = {seed for seed in seeds(2_000) if is_in_share(share, "a", seed)}
        assert now == {seed for seed in seeds(2_000) if is_in_share(share, "a", seed)}
        assert last < now
        last = now


def test_banks_draw_apart():
    first, second = ({seed for seed in seeds(4_000) if is_in_share(0.5, key, seed)} for key in ("a", "b"))
    assert 800 < len(first & second) < 1_200
    # where key ends and seed begins is part of what is hashed
    pairs = [(is_in_share(0.5, f"a{n}", b"1"), is_in_share(0.5, "a", f"{n}1".encode())) for n in range(200)]
    assert any(one != other for one, other in pairs)


def test_a_verdict_keeps_to_the_share():
    staged = replace(BANK, staged_share=0.5)
    words = {
        seed: judged((0, 0, candidate(1, 10, bank=staged)), question=asked(seed=seed)).verdict for seed in seeds(200)
    }
    assert words == {seed: "match" if is_in_share(0.5, "a", seed) else "no_match" for seed in words}
    assert set(words.values()) == {"match", "no_match"}


def test_what_decides_the_share_is_the_seed_else_the_item_else_the_bytes_else_the_signal():
    assert seed_of(Item("id", seed="s"), SIGNALS) == b"seed:s"
    assert seed_of(Item("id"), SIGNALS) == b"item:id"
    assert seed_of(Item(), SIGNALS) == b"code:" + SIGNALS[2].code
    assert seed_of(Item(), SIGNALS[:2]) == b"code:" + SIGNALS[1].code
    assert seed_of(Item(), (SIGNALS[3], PDQ)) == b"code:" + SIGNALS[3].code
    assert seed_of(Item(), ()) == b"code:"
    assert seed_of(Item(seed=""), SIGNALS) == b"seed:"
    assert seed_of(Item(seed="裸照"), ()) == "seed:裸照".encode()
