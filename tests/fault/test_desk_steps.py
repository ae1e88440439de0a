"""Each durable step of the desk fails, or its process is killed there: then everything is there once, and shown, whatever was struck."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from amparo.errors import NoRoom
from tests.fault.desk import Place
from tests.fault.house import KILLED_UNWRITTEN, KILLED_WRITTEN, UNWRITTEN, WRITTEN
from tests.ledgers import LEDGERS

ROOT = Path(__file__).parents[2]


def place_at(folder: Path) -> Place:
    folder.mkdir(exist_ok=True)
    return Place.at(LEDGERS.url(folder), LEDGERS.intake_url(folder), folder)


@pytest.fixture
def wanted(tmp_path: Path) -> Iterator[tuple[dict[str, object], int]]:
    """The outcome of a desk that nothing strikes, and how many durable steps it made."""
    place = place_at(tmp_path / "undisturbed")
    try:
        place.settle()
        place.blow.seen = 0
        place.work(2)
        steps = place.blow.seen
        yield place.outcome(), steps
    finally:
        place.close()


def test_a_step_that_fails_is_done_again_and_nothing_twice(
    tmp_path: Path, wanted: tuple[dict[str, object], int]
) -> None:
    outcome, steps = wanted
    assert steps > 10
    for fault in (UNWRITTEN, WRITTEN):
        for step in range(1, steps + 1):
            place = place_at(tmp_path / f"{fault}-{step}")
            try:
                place.settle()
                place.blow.seen, place.blow.at, place.blow.fault = 0, step, fault
                with pytest.raises(NoRoom):
                    place.work(2)
                place.blow.at = 0
                place.work(3)
                assert place.outcome() == outcome, f"{fault} at step {step}"
            finally:
                place.close()


@pytest.mark.parametrize("fault", [KILLED_UNWRITTEN, KILLED_WRITTEN])
def test_a_process_killed_at_a_step_loses_nothing(
    tmp_path: Path, wanted: tuple[dict[str, object], int], fault: str
) -> None:
    outcome, steps = wanted
    for step in range(1, steps + 1, 3):
        folder = tmp_path / f"killed-{step}"
        place = place_at(folder)
        try:
            place.settle()
            command = [sys.executable, "-m", "tests.fault.desk", LEDGERS.url(folder), LEDGERS.intake_url(folder)]
            done = subprocess.run([*command, str(folder), str(step), fault], cwd=ROOT, check=False, capture_output=True)
            assert done.returncode == -signal.SIGKILL, done.stderr.decode()
            place.work(3)
            assert place.outcome() == outcome, f"{fault} at step {step}"
        finally:
            place.close()
