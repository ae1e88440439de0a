"""What every test may lean on: a clock that tests set, the hypothesis profiles, where sockets are open. Builds no rooms."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

TESTS = Path(__file__).parent
LOCAL = ["127.0.0.1", "::1"]
NETWORKED = frozenset({"integration", "e2e", "fault", "wheel"})  # real processes talk here, on this machine only
SLOW_MACHINE = [HealthCheck.too_slow]  # two cores shared by all: time says nothing about a test


class SetClock:
    """A clock that stands still until told otherwise."""

    def __init__(self, instant: datetime) -> None:
        self.instant = instant

    def now(self) -> datetime:
        return self.instant

    def set(self, instant: datetime) -> None:
        assert instant.tzinfo is not None
        self.instant = instant

    def forward(self, **lapse: float) -> datetime:
        """Move on, by what `timedelta` takes: ``clock.forward(days=2)``."""
        self.instant += timedelta(**lapse)
        return self.instant


@pytest.fixture
def clock() -> SetClock:
    return SetClock(datetime(2026, 1, 1, 12, 0, tzinfo=UTC))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also the tests marked long, and far more examples")


def pytest_configure(config: pytest.Config) -> None:
    alike = {"print_blob": True, "deadline": None, "suppress_health_check": SLOW_MACHINE, "database": None}
    settings.register_profile("ci", derandomize=True, **alike)
    settings.register_profile("long", max_examples=2_000, **alike)
    settings.load_profile("long" if config.getoption("--long") else "ci")


def pytest_report_header(config: pytest.Config) -> str:
    seed = (
        "drawn anew each time" if config.getoption("--long") else "fixed, each test's own: the same examples each time"
    )
    return f"hypothesis seed: {seed}; a failure prints the line that plays it again"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Sockets are open in the folders whose tests run real processes, towards this machine alone."""
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0] if item.path.is_relative_to(TESTS) else ""
        if folder in NETWORKED:
            item.add_marker(pytest.mark.allow_hosts(LOCAL))
    if not config.getoption("--long"):
        later = [item for item in items if item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=later)
        items[:] = [item for item in items if item not in later]
