"""She protects a picture from her phone, it is found, she takes it back: real processes, real browsers, each of the five languages."""

import io
import json
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from PIL import Image

from tests import photos
from tests.browser.chromium import Chromium
from tests.browser.engines import PHONE, Engine, Looks, Page
from tests.browser.walking import SOON_S, Walk, told
from tests.e2e.running import Service, started, until

LANGUAGES = ("en", "zh-Hans", "zh-Hant", "ko", "ms")
WORKERS = 2


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with started(
        tmp_path_factory.mktemp("journey"), "--workers", str(WORKERS), AMPARO_DESK_PASSPHRASE="for the tests"
    ) as running:
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
    until(
        lambda: bool(told.update([(w, origins(a)) for w, a in [asked(service, key, data)]]) or len(told) == WORKERS),
        "every worker answers",
    )
    return told


def walk(page: Page, service: Service, language: str = "en") -> Walk:
    return Walk(page, service.portal, language, lambda _name: None)


def protect(walked: Walk, path: Path) -> tuple[str, list[tuple[str, str]]]:
    """From the first page to the last; the number, and what the page said would be sent: (kind, value)."""
    told: list[tuple[str, str]] = []
    walked.seen = lambda name: told.extend(shown(walked.page)) if name == "files.chosen" else None
    return walked.to_receipt([path]), told


def shown(page: Page) -> list[tuple[str, str]]:
    """The hashes on the page."""
    found = page.run(
        "[...document.querySelectorAll('[data-signal-kind]')].map(e => [e.dataset.signalKind, e.dataset.value])"
    )
    return [(kind, value) for kind, value in found]


def take_all_back(walked: Walk) -> None:
    walked.act("withdraw-all", "withdraw")
    walked.act("next", "case")
    assert told(walked, "withdrawn").startswith("change:")


def caught(service: Service, key: dict[str, str], copy: bytes, persons: int = 1) -> set[str]:
    """Ask until so many persons' listings meet the copy; their origins."""
    hers: set[str] = set()

    def met() -> bool:
        hers.clear()
        hers.update(one for one in origins(asked(service, key, copy)[1]) if one.startswith("case-"))
        return len(hers) == persons

    until(met, f"{persons} listings meet the copy", SOON_S)
    return hers


def journey(engine: Engine, looks: Looks, service: Service, key: dict[str, str], path: Path) -> None:
    """Photo, receipt, a copy is caught, the state shows it, she takes it back, the copy passes in every worker."""
    copy = altered(path)
    with engine.page(looks) as page:
        number, sent = protect(walk(page, service, looks.language), path)
        assert {kind for kind, _ in sent} == {"pdq", "md5", "sha256"}
        (mine,) = caught(service, key, copy)
    with engine.page(looks) as page:
        later = walk(page, service, looks.language)
        later.to_case(number)
        assert told(later, "listed").startswith("content:")
        assert told(later, "matched").startswith("match_event:")
        take_all_back(later)
    after = by_every_worker(service, key, copy)
    assert len(after) == WORKERS
    assert all(mine not in found for found in after.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_whole_path_in_each_language(chromium: Chromium, service, platform, tmp_path, language):
    journey(
        chromium, replace(PHONE, language=language), service, platform, picture(LANGUAGES.index(language), tmp_path)
    )


@pytest.mark.parametrize(("name", "number"), [("firefox", 8), ("webkit", 9)])
def test_the_whole_path_in_the_other_engines(request, service, platform, tmp_path, name, number):
    engine: Engine = request.getfixturevalue(name)
    journey(engine, Looks(width=600, height=900), service, platform, picture(number, tmp_path))


def test_another_persons_listing_of_the_same_picture_goes_on(chromium: Chromium, service, platform, tmp_path):
    path = picture(15, tmp_path)
    with chromium.page(PHONE) as one:
        hers, _ = protect(walk(one, service), path)
    with chromium.page(PHONE) as two:
        protect(walk(two, service), path)
    both = caught(service, platform, altered(path), persons=2)
    with chromium.page(PHONE) as page:
        later = walk(page, service)
        later.to_case(hers)
        take_all_back(later)
    after = by_every_worker(service, platform, altered(path))
    assert len(after) == WORKERS
    left = {frozenset(found) for found in after.values()}
    assert len(left) == 1
    (still_there,) = left
    assert len(still_there & both) == 1


def test_nothing_but_what_she_saw_leaves_the_page(chromium: Chromium, service, tmp_path):
    path = picture(16, tmp_path)
    with chromium.page(PHONE) as page:
        _, shown_to_her = protect(walk(page, service), path)
        requests = list(page.requests)
        complaints = [said for said in page.complaints if "status of 400" not in said]  # the wrong digits of the walk
        assert complaints == []
    assert {urllib.parse.urlsplit(one.url).netloc for one in requests} == {urllib.parse.urlsplit(service.portal).netloc}
    sent: list[tuple[str, str]] = []
    known = {
        "form", "step", "act", "in", "work", "language", "safe", "age", "place", "happened", "addresses", "names", "consent", "last_four",
    }  # fmt: skip
    for request in requests:
        if request.method != "POST":
            assert request.body is None
        elif request.url.endswith("/files"):
            body = json.loads(request.body or b"")
            assert set(body) <= {"form", "files", "work"}
            sent += [(one["kind"], one["value"]) for file in body["files"] for one in file["signals"]]
        else:
            fields = urllib.parse.parse_qs((request.body or b"").decode(), keep_blank_values=True, strict_parsing=True)
            assert set(fields) <= known, fields.keys()
    assert sorted(sent) == sorted(shown_to_her)
    assert len(sent) == 3
    pixels = path.read_bytes()
    assert not [one for one in requests if one.body and pixels[200:264] in one.body]


def test_a_fresh_process_and_an_older_backup_answer_the_same(chromium: Chromium, tmp_path):
    """She takes it back after the backup was made; the backup, restored with the withdrawals file, does not bring it back."""
    path, other = picture(17, tmp_path), picture(18, tmp_path)
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    environ = {"AMPARO_DESK_PASSPHRASE": "for the tests"}
    with started(tmp_path / "first", "--workers", str(WORKERS), **environ) as one:
        one.ready_line()
        key = one.key("platform")
        with chromium.page(PHONE) as page:
            hers, _ = protect(walk(page, one), path)
        with chromium.page(PHONE) as page:
            theirs, _ = protect(walk(page, one), other)
        (mine,), (kept,) = caught(one, key, altered(path)), caught(one, key, altered(other))
        one.command("backup", str(tmp_path / "backup"))
        with chromium.page(PHONE) as page:
            later = walk(page, one)
            later.to_case(hers)
            take_all_back(later)
        assert one.stop() == 0
    with started(tmp_path / "first", "--workers", str(WORKERS), **environ) as again:
        again.ready_line()
        answers_the_same(chromium, again, key, {path: set(), other: {kept}}, hers, theirs)
        assert again.stop() == 0
    file = tmp_path / "first" / "var" / "withdrawals.log"
    folder = tmp_path / "second" / "var"
    words = [
        sys.executable,
        "-m",
        "amparo",
        "restore",
        str(tmp_path / "backup"),
        "--withdrawals",
        str(file),
        "--data",
        str(folder),
    ]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with started(tmp_path / "second", "--workers", str(WORKERS), **environ) as restored:
        restored.ready_line()
        answers_the_same(chromium, restored, key, {path: set(), other: {kept}}, hers, theirs)
    assert mine != kept


def answers_the_same(
    chromium: Chromium, service: Service, key: dict[str, str], wanted: dict[Path, set[str]], hers: str, theirs: str
) -> None:
    """Every worker knows what stands and what was taken back, and each person sees hers."""
    for path, origins_wanted in wanted.items():
        found = by_every_worker(service, key, altered(path))
        assert [set(each) for each in found.values()] == [origins_wanted] * WORKERS
    for number, state in ((hers, "withdrawn"), (theirs, "listed")):
        with chromium.page(PHONE) as page:
            later = walk(page, service)
            later.to_case(number)
            told(later, state)
