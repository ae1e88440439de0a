"""How a worker stays as fresh as its ledger: what a lookup takes in, who waits for it, what happens to one that lags."""

import asyncio
import hashlib
import threading
from pathlib import Path

import pytest

from amparo.access.service import Access
from amparo.api.keyring import KEYS_MAX, Keyring
from amparo.api.pulse import Pulse
from amparo.banks import feed_rows
from amparo.banks.feed import Seen
from amparo.banks.listing import tell_policy
from amparo.banks.model import Listing
from amparo.errors import AmparoError, Unavailable
from amparo.match.lookup import NOTHING, QUICK_US_MAX, Lookup, Pace
from amparo.store.db import Database
from amparo.store.glance import Glance
from amparo.terms.signal import Signal
from tests.conftest import SetClock
from tests.integration.ledger import Hooked, House, busy, new_bank, opened, pdq
from tests.ledgers import LEDGERS

LAG_MS = 60_000


@pytest.fixture
def house(tmp_path: Path, clock: SetClock):
    with opened(tmp_path, clock) as made:
        new_bank(made)
        yield made


def met(lookup: Lookup, number: int) -> set[int]:
    _, policy = lookup.refresh()
    return {hit.signal_id for hit in lookup.search([pdq(number)], policy) if hit.distance_bits == 0}


def far(number: int) -> Listing:
    """A listing no other is near to."""
    return Listing((Signal("pdq", hashlib.sha256(number.to_bytes(8, "big")).digest(), 100),))


def go_back(house: House) -> None:
    """The ledger as a backup of its second change brings it back."""
    with house.db.write() as connection:
        connection.exec_driver_sql("DELETE FROM signal WHERE id > 1")
        connection.exec_driver_sql("DELETE FROM change WHERE seq > 2")


# --- what a lookup takes in


def test_a_change_takes_effect_on_the_next_lookup_of_every_follower(house: House):
    followers = [Lookup(house.db) for _ in range(3)]
    for number in range(1, 20):
        house.add("A", "site", Listing((pdq(number),)))
        assert [met(one, number) for one in followers] == [{number}] * 3
        house.banks.withdraw(house.banks.bank("A"), number)
        assert [met(one, number) for one in followers] == [set()] * 3


def test_what_is_taken_in_in_pieces_is_what_a_new_follower_reads(house: House):
    follower = Lookup(house.db, pace=Pace(at_once=3))
    follower.refresh()
    house.add("A", "site", *(Listing((pdq(number),)) for number in range(1, 11)))
    for number in (2, 5, 9):
        house.banks.withdraw(house.banks.bank("A"), number)
    house.add("A", "site", Listing((pdq(99),)))
    follower.refresh()
    afresh = Lookup(house.db)
    afresh.refresh()
    assert follower.figures() == afresh.figures()
    assert follower.figures()["kinds"]["pdq"]["count"] == 8


def test_nothing_is_told_as_taken_in_before_all_of_it_is(house: House):
    db = Hooked(house.db.url)
    follower = Lookup(db, pace=Pace(at_once=2))
    before, _ = follower.refresh()
    house.add("A", "site", *(Listing((pdq(number),)) for number in range(1, 6)))
    db.before_read(2, busy)  # the second of three pieces
    with pytest.raises(Unavailable):
        follower.refresh()
    assert follower.generation == before
    assert follower.refresh()[0] == before + 1
    assert follower.figures()["kinds"]["pdq"]["count"] == 5
    db.close()


def test_searches_go_on_while_much_is_taken_in(house: House):
    follower = Lookup(house.db)
    house.add("A", "site", far(1))
    _, policy = follower.refresh()
    stop = threading.Event()
    wrong: list[object] = []

    def searching() -> None:
        while not stop.is_set():
            hits = follower.search(far(1).signals, policy)
            if [hit.signal_id for hit in hits] != [1]:
                wrong.append(hits)

    threads = [threading.Thread(target=searching) for _ in range(2)]
    for one in threads:
        one.start()
    for round_ in range(10):
        house.add("A", "site", *(far(100 + 200 * round_ + number) for number in range(200)))
        follower.refresh()
        house.banks.withdraw(house.banks.bank("A"), 2 + 200 * round_)
        follower.refresh()
    stop.set()
    for one in threads:
        one.join()
    assert wrong == []


def test_who_asks_for_what_is_taken_in_already_asks_nobody(house: House):
    follower = Lookup(house.db)
    assert follower.generation == NOTHING
    generation, _ = follower.refresh()
    house.add("A", "site", far(1))
    assert follower.refresh(generation)[0] == generation
    assert follower.refresh(generation + 1)[0] == generation + 1


def test_a_ledger_that_went_back_is_read_anew(house: House):
    house.add("A", "site", far(1))
    house.add("A", "site", far(2), far(3))
    house.banks.withdraw(house.banks.bank("A"), 2)
    follower = Lookup(house.db)
    follower.refresh()
    assert follower.look() == Seen(follower.generation, 1)
    go_back(house)
    seen = follower.look()
    assert follower.generation == NOTHING  # nobody is answered by what is not the ledger's
    assert follower.refresh(seen.newest)[0] == seen.newest == 2
    afresh = Lookup(house.db)
    afresh.refresh()
    assert follower.figures() == afresh.figures()


def test_a_follower_that_finds_out_by_reading_starts_anew(house: House):
    db = Hooked(house.db.url)
    follower = Lookup(db)
    house.add("A", "site", far(1))
    house.add("A", "site", far(2))
    follower.refresh()
    house.add("A", "site", far(3))
    db.before_read(1, lambda: go_back(house))  # after it looked, before it reads what changed
    follower.refresh()
    afresh = Lookup(house.db)
    afresh.refresh()
    assert follower.figures() == afresh.figures()
    assert (follower.generation, follower.figures()["kinds"]["pdq"]["count"]) == (2, 1)
    db.close()


def test_a_glance_that_loses_its_connection_asks_the_ordinary_way(house: House):
    glance = Glance(house.db, feed_rows.NEWEST)
    assert (glance.is_at_hand, glance.now(0)) == (not LEDGERS.is_postgres, (1, 1))
    glance._connection.close()
    assert glance.now(0) is None
    assert glance.look(0) == (1, 1)
    glance._connection.close()
    assert glance.look(0) == (1, 1)
    with glance._lock:
        assert glance.now(0) is None
    glance.close()
    broken = Glance(Database("sqlite:////nowhere/at/all.sqlite"), feed_rows.NEWEST)
    with pytest.raises(AmparoError):
        broken.look(0)


def test_searches_that_cost_too_much_for_an_event_loop_are_told(house: House):
    follower = Lookup(house.db)
    house.add("A", "site", far(1))
    _, policy = follower.refresh()
    signals = far(1).signals
    assert follower.is_quick(signals)
    follower.search(signals, policy)
    follower._us_each = QUICK_US_MAX
    assert follower.is_quick(signals)
    assert not follower.is_quick(signals * 2)
    for _ in range(100):
        follower.search(signals, policy)
    assert follower._us_each < QUICK_US_MAX  # what was dear once is tried again


# --- who waits


class Slow(Lookup):
    """A lookup on another machine: a look takes until it is let go on."""

    def __init__(self, db: Database) -> None:
        super().__init__(db)
        self.go_on, self.looks, self.takes = threading.Event(), 0, threading.Event()
        self.takes.set()

    @property
    def is_at_hand(self) -> bool:
        return False

    def look(self) -> Seen:
        self.looks += 1
        self.go_on.wait()
        return super().look()

    def refresh(self, seen: int | None = None):
        self.takes.wait()
        return super().refresh(seen)


async def test_all_who_come_during_a_look_share_the_next(house: House):
    lookup = Slow(house.db)
    pulse = Pulse(lookup, LAG_MS)
    first = asyncio.create_task(pulse.look())
    while lookup.looks == 0:
        await asyncio.sleep(0)
    house.add("A", "site", far(1))
    late = [asyncio.create_task(pulse.look()) for _ in range(50)]
    late[0].cancel()
    await asyncio.sleep(0)
    lookup.go_on.set()
    await first
    seen = await asyncio.gather(*late[1:])
    assert {one.newest for one in seen} == {2}
    assert lookup.looks == 2


class Failing(Lookup):
    """A lookup whose first looks fail, each with one of ``errors``."""

    def __init__(self, db: Database, *errors: Unavailable) -> None:
        super().__init__(db)
        self.errors = list(errors)

    @property
    def is_at_hand(self) -> bool:
        return False

    def look(self) -> Seen:
        if self.errors:
            raise self.errors.pop(0)
        return super().look()


BUSY = Unavailable("database_busy", "the database is busy", "Try again.")


async def test_a_look_that_fails_fails_for_all_who_wait(house: House):
    pulse = Pulse(Failing(house.db, BUSY), LAG_MS)
    told = await asyncio.gather(*(pulse.look() for _ in range(3)), return_exceptions=True)
    assert [one.slug for one in told] == ["database_busy"] * 3


async def test_a_look_on_this_machine_falls_back_to_waiting(house: House):
    lookup = Lookup(house.db)
    pulse = Pulse(lookup, LAG_MS)
    assert (await pulse.look()).newest == 1
    with lookup._newest._glance._lock:
        waiting = asyncio.create_task(pulse.look())
        assert (await waiting).newest == 1


async def test_whoever_waits_goes_on_once_it_is_taken_in(house: House):
    lookup = Lookup(house.db)
    pulse = Pulse(lookup, LAG_MS)
    house.add("A", "site", far(1))
    seen = await pulse.look()
    await asyncio.gather(*(pulse.catch_up(seen) for _ in range(20)))
    assert lookup.generation == 2


async def test_a_worker_that_lags_says_so_and_serves_again_once_it_has_caught_up(house: House):
    lookup = Slow(house.db)
    lookup.go_on.set()
    pulse = Pulse(lookup, 1)
    lookup.takes.clear()
    seen = await Pulse(lookup, LAG_MS).look()
    for _ in range(3):
        with pytest.raises(Unavailable) as caught:
            await pulse.catch_up(seen)
        assert (caught.value.slug, caught.value.retry_after_s) == ("lagging", 1)
        assert caught.value.http_status == 503
    lookup.takes.set()
    pulse = Pulse(lookup, LAG_MS)
    await pulse.catch_up(await pulse.look())
    assert lookup.generation == seen.newest


async def test_following_goes_on_through_errors(house: House):
    lookup = Failing(house.db, BUSY, Unavailable("lagging", "not now", "Try again."))
    following = asyncio.create_task(Pulse(lookup, LAG_MS, follow_s=0, pause_s=0).follow())
    house.add("A", "site", far(1))
    async with asyncio.timeout(30):
        while lookup.generation != 2:
            await asyncio.sleep(0)
    assert lookup.errors == []
    following.cancel()


# --- who holds which key


def test_a_key_is_remembered_until_something_ends(house: House):
    access = Access(house.db, house.clock, tell_policy)
    lookup, ring = Lookup(house.db), Keyring()
    key, text = access.new_key("site", "platform")
    before = lookup.look().newest_policy
    assert ring.holder(text, before) is None
    ring.keep(text, before, access.principal(text))
    house.add("A", "site", far(1))
    assert ring.holder(text, lookup.look().newest_policy).key_id == key.id
    access.end_key(key.id)
    after = lookup.look().newest_policy
    assert after > before
    assert ring.holder(text, after) is None


def test_what_was_read_before_an_end_is_not_kept_after_it(house: House):
    access, ring = Access(house.db, house.clock, tell_policy), Keyring()
    _, text = access.new_key("site", "platform")
    holder = access.principal(text)
    assert ring.holder(text, 1) is None
    assert ring.holder("another", 2) is None  # another request saw a change meanwhile
    ring.keep(text, 1, holder)
    assert ring.holder(text, 2) is None


def test_the_ring_holds_so_many_keys_and_no_more(house: House):
    access, ring = Access(house.db, house.clock, tell_policy), Keyring()
    holder = access.principal(access.new_key("site", "platform")[1])
    ring.holder("k", 1)
    for number in range(KEYS_MAX + 1):
        ring.keep(f"k{number}", 1, holder)
    assert ring.holder("k0", 1) is None
    assert ring.holder(f"k{KEYS_MAX}", 1) is holder
