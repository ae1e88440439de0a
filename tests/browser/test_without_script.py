"""A phone with JavaScript off: every question, the receipt and the way back; only fingerprints cannot be made, and the page says so."""

from collections.abc import Iterator

import pytest

from tests.browser.chromium import Chromium
from tests.browser.page import Looks
from tests.browser.walking import Walk
from tests.e2e.running import Service, started

CHOOSER = "document.querySelector('[data-chooser]').offsetParent !== null"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with started(tmp_path_factory.mktemp("plain"), "--workers", "1") as running:
        running.ready_line()
        yield running


def test_the_path_and_the_way_back(service: Service, chromium: Chromium) -> None:
    with chromium.page(Looks(width=320, height=640, language="ko", script=False)) as page:
        walk = Walk(page, service.portal, "ko", lambda _: None)
        walk.begin()
        walk.to_files()
        assert page.run(CHOOSER) is False, "nothing is offered that does not work"
        assert page.text("[data-needs-script]")
        walk.act("next", "where")
        page.fill("#names", "어느 단체방")
        walk.act("next", "consent")
        page.click('input[name="consent"][value="match"]')
        walk.act("next", "receipt")
        number = page.text("[data-receipt]").replace(" ", "")
        page.fill("#last_four", number[-4:])
        walk.act("next", "sent")
        walk.to_case(number)
        assert page.texts(".hers") == ["어느 단체방"]
        page.fill("#message", "안녕하세요")
        walk.act("write", "case")
        assert page.texts("[data-message=person] .hers") == ["안녕하세요"]
        walk.leave()
        assert page.cookies() == []
        page.back()
        assert "어느 단체방" not in page.source()
        scripts = [request.url for request in page.requests if request.kind == "script"]
        assert scripts == []
