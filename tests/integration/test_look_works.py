"""Looks at the ledger's own works: the card says whether one can look; deciding and the under-18 switch take the media away at once."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from amparo.access.model import Principal
from amparo.access.staff_model import StaffPrincipal
from amparo.app.looks import Looking, held_media, looks_of
from amparo.app.review import Reviewing, reviewing
from amparo.app.rooms import SECTIONS, Rooms, open_rooms
from amparo.app.settings import load
from amparo.banks.model import BankPolicy, Listing
from amparo.errors import AmparoError
from amparo.match.model import Item, Verdict
from amparo.match.service import Question
from amparo.media.model import trouble_of
from amparo.media.pool import MediaPool
from amparo.media.settings import MediaSettings
from amparo.review.asking import Filter
from amparo.review.held_media import HeldMedia
from amparo.review.looks import Looks, Wish
from amparo.review.model import Card, Decision
from amparo.review.reporting import Report
from amparo.review.seconds import Question as SecondQuestion
from amparo.review.subjects import LedgerSubjects
from amparo.sealing.age import new_identity
from amparo.terms.signal import Signal
from tests.integration.ledger import refused
from tests.integration.looks import PICTURE, Drawn
from tests.ledgers import LEDGERS
from tests.seeding import seed_work

KEY = new_identity()
LEAD = StaffPrincipal(1, "Lead", "lead", "en", identity=KEY.secret)
OTHER = StaffPrincipal(2, "Other", "lead", "en", identity=KEY.secret)


@dataclass
class Desk:
    rooms: Rooms
    review: Reviewing
    looks: Looks
    held: HeldMedia

    def arrives(self, number: int, item: str) -> None:
        """An upload that meets content ``number``, as the API takes it; then the worker's step."""
        (client,) = [one for one in self.rooms.access.clients() if one.name == "forum"]
        asker = Principal(1, client.id, "forum", "platform", None, None)
        verdict = self.rooms.matcher.judge(asker, f"r-{item}", [md5(number)], Question(Item(item)))
        assert self.held.keep(PICTURE, client.id, item, verdict)
        self.review.feeder.work_once()

    def next(self, principal: StaffPrincipal = LEAD) -> Card:
        card = self.review.queue.next(principal, Filter())
        assert card is not None
        return card

    def wish(self, card: Card) -> Wish:
        copy = card.copies[0]
        return Wish(card.work.id, f"{copy.client_id}:{copy.item_id}", "near_threshold")

    def files(self) -> int:
        self.held.forget()
        return len(list(self.held.folder.glob("*.age")))


def md5(number: int) -> Signal:
    return Signal("md5", number.to_bytes(16, "big"))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    given = {
        **LEDGERS.variables(tmp_path, is_new=True),
        "AMPARO_REVIEW_MEDIA": "sealed",
        "AMPARO_REVIEW_LOOKS_DAY": "2",
    }
    rooms = open_rooms(load(tmp_path / "amparo.toml", given, SECTIONS, data=tmp_path))
    rooms.access.new_client("forum")
    rooms.banks.new_bank("A", BankPolicy())
    rooms.banks.new_bank("portal_under_18", BankPolicy(action="hide"))
    rooms.banks.list_contents("A", "partner", [Listing((md5(number),), f"c{number}") for number in (1, 2)])
    looking = Looking(LedgerSubjects(), tuple, lambda: [KEY.recipient], lambda _connection, _client_id: None)
    looks = replace(looks_of(rooms, looking, MediaPool(MediaSettings())), media=Drawn)
    yield Desk(rooms, reviewing(rooms, looks), looks, held_media(rooms, looking))
    rooms.close()


async def test_a_card_says_whether_one_can_look_and_a_look_shows_what_arrived(desk: Desk) -> None:
    desk.arrives(1, "post-1")
    card = desk.next()
    assert (card.can_look, card.why_no_look) == (True, "")
    assert desk.looks.offers(card.work.id) == [desk.wish(card).copy]
    drawn = Drawn()
    looks = replace(desk.looks, media=lambda: drawn)
    await looks.picture(LEAD, looks.grant(LEAD, desk.wish(card)).token)
    assert drawn.seen == [PICTURE]


async def test_past_the_limit_the_queue_goes_on_with_facts(desk: Desk) -> None:
    desk.arrives(1, "post-1")
    card = desk.next()
    for _ in range(2):
        grant = desk.looks.grant(LEAD, desk.wish(card))
        await desk.looks.picture(LEAD, grant.token)
        desk.looks.covered(LEAD, grant.token, 500)
    refused("exposure_reached", desk.looks.grant, LEAD, desk.wish(card))
    desk.review.queue.skip(LEAD, card.work.id)
    desk.arrives(2, "post-2")
    card = desk.next()
    assert (card.can_look, card.why_no_look) == (False, "exposure_reached")
    assert desk.review.deciding.decide(LEAD, card.work.id, Decision("confirm"), "k").word == "decided"


async def test_a_decision_knows_whether_who_made_it_looked_and_takes_the_media_away(desk: Desk) -> None:
    for number in (1, 2):
        desk.arrives(number, f"post-{number}")
    assert desk.files() == 2
    first = desk.next()
    await desk.looks.picture(LEAD, desk.looks.grant(LEAD, desk.wish(first)).token)
    for looked, left in ((True, 1), (False, 0)):
        card = first if looked else desk.next()
        made = desk.review.deciding.decide(LEAD, card.work.id, Decision("confirm"), f"k{card.work.id}").decision
        assert made.looked is looked
        assert desk.files() == left
        assert desk.looks.why_not(OTHER, card.work.id) == "work_decided"


async def test_what_was_decided_is_looked_at_no_more_not_even_by_a_look_that_was_granted_before(desk: Desk) -> None:
    desk.arrives(1, "post-1")
    card = desk.next()
    grant = desk.looks.grant(OTHER, desk.wish(card))
    desk.review.deciding.decide(LEAD, card.work.id, Decision("confirm"), "k")
    with pytest.raises(AmparoError) as caught:
        await desk.looks.picture(OTHER, grant.token)
    assert caught.value.slug == "work_decided"
    refused("work_decided", desk.looks.grant, OTHER, desk.wish(card))


async def test_of_a_work_that_a_role_does_not_see_it_learns_nothing_by_asking_to_look(desk: Desk) -> None:
    *_, young = seed_work(desk.rooms.db, desk.rooms.banks, desk.rooms.clock, 20, ["case"])
    wish = Wish(young, "1:post-1", "near_threshold")
    refused("under_18", desk.looks.grant, LEAD, wish)
    reviewer = replace(OTHER, role="reviewer")
    refused("unknown_work", desk.looks.grant, reviewer, wish)
    assert desk.looks.why_not(reviewer, young) == "unknown_work"


async def test_the_under_18_switch_ends_all_looking_at_the_whole_cluster(desk: Desk) -> None:
    desk.arrives(1, "post-1")
    desk.arrives(1, "post-2")
    card = desk.next()
    grant = desk.looks.grant(LEAD, desk.wish(card))
    assert desk.files() == 2
    desk.review.minors.set_minor(OTHER, card.work.id, "school uniform")
    with pytest.raises(AmparoError) as told:
        await desk.looks.picture(LEAD, grant.token)
    assert told.value.slug == "look_over"
    assert desk.files() == 0
    refused("under_18", desk.looks.grant, OTHER, desk.wish(card))
    card = desk.review.queue.card(LEAD, card.work.id)
    assert (card.can_look, card.why_no_look) == (False, "under_18")
    assert desk.looks.offers(card.work.id) == []
    assert desk.looks.exposures.own(LEAD).used.looks_day == 0


def test_what_arrives_after_the_switch_is_not_kept(desk: Desk) -> None:
    desk.arrives(1, "post-1")
    desk.review.minors.set_minor(LEAD, desk.next().work.id, "")
    with pytest.raises(AssertionError, match="keep"):
        desk.arrives(1, "post-2")
    assert desk.files() == 0


def forum(desk: Desk) -> int:
    return next(one.id for one in desk.rooms.access.clients() if one.name == "forum")


def asks(desk: Desk, item: str, number: int, *banks: str) -> Verdict:
    """The forum asks about an upload, of these banks alone where any are named."""
    ids = frozenset(desk.rooms.banks.bank(name).id for name in banks) or None
    asker = Principal(1, forum(desk), "forum", "platform", ids, None)
    return desk.rooms.matcher.judge(asker, f"r-{item}", [md5(number)], Question(Item(item), ids))


def report(desk: Desk, item: str, reason: str) -> None:
    desk.review.reports.take(forum(desk), "forum", Report(item, reason))


async def test_an_item_that_was_reported_as_under_18_is_kept_and_shown_in_no_other_work(desk: Desk) -> None:
    report(desk, "post-1", "under_18")
    verdict = asks(desk, "post-1", 1)
    assert not desk.held.keep(PICTURE, forum(desk), "post-1", verdict)
    desk.review.feeder.work_once()
    works = desk.review.queue.listed(LEAD, Filter()).works
    assert {(one.queue, one.minor_possible) for one in works} == {("under_18", True)}
    for one in works:
        refused("under_18", desk.looks.grant, LEAD, Wish(one.id, f"{forum(desk)}:post-1", "near_threshold"))


async def test_a_decided_report_of_under_18_is_not_forgotten_by_the_next(desk: Desk) -> None:
    report(desk, "post-1", "under_18")
    (first,) = desk.review.queue.listed(LEAD, Filter()).works
    desk.review.deciding.decide(LEAD, first.id, Decision("confirm"), "k")
    report(desk, "post-1", "other")
    (again,) = desk.review.queue.listed(LEAD, Filter()).works
    assert (again.queue, again.minor_possible) == ("under_18", True)


async def test_a_mark_on_one_work_of_an_item_ends_looks_at_every_other(desk: Desk) -> None:
    desk.arrives(1, "post-1")
    card = desk.next()
    grant = desk.looks.grant(LEAD, desk.wish(card))
    desk.review.deciding.decide(LEAD, card.work.id, Decision("confirm"), "k")
    report(desk, "post-1", "under_18")
    with pytest.raises(AmparoError) as told:
        await desk.looks.picture(LEAD, grant.token)
    assert told.value.slug in {"look_over", "under_18", "work_decided"}
    desk.review.deciding.undo(LEAD, desk.review.deciding.made(None, 1)[0].id)
    refused("under_18", desk.looks.grant, LEAD, desk.wish(card))


@pytest.mark.parametrize("paused", [False, True])
async def test_the_bank_of_under_18_counts_for_staff_whichever_banks_a_client_asks(desk: Desk, paused: bool) -> None:
    desk.rooms.banks.list_contents("portal_under_18", "case-x", [Listing((md5(1),), "y1")])
    desk.rooms.banks.set_policy("portal_under_18", BankPolicy(action="hide", paused=paused))
    verdict = asks(desk, "post-9", 1, "A")
    assert ([one.bank for one in verdict.matches], verdict.may_be_minor) == (["A"], True)
    assert not desk.held.keep(PICTURE, forum(desk), "post-9", verdict)
    assert not asks(desk, "post-8", 2, "A").may_be_minor
    desk.review.feeder.work_once()
    by_item = {
        desk.review.queue.card(LEAD, one.id).copies[0].item_id: one
        for one in desk.review.queue.listed(LEAD, Filter()).works
    }
    assert (by_item["post-9"].queue, by_item["post-9"].minor_possible) == ("under_18", True)
    assert (by_item["post-8"].queue, by_item["post-8"].minor_possible) == ("adult", False)


def lists_late(desk: Desk, number: int) -> None:
    """Another than a person lists this picture in the bank of under 18, when works of it may be open."""
    desk.rooms.banks.list_contents("portal_under_18", "partner", [Listing((md5(number),), f"late{number}")])


async def test_what_was_listed_as_under_18_since_the_work_was_opened_is_not_shown(desk: Desk) -> None:
    desk.arrives(1, "post-1")
    desk.arrives(2, "post-2")
    cards = [desk.review.queue.card(LEAD, one.id) for one in desk.review.queue.listed(LEAD, Filter()).works]
    (one, other) = sorted(cards, key=lambda card: card.copies[0].item_id)
    lists_late(desk, 1)
    refused("under_18", desk.looks.grant, LEAD, desk.wish(one))
    marked = desk.review.queue.card(LEAD, one.work.id)
    assert (marked.work.queue, marked.why_no_look) == ("under_18", "under_18")
    assert marked.work.minor_cause == "listed"
    assert [each.bank for each in marked.contents] == ["A"], "what is near is no ground to decide on"
    assert desk.files() == 1
    grant = desk.looks.grant(LEAD, desk.wish(other))
    lists_late(desk, 2)
    with pytest.raises(AmparoError) as told:
        await desk.looks.picture(LEAD, grant.token)
    assert told.value.slug == "under_18", "nor when the word comes between leave and picture"
    assert desk.review.queue.card(LEAD, other.work.id).work.minor_possible


async def test_what_was_listed_and_taken_back_since_is_shown(desk: Desk) -> None:
    desk.arrives(1, "post-1")
    card = desk.next()
    lists_late(desk, 1)
    (bank,) = [one for one in desk.rooms.banks.banks() if one.name == "portal_under_18"]
    (late,) = desk.rooms.banks.contents(bank, 0, 9)
    desk.rooms.banks.withdraw(bank, late.id)
    assert (await desk.looks.picture(LEAD, desk.looks.grant(LEAD, desk.wish(card)).token)).stills


async def test_a_picture_that_is_itself_near_what_is_under_18_is_not_shown_whatever_its_work_met(desk: Desk) -> None:
    desk.arrives(1, "post-1")
    card = desk.next()
    lists_late(desk, 9)
    drawn = Drawn(signals=(md5(8), md5(9)))
    looks = replace(desk.looks, media=lambda: drawn)
    grant = looks.grant(LEAD, desk.wish(card))
    with pytest.raises(AmparoError) as told:
        await looks.picture(LEAD, grant.token)
    assert (told.value.slug, drawn.seen) == ("under_18", [PICTURE])
    assert desk.review.queue.card(LEAD, card.work.id).work.queue == "under_18"
    assert desk.files() == 0


async def test_a_picture_that_cannot_be_hashed_is_not_shown(desk: Desk) -> None:
    desk.arrives(1, "post-1")
    looks = replace(desk.looks, media=lambda: Drawn(unknown=trouble_of("decode_limit")))
    grant = looks.grant(LEAD, desk.wish(desk.next()))
    with pytest.raises(AmparoError) as told:
        await looks.picture(LEAD, grant.token)
    assert told.value.slug == "decode_limit"
    assert desk.looks.grant(LEAD, desk.wish(desk.next())), "the look that was not had costs nothing"


async def test_two_people_take_a_late_mark_away_and_what_was_held_does_not_come_back(desk: Desk) -> None:
    desk.arrives(1, "post-1")
    card = desk.next()
    lists_late(desk, 1)
    refused("under_18", desk.looks.grant, LEAD, desk.wish(card))
    wrong = SecondQuestion("clear_minor", f"work:{card.work.id}", answer="clear", reason="wrong mark here")
    desk.review.seconds.answer(OTHER, desk.review.seconds.ask(LEAD, wrong), yes=True)
    assert desk.review.queue.card(LEAD, card.work.id).work.queue == "adult"
    refused("no_media", desk.looks.grant, LEAD, desk.wish(card))
    assert not desk.held.keep(PICTURE, forum(desk), "post-2", asks(desk, "post-2", 1)), "nor is another copy kept"
