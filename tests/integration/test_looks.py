"""Looks: one at a time, counted before anything is shown, each token once; the limits hold against races, kills and clocks."""

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from amparo.errors import AmparoError, Unreadable
from amparo.media.pool import MediaPool
from amparo.media.settings import MediaSettings
from amparo.review.exposure import Bounds
from amparo.review.looks import REASONS, Looks, Wish, end_within
from amparo.terms.clock import to_us
from tests.integration.ledger import refused
from tests.integration.looks import (
    CLIENT,
    CONTENT,
    ITEM,
    KEYS,
    PICTURE,
    SEALED,
    WORK,
    Desk,
    Drawn,
    desk,
    exhausted,
    work,
)
from tests.ledgers import LEDGERS

ROOT = Path(__file__).parents[2]
PLENTY = Bounds(1_000, 10_000, 1_000, 10_000)


def slug_of(act, *given) -> str:
    try:
        act(*given)
    except AmparoError as error:
        return error.slug
    return ""


async def slug_seen(house: Desk, number: int, token: str) -> str:
    try:
        await house.looks.picture(house.principal(number), token)
    except AmparoError as error:
        return error.slug
    return ""


def figures(house: Desk, number: int = 1) -> tuple[int, int]:
    used = house.exposures.own(house.principal(number)).used
    return used.looks_day, used.seconds_day


@pytest.fixture
def house(tmp_path, clock):
    with desk(tmp_path, clock) as made:
        assert made.keep()
        yield made


# --- one look


async def test_a_look_shows_once_what_was_sealed(tmp_path, clock):
    drawn = Drawn()
    with desk(tmp_path, clock, media=drawn) as house:
        assert house.keep()
        grant = house.ask(1, clarity=2)
        assert (grant.work_id, grant.seconds, grant.clarity) == (WORK, 20, 2)
        assert grant.token not in repr(grant)
        assert drawn.seen == []
        assert (await house.see(1, grant)).stills == (b"still of clarity 2",)
        assert drawn.seen == [PICTURE]
        assert await slug_seen(house, 1, grant.token) == "look_over"
        house.cover(1, grant, 7_400, severity=2)
        assert figures(house) == (1, 8)
        assert await slug_seen(house, 1, grant.token) == "look_over"


async def test_a_token_is_its_persons_alone_and_ends(house, clock):
    grant = house.ask(1)
    assert await slug_seen(house, 2, grant.token) == "look_over"
    assert await slug_seen(house, 1, "x" * 43) == "look_over"
    assert await slug_seen(house, 1, "") == "look_over"
    clock.forward(seconds=61)
    assert await slug_seen(house, 1, grant.token) == "look_over"
    assert figures(house) == (1, 20)


async def test_another_can_cover_nothing(house):
    grant = house.ask(1)
    await house.see(1, grant)
    house.cover(2, grant, 0)
    assert figures(house) == (1, 20)
    assert figures(house, 2) == (0, 0)


def test_one_look_at_a_time(house, clock):
    first = house.ask(1)
    refused("look_open", house.ask, 1)
    assert house.ask(2).seconds == 20
    house.cover(1, first, 0)
    assert house.ask(1).seconds == 20
    clock.forward(seconds=61)
    assert house.ask(1).seconds == 20


async def test_a_look_that_is_never_covered_ends_by_itself_and_counts_in_full(house, clock):
    grant = house.ask(1)
    await house.see(1, grant)
    refused("look_open", house.ask, 1)
    clock.forward(seconds=51)
    house.ask(1)
    clock.forward(hours=1)
    house.cover(1, grant, 1_000)  # too late
    assert figures(house) == (2, 40)


async def test_of_several_reports_the_longest_counts_and_none_over_what_was_granted(house):
    grant = house.ask(1)
    await house.see(1, grant)
    house.cover(1, grant, 9_000)
    house.cover(1, grant, 4_000, severity=3)
    assert figures(house) == (1, 9)
    house.cover(1, grant, 999_999)
    house.cover(1, grant, -5)
    assert figures(house) == (1, 20)
    assert house.exposures.own(house.principal(1)).days[0].heavy == 1


def test_a_grant_that_is_given_back_unseen_costs_nothing(house):
    house.cover(1, house.ask(1), 0)
    assert figures(house) == (0, 0)


@pytest.mark.parametrize("error", [Unreadable("undecodable", "no picture"), Unreadable("decode_limit", "too much")])
async def test_a_file_that_cannot_be_drawn_costs_nothing(tmp_path, clock, error):
    with desk(tmp_path, clock, media=Drawn(fails=error)) as house:
        house.keep()
        grant = house.ask(1)
        assert await slug_seen(house, 1, grant.token) == error.slug
        assert figures(house) == (0, 0)
        assert await slug_seen(house, 1, grant.token) == "look_over"


def test_who_may_not_look_is_refused(house):
    for number in (5, 6):
        refused("staff_role", house.ask, number)
        assert house.looks.why_not(house.principal(number), WORK) == "staff_role"


def test_a_look_needs_a_reason_and_a_copy_of_the_work(house):
    ask = house.looks.grant
    for wish, slug in (
        (Wish(WORK, f"{CLIENT}:{ITEM}", "curious"), "bad_look"),
        (Wish(WORK, f"{CLIENT}:{ITEM}", REASONS[0], 3), "bad_look"),
        (Wish(WORK, "post-1", REASONS[0]), "bad_copy"),
        (Wish(WORK, f"{CLIENT}:post-2", REASONS[0]), "no_media"),
        (Wish(WORK, f"8:{ITEM}", REASONS[0]), "no_media"),
        (Wish(99, f"{CLIENT}:{ITEM}", REASONS[0]), "unknown_work"),
    ):
        refused(slug, ask, house.principal(1), wish)
    assert figures(house) == (0, 0)


def test_a_desk_that_shows_nothing_says_so(tmp_path, clock):
    with desk(tmp_path, clock, replace(SEALED, media="none")) as house:
        assert house.looks.why_not(house.principal(1), WORK) == "no_media"
        assert house.looks.offers(WORK) == []
        refused("no_media", house.ask, 1)


# --- under 18


async def test_nothing_that_may_show_a_child_is_shown(house):
    grant = house.ask(1)
    house.works.works[WORK] = work(is_minor=True)
    assert await slug_seen(house, 1, grant.token) == "under_18"
    refused("under_18", house.ask, 2)
    assert house.looks.why_not(house.principal(2), WORK) == "under_18"
    assert house.looks.offers(WORK) == []


async def test_live_grants_die_with_the_switch(house, clock):
    grant = house.ask(1)
    with house.db.write() as connection:
        assert end_within(connection, WORK, to_us(clock.now())) == 1
    assert await slug_seen(house, 1, grant.token) == "look_over"
    assert figures(house) == (0, 0)


async def test_a_switch_while_it_is_drawn_keeps_it_back(tmp_path, clock):
    drawn = Drawn()
    with desk(tmp_path, clock, media=drawn) as house:
        house.keep()
        drawn.during = lambda: house.works.works.update({WORK: work(is_minor=True)})
        grant = house.ask(1)
        assert await slug_seen(house, 1, grant.token) == "under_18"
        assert len(drawn.seen) == 1
        assert figures(house) == (0, 0)


# --- limits


async def test_looks_and_seconds_are_limited_by_day(tmp_path, clock):
    with desk(tmp_path, clock, exhausted(Bounds(3, 1_000, 100, 1_000))) as house:
        house.keep()
        for _ in range(3):
            await house.look(1, 1_000)
        refused("exposure_reached", house.ask, 1)
        assert house.looks.why_not(house.principal(1), WORK) == "exposure_reached"
        assert house.looks.why_not(house.principal(2), WORK) == ""
        clock.forward(hours=23, minutes=59)
        house.keep()
        refused("exposure_reached", house.ask, 1)
        clock.forward(minutes=2)
        house.ask(1)


async def test_the_last_seconds_are_granted_and_no_more(tmp_path, clock):
    with desk(tmp_path, clock, exhausted(Bounds(100, 45, 100, 45))) as house:
        house.keep()
        granted = []
        for _ in range(3):
            grant = house.ask(1)
            granted.append(grant.seconds)
            await house.see(1, grant)
            house.cover(1, grant, 60_000)
        assert granted == [20, 20, 5]
        refused("exposure_reached", house.ask, 1)
        assert figures(house) == (3, 45)


async def test_28_days_are_limited_too(tmp_path, clock):
    with desk(tmp_path, clock, exhausted(Bounds(2, 1_000, 5, 1_000))) as house:
        for looks in (2, 2, 1):
            house.keep()
            for _ in range(looks):
                await house.look(1, 500)
            clock.forward(days=4)
        house.keep()
        refused("exposure_reached", house.ask, 1)
        clock.forward(days=17)
        house.keep()
        house.ask(1)


async def test_a_clock_set_back_frees_nobody(tmp_path, clock):
    with desk(tmp_path, clock, exhausted(Bounds(2, 1_000, 100, 1_000))) as house:
        house.keep()
        await house.look(1, 500)
        await house.look(1, 500)
        for back in (timedelta(minutes=5), timedelta(days=2), timedelta(days=40)):
            clock.set(clock.now() - back)
            refused("exposure_reached", house.ask, 1)


async def test_a_token_does_not_live_again_when_the_clock_is_set_back(house, clock):
    grant = house.ask(1)
    clock.set(clock.now() - timedelta(hours=1))
    assert await slug_seen(house, 1, grant.token) == "look_over"


async def test_a_restart_frees_nobody(tmp_path, clock):
    strict = exhausted(Bounds(1, 1_000, 100, 1_000))
    with desk(tmp_path, clock, strict) as house:
        house.keep()
        await house.look(1, 500)
    with desk(tmp_path, clock, strict) as house:
        refused("exposure_reached", house.ask, 1)


def test_two_browsers_at_once_get_one_look(tmp_path, clock):
    """Each round both ask in the same moment, through connections of their own; then the limit is reached in both."""
    rounds = 5
    strict = exhausted(Bounds(rounds, 1_000, 100, 1_000))
    with desk(tmp_path, clock, strict) as one, desk(tmp_path, clock, strict) as other:
        one.keep()
        for _ in range(rounds):
            told = both(one, other)
            assert sorted(told) == ["", "look_open"]
            clock.forward(seconds=61)
        assert both(one, other) == ["exposure_reached", "exposure_reached"]
        assert figures(one) == (rounds, 20 * rounds)


def both(*houses: Desk) -> list[str]:
    start, told = threading.Barrier(len(houses)), {}

    def ask(place: int) -> None:
        start.wait()
        told[place] = slug_of(houses[place].ask, 1)

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(len(houses))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [told[place] for place in range(len(houses))]


CHILD = """
import asyncio, os, pathlib, sys
from datetime import datetime
sys.path.insert(0, {root!r})
from tests.conftest import SetClock
from tests.integration.looks import KEYS, desk, exhausted
from amparo.review.exposure import Bounds
from amparo.sealing.age import identity_of
KEYS.update({{number: identity_of(secret) for number, secret in {keys!r}.items()}})
from tests.ledgers import LEDGERS
LEDGERS.url = lambda folder, **more: {url!r}
folder = pathlib.Path({folder!r})
with desk(folder, SetClock(datetime.fromisoformat({now!r})), exhausted(Bounds(1, 1000, 100, 1000))) as house:
    grant = house.ask(1)
    if {fetched}:
        asyncio.run(house.see(1, grant))
    print("granted", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("fetched", [False, True])
def test_a_look_stays_counted_when_the_process_is_killed_at_it(tmp_path, clock, fetched):
    with desk(tmp_path, clock) as house:
        house.keep()
    keys = {number: key.secret for number, key in KEYS.items()}
    child = CHILD.format(
        root=str(ROOT), url=LEDGERS.url(tmp_path), folder=str(tmp_path), now=clock.now().isoformat(), fetched=fetched, keys=keys
    )  # fmt: skip
    process = subprocess.Popen([sys.executable, "-c", child], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout.readline() == "granted\n"
        os.kill(process.pid, signal.SIGKILL)
    with desk(tmp_path, clock, exhausted(Bounds(1, 1_000, 100, 1_000))) as house:
        clock.forward(minutes=5)
        assert figures(house) == (1, 20)
        refused("exposure_reached", house.ask, 1)


# --- who sets limits, and who sees


def test_limits_are_only_made_stricter(house):
    set_own = house.exposures.set_own
    mine, admin = house.principal(1), house.principal(4)
    refused("over_limit", set_own, mine, replace(PLENTY, looks_day=41))
    refused("over_limit", set_own, mine, Bounds(-1, 0, 0, 0))
    refused("over_limit", house.exposures.set_desk, admin, PLENTY)
    refused("staff_role", house.exposures.set_desk, mine, Bounds(1, 1, 1, 1))
    house.exposures.set_desk(admin, Bounds(10, 100, 50, 500))
    refused("over_limit", set_own, mine, Bounds(11, 100, 50, 500))
    set_own(mine, Bounds(5, 50, 50, 500))
    assert house.exposures.own(mine).limit == Bounds(5, 50, 50, 500)
    assert house.exposures.own(house.principal(2)).limit == Bounds(10, 100, 50, 500)
    house.exposures.set_desk(admin, Bounds(20, 40, 50, 500))
    assert house.exposures.own(mine).limit == Bounds(5, 40, 50, 500)


def test_ones_own_limit_is_raised_a_day_later_and_lowered_at_once(house, clock):
    mine = house.principal(1)
    house.exposures.set_own(mine, Bounds(5, 50, 50, 500))
    house.exposures.set_own(mine, Bounds(9, 50, 50, 500))
    assert house.exposures.own(mine).limit.looks_day == 5
    clock.forward(hours=23)
    assert house.exposures.own(mine).limit.looks_day == 5
    clock.forward(hours=1)
    assert house.exposures.own(mine).limit.looks_day == 9
    house.exposures.set_own(mine, Bounds(2, 50, 50, 500))
    assert house.exposures.own(mine).limit.looks_day == 2
    clock.set(clock.now() - timedelta(days=3))
    assert house.exposures.own(mine).limit.looks_day == 2


async def test_only_the_named_carer_sees_and_no_admin(house):
    await house.look(1, 3_000, severity=4)
    for number in (2, 3, 4, 6):
        refused("not_carer", house.exposures.of, house.principal(number), 1)
        assert house.exposures.in_care(house.principal(number)) == []
    house.name_carer(1, 3)
    told = house.exposures.of(house.principal(3), 1)
    assert (told.used, told.days[0].heavy) == (Bounds(1, 3, 1, 3), 1)
    assert [one.id for one in house.exposures.in_care(house.principal(3))] == [1]
    refused("not_carer", house.exposures.of, house.principal(4), 1)
    refused("not_carer", house.exposures.of, house.principal(1), 3)
    house.name_carer(1, 2)
    refused("not_carer", house.exposures.of, house.principal(3), 1)


def test_what_a_carer_set_stays_when_another_is_named(house):
    refused("not_carer", house.exposures.set_as_carer, house.principal(3), 1, Bounds(1, 10, 5, 50))
    house.name_carer(1, 3)
    refused("over_limit", house.exposures.set_as_carer, house.principal(3), 1, PLENTY)
    house.exposures.set_as_carer(house.principal(3), 1, Bounds(1, 10, 5, 50))
    house.name_carer(1, 2)
    assert house.exposures.own(house.principal(1)).limit == Bounds(1, 10, 5, 50)
    house.name_carer(1, None)
    assert house.exposures.own(house.principal(1)).limit == Bounds(1, 10, 5, 50)
    house.name_carer(1, 2)
    house.exposures.set_as_carer(house.principal(2), 1, Bounds(3, 30, 5, 50))
    assert house.exposures.own(house.principal(1)).limit == Bounds(3, 30, 5, 50)


async def test_looks_are_forgotten_after_five_weeks_and_not_by_a_wrong_clock(house, clock):
    await house.look(1, 1_000)
    clock.forward(days=400)
    assert house.exposures.forget() == 0
    house.keep()
    await house.look(1, 1_000)
    assert house.exposures.forget() == 1
    assert house.exposures.own(house.principal(1)).used == Bounds(1, 1, 1, 1)


# --- with real children


@pytest.mark.once
async def test_what_is_handed_out_is_drawn_anew(tmp_path, clock):
    pool = MediaPool(MediaSettings(children=1))
    try:
        with desk(tmp_path, clock, media=pool) as house:
            assert house.keep()
            (still,) = (await house.see(1, house.ask(1))).stills
            assert still[8:12] == b"WEBP"
            assert len(still) < len(PICTURE)
            assert isinstance(house.looks, Looks)
            assert house.works.works[WORK].content_ids == (CONTENT,)
    finally:
        await pool.stop()
