"""From her phone to a platform and back, each at its own pages: she protects a picture, a screenshot of it is posted at the demo platform and
hidden, staff confirm it on facts by keys alone and take it back, and her page tells her each step. All processes are real.
"""

import time
from pathlib import Path

import pytest
from PIL import Image

from tests.browser.chromium import Chromium
from tests.browser.deciding import Keys
from tests.browser.engines import PHONE
from tests.browser.running_console import office, sign_up
from tests.browser.walking import Walk, told
from tests.e2e.running import free_ports, until
from tests.forum import forum, hosts, picture, screenshot

pytestmark = pytest.mark.enable_socket


def test_hidden_confirmed_on_facts_taken_back_and_she_is_told_each_step(chromium: Chromium, tmp_path: Path) -> None:
    hers, port = tmp_path / "hers.png", free_ports() + 5
    Image.fromarray(picture()).save(hers)
    with (
        office(tmp_path, AMPARO_CASES_NEW_ACTION="hide", **hosts(port)) as desk,
        chromium.page(PHONE) as phone,
        chromium.page() as screen,
    ):
        desk.service.command("client", "new", "forum")
        with forum(desk.service, port, tmp_path / "forum") as platform:
            walked = Walk(phone, desk.service.portal, "en", lambda _name: None)
            number = walked.to_receipt([hers])
            walked.to_case(number)
            told(walked, "listed")

            post = platform.post(screenshot(picture()))
            began = time.monotonic()
            until(lambda: not platform.shows(post), "hidden")
            print(f"hidden after {time.monotonic() - began:.2f} s")
            told(walked, "hidden")

            sign_up(screen, desk.link, "Ann")
            desk.seeded = {"match": 1, "case": 1}
            desk.wait_for_work()
            screen.open(f"{desk.url}/queue?kind=match")
            keys = Keys(screen)
            card = keys.begin()
            assert "forum" in screen.text("main")
            assert screen.run("document.querySelectorAll('main img, main video, main canvas').length") == 0
            keys.key("c")
            until(lambda: platform.state(post) == "removed", "removed")
            told(walked, "confirmed")
            told(walked, "removed")

            keys.key("z", is_back=card)
            until(lambda: platform.shows(post), "restored")
            told(walked, "restored")
            assert platform.told(post)["history"] == ["hide", "remove", "restore"]
    assert screen.complaints == []
