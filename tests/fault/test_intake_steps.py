"""Each durable step of the intake fails before any of its statements, before or after its commit, or its process is killed there:
nothing is half there, nothing acknowledged is lost, and doing it again comes to the same end.
"""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from amparo.errors import AmparoError, NoRoom
from amparo.store.db import sqlite_path
from amparo.store.snapshot import faults
from tests.fault.house import UNWRITTEN, WRITTEN
from tests.fault.lobby import DESKS, SIDES, STATEMENT, counts, everything, lobby_at, verbs
from tests.integration.intake import Lobby, answered, picture, video
from tests.ledgers import LEDGERS

ROOT = Path(__file__).parents[2]
NUMBERS: dict[Path, tuple[str, str]] = {}


@pytest.fixture
def lobby(tmp_path: Path) -> Iterator[Lobby]:
    """A session with a draft and a file, and a case that was sent."""
    with lobby_at(LEDGERS.intake_url(tmp_path), tmp_path) as lobby:
        _, number = lobby.sent()
        lobby.desk.epoch()
        token = lobby.portal.begin(answered())
        lobby.portal.add_files(token, [picture(1), video(2)])
        NUMBERS[tmp_path] = (token, number)
        yield lobby


@pytest.mark.parametrize("verb", [*SIDES, *DESKS])
def test_a_step_that_fails_before_any_statement_leaves_all_as_it_was(lobby: Lobby, tmp_path: Path, verb: str) -> None:
    _make_due(lobby, verb)
    act, before, seen = verbs(lobby, *NUMBERS[tmp_path])[verb], everything(lobby), 0
    while True:
        lobby.db.fault = f"failed-{STATEMENT}{seen + 1}"
        try:
            act()
        except NoRoom:
            assert everything(lobby) == before, f"half of it is there after {seen} statements"
            seen += 1
        else:
            break
    assert seen >= 1
    assert everything(lobby) != before, "the step did nothing"


@pytest.mark.parametrize("fault", [UNWRITTEN, WRITTEN])
@pytest.mark.parametrize("verb", [*SIDES, *DESKS])
def test_a_step_whose_answer_is_lost_can_be_done_again(lobby: Lobby, tmp_path: Path, verb: str, fault: str) -> None:
    _make_due(lobby, verb)
    act, before = verbs(lobby, *NUMBERS[tmp_path])[verb], everything(lobby)
    lobby.db.fault = fault
    with pytest.raises(AmparoError) as caught:
        act()
    assert caught.value.slug == "disk_full"
    lobby.db.fault = ""
    assert (everything(lobby) == before) == (fault == UNWRITTEN)
    act()
    once = counts(lobby)
    act()
    assert counts(lobby) == once
    assert once["envelope"] == len(before["envelope"]) + ADDED.get(verb, 0)


ADDED = {"submit_case": 1, "submit_tip": 1, "write_message": 1, "withdraw": 1, "set_contact": 1, "forget": -1}


@pytest.mark.parametrize(
    ("verb", "fault"),
    [
        *(
            (verb, f"killed-{at}")
            for verb in ("submit_case", "withdraw", "show")
            for at in ("unwritten", "but-written")
        ),
        ("submit_case", f"killed-{STATEMENT}9"),
    ],
)
def test_a_process_killed_at_the_step(lobby: Lobby, tmp_path: Path, verb: str, fault: str) -> None:
    token, number = NUMBERS[tmp_path]
    before = everything(lobby)
    command = [sys.executable, "-m", "tests.fault.lobby", lobby.db.url, str(tmp_path), verb, token, number, fault]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert LEDGERS.is_postgres or faults(sqlite_path(lobby.db.url)) == []
    assert (everything(lobby) == before) == (not fault.endswith("but-written"))
    if verb != "submit_case":
        return
    draft = lobby.portal.draft(token)
    receipt = lobby.portal.submit_case(token, draft)
    opened = lobby.portal.open(receipt)
    assert opened is not None, "the number shown opens nothing"
    assert len(lobby.portal.home(opened).files) == 2
    assert len(lobby.desk.envelopes_after(0, 9)) == 2


def _make_due(lobby: Lobby, verb: str) -> None:
    """There is something to forget."""
    if verb == "forget":
        lobby.desk.taken(1)
        _, number = NUMBERS[lobby.folder]
        lobby.portal.withdraw(lobby.portal.open(number), [1])
        lobby.desk.taken(2)
