"""Every page of the portal in every language: nothing a machine can see of WCAG 2.2 AA is broken, nothing runs off a small phone.

Each is looked at on a phone, on a wide screen in the dark, and at 200 %.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from PIL import Image
from skimage import data

from tests.browser.axe import violations
from tests.browser.chromium import Chromium, ChromiumPage
from tests.browser.page import Looks
from tests.browser.walking import Walk
from tests.e2e.running import Service, started, until

LANGUAGES = ("en", "zh-Hans", "zh-Hant", "ko", "ms")
# Width in CSS pixels, and light or dark; 640 is 1280 at 200 %.
WAYS = ((320, "light"), (1280, "dark"), (640, "light"))
STEPS = {
    "language", "safe", "age", "under-18", "happened", "files", "where", "consent", "receipt", "sent", "home", "case", "withdraw",
    "tip", "tip-receipt",
}  # fmt: skip
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
EXPECTED = (
    "the server responded with a status of 4",
)  # pages that tell her what was not taken come with a status of 400 and up


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with started(tmp_path_factory.mktemp("pages"), "--workers", "1") as running:
        running.ready_line()
        yield running


@pytest.fixture(scope="module")
def platform(service: Service) -> dict[str, str]:
    return service.key("platform")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Path]:
    folder = tmp_path_factory.mktemp("pictures")
    paths = [folder / "cat.jpg", folder / "coffee.png"]
    for path, pixels in zip(paths, (data.chelsea(), data.coffee()), strict=True):
        Image.fromarray(pixels).save(path)
    return paths


def faults_of(page: ChromiumPage, name: str) -> list[str]:
    """What is wrong with the page as it stands, on each of the WAYS."""
    found = []
    for width, colours in WAYS:
        page.playwright_page.set_viewport_size({"width": width, "height": 640})
        page.playwright_page.emulate_media(color_scheme=colours)
        where = f"{name} at {width} px, {colours}"
        found += [f"{where}: {violation}" for violation in violations(page)]
        if page.run(WIDER):
            found.append(f"{where}: runs off sideways")
    if name != "exit" and not page.title():
        found.append(f"{name}: has no title")
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_well_made(
    language: str, service: Service, platform: dict[str, str], pictures: Sequence[Path], chromium: Chromium
) -> None:
    faults: list[str] = []
    names: list[str] = []

    def upload() -> None:
        answer = httpx.post(f"{service.url}/v1/match", content=pictures[0].read_bytes(), headers=platform, timeout=30)
        assert answer.json()["verdict"] == "match"

    with chromium.page(Looks(language=language)) as page:

        def seen(name: str) -> None:
            names.append(name)
            faults.extend(faults_of(page, name))
            lang = page.run("document.documentElement.lang")
            if lang != language:
                faults.append(f"{name}: its language is {lang}")

        walk = Walk(page, service.portal, language, seen)
        number = walk.to_receipt(pictures)
        walk.to_case(number)
        walk.through_case(len(pictures), upload)
        walk.through_tip()
        walk.beside()
        faults += [said for said in page.complaints if not any(part in said for part in EXPECTED)]
        foreign = {
            request.url for request in page.requests if urlsplit(request.url).netloc != urlsplit(service.portal).netloc
        }
    assert faults == []
    assert foreign == set()
    assert {name.partition(".")[0] for name in names} >= STEPS


def test_every_page_of_a_helpers_visit_has_what_to_say_aloud(
    service: Service, pictures: Sequence[Path], chromium: Chromium
) -> None:
    key = service.key("helper")["Authorization"].removeprefix("Bearer ")
    faults: list[str] = []
    said: dict[str, str] = {}
    with chromium.page(Looks(language="ms")) as page:

        def seen(name: str) -> None:
            faults.extend(faults_of(page, name))
            said[name] = page.text(".spoken")

        until(lambda: entered(page, service.portal, key), "the key has come to the portal")
        Walk(page, service.portal, "ms", seen).to_receipt(pictures)
    assert faults == []
    asked = [text for name, text in said.items() if name in STEPS - {"language"}]
    assert len(asked) > 8
    assert len(set(asked)) == len(asked), "each question has its own"


def entered(page: ChromiumPage, portal: str, key: str) -> bool:
    """The worker tells the portal of a new key by and by."""
    page.open(f"{portal}/helper")
    page.fill("#key", key)
    page.run("window.isBefore = true")
    page.press("Enter")
    page.wait_until("window.isBefore === undefined && document.readyState === 'complete'")
    return bool(page.run("location.pathname === '/'"))
