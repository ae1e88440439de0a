"""The pages of banks in a real browser: a picture that is dropped is hashed there and found, and nothing of it leaves; each page is well made."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest

from amparo.access.model import Principal
from amparo.banks.model import Listing
from amparo.hashing import parse_signal
from amparo.match.service import Question
from tests.browser.chromium import Chromium, ChromiumPage
from tests.browser.console import Serving
from tests.browser.hashing import server_hashes
from tests.browser.page import Looks
from tests.browser.picture_files import picture
from tests.conftest import SetClock
from tests.integration.banking import Banking, banking
from tests.integration.ledger import listing, new_bank
from tests.pictures import exif_of, saved, stored

SITE = Principal(7, 3, "site", "platform")
DROP = """async (text) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const held = new DataTransfer();
  held.items.add(new File([bytes], 'turned.jpg', { type: 'image/jpeg' }));
  document.querySelector('[data-drop]').dispatchEvent(new DragEvent('drop', { dataTransfer: held, bubbles: true, cancelable: true }));
}"""


def upright() -> bytes:
    """As the service saw it when it was listed."""
    return saved(picture("coffee", 600), "PNG")


def turned() -> bytes:
    """The same picture as a camera held sideways keeps it."""
    return saved(stored(np.asarray(picture("coffee", 600)), 6), "JPEG", quality=90, exif=exif_of(6))


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Banking]:
    folder: Path = tmp_path_factory.mktemp("banks")
    with banking(folder, SetClock(datetime(2026, 1, 1, 12, tzinfo=UTC))) as made:
        house = made.house
        for name, policy in (("Partners", {}), ("N", {"polarity": "negative"})):
            new_bank(house, name, **policy)
        value, quality = server_hashes(upright())["pdq"]
        seen = parse_signal("pdq", value)
        house.add("Partners", "agency", Listing((seen,), "x", "a note"), *[listing(n, f"y{n}") for n in range(2, 60)])
        house.banks.guard([2, 3])
        made.matcher.judge(SITE, "request", [seen], Question())
        made.supposing.ask(house.banks.bank("Partners"), {"pdq": 3}, 28, 1)
        made.work()
        assert quality >= 50
        yield made


@pytest.fixture(scope="module")
def serving(there: Banking) -> Iterator[Serving]:
    with Serving(there.doors) as running:
        yield running


def test_a_turned_picture_that_is_dropped_finds_the_listed_one_and_never_leaves(
    serving: Serving, page: ChromiumPage
) -> None:
    serving.sign_in(page, "reviewer")
    page.open(f"{serving.url}/search")
    page.wait_for("[data-drop]:not([hidden])")
    data = turned()
    bodies: list[bytes] = []
    page.playwright_page.on("request", lambda request: bodies.append(request.post_data_buffer or b""))
    page.playwright_page.evaluate(DROP, base64.b64encode(data).decode())
    page.wait_until("document.getElementById('hashes').value.includes('pdq ')")
    page.click("[data-search]")
    page.wait_for("[data-found]")
    assert page.run("[...document.querySelectorAll('[data-found]')].map((one) => one.dataset.found)") == ["1"]
    assert page.run("document.querySelectorAll('img, video, canvas').length") == 0
    assert sum(map(len, bodies)) < 600
    assert not any(data[at : at + 24] in body for body in bodies for at in range(0, len(data) - 24, 997))
    assert {urlsplit(request.url).netloc for request in page.requests} == {urlsplit(serving.url).netloc}
    assert page.complaints == []


def test_a_chosen_picture_fills_the_form_of_an_entry(serving: Serving, page: ChromiumPage, tmp_path: Path) -> None:
    path = tmp_path / "turned.jpg"
    path.write_bytes(turned())
    serving.sign_in(page, "reviewer")
    page.open(f"{serving.url}/banks/Partners/entry")
    page.wait_for("[data-drop]:not([hidden])")
    page.files("#picture", [path])
    page.wait_until("document.getElementById('hashes').value.includes('pdq ')")
    assert page.run("document.getElementById('picture').files.length") == 0
    assert page.text("[data-told]") == "The hashes are in the field below. The picture stays here."
    kinds = page.run("document.getElementById('hashes').value.split('\\n').map((line) => line.split(' ')[0])")
    assert kinds == ["md5", "sha256", "pdq"]
    assert page.complaints == []


def test_a_file_that_is_no_picture_is_said_so(serving: Serving, page: ChromiumPage, tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear Sir or Madam")
    serving.sign_in(page, "reviewer")
    page.open(f"{serving.url}/search")
    page.wait_for("[data-drop]:not([hidden])")
    page.files("#picture", [path])
    page.wait_until("document.querySelector('[data-told]').textContent.startsWith('No hash')")
    assert page.run("document.getElementById('hashes').value") == ""


def test_without_script_hashes_are_typed_and_found(serving: Serving, chromium: Chromium) -> None:
    with chromium.page(Looks(script=False)) as page:
        serving.sign_in(page, "reviewer")
        page.playwright_page.goto(f"{serving.url}/search")
        assert not page.playwright_page.is_visible("[data-drop]")
        page.playwright_page.fill("#hashes", f"md5 {5:032x}")
        page.playwright_page.click("[data-search]")
        assert page.playwright_page.locator("[data-found]").count() == 1
