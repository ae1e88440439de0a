"""What the tests of this folder share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fault.house import House
from tests.ledgers import LEDGERS


@pytest.fixture(autouse=True)
def _synced() -> Iterator[None]:
    """What is killed here must have been on disk."""
    LEDGERS.is_durable = True
    yield
    LEDGERS.forget()
    LEDGERS.is_durable = False


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House.at(LEDGERS.url(tmp_path), tmp_path)
    house.settle()
    yield house
    house.db.close()
