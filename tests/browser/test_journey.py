"""She protects a picture from her phone, it is found, she takes it back: real processes, real browsers, each of the five languages."""

import io
import json
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from PIL import Image

from tests import photos
from tests.browser.chromium import Chromium, ChromiumPage
from tests.browser.engines import PHONE, Engine, Looks, Page
from tests.browser.walk import LANGUAGES, Answers, act, at, come_back, protect, states
from tests.e2e.running import Service, started, until

WORKERS = 2
SOON_S = 20.0


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with started(tmp_path_factory.mktemp("journey"), "--workers", str(WORKERS), AMPARO_DESK_PASSPHRASE="for the tests") as running:
        running.ready_line()
        yield running


@pytest.fixture(scope="module")
def platform(service: Service) -> dict[str, str]:
    return service.key("platform")


@pytest.fixture(scope="module")
def admin(service: Service) -> dict[str, str]:
    return service.key("admin")


def picture(number: int, folder: Path) -> Path:
    """A photograph of a landscape or a thing, as a phone would keep it."""
    path = folder / f"{number}.jpg"
    Image.fromarray(photos.photographs()[number].rgb(1_600)).save(path, quality=92)
    return path


def altered(path: Path) -> bytes:
    """The same picture as it goes round: smaller, pressed."""
    with Image.open(path) as opened:
        small = opened.resize((opened.width * 2 // 3, opened.height * 2 // 3))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=55)
    return out.getvalue()


def asked(service: Service, key: dict[str, str], data: bytes) -> tuple[str, dict]:
    """Which worker answered, and what."""
    head = {**key, "Connection": "close", "Amparo-Item-Id": "post-1"}
    answer = httpx.post(f"{service.url}/v1/match", content=data, headers=head, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.headers["Amparo-Worker"], answer.json()


def origins(answer: dict) -> list[str]:
    return [match["origin"] for match in answer["matches"]]


def by_every_worker(service: Service, key: dict[str, str], data: bytes) -> dict[str, list[str]]:
    """The origins of what matched, by worker, once each has answered."""
    told: dict[str, list[str]] = {}
    until(lambda: bool(told.update([(w, origins(a)) for w, a in [asked(service, key, data)]]) or len(told) == WORKERS), "every worker answers")
    return told


def seen(page: Page, wanted: str) -> None:
    """Look again until that state is told."""
    end = time.monotonic() + SOON_S
    while wanted not in [state for state, _ in states(page)]:
        assert time.monotonic() < end, (wanted, states(page))
        time.sleep(0.3)
        page.reload()
        at(page, "case")


def journey(page: Page, engine: Engine, service: Service, key: dict[str, str], given: Answers, looks: Looks = PHONE) -> None:
    """Photo, receipt, a copy is caught, the state shows it, she takes it back, the copy passes in every worker."""
    portal, copy = service.portal, altered(given.files[0])
    number, told = protect(page, portal, given)
    assert {kind for kind, _ in told} == {"pdq", "md5", "sha256"}
    hers: set[str] = set()
    until(lambda: bool(hers.update(o for o in origins(asked(service, key, copy)[1]) if o.startswith("case-")) or hers), "the copy is caught", SOON_S)
    assert len(hers) == 1, "only her case holds this picture"
    (mine,) = hers
    with engine.page(looks) as later:
        come_back(later, portal, number, given.language)
        seen(later, "matched")
        line = next(cause for state, cause in states(later) if state == "matched")
        assert line.startswith("match_event:")
        act(later, "withdraw-all")
        at(later, "withdraw")
        act(later, "next")
        at(later, "case")
        seen(later, "withdrawn")
        after = by_every_worker(service, key, copy)
        assert len(after) == WORKERS
        assert all(mine not in found for found in after.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_whole_path_in_each_language(chromium: Chromium, service, platform, tmp_path, language):
    given = Answers(language, files=[picture(LANGUAGES.index(language), tmp_path)], addresses="https://example.org/a\n@someone")
    looks = replace(PHONE, language=language)
    with chromium.page(looks) as page:
        journey(page, chromium, service, platform, given, looks)
        assert page.complaints == []


@pytest.mark.parametrize("name", ["firefox", "webkit"])
def test_the_whole_path_in_the_other_engines(request, service, platform, tmp_path, name):
    engine: Engine = request.getfixturevalue(name)
    looks = Looks(width=600, height=900)
    with engine.page(looks) as page:
        journey(page, engine, service, platform, Answers(files=[picture(5 + len(name), tmp_path)]), looks)


def test_another_persons_listing_of_the_same_picture_goes_on(chromium: Chromium, service, platform, tmp_path):
    path = picture(15, tmp_path)
    given = Answers(files=[path])
    with chromium.page(PHONE) as one, chromium.page(PHONE) as two:
        hers, _ = protect(one, service.portal, given)
        protect(two, service.portal, given)
    until(lambda: len(set(origins(asked(service, platform, altered(path))[1]))) == 2, "both are listed", SOON_S)
    with chromium.page(PHONE) as later:
        come_back(later, service.portal, hers)
        act(later, "withdraw-all")
        at(later, "withdraw")
        act(later, "next")
        at(later, "case")
        seen(later, "withdrawn")
    after = by_every_worker(service, platform, altered(path))
    assert [len(set(found)) for found in after.values()] == [1] * WORKERS
    assert len({origin for found in after.values() for origin in found}) == 1


def test_nothing_but_what_she_saw_leaves_the_page(chromium: Chromium, service, tmp_path):
    path = picture(16, tmp_path)
    given = Answers(files=[path], addresses="https://example.org/one", names="@someone")
    with chromium.page(PHONE) as page:
        _, told = protect(page, service.portal, given)
        requests = page.requests
        assert requests
    assert {urllib.parse.urlsplit(request.url).netloc for request in requests if not request.url.startswith(("blob:", "data:"))} == {
        urllib.parse.urlsplit(service.portal).netloc
    }
    sent: list[tuple[str, str]] = []
    known = {
        "form", "step", "act", "work", "language", "safe", "age", "happened", "addresses", "names", "consent", "last_four",
    }  # fmt: skip
    for request in requests:
        if request.method != "POST":
            assert request.body is None
        elif request.url.endswith("/files"):
            body = json.loads(request.body or b"")
            assert set(body) <= {"form", "files", "work"}
            sent += [(one["kind"], one["value"]) for file in body["files"] for one in file["signals"]]
        else:
            fields = urllib.parse.parse_qs((request.body or b"").decode(), strict_parsing=True)
            assert set(fields) <= known, fields.keys()
    assert sorted(sent) == sorted(told)
    pixels = path.read_bytes()
    assert not [request for request in requests if request.body and pixels[200:300] in request.body]
