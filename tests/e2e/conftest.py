"""What the tests of this folder share. Those that need more workers or other settings make a `service` of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.running import Service, started


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A running service with one worker."""
    with started(tmp_path, "--workers", "1") as running:
        running.ready_line()
        yield running
