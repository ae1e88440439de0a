"""What other thresholds would have done: narrower from the events as judging again says, wider from the uploads as brute force says."""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from amparo.access.model import Principal
from amparo.banks.model import BankPolicy, Listing
from amparo.banks.service import Banks
from amparo.hashing import Hashed
from amparo.hashing.video import pack
from amparo.match.model import Item, VideoRule
from amparo.match.service import Matcher, Question
from amparo.match.supposing import KEPT, Supposed, Supposing
from amparo.terms.clock import to_us
from amparo.terms.signal import Signal
from amparo.uploads.service import UploadLog
from amparo.uploads.settings import UploadsSettings
from tests.conftest import SetClock
from tests.integration.ledger import KEY, Hooked, House, busy, listing, md5, new_bank, opened, pdq, refused

SITE, OTHER = Principal(7, 3, "site", "platform"), Principal(8, 4, "other", "platform")
NARROW, NOW, WIDE = 20, 31, 44


@pytest.fixture
def house(tmp_path: Path, clock: SetClock) -> Iterator[House]:
    with opened(tmp_path, clock) as made:
        new_bank(made)
        yield made


@pytest.fixture
def log(house: House) -> UploadLog:
    return UploadLog(house.folder / "uploads", UploadsSettings(keep_days=10), house.clock)


@pytest.fixture
def supposing(house: House, log: UploadLog) -> Supposing:
    return again(house, log)


def again(house: House, log: UploadLog) -> Supposing:
    """A worker that knows nothing of the one before, and takes three events at once."""
    return Supposing(house.banks, log, VideoRule(), house.clock, events_at_once=3)


def asked(house: House, supposing: Supposing, days: int = 30, **thresholds: int) -> Supposed:
    bank = house.banks.bank("A")
    number = supposing.ask(bank, thresholds, days, 1)
    while supposing.work_once():
        pass
    return supposing.one(bank, number)


def flipped(code: int, bits: int, draw: random.Random) -> int:
    for bit in draw.sample(range(256), bits):
        code ^= 1 << bit
    return code


def film(codes: list[int]) -> Signal:
    packed = pack((1_000 * at, Hashed(code.to_bytes(32, "big"), 100)) for at, code in enumerate(codes))
    return Signal("vpdq", packed.code, packed.quality)


def seeded(house: House, draw: random.Random) -> list[tuple[str, Principal, tuple[Signal, ...]]]:
    """Listed codes of two banks and of a negative one, and uploads at all distances from them, some known by their bytes too."""
    new_bank(house, "B")
    new_bank(house, "N", polarity="negative")
    codes = [draw.getrandbits(256) for _ in range(12)]
    for number, code in enumerate(codes):
        house.add("A", "site", Listing((pdq(code), md5(number)), f"a{number}"))
        if number % 3 == 0:
            house.add("B", "site", Listing((pdq(flipped(code, 6, draw)),), f"b{number}"))
        if number % 4 == 0:
            house.add("N", "site", Listing((pdq(flipped(code, 22, draw)),), f"n{number}"))
    made = []
    for number in range(160):
        of = draw.randrange(len(codes))
        signals = [pdq(flipped(codes[of], draw.randrange(0, 50), draw))]
        if draw.random() < 0.15:
            signals.append(md5(of))
        made.append((f"item{number}", (SITE, OTHER)[number % 2], tuple(signals)))
    return made


def judged(house: House, matcher: Matcher, uploads) -> dict[str, set[int]]:
    """The contents of bank A that each upload meets by the policy of now. It leaves events."""
    found = {}
    for item_id, who, signals in uploads:
        house.clock.forward(minutes=20)
        verdict = matcher.judge(who, "request", signals, Question(Item(item_id=item_id)))
        found[item_id] = {one.content_id for one in verdict.matches if one.bank == "A"}
    return found


def counted(of: dict[str, set[int]]) -> dict[int, int]:
    contents: dict[int, int] = {}
    for ids in of.values():
        for one in ids:
            contents[one] = contents.get(one, 0) + 1
    return contents


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_narrower_says_what_judging_again_says(house: House, supposing: Supposing, seed):
    uploads = seeded(house, random.Random(seed))
    matcher = house.matcher()
    now = judged(house, matcher, uploads)
    told = asked(house, supposing, pdq=NARROW)
    house.banks.set_policy("A", BankPolicy(thresholds={"pdq": NARROW}))
    then = judged(house, matcher, uploads)
    lost = {item: ids - then[item] for item, ids in now.items() if ids - then[item]}
    assert told.state == "done"
    assert lost, "the examples lose something"
    assert told.lost.changed == len(lost)
    assert told.lost.contents == counted(lost)
    assert told.lost.met == sum(bool(ids) for ids in now.values())
    assert told.lost.unknown == 0
    by_client = {}
    for clients in told.lost.days.values():
        for client, number in clients.items():
            by_client[client] = by_client.get(client, 0) + number
    wanted = {who.client: sum(item in lost for item, one, _ in uploads if one is who) for who in (SITE, OTHER)}
    assert by_client == {client: number for client, number in wanted.items() if number}
    assert len(told.lost.days) > 1
    assert told.gained.read == 0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_wider_says_what_judging_all_uploads_again_says(house: House, log: UploadLog, supposing: Supposing, seed):
    uploads = seeded(house, random.Random(seed))
    matcher = house.matcher()
    now = judged(house, matcher, uploads)
    for number, (item_id, who, signals) in enumerate(uploads):
        log.log(who.client, (item_id, None), signals, to_us(house.clock.now()) + number)
        if number % 60 == 59:
            log.flush()
            log.seal(all_open=True)
    log.flush()
    house.clock.forward(minutes=1)
    told = asked(house, supposing, pdq=WIDE)
    house.banks.set_policy("A", BankPolicy(thresholds={"pdq": WIDE}))
    then = judged(house, matcher, uploads)
    gained = {item: ids - now[item] for item, ids in then.items() if ids - now[item]}
    assert told.state == "done"
    assert gained, "the examples gain something"
    assert told.gained.changed == len(gained)
    assert told.gained.contents == counted(gained)
    assert (told.gained.read, told.gained.unknown) == (len(uploads), 0)
    assert told.gained.met == sum(bool(ids) for ids in now.values())
    assert told.lost.read == 0
    log.close()


def test_a_kind_that_meets_too_keeps_the_match(house: House, supposing: Supposing):
    house.add("A", "site", Listing((pdq(0b1), md5(1)), "x"))
    house.matcher().judge(SITE, "request", [pdq(0), md5(1)], Question())
    told = asked(house, supposing, pdq=0)
    assert (told.lost.met, told.lost.changed) == (1, 0)


def test_what_nothing_else_meets_is_told_apart_and_what_would_have_been_hidden(house: House, supposing: Supposing):
    house.banks.set_policy("A", BankPolicy(action="hide"))
    new_bank(house, "B")
    house.add("A", "site", Listing((pdq(0b111),), "x"), Listing((pdq(0b1111 << 100),), "y"))
    house.add("B", "site", Listing((pdq(0b1111 << 100),), "y"))
    matcher = house.matcher()
    matcher.judge(SITE, "request", [pdq(0)], Question(Item(item_id="both")))
    alone = pdq(0b111 ^ (0b1111111111111111 << 200))
    matcher.judge(SITE, "request", [alone], Question(Item(item_id="alone"), frozenset({1})))
    told = asked(house, supposing, pdq=2)
    assert (told.lost.changed, told.lost.alone, told.lost.hides) == (2, 1, 1)


def test_frames_of_videos_cannot_be_told_from_events(house: House, supposing: Supposing):
    """Over half of the frames that met are within the median: those under it may be enough or not."""
    frames = [1 << 200 - 10 * number for number in range(5)]
    house.add("A", "site", Listing((film(frames),), "x"))
    near = film([code ^ (1 << bits) - 1 for code, bits in zip(frames, (8, 9, 10, 11, 12), strict=True)])
    house.matcher().judge(SITE, "request", [near], Question())
    told = asked(house, supposing, vpdq=12)
    assert (told.lost.met, told.lost.changed, told.lost.unknown) == (1, 0, 1)
    gone = asked(house, supposing, vpdq=9)
    assert (gone.lost.changed, gone.lost.unknown) == (1, 0)


# --- questions


def test_a_worker_killed_between_slices_is_gone_on_with(house: House, log: UploadLog):
    house.add("A", "site", Listing((pdq(0b1),), "x"))
    matcher = house.matcher()
    for _ in range(10):
        matcher.judge(SITE, "request", [pdq(0)], Question())
    bank = house.banks.bank("A")
    number = again(house, log).ask(bank, {"pdq": 0}, 30, 1)
    seen, rounds = [], 0
    while again(house, log).work_once():
        rounds += 1
        seen.append(again(house, log).one(bank, number).lost.read)
    assert seen[-1] == 10
    assert seen == sorted(seen)
    assert rounds > 4
    told = again(house, log).one(bank, number)
    assert (told.state, told.lost.changed, told.done, told.total) == ("done", 10, told.total, told.total)


def test_one_that_is_ended_is_not_gone_on_with(house: House, supposing: Supposing):
    bank = house.banks.bank("A")
    first, second = supposing.ask(bank, {"pdq": 3}, 30, 1), supposing.ask(bank, {"pdq": 4}, 30, 1)
    supposing.end(bank, first)
    while supposing.work_once():
        pass
    assert [(one.id, one.state) for one in supposing.of_bank(bank)] == [(second, "done"), (first, "ended")]


def test_time_and_old_events_are_bounded(house: House, supposing: Supposing):
    house.add("A", "site", Listing((pdq(0b1),), "x"))
    matcher = house.matcher()
    matcher.judge(SITE, "request", [pdq(0)], Question())
    house.clock.forward(days=8)
    matcher.judge(SITE, "request", [pdq(0)], Question())
    assert asked(house, supposing, days=7, pdq=0).lost.changed == 1
    assert asked(house, supposing, days=30, pdq=0).lost.changed == 2


def test_questions_that_are_none(house: House, supposing: Supposing):
    new_bank(house, "N", polarity="negative")
    new_bank(house, "B")
    bank = house.banks.bank("A")
    refused("no_change", supposing.ask, bank, {"pdq": NOW}, 30, 1)
    refused("bad_days", supposing.ask, bank, {"pdq": 3}, 0, 1)
    refused("bad_threshold", supposing.ask, bank, {"pdq": 300}, 30, 1)
    refused("negative_bank", supposing.ask, house.banks.bank("N"), {"pdq": 3}, 30, 1)
    number = supposing.ask(bank, {"pdq": 3}, 30, 1)
    refused("unknown_question", supposing.one, house.banks.bank("B"), number)
    for _ in range(19):
        supposing.ask(bank, {"pdq": 3}, 30, 1)
    refused("too_many_questions", supposing.ask, bank, {"pdq": 3}, 30, 1)


def test_a_bank_that_was_deleted_meanwhile_ends_the_question(house: House, supposing: Supposing):
    bank = house.banks.bank("A")
    number = supposing.ask(bank, {"pdq": 3}, 30, 1)
    house.banks.delete_bank("A")
    while supposing.work_once():
        pass
    assert supposing.one(bank, number).state == "failed"


def test_the_events_that_met_one_content_newest_first(house: House, supposing: Supposing):
    house.add("A", "site", listing(1, "x"), listing(2, "y"))
    matcher = house.matcher()
    for number in (1, 2, 1):
        matcher.judge(SITE, f"request{number}", [md5(number)], Question())
    assert [one.id for one in supposing.events_of(1, 10)] == [3, 1]
    assert [one.id for one in supposing.events_of(1, 1)] == [3]


def test_files_of_the_log_that_cannot_be_read_are_told_as_unknown(house: House, log: UploadLog, supposing: Supposing):
    house.add("A", "site", Listing((pdq(0),), "x"))
    for number, item in enumerate(("cut-short", "no-letters", "whole")):
        log.log("site", (item, None), [pdq((1 << 40) - 1)], to_us(house.clock.now()) + number)
        log.flush()
        log.seal(all_open=True)
    cut, spoilt, _ = log.units()
    os.truncate(cut, 5_000)
    spoilt.write_bytes(spoilt.read_bytes().replace(b"no-letters", b"\xff" * 10))
    house.clock.forward(minutes=1)
    told = asked(house, supposing, pdq=WIDE)
    assert told.state == "done"
    assert (told.gained.unknown, told.gained.changed, told.gained.read) == (2, 1, 2)
    log.close()


def test_what_met_by_a_threshold_that_was_wider_then_is_not_lost_now(house: House, supposing: Supposing):
    house.add("A", "site", Listing((pdq((1 << 25) - 1),), "x"))
    house.matcher().judge(SITE, "request", [pdq(0)], Question())
    house.banks.set_policy("A", BankPolicy(thresholds={"pdq": NARROW}))
    told = asked(house, supposing, pdq=10)
    assert (told.lost.read, told.lost.met, told.lost.changed) == (1, 0, 0)


def test_a_ledger_that_is_busy_fails_no_question(house: House, log: UploadLog):
    house.add("A", "site", Listing((pdq(0b1),), "x"))
    house.matcher().judge(SITE, "request", [pdq(0)], Question())
    db = Hooked(house.db.url)
    worker = Supposing(Banks(db, house.clock, KEY, house.file), log, VideoRule(), house.clock)
    bank = house.banks.bank("A")
    number = worker.ask(bank, {"pdq": 0}, 30, 1)
    db.before_read(2, busy)  # after the question itself was read
    refused("database_busy", worker.work_once)
    assert worker.one(bank, number).state == "waiting"
    while worker.work_once():
        pass
    assert (worker.one(bank, number).state, worker.one(bank, number).lost.changed) == ("done", 1)
    db.close()


def test_only_the_newest_answers_are_kept(house: House, supposing: Supposing):
    bank = house.banks.bank("A")
    first = supposing.ask(bank, {"pdq": 3}, 30, 1)
    supposing.end(bank, first)
    for _ in range(KEPT):
        supposing.end(bank, supposing.ask(bank, {"pdq": 3}, 30, 1))
    assert supposing.one(bank, first).state == "ended"
    last = supposing.ask(bank, {"pdq": 3}, 30, 1)
    refused("unknown_question", supposing.one, bank, first)
    assert supposing.one(bank, last).state == "waiting"
    assert len(supposing.of_bank(bank, 2 * KEPT)) == KEPT + 1
