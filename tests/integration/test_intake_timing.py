"""How long a number takes says nothing of whether it is taken. Measured on this machine, under whatever else it does."""

import random
import time
from pathlib import Path

import pytest

from amparo.intake.receipts import with_check_digit
from tests.conftest import SetClock
from tests.integration.intake import opened

ASKED = 400
SHARE_MAX = 0.65
"""How often the slower-looking of a wrong and a taken number may be the taken one, or the other way about. Of 200 and 200 alike the
share strays by 0.029 (standard deviation of Mann and Whitney's U / nm): 0.65 is five of them."""


@pytest.mark.once
def test_wrong_and_taken_numbers_take_equally_long(tmp_path: Path, clock: SetClock):
    """The computation is made small (1 MiB, one pass), so that what comes after it would show: at its real size it is a hundredth."""
    draw = random.Random(5)
    with opened(tmp_path, clock, argon2_memory_kib=1_024, argon2_passes=1) as lobby:
        taken = [lobby.sent()[1] for _ in range(10)]
        kinds = ["taken", "wrong"] * (ASKED // 2)
        draw.shuffle(kinds)
        times: dict[str, list[float]] = {"taken": [], "wrong": []}
        for kind in kinds:
            typed = draw.choice(taken) if kind == "taken" else with_check_digit(f"{draw.randrange(10**15):015}")
            began = time.perf_counter()
            assert (lobby.portal.open(typed) is None) == (kind == "wrong")
            times[kind].append(time.perf_counter() - began)
    slower = sum((a > b) + (a == b) / 2 for a in times["taken"] for b in times["wrong"])
    share = slower / (len(times["taken"]) * len(times["wrong"]))
    assert 1 - SHARE_MAX < share < SHARE_MAX, f"a taken number is the slower one in {share:.0%} of pairs"
