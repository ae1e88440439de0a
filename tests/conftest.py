"""What every test may lean on: a clock that tests set, the hypothesis profiles, where sockets are open, which database. Builds no rooms."""

import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.ledgers import LEDGERS

TESTS = Path(__file__).parent
LOCAL = ["127.0.0.1", "::1"]
NETWORKED = frozenset(
    {"integration", "e2e", "fault", "wheel", "browser"}
)  # real processes talk here, on this machine only
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


@pytest.fixture(autouse=True)
def _own_databases() -> Iterator[None]:
    """A test's databases go with it."""
    yield
    LEDGERS.forget()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also the tests marked long, and far more examples")
    parser.addoption("--ledger", choices=("sqlite", "postgresql"), default="sqlite", help="what ledgers are kept in")


def pytest_configure(config: pytest.Config) -> None:
    LEDGERS.is_postgres = config.getoption("--ledger") == "postgresql"
    signal.signal(signal.SIGINT, signal.default_int_handler)  # begun behind a shell's "&" all we start would ignore it
    alike = {"print_blob": True, "deadline": None, "suppress_health_check": SLOW_MACHINE, "database": None}
    settings.register_profile("ci", derandomize=True, **alike)
    settings.register_profile("long", max_examples=2_000, **alike)
    settings.load_profile("long" if config.getoption("--long") else "ci")


def pytest_unconfigure() -> None:
    LEDGERS.end()


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
    elsewhere = "once" if LEDGERS.is_postgres else "postgresql"
    left_out = (elsewhere,) if config.getoption("--long") else (elsewhere, "long")
    later = [item for item in items if any(item.get_closest_marker(name) for name in left_out)]
    config.hook.pytest_deselected(items=later)
    items[:] = [item for item in items if item not in later]
