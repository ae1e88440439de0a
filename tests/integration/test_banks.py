"""Banks and contents over a real ledger: policies, who a content is, reading, annotating, opinions."""

from pathlib import Path

import pytest

from amparo.banks.feed import Mark, counts_by_kind, everything, news_since
from amparo.banks.model import BankPolicy, Listing
from amparo.errors import Conflict
from tests.conftest import SetClock
from tests.integration.ledger import House, listing, md5, new_bank, opened, pdq, refused


@pytest.fixture
def house(tmp_path: Path, clock: SetClock):
    with opened(tmp_path, clock) as made:
        new_bank(made)
        yield made


# --- banks and their policy


def test_a_new_bank_is_positive_whole_awake_and_for_review(house: House):
    bank = house.banks.bank("A")
    assert (bank.polarity, bank.staged_share, bank.paused, bank.action, bank.thresholds) == (
        "positive",
        1.0,
        False,
        "review",
        {},
    )
    assert bank.threshold_bits("pdq") == 31
    assert bank.created_at == house.clock.now()
    assert [one.name for one in house.banks.banks()] == ["A"]


def test_names_are_unique_without_regard_to_case_and_found_in_any(house: House):
    new_bank(house, "Site_One")
    for name in ("site_one", "SITE_ONE"):
        assert house.banks.bank(name).name == "Site_One"
        with pytest.raises(Conflict) as caught:
            new_bank(house, name)
        assert caught.value.slug == "name_taken"
    assert len(house.banks.banks()) == 2


@pytest.mark.parametrize(
    "name", ["", "1A", "-A", "a b", "A" * 65, "A\n", "A\0", "\ud800", "名单", "\uff21", "a/b", "\u017f", "\u212a"]
)
def test_no_names_for_a_bank(house: House, name):
    refused("bad_bank_name", new_bank, house, name)
    refused("unknown_bank", house.banks.bank, name)
    refused("unknown_bank", house.banks.delete_bank, name)
    refused("unknown_bank", house.add, name, "site", listing(1))


@pytest.mark.parametrize("name", ["_", "A" * 64, "a-b_C9"])
def test_names_for_a_bank(house: House, name):
    new_bank(house, name)
    assert house.banks.bank(name).name == name


@pytest.mark.parametrize(
    ("policy", "slug"),
    [
        ({"staged_share": float("nan")}, "bad_share"),
        ({"staged_share": float("inf")}, "bad_share"),
        ({"staged_share": -0.01}, "bad_share"),
        ({"staged_share": 1.01}, "bad_share"),
        ({"staged_share": 10**400}, "bad_share"),
        ({"polarity": "neutral"}, "bad_polarity"),
        ({"action": "remove"}, "bad_action"),
        ({"action": "none"}, "bad_action"),
        ({"thresholds": {"pdq": 65}}, "bad_threshold"),
        ({"thresholds": {"pdq": -1}}, "bad_threshold"),
        ({"thresholds": {"md5": 1}}, "bad_threshold"),
        ({"thresholds": {"pdq": 2**80}}, "bad_threshold"),
        ({"thresholds": {"phash": 3}}, "unknown_kind"),
        ({"thresholds": {"\ud800": 3}}, "unknown_kind"),
    ],
)
def test_policies_out_of_bounds_change_nothing(house: House, policy, slug):
    before = house.banks.bank("A")
    refused(slug, house.banks.set_policy, "A", BankPolicy(**policy))
    refused(slug, new_bank, house, "B", **policy)
    assert house.banks.bank("A") == before
    assert len(house.banks.banks()) == 1


def test_a_policy_changes_what_it_sets_and_is_told(house: House):
    mark = Mark(everything(house.db)[0])
    house.banks.set_policy("a", BankPolicy(thresholds={"pdq": 12}, staged_share=0, action="hide"))
    bank = house.banks.set_policy("A", BankPolicy(paused=True))
    assert (bank.thresholds, bank.staged_share, bank.action, bank.paused) == ({"pdq": 12}, 0.0, "hide", True)
    assert bank.polarity == "positive"
    news = news_since(house.db, mark)
    assert [one.paused for one in news.banks] == [True]
    assert len(news.reread.ids) == 0
    assert house.banks.set_policy("A", BankPolicy()) == bank
    assert news_since(house.db, news.mark) is None


# --- who a content is


def test_the_same_origin_and_external_id_is_the_same_content(house: House):
    assert house.add("A", "site", listing(1, "x")) == [("added", 1)]
    assert house.add("A", "site", listing(1, "x")) == [("already", 1)]
    assert house.add("A", "site", listing(2, "x")) == [("added", 1)]
    (content,) = house.live("A")
    assert content.signals == (md5(1), md5(2))
    assert (content.origin, content.external_id) == ("site", "x")


def test_without_an_external_id_the_signals_stand_in_for_it(house: House):
    both = Listing((md5(1), pdq(1)))
    assert house.add("A", "site", both) == [("added", 1)]
    assert house.add("A", "site", Listing(both.signals[::-1])) == [("already", 1)]
    ((outcome, alone),) = house.add("A", "site", listing(1))
    ((named_outcome, named),) = house.add("A", "site", listing(1, "x"))
    assert (outcome, named_outcome) == ("added", "added")
    assert len({1, alone, named}) == 3


def test_other_origins_and_banks_are_other_listings(house: House):
    new_bank(house, "B")
    outcomes = [
        house.add(bank, origin, listing(1, "x"))[0] for bank in ("A", "B") for origin in ("site", "desk", "Site")
    ]
    assert outcomes == [("added", number) for number in range(1, 7)]


def test_where_one_field_ends_and_the_next_begins_matters(house: House):
    assert house.add("A", "ab", listing(1, "c")) == [("added", 1)]
    assert house.add("A", "a", listing(2, "bc")) == [("added", 2)]


def test_one_batch_may_name_a_content_twice(house: House):
    outcomes = house.add("A", "site", listing(1, "x"), listing(2, "x"), listing(1, "x"), listing(3), listing(3))
    assert outcomes == [("added", 1), ("added", 1), ("already", 1), ("added", 2), ("already", 2)]
    assert counts_by_kind(house.db) == {"md5": 3}


def test_importing_again_changes_nothing_and_tells_nobody(house: House):
    batch = [listing(number, f"x{number}") for number in range(50)]
    house.add("A", "site", *batch)
    mark = Mark(everything(house.db)[0])
    assert {outcome for outcome, _ in house.add("A", "site", *batch)} == {"already"}
    assert news_since(house.db, mark) is None
    assert house.banks.count(house.banks.bank("A")) == 50
    assert house.add("A", "site") == []


@pytest.mark.parametrize(
    ("bad", "slug"),
    [
        (Listing(()), "no_signals"),
        (Listing(tuple(md5(number) for number in range(65))), "too_many_signals"),
        (listing(1, ""), "bad_external_id"),
        (listing(1, "x" * 201), "bad_external_id"),
        (listing(1, "a\nb"), "bad_external_id"),
        (listing(1, "a\0"), "bad_external_id"),
        (listing(1, "\ud800"), "bad_external_id"),
        (listing(1, "a\u202eb"), "bad_external_id"),
        (listing(1, note="x" * 2_001), "bad_note"),
        (listing(1, note="a\0b"), "bad_note"),
        (listing(1, note="\udfff"), "bad_note"),
        (listing(1, metadata='"' + "x" * 8_192 + '"'), "bad_metadata"),
        (listing(1, metadata='"' + "裸" * 2_800 + '"'), "bad_metadata"),
        (listing(1, metadata='"\ud800"'), "bad_metadata"),
    ],
)
def test_one_bad_listing_and_none_of_the_batch_is_listed(house: House, bad, slug):
    refused(slug, house.add, "A", "site", listing(7), bad)
    assert house.live("A") == []


def test_chinese_text_stays_as_it_is(house: House):
    given = Listing((md5(1),), "案件一二三", "她要求删除\n第二行", '{"语言": "中文"}')
    house.add("A", "受害者支持热线", given)
    (content,) = house.live("A")
    assert (content.external_id, content.note, content.metadata, content.origin) == (
        "案件一二三",
        "她要求删除\n第二行",
        '{"语言": "中文"}',
        "受害者支持热线",
    )


# --- reading and annotating


def test_contents_come_in_pages_by_id(house: House):
    house.add("A", "site", *(listing(number) for number in range(7)))
    bank, after, seen = house.banks.bank("A"), 0, []
    while page := house.banks.contents(bank, after, 3):
        assert len(page) <= 3
        seen += [one.id for one in page]
        after = page[-1].id
    assert seen == list(range(1, 8))


@pytest.mark.parametrize("content_id", [0, -1, 99, 2**63, -(2**70), 2**200])
def test_there_is_no_such_content(house: House, content_id):
    house.add("A", "site", listing(1))
    bank = house.banks.bank("A")
    refused("unknown_content", house.banks.content, bank, content_id)
    refused("unknown_content", house.banks.withdraw, bank, content_id)
    refused("unknown_content", house.banks.annotate, bank, content_id, {})
    refused("unknown_content", house.banks.give_opinion, bank, content_id, "desk", "positive_class")


def test_a_content_is_reached_through_its_own_bank(house: House):
    new_bank(house, "B")
    house.add("A", "site", listing(1))
    refused("unknown_content", house.banks.content, house.banks.bank("B"), 1)
    refused("unknown_content", house.banks.withdraw, house.banks.bank("B"), 1)
    assert house.banks.content(house.banks.bank("A"), 1).withdrawn_at is None


def test_annotating_sets_what_is_named_and_leaves_the_rest(house: House):
    house.add("A", "site", listing(1, note="first", metadata="{}"))
    bank = house.banks.bank("A")
    content = house.banks.annotate(bank, 1, {"note": "第二", "disable_until_us": 0})
    assert (content.note, content.metadata, content.disable_until_us) == ("第二", "{}", 0)
    content = house.banks.annotate(bank, 1, {"note": None, "disable_until_us": None})
    assert (content.note, content.metadata, content.disable_until_us) == (None, "{}", None)
    assert house.banks.annotate(bank, 1, {}) == content


@pytest.mark.parametrize(
    ("changes", "slug"),
    [
        ({"note": "x" * 2_001}, "bad_note"),
        ({"note": "\ud800"}, "bad_note"),
        ({"metadata": "x" * 8_193}, "bad_metadata"),
        ({"metadata": "\ud800"}, "bad_metadata"),
    ],
)
def test_annotating_keeps_the_bounds_of_listing(house: House, changes, slug):
    house.add("A", "site", listing(1, note="first"))
    refused(slug, house.banks.annotate, house.banks.bank("A"), 1, changes)
    assert house.live("A")[0].note == "first"


def test_a_client_has_one_opinion_at_a_time(house: House):
    house.add("A", "site", listing(1))
    bank = house.banks.bank("A")
    house.banks.give_opinion(bank, 1, "desk", "positive_class")
    house.clock.forward(minutes=1)
    house.banks.give_opinion(bank, 1, "site", "investigation_seed")
    house.clock.forward(minutes=1)
    content = house.banks.give_opinion(bank, 1, "desk", "negative_class")
    assert [(one.client, one.opinion) for one in content.opinions] == [
        ("site", "investigation_seed"),
        ("desk", "negative_class"),
    ]
    refused("unknown_opinion", house.banks.give_opinion, bank, 1, "desk", "bad")
    assert house.banks.content(bank, 1) == content


def test_guarding_marks_and_annotating_clears(house: House):
    house.add("A", "site", listing(1), listing(2))
    house.banks.guard([2])
    assert [one.flooded_at for one in house.live("A")] == [None, house.clock.now()]
    house.banks.annotate(house.banks.bank("A"), 2, {"flooded_us": None})
    assert [one.flooded_at for one in house.live("A")] == [None, None]


def test_a_renamed_bank_keeps_contents_tombstones_and_share_and_frees_its_name(house: House) -> None:
    house.add("A", "o", listing(1), listing(2))
    house.banks.withdraw(house.banks.bank("A"), house.live("A")[1].id)
    before = house.banks.bank("A")
    renamed = house.banks.set_policy("A", BankPolicy(name="B", action="hide"))
    assert (renamed.id, renamed.key, renamed.name, renamed.action) == (before.id, before.key, "B", "hide")
    refused("unknown_bank", house.banks.bank, "A")
    assert house.add("B", "o", listing(1), listing(2)) == [("already", house.live("B")[0].id), ("withdrawn", None)]
    new_bank(house, "a")
    assert house.banks.bank("A").key == "a#2"
    assert [outcome for outcome, _ in house.add("a", "o", listing(1), listing(2))] == ["added", "added"]
    assert len(house.live("B")) == 1


def test_a_name_that_is_taken_changes_nothing(house: House) -> None:
    new_bank(house, "B")
    refused("name_taken", house.banks.set_policy, "A", BankPolicy(name="b", action="hide"))
    refused("bad_bank_name", house.banks.set_policy, "A", BankPolicy(name="no name", action="hide"))
    assert house.banks.bank("A").action == "review"
    assert house.banks.set_policy("A", BankPolicy(name="a")).name == "a"  # its own, written otherwise


def test_names_go_round_without_two_banks_of_one_identity(house: House) -> None:
    for number in (1, 2, 3):
        house.add("A", "o", listing(1))
        house.banks.set_policy("A", BankPolicy(name=f"A_{number}"))
        new_bank(house, "A")
    house.banks.delete_bank("A")
    assert [bank.key for bank in house.banks.banks()] == ["a", "a#2", "a#3"]
    assert [len(house.live(bank.name)) for bank in house.banks.banks()] == [1, 1, 1]
    house.banks.delete_bank("A_2")
    new_bank(house, "A")
    assert house.banks.bank("A").key == "a#2"
    assert [outcome for outcome, _ in house.add("A", "o", listing(1))] == ["added"]
