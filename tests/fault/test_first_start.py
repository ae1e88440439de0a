"""The very first command on a new data folder is killed at random moments: the next one finds nothing half made."""

import contextlib
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from amparo.app.clock import SystemClock
from amparo.app.doctor.examination import ON_DATA
from amparo.app.doctor.model import Installation, checked
from amparo.app.rooms import SECTIONS, open_rooms
from amparo.app.settings import load
from amparo.banks.model import BankPolicy
from amparo.errors import Conflict
from tests.ledgers import LEDGERS

SEED = 20260519
KILLS, KILLS_LONG = 8, 60


def test_killed_while_the_folder_is_made(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    is_long = request.config.getoption("--long")
    seed = random.SystemRandom().getrandbits(32) if is_long else SEED
    print(f"seed {seed}")
    draw = random.Random(seed)
    for number in range(KILLS_LONG if is_long else KILLS):
        data = tmp_path / str(number)
        command = [sys.executable, "-m", "amparo", "bank", "new", "A", "--data", str(data)]
        variables = LEDGERS.variables(data, is_new=True)
        env = {**os.environ, **variables}
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env) as process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(draw.uniform(0.3, 1.3))
            process.send_signal(signal.SIGKILL)
        settings = load(data / "amparo.toml", variables, SECTIONS, data=data)
        rooms = open_rooms(settings)
        with contextlib.suppress(Conflict):  # it was made before the kill
            rooms.banks.new_bank("A", BankPolicy())
        assert [one.name for one in rooms.banks.banks()] == ["A"]
        rooms.close()
        installation = Installation(settings, data, SystemClock())
        found = [one for name, check in ON_DATA.items() for one in checked(name, check, installation)]
        assert not [one for one in found if one.state == "bad"]
