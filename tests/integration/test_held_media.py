"""Uploads kept for a look: sealed to who may look, bounded, never of a child, gone in time; in the clear nowhere."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from amparo.app.doctor.looks import looks as doctor_looks
from amparo.app.doctor.model import Installation, checked
from amparo.app.rooms import SECTIONS
from amparo.app.settings import load
from amparo.errors import AmparoError
from amparo.review.held_media import COPIES_MAX, drop_within
from amparo.sealing.age import unseal
from tests.hostile import drawing
from tests.integration.looks import CLIENT, CONTENT, ITEM, KEYS, PICTURE, SEALED, WORK, desk, met, work
from tests.ledgers import LEDGERS
from tests.pictures import saved

ROOT = Path(__file__).parents[2]
LARGE = saved(drawing((1_600, 1_200)), "BMP")


def files(folder: Path) -> list[Path]:
    return [one for one in folder.rglob("*") if one.is_file()]


def in_the_clear(folder: Path, data: bytes) -> list[str]:
    """Files that hold any run of 64 bytes from the middle of it."""
    run = data[len(data) // 2 : len(data) // 2 + 64]
    return [one.name for one in files(folder) if run in one.read_bytes()]


def held(folder: Path) -> list[Path]:
    return sorted((folder / "held").glob("*"))


def test_an_upload_is_sealed_to_those_who_may_look(tmp_path, clock):
    with desk(tmp_path, clock) as house:
        assert house.keep()
        (kept,) = held(tmp_path)
        assert kept.stat().st_mode & 0o077 == 0
        for number in (1, 2, 3, 4):
            assert unseal(kept.read_bytes(), KEYS[number].secret) == PICTURE
        for number in (5, 6):
            with pytest.raises(AmparoError):
                unseal(kept.read_bytes(), KEYS[number].secret)
        assert in_the_clear(tmp_path, PICTURE) == []
        assert house.looks.offers(WORK) == [f"{CLIENT}:{ITEM}"]


@pytest.mark.parametrize(
    "verdict",
    [met(action="none"), met("portal_under_18"), met("A", "PORTAL_Under_18", action="hide")],
)
def test_what_asks_for_nothing_or_is_of_a_child_is_never_kept(tmp_path, clock, verdict):
    with desk(tmp_path, clock) as house:
        assert not house.keep(verdict=verdict)
        assert held(tmp_path) == []


def test_what_met_a_work_that_may_show_a_child_is_not_kept(tmp_path, clock):
    with desk(tmp_path, clock) as house:
        house.works.works[WORK] = work(is_minor=True)
        assert not house.keep()
        assert held(tmp_path) == []


@pytest.mark.parametrize("media", ["none", "fetch"])
def test_a_desk_that_wants_none_keeps_none(tmp_path, clock, media):
    with desk(tmp_path, clock, replace(SEALED, media=media)) as house:
        assert not house.keep()
        assert held(tmp_path) == []


def test_without_anybody_who_may_look_nothing_is_kept(tmp_path, clock):
    with desk(tmp_path, clock) as house:
        house.members[:] = [one for one in house.members if one.role in {"caseworker", "auditor"}]
        assert not house.keep()
        assert held(tmp_path) == []


def test_of_one_content_a_few_copies_are_kept_and_no_more_than_there_is_room_for(tmp_path, clock):
    with desk(tmp_path, clock) as house:
        assert [house.keep(item=f"post-{number}") for number in range(COPIES_MAX + 2)] == [True] * COPIES_MAX + [
            False
        ] * 2
    room = len(held(tmp_path)[0].read_bytes()) * COPIES_MAX
    with desk(tmp_path, clock, replace(SEALED, media_bytes_max=room)) as house:
        elsewhere = replace(met().matches[0], content_id=CONTENT + 1)
        assert not house.keep(verdict=replace(met(), matches=(elsewhere,)))
        assert len(held(tmp_path)) == COPIES_MAX


def test_files_go_when_their_time_is_over(tmp_path, clock):
    with desk(tmp_path, clock) as house:
        house.keep()
        clock.forward(hours=71, minutes=59)
        assert house.held.forget() == 0
        assert house.looks.why_not(house.principal(1), WORK) == ""
        clock.forward(minutes=1)
        assert house.looks.why_not(house.principal(1), WORK) == "no_media"
        assert house.held.forget() == 1
        assert held(tmp_path) == []
        assert house.keep()


def test_files_go_when_their_work_is_decided_or_switched(tmp_path, clock):
    with desk(tmp_path, clock) as house:
        house.keep()
        with house.db.write() as connection:
            drop_within(connection, [CONTENT + 1])
        assert house.held.forget() == 0
        with house.db.write() as connection:
            drop_within(connection, [CONTENT])
        assert house.looks.why_not(house.principal(1), WORK) == "no_media"
        assert house.held.forget() == 1
        assert held(tmp_path) == []


async def test_a_file_that_is_gone_is_told_so_and_costs_nothing(tmp_path, clock):
    with desk(tmp_path, clock) as house:
        house.keep()
        grant = house.ask(1)
        held(tmp_path)[0].unlink()
        with pytest.raises(AmparoError) as told:
            await house.see(1, grant)
        assert told.value.slug == "no_media"
        assert house.exposures.own(house.principal(1)).used.looks_day == 0


async def test_who_came_after_it_was_sealed_cannot_open_it(tmp_path, clock):
    with desk(tmp_path, clock) as house:
        newcomer = house.members.pop(0)
        house.keep()
        house.members.insert(0, newcomer)
        with pytest.raises(AmparoError) as told:
            await house.see(1, house.ask(1))
        assert told.value.slug == "sealed_damaged"
        await house.see(2, house.ask(2))


def test_the_doctor_says_what_looks_lack(tmp_path, clock):
    def told(**variables: str) -> list[str]:
        given = {**LEDGERS.variables(tmp_path), **{f"AMPARO_{name}": value for name, value in variables.items()}}
        settings = load(tmp_path / "amparo.toml", given, SECTIONS, data=tmp_path)
        found = checked("looks", doctor_looks, Installation(settings, tmp_path, clock))
        return [f"{one.state}: {one.text}" for one in found]

    with desk(tmp_path, clock) as house:
        assert told() == ["ok: review.media is none: 0 files held, 0 MiB"]
        assert told(REVIEW_MEDIA="fetch")[0] == "warn: looks are to be fetched from clients, but from no host"
        assert len(told(REVIEW_MEDIA="fetch", WIRE_FETCH_HOSTS="media.example")) == 1
        house.keep()
        lacking = told(REVIEW_MEDIA="sealed", REVIEW_MEDIA_BYTES_MAX="9")
        assert [one.partition(",")[0] for one in lacking[:2]] == [
            "warn: uploads are to be kept for looks",
            "warn: there is next to no room left for uploads kept for looks",
        ]
        clock.forward(hours=72, minutes=9)
        assert not any(one.startswith("bad") for one in told())
        clock.forward(minutes=2)
        assert told()[0] == "bad: 1 files are held for looks longer than they may be"
        house.held.forget()
        assert told() == ["ok: review.media is none: 0 files held, 0 MiB"]


def test_files_no_row_knows_are_swept(tmp_path, clock):
    with desk(tmp_path, clock) as house:
        house.keep()
        (kept,) = held(tmp_path)
        (tmp_path / "held" / "0000.age").write_bytes(b"of an older ledger")
        (tmp_path / "held" / f".{'0' * 32}.age.abcd.part").write_bytes(b"half")
        (tmp_path / "held" / f".{kept.name}.abcd.part").write_bytes(b"being written now")
        assert house.held.sweep() == 2
        assert {one.name for one in held(tmp_path) if not one.name.endswith(".part")} == {kept.name}
        clock.forward(days=4)
        house.held.forget()
        assert held(tmp_path) == []


CHILD = """
import pathlib, sys
from datetime import datetime
sys.path.insert(0, {root!r})
from tests.conftest import SetClock
from tests.integration.looks import desk, met
from tests.ledgers import LEDGERS
from dataclasses import replace
LEDGERS.url = lambda folder, **more: {url!r}
data = sys.stdin.buffer.read()
with desk(pathlib.Path({folder!r}), SetClock(datetime.fromisoformat({now!r}))) as house:
    print("begins", flush=True)
    for number in range(10_000):
        one = replace(met().matches[0], content_id=number)
        house.keep(data, f"post-{{number}}", replace(met(), matches=(one,)))
"""


def test_killed_while_it_keeps_it_leaves_nothing_in_the_clear_and_no_file_for_ever(tmp_path, clock):
    with desk(tmp_path, clock):
        pass
    script = CHILD.format(root=str(ROOT), url=LEDGERS.url(tmp_path), folder=str(tmp_path), now=clock.now().isoformat())
    for kept_min in (1, 6, 13):
        process = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        with process:
            process.stdin.write(LARGE)
            process.stdin.close()
            assert process.stdout.readline() == b"begins\n"
            while len(held(tmp_path)) < kept_min:
                assert process.poll() is None
            os.kill(process.pid, signal.SIGKILL)
        assert in_the_clear(tmp_path, LARGE) == []
    with desk(tmp_path, clock) as house:
        house.held.sweep()
        clock.forward(days=4)
        while house.held.forget():
            pass
        assert held(tmp_path) == []
