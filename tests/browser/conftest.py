"""The browsers: started when a test first asks for one, ended with the last test; a page is new for each test.

A test that asks for ``page`` runs in Chromium, one that asks for ``any_page`` or ``engine`` in each of the three.
"""

from collections.abc import Iterator

import pytest

from tests.browser.chromium import Chromium, ChromiumPage
from tests.browser.engines import ENGINES, Engine, Page
from tests.browser.firefox import Firefox
from tests.browser.still import Still
from tests.browser.webkit import WebKit


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    running = Chromium()
    yield running
    running.quit()


@pytest.fixture(scope="session")
def firefox() -> Iterator[Firefox]:
    running = Firefox()
    yield running
    running.quit()


@pytest.fixture(scope="session")
def webkit() -> Iterator[WebKit]:
    running = WebKit()
    yield running
    running.quit()


@pytest.fixture(params=list(ENGINES))
def engine(request: pytest.FixtureRequest) -> Engine:
    running: Engine = request.getfixturevalue(request.param)
    return running


@pytest.fixture
def page(chromium: Chromium) -> Iterator[ChromiumPage]:
    with chromium.page() as opened:
        yield opened


@pytest.fixture
def any_page(engine: Engine) -> Iterator[Page]:
    with engine.page() as opened:
        yield opened


@pytest.fixture
def still() -> Iterator[Still]:
    """Serves what a test puts into it."""
    with Still() as serving:
        yield serving
