"""The whole path once in Firefox and in WebKitGTK: questions, files, fingerprints, receipt, state, taking back; axe-core on each page."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import pytest
from PIL import Image
from skimage import data

from amparo.hashing import hash_pixels
from tests.browser.axe import violations
from tests.browser.engines import Engine, Looks
from tests.browser.walking import Walk
from tests.e2e.running import Service, started


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with started(tmp_path_factory.mktemp("engines"), "--workers", "1") as running:
        running.ready_line()
        yield running


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Path]:
    folder = tmp_path_factory.mktemp("pictures")
    paths = [folder / "cat.png", folder / "coffee.png"]
    for path, pixels in zip(paths, (data.chelsea(), data.coffee()), strict=True):
        Image.fromarray(pixels).save(path)
    return paths


@pytest.mark.parametrize("name", ["firefox", "webkit"])
def test_the_whole_path(name: str, request: pytest.FixtureRequest, service: Service, pictures: Sequence[Path]) -> None:
    engine: Engine = request.getfixturevalue(name)
    platform = service.key("platform")
    faults: list[str] = []
    made: list[str] = []

    def upload() -> None:
        httpx.post(f"{service.url}/v1/match", content=pictures[0].read_bytes(), headers=platform, timeout=30)

    with engine.page(Looks(width=640, height=800)) as page:

        def seen(step: str) -> None:
            faults.extend(f"{step}: {violation}" for violation in violations(page))
            if step == "files.chosen":
                values = "[...document.querySelectorAll('[data-signal-kind=pdq]')].map((one) => one.dataset.value)"
                made.extend(page.run(values))

        walk = Walk(page, service.portal, "en", seen)
        number = walk.to_receipt(pictures)
        walk.to_case(number)
        walk.through_case(len(pictures), upload)
        walk.through_tip()
        walk.beside()
    assert faults == []
    assert made == [hash_pixels(pixels).pdq.hex() for pixels in (data.chelsea(), data.coffee())]
