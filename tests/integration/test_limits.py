"""Limits in the shared file: buckets of requests, and different signals by content, over all processes of a machine."""

import contextlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from amparo.access.limits import HOUR_S, Limits
from amparo.access.model import OPERATOR, Principal
from amparo.access.settings import AccessSettings
from amparo.errors import LimitReached, Misconfigured

pytestmark = pytest.mark.once

SETTINGS = AccessSettings(rate_per_s=10, rate_burst=20, probes_per_content_max=8)


class Ticks:
    """Monotonic seconds that stand still until told otherwise."""

    def __init__(self, at: float = 100 * HOUR_S) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def limits(tmp_path: Path, ticks: Ticks):
    made = Limits(tmp_path / "run" / "limits", SETTINGS, ticks)
    yield made
    made.close()


def platform(key_id: int = 1, rate: int | None = None, role: str = "platform") -> Principal:
    return Principal(key_id, 1, "site", role, rate_per_s=rate)


def taken(limits: Limits, principal: Principal, tries: int) -> int:
    """How many of so many requests pass."""
    passed = 0
    for _ in range(tries):
        with contextlib.suppress(LimitReached):
            limits.take(principal)
            passed += 1
    return passed


def probe(limits: Limits, principal: Principal, content_id: int, *codes: int) -> None:
    limits.probe(principal, np.full(len(codes), content_id, np.int64), np.asarray(codes, np.uint64))


# --- rate


def test_a_rested_key_has_its_burst_and_then_its_rate(limits: Limits, ticks: Ticks):
    assert taken(limits, platform(), 50) == 20
    ticks.at += 1
    assert taken(limits, platform(), 50) == 10
    ticks.at += 0.25
    assert taken(limits, platform(), 50) == 2
    ticks.at += 1_000
    assert taken(limits, platform(), 50) == 20


def test_a_refusal_costs_nothing(limits: Limits, ticks: Ticks):
    taken(limits, platform(), 500)
    ticks.at += 1
    assert taken(limits, platform(), 50) == 10


def test_a_keys_own_rate_is_its_burst_too(limits: Limits, ticks: Ticks):
    assert taken(limits, platform(rate=3), 50) == 3
    ticks.at += 1
    assert taken(limits, platform(rate=3), 50) == 3


def test_a_slow_key_is_told_how_long_to_wait(limits: Limits):
    taken(limits, platform(rate=1), 1)
    with pytest.raises(LimitReached) as caught:
        limits.take(platform(rate=1))
    assert (caught.value.slug, caught.value.retry_after_s) == ("rate", 1)


def test_keys_do_not_take_from_each_other(limits: Limits):
    taken(limits, platform(1), 100)
    assert taken(limits, platform(2), 50) == 20


def test_the_operator_is_not_limited(limits: Limits):
    assert taken(limits, OPERATOR, 200) == 200


def test_a_machine_that_started_anew_gives_a_full_bucket(limits: Limits, ticks: Ticks):
    taken(limits, platform(), 100)
    ticks.at = 5.0
    assert taken(limits, platform(), 50) == 20


# --- probing


def test_one_content_is_met_by_so_many_different_signals_and_no_more(limits: Limits):
    for code in range(8):
        probe(limits, platform(), 7, code)
    with pytest.raises(LimitReached) as caught:
        probe(limits, platform(), 7, 8)
    assert caught.value.slug == "probing"
    assert 1 <= caught.value.retry_after_s <= HOUR_S


def test_the_same_signal_again_is_no_probing(limits: Limits):
    for _ in range(100):
        probe(limits, platform(), 7, 1, 1, 2)


def test_many_at_once_count_like_one_after_the_other(limits: Limits):
    probe(limits, platform(), 7, *range(8))
    with pytest.raises(LimitReached):
        probe(limits, platform(2), 7, *range(9))


def test_many_contents_with_the_same_signals_are_no_probing(limits: Limits):
    for content_id in range(500):
        probe(limits, platform(), content_id, 1, 2)


def test_a_key_over_its_limit_stays_there_until_the_hour_turns(limits: Limits, ticks: Ticks):
    ticks.at += HOUR_S - 10
    with pytest.raises(LimitReached) as caught:
        probe(limits, platform(), 7, *range(9))
    assert caught.value.retry_after_s == 10
    with pytest.raises(LimitReached):
        probe(limits, platform(), 7, 0)
    ticks.at += 10
    probe(limits, platform(), 7, 0)


def test_keys_are_counted_apart(limits: Limits):
    with pytest.raises(LimitReached):
        probe(limits, platform(1), 7, *range(9))
    probe(limits, platform(2), 7, *range(8))


@pytest.mark.parametrize("role", ["curator", "admin"])
def test_only_platforms_are_counted(limits: Limits, role):
    probe(limits, platform(role=role), 7, *range(1_000))


def test_meeting_nothing_is_no_probing(limits: Limits):
    probe(limits, platform(), 7)


@pytest.mark.parametrize("content_id", [0, 2**62, 2**63 - 1])
def test_any_content_id_and_code_can_be_counted(limits: Limits, content_id):
    probe(limits, platform(2**40), content_id, 0, 2**64 - 1)


# --- the file


def test_another_opener_of_the_file_counts_on(limits: Limits, ticks: Ticks, tmp_path: Path):
    taken(limits, platform(), 15)
    probe(limits, platform(), 7, *range(5))
    second = Limits(tmp_path / "run" / "limits", SETTINGS, ticks)
    assert taken(second, platform(), 50) == 5
    with pytest.raises(LimitReached):
        probe(second, platform(), 7, *range(5, 9))
    second.close()


COUNTING = """
import sys
from pathlib import Path
from amparo.access.limits import Limits
from amparo.access.model import Principal
from amparo.access.settings import AccessSettings
from amparo.errors import LimitReached
limits = Limits(Path(sys.argv[1]), AccessSettings(rate_per_s=1, rate_burst=300), lambda: 1000.0)
passed = 0
for _ in range(200):
    try:
        limits.take(Principal(1, 1, "site", "platform"))
        passed += 1
    except LimitReached:
        pass
print(passed)
"""


def test_processes_share_one_bucket(tmp_path: Path):
    command = [sys.executable, "-c", COUNTING, str(tmp_path / "limits")]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert sum(int(one.communicate(timeout=60)[0]) for one in started) == 300


def test_a_place_that_cannot_be_written_is_said_in_words(tmp_path: Path):
    (tmp_path / "limits").mkdir()
    with pytest.raises(Misconfigured) as caught:
        Limits(tmp_path / "limits", SETTINGS)
    assert caught.value.slug == "file_refused"


def test_the_file_is_its_owners_alone(limits: Limits, tmp_path: Path):
    assert (tmp_path / "run" / "limits").stat().st_mode & 0o077 == 0
