"""The page of the files while the device works: she can stop it, and is told what goes and what does not."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from amparo.intake.model import FILES_MAX
from amparo.portal.said import SAID
from tests.browser.chromium import ChromiumPage
from tests.browser.walking import Walk
from tests.portal_process import folder_of, free_port, running

SAID_HERE = SAID["files"]
DONE_S = 90.0
FILM_BYTES = 400 * 1024 * 1024


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    with running(folder_of(tmp_path_factory.mktemp("portal")), port):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def walk(portal: str, page: ChromiumPage) -> Walk:
    """At the page of the files."""
    walk = Walk(page, portal, "en", lambda _name: None)
    walk.begin()
    walk.choose("safe", "yes", "age")
    walk.choose("age", "adult", "happened")
    walk.act("skip", "files")
    return walk


@pytest.fixture
def long_file(tmp_path: Path) -> Path:
    """Long enough to be stopped; on disk it is a hole."""
    path = tmp_path / "long.mp4"
    with path.open("wb") as file:
        file.write(b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp42")
        file.truncate(FILM_BYTES)
    return path


def told(page: ChromiumPage, key: str, **values: object) -> None:
    sentence = SAID_HERE[key]
    assert isinstance(sentence, str)
    for name, value in values.items():
        sentence = sentence.replace(f"%({name})s", str(value))
    page.wait_until(f"document.querySelector('[data-told]').textContent === {json.dumps(sentence)}", DONE_S)


def test_what_is_under_way_can_be_stopped_and_holds_her_there(walk: Walk, page: ChromiumPage, long_file: Path) -> None:
    page.files("input[type=file]", [long_file])
    told(page, "working")
    page.wait_for("[data-file='1'] progress")
    page.click("main [data-act=next]")
    told(page, "working_still")
    assert page.run("document.querySelector('main').dataset.step") == "files"
    page.click("[data-file='1'] > button")
    page.wait_for("[data-reason=cancelled]", DONE_S)
    told(page, "nothing")
    walk.act("next", "where")
    assert not [one for one in page.requests if one.url.endswith("/files")]


def test_more_than_a_case_holds_is_told(walk: Walk, page: ChromiumPage, tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.txt" for number in range(FILES_MAX + 1)]
    for path in files:
        path.write_text("nothing to see")
    page.files("input[type=file]", files)
    told(page, "too_many", n=FILES_MAX)
    assert len(page.texts("[data-file]")) == FILES_MAX
