"""The page of the files in a real browser: every hash is seen before it goes, exactly those go, and no byte of a file does."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from skimage import data

from amparo.portal.said import SAID
from tests.browser.chromium import Chromium, ChromiumPage
from tests.browser.page import Looks, PageFailed
from tests.browser.walking import Walk
from tests.portal_process import folder_of, free_port, running

SAID_HERE = SAID["files"]
HASHED_S = 60.0
MADE = "document.querySelectorAll('[data-signal-kind=sha256]').length === {count}"
SHOWN = "[...document.querySelectorAll('[data-signal-kind]')].map((one) => [one.dataset.signalKind, one.dataset.value])"


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    with running(folder_of(tmp_path_factory.mktemp("portal")), port):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("pictures")
    paths = [folder / "my-secret-name.jpg", folder / "two.png", folder / "three.webp"]
    for path, pixels in zip(paths, (data.chelsea(), data.coffee(), data.astronaut()[:200]), strict=True):
        Image.fromarray(pixels).save(path)
    return paths


@pytest.fixture
def walk(portal: str, page: ChromiumPage) -> Walk:
    """At the page of the files."""
    walk = Walk(page, portal, "en", lambda _name: None)
    walk.begin()
    walk.choose("safe", "yes", "age")
    walk.choose("age", "adult", "happened")
    walk.act("skip", "files")
    return walk


def choose(page: ChromiumPage, paths: Sequence[Path], made: int | None = None) -> None:
    """Choose them and wait until that many have their hashes; all, where no number is given."""
    page.files("input[type=file]", paths)
    page.wait_until(MADE.format(count=len(paths) if made is None else made), HASHED_S)
    told(page, SAID_HERE["ready"])


def told(page: ChromiumPage, sentence: object) -> None:
    page.wait_until(f"document.querySelector('[data-told]').textContent === {json.dumps(sentence)}", HASHED_S)


def sent(page: ChromiumPage) -> list[dict[str, Any]]:
    """The bodies that went to /files."""
    return [json.loads(one.body or b"") for one in page.requests if one.url.endswith("/files")]


def pairs(bodies: list[dict[str, Any]]) -> list[list[str]]:
    """Kind and value of every hash in them."""
    return [
        [signal["kind"], value]
        for body in bodies
        for file in body["files"]
        for signal in file["signals"]
        for value in ([frame["value"] for frame in signal["frames"]] if "frames" in signal else [signal["value"]])
    ]


def test_exactly_what_is_shown_goes(walk: Walk, page: ChromiumPage, pictures: list[Path]) -> None:
    choose(page, pictures)
    shown = page.run(SHOWN)
    assert len(shown) == 9
    assert {kind for kind, _ in shown} == {"md5", "sha256", "pdq"}
    assert not sent(page)
    assert page.run("document.querySelector('[data-sum]').textContent").startswith("9 ")
    assert page.run("document.querySelector('input[type=file]').files.length") == 0
    walk.act("next", "where")
    assert sorted(pairs(sent(page))) == sorted(shown)
    first, *others = sent(page)
    assert set(first) == {"form", "files", "work"}, "and the proof of work, which holds nothing of hers"
    assert re.fullmatch(r"[A-Za-z0-9_-]{36}\.[0-9a-f]{8}", first["work"])
    assert all(set(body) == {"form", "files"} for body in others)
    walk.act("back", "files")
    assert len(page.texts("[data-held]")) == 3
    assert page.complaints == []
    everything = b"".join(one.body or b"" for one in page.requests)
    for path in pictures:
        assert path.name.encode() not in everything
        assert path.read_bytes()[100:132] not in everything
    assert {one.url.split("/")[2] for one in page.requests if not one.url.startswith("blob:")} == {
        walk.url.split("/")[2]
    }


def test_what_she_leaves_out_stays(walk: Walk, page: ChromiumPage, pictures: list[Path]) -> None:
    choose(page, pictures)
    page.playwright_page.locator("[data-file='2'] > button").click()
    page.wait_until(MADE.format(count=2))
    shown = page.run(SHOWN)
    walk.act("next", "where")
    assert sorted(pairs(sent(page))) == sorted(shown)
    assert [file["number"] for body in sent(page) for file in body["files"]] == [1, 3]
    walk.act("back", "files")
    walk.press("[data-held='1'] [data-act=drop]", "files")
    assert len(page.texts("[data-held]")) == 1


def test_more_can_be_chosen_after_and_have_numbers_of_their_own(
    walk: Walk, page: ChromiumPage, pictures: list[Path]
) -> None:
    choose(page, pictures[:1])
    choose(page, pictures[1:2], made=2)
    walk.act("next", "where")
    walk.act("back", "files")
    choose(page, pictures[2:], made=1)
    walk.act("next", "where")
    assert [file["number"] for body in sent(page) for file in body["files"]] == [1, 2, 3]


def test_skipping_sends_nothing(walk: Walk, page: ChromiumPage, pictures: list[Path]) -> None:
    choose(page, pictures)
    walk.act("skip", "where")
    assert not sent(page)
    walk.act("back", "files")
    assert not page.texts("[data-held]")


def test_files_that_are_none_say_so(walk: Walk, page: ChromiumPage, tmp_path: Path) -> None:
    files = {"empty": b"", "not_media": b"%PDF-1.7 nothing to see"}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    page.files("input[type=file]", [tmp_path / name for name in files])
    told(page, SAID_HERE["nothing"])
    for name in files:
        page.wait_for(f"[data-reason={name}]")
        assert page.text(f"[data-reason={name}]") == SAID_HERE[name]
    assert page.run(SHOWN) == []
    walk.act("next", "where")
    assert not sent(page)


def test_a_lost_line_loses_nothing(walk: Walk, page: ChromiumPage, pictures: list[Path]) -> None:
    choose(page, pictures[:1])
    shown = page.run(SHOWN)
    page.playwright_page.route("**/files", lambda route: route.abort())
    page.click("[data-act=next]")
    told(page, SAID_HERE["lost"])
    assert page.run(SHOWN) == shown
    page.playwright_page.unroute("**/files")
    walk.act("next", "where")
    walk.act("back", "files")
    assert len(page.texts("[data-held]")) == 1


@pytest.mark.parametrize(("status", "slug", "key"), [(503, "read_only", "not_taken"), (429, "too_often", "too_often")])
def test_a_portal_that_cannot_take_it_is_told_in_words(
    walk: Walk, page: ChromiumPage, pictures: list[Path], status: int, slug: str, key: str
) -> None:
    choose(page, pictures[:1])
    answer = {
        "status": status,
        "content_type": "application/json",
        "body": json.dumps({"slug": slug, "status": status}),
    }
    page.playwright_page.route("**/files", lambda route: route.fulfill(**answer))
    page.click("[data-act=next]")
    told(page, SAID_HERE[key])
    page.playwright_page.unroute("**/files")
    walk.act("next", "where")


def test_a_session_that_ended_begins_again(walk: Walk, page: ChromiumPage, pictures: list[Path]) -> None:
    choose(page, pictures[:1])
    page.context.clear_cookies()
    page.click("[data-act=next]")
    told(page, SAID_HERE["expired"])
    walk.act("next", "safe")
    page.wait_for("[data-notice]")


@pytest.mark.parametrize(
    "js",
    [
        "document.body.innerHTML = '<b>x</b>'",
        "document.body.insertAdjacentHTML('beforeend', '<b>x</b>')",
        "document.querySelector('main').setAttribute('onclick', 'x()')",
        "Object.assign(document.createElement('script'), {src: '/static/words.js'})",
    ],
)
def test_markup_from_a_script_is_refused(walk: Walk, page: ChromiumPage, js: str) -> None:
    with pytest.raises(PageFailed, match="Trusted"):
        page.run(js)
    assert page.run("document.querySelectorAll('body > b').length") == 0


@pytest.mark.parametrize(
    "js",
    [
        "fetch('http://localhost:1/').then(() => 'out', () => 'shut')",
        "new Promise((done) => Object.assign(new Image(), {onload: () => done('out'), onerror: () => done('shut'), src: 'http://localhost:1/x.png'}))",
    ],
)
def test_nothing_leaves_for_elsewhere(walk: Walk, page: ChromiumPage, js: str) -> None:
    page.run(
        "document.addEventListener('securitypolicyviolation', (event) => { window.refused = event.effectiveDirective; })"
    )
    assert page.run(js) == "shut"
    page.wait_until("window.refused !== undefined")


def test_without_script_the_page_says_what_it_is_needed_for(portal: str, chromium: Chromium) -> None:
    with chromium.page(Looks(script=False)) as page:
        at = page.playwright_page
        at.goto(portal)
        for css in ("button[value=en]", "[name=safe][value=yes]", "[name=age][value=adult]", "[data-act=next]"):
            at.click(css)
        at.wait_for_selector("[data-step=files]")
        assert at.locator("[data-needs-script]").is_visible()
        assert not at.locator("input[type=file]").is_visible()
        at.click("[data-act=next]")
        at.fill("#names", "the group")
        at.click("[data-act=next]")
        at.check("[value=match]")
        at.check("[value=desk]")
        at.click("[data-act=next]")
        number = at.locator("[data-receipt]").inner_text().replace(" ", "")
        at.fill("#last_four", number[-4:])
        at.keyboard.press("Enter")
        at.wait_for_selector("[data-step=sent]")
        assert page.complaints == []


def test_the_first_page_is_small(portal: str, chromium: Chromium) -> None:
    """Everything the browser loads for it, headers too, as it comes over the line."""
    with chromium.page() as page:
        loaded: dict[str, int] = {}
        page.devtools.send("Network.enable")
        page.devtools.on(
            "Network.loadingFinished", lambda told: loaded.update({told["requestId"]: told["encodedDataLength"]})
        )
        page.open(portal)
        page.wait_until("document.readyState === 'complete'")
        assert len(loaded) >= 2
        assert sum(loaded.values()) < 30 * 1024, loaded
