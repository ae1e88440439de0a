"""Pictures hashed in three browsers: bit for bit what the service makes of the same file, or no hash at all."""

import functools
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from amparo.media.decode import prepare
from tests.browser import hashing
from tests.browser.chromium import ChromiumPage
from tests.browser.engines import Engine, Page
from tests.browser.firefox import Firefox
from tests.browser.hashing import begin, outcomes, server_hashes, written
from tests.browser.picture_files import Made, big, clear_files, opaque_files, picture
from tests.browser.still import Still
from tests.hostile import drawing
from tests.pictures import heic, saved

pytestmark = pytest.mark.once

OPAQUE_MIN = 100
CLEAR_BITS = {"chromium": 6, "firefox": 16, "webkit": 16}
DIGESTS = ["md5", "sha256"]


@functools.cache
def opaque() -> tuple[tuple[Made, dict[str, tuple[str, int | None]]], ...]:
    return with_server_hashes(opaque_files())


@functools.cache
def clear() -> tuple[tuple[Made, dict[str, tuple[str, int | None]]], ...]:
    return with_server_hashes(clear_files())


def with_server_hashes(made: Iterator[Made]) -> tuple[tuple[Made, dict[str, tuple[str, int | None]]], ...]:
    prepare()
    return tuple((one, server_hashes(one.data)) for one in made)


@pytest.fixture
def hash_page(still: Still, any_page: Page) -> Page:
    any_page.open(hashing.serve(still))
    return any_page


@pytest.fixture
def one_page(still: Still, page: ChromiumPage) -> ChromiumPage:
    page.open(hashing.serve(still))
    return page


def hashed(page: Page, folder: Path, files: list[tuple[str, bytes]]) -> list[dict[str, Any]]:
    begin(page, written(folder, files))
    return outcomes(page)


def kinds(outcome: dict[str, Any]) -> list[str]:
    return [one["kind"] for one in outcome["signals"]]


def apart(told: dict[str, Any], made: dict[str, tuple[str, int | None]]) -> int:
    """Bits between the browser's PDQ and the service's; digests must be the same."""
    given = {one["kind"]: one["value"] for one in told["signals"]}
    assert {kind: given[kind] for kind in DIGESTS} == {kind: made[kind][0] for kind in DIGESTS}
    return (int(given["pdq"], 16) ^ int(made["pdq"][0], 16)).bit_count()


def test_opaque_pictures_have_the_services_hash_bit_for_bit(engine: Engine, hash_page: Page, tmp_path: Path) -> None:
    files = opaque()
    assert len(files) >= OPAQUE_MIN
    all_told = hashed(hash_page, tmp_path, [(f"{number}.bin", one.data) for number, (one, _) in enumerate(files)])
    assert len(all_told) == len(files)
    wrong = {}
    exact = 0
    for (one, made), told in zip(files, all_told, strict=True):
        quality = made["pdq"][1] or 0
        if quality < 50:
            assert (told["outcome"], told["reason"], kinds(told)) == ("digests_only", "low_detail", DIGESTS), one.name
            continue
        assert (told["outcome"], told["medium"]) == ("hashed", "picture"), one.name
        bits = apart(told, made)
        exact += bits == 0 and told["signals"][2]["quality"] == quality
        if bits:
            wrong[one.name] = bits
    assert not wrong
    assert exact >= len(files) - 1, "all but the one of 5 x 5"


def test_pictures_that_are_not_opaque_are_near(engine: Engine, hash_page: Page, tmp_path: Path) -> None:
    files = clear()
    all_told = hashed(hash_page, tmp_path, [(f"{number}.bin", one.data) for number, (one, _) in enumerate(files)])
    far = {}
    for (one, made), told in zip(files, all_told, strict=True):
        if (made["pdq"][1] or 0) < 50 or told["reason"] == "low_detail":
            assert kinds(told) == DIGESTS, one.name
        elif (bits := apart(told, made)) > CLEAR_BITS[engine.name]:
            far[one.name] = bits
    assert sum("pdq" in kinds(told) for told in all_told) >= 18
    assert not far


def test_a_browser_that_changes_pixels_makes_no_picture_hash(still: Still, tmp_path: Path) -> None:
    resisting = Firefox({"privacy.resistFingerprinting": True})
    try:
        with resisting.page() as page:
            page.open(hashing.serve(still))
            data = saved(picture("coffee", 400), "JPEG", quality=90)
            told = hashed(page, tmp_path, [("a.jpg", data), ("b.png", saved(picture("rocket", 300), "PNG"))])
    finally:
        resisting.quit()
    assert [one["outcome"] for one in told] == ["falsified", "falsified"]
    assert [kinds(one) for one in told] == [DIGESTS, DIGESTS]
    assert told[0]["signals"][0]["value"] == server_hashes(data)["md5"][0]


def test_what_is_no_picture_says_so_and_the_next_goes_on(hash_page: Page, tmp_path: Path) -> None:
    plain = Image.new("RGB", (300, 200), (90, 120, 150))
    whole = saved(picture("rocket", 300), "PNG")
    files = {
        "empty.jpg": (b"", "undecodable", "empty", []),
        "text.jpg": (b"no picture at all", "undecodable", "not_media", []),
        "page.html": (b"<!doctype html><img src=x>", "undecodable", "not_media", []),
        "head.jpg": (b"\xff\xd8\xff\xe0" + bytes(40), "digests_only", "undecodable", DIGESTS),
        "head.png": (b"\x89PNG\r\n\x1a\n", "digests_only", "undecodable", DIGESTS),
        "head.webp": (b"RIFF\x04\0\0\0WEBP", "digests_only", "undecodable", DIGESTS),
        "lies.png": (whole[:33] + b"\xff\xff\xff\xffIDAT" + whole[41:60], "digests_only", "undecodable", DIGESTS),
        "plain.png": (saved(plain, "PNG"), "digests_only", "low_detail", DIGESTS),
        "last.png": (whole, "hashed", "", [*DIGESTS, "pdq"]),
    }
    told = hashed(hash_page, tmp_path, [(name, given[0]) for name, given in files.items()])
    seen = [(one["outcome"], one["reason"], kinds(one)) for one in told]
    assert seen == [given[1:] for given in files.values()]
    assert [one["number"] for one in told] == list(range(1, len(files) + 1))


def test_heic_and_tiff_give_digests_and_a_reason_where_the_browser_cannot_read_them(
    one_page: ChromiumPage, tmp_path: Path
) -> None:
    seen = picture("coffee", 320)
    files = [("a.heic", heic(seen)), ("a.jpg", heic(seen)), ("a.tiff", saved(seen, "TIFF"))]
    told = hashed(one_page, tmp_path, files)
    assert [one["reason"] for one in told] == ["heic", "heic", "undecodable"]
    assert [(one["outcome"], one["medium"], kinds(one)) for one in told] == [("digests_only", "picture", DIGESTS)] * 3


def test_one_file_is_cancelled_and_the_others_go_on(hash_page: Page, tmp_path: Path) -> None:
    large = big(24)
    small = saved(picture("rocket", 300), "PNG")
    paths = written(tmp_path, [("1.png", small), ("2.jpg", large), ("3.jpg", large), ("4.png", small)])
    begin(hash_page, paths)
    hash_page.wait_until("window.told.length === 1")
    hash_page.run("(window.run.cancel(2), window.run.cancel(3), window.run.cancel(77), 0)")
    told = outcomes(hash_page)
    assert [one["outcome"] for one in told] == ["hashed", "cancelled", "cancelled", "hashed"]
    assert told[0]["signals"] == told[3]["signals"]
    assert [one["signals"] for one in told[1:3]] == [[], []]


def test_all_are_cancelled(hash_page: Page, tmp_path: Path) -> None:
    begin(hash_page, written(tmp_path, [(f"{number}.jpg", big(24)) for number in range(3)]))
    hash_page.run("(window.stop.abort(), 0)")
    assert [one["outcome"] for one in outcomes(hash_page)] == ["cancelled"] * 3


def test_progress_goes_up_to_the_end(one_page: ChromiumPage, tmp_path: Path) -> None:
    hashed(one_page, tmp_path, [("1.jpg", big(12)), ("2.png", saved(picture("rocket", 300), "PNG"))])
    progress = json.loads(one_page.run("JSON.stringify(window.progress)"))
    steps = [one["all"] for one in progress]
    assert steps == sorted(steps)
    assert (steps[0], steps[-1]) == (0, 1)
    assert len({one["done"] for one in progress if one["number"] == 1}) > 3


def test_nothing_but_our_modules_is_asked_for_and_no_name_is_kept(
    still: Still, one_page: ChromiumPage, tmp_path: Path
) -> None:
    told = hashed(one_page, tmp_path, [("her-own-name.jpg", big(0.5)), ("notes.txt", b"not a picture")])
    assert "her-own-name" not in json.dumps(told)
    assert "notes" not in json.dumps(told)
    assert {(method, body) for method, _, body in still.asked} == {("GET", b"")}
    assert all(path in {"/", "/page.js", "/favicon.ico"} or path.startswith("/static/") for _, path, _ in still.asked)
    assert not any("video" in path or "vendor" in path for _, path, _ in still.asked), (
        "loaded though no video was chosen"
    )
    assert one_page.complaints == []


@pytest.mark.parametrize(
    "broken", ["delete window.OffscreenCanvas", "window.Worker = class { constructor() { throw new Error('no') } }"]
)
def test_without_a_worker_the_page_hashes(one_page: ChromiumPage, tmp_path: Path, broken: str) -> None:
    data = big(2)
    with_worker = hashed(one_page, tmp_path, [("first.jpg", data)])  # takes the one that was started with the page
    one_page.run(f"(() => {{ {broken}; return 0; }})()")
    told = hashed(one_page, tmp_path, [("a.jpg", data), ("b.txt", b"no"), ("c.jpg", data)])
    assert [one["outcome"] for one in told] == ["hashed", "undecodable", "hashed"]
    assert apart(told[0], server_hashes(data)) == 0
    assert told[2]["signals"] == told[0]["signals"] == with_worker[0]["signals"]


def test_a_worker_that_is_not_served_is_done_without(still: Still, one_page: ChromiumPage, tmp_path: Path) -> None:
    still.script("/static/hash-worker.js", "throw new Error('not today');")
    one_page.reload()
    data = saved(drawing((300, 200)), "PNG")
    told = hashed(one_page, tmp_path, [("a.png", data)])
    assert apart(told[0], server_hashes(data)) == 0


def test_a_worker_that_breaks_over_a_file_leaves_its_digests(
    still: Still, one_page: ChromiumPage, tmp_path: Path
) -> None:
    """As when memory is out: the next file has a new worker."""
    still.script(
        "/static/hash-worker.js",
        """import { hashFile } from '/static/hash-file.js';
        self.onmessage = async ({ data: { number, file, isEarly } }) => {
          if (isEarly) return;
          if (number === 2) { self.postMessage({ number, progress: 0.5 }); setTimeout(() => { throw new Error('out'); }); }
          else self.postMessage({ number, made: await hashFile(file) });
        };""",
    )
    one_page.reload()
    data = saved(drawing((300, 200)), "PNG")
    told = hashed(one_page, tmp_path, [(f"{number}.png", data) for number in range(3)])
    assert [(one["outcome"], one["reason"]) for one in told] == [
        ("hashed", ""), ("digests_only", "undecodable"), ("hashed", ""),
    ]  # fmt: skip
    assert kinds(told[1]) == DIGESTS
    assert told[1]["signals"] == told[0]["signals"][:2]


def test_a_file_that_is_gone_says_so(one_page: ChromiumPage, tmp_path: Path) -> None:
    paths = written(tmp_path, [("1.jpg", big(0.5)), ("2.jpg", big(0.5))])
    one_page.wait_until("window.ready")
    one_page.files("#pick", paths)
    paths[0].unlink()
    one_page.run("(window.begin(), 0)")
    gone, there = outcomes(one_page)
    assert gone["outcome"] == "undecodable"
    assert gone["reason"] in {"unreadable", "empty"}  # Chromium says 0 bytes where the file is no more
    assert gone["signals"] == []
    assert there["outcome"] == "hashed"


def test_a_large_file_is_read_by_pieces(hash_page: Page, tmp_path: Path) -> None:
    data = b"FLV\x01" + bytes(range(256)) * 100_000
    told = hashed(hash_page, tmp_path, [("1.flv", data)])
    due = [hashlib.new(kind, data).hexdigest() for kind in DIGESTS]
    assert (told[0]["outcome"], told[0]["reason"], told[0]["medium"]) == ("digests_only", "no_frames", "video")
    assert [one["value"] for one in told[0]["signals"]] == due


def test_the_policy_lets_no_other_script_be_a_worker(one_page: ChromiumPage) -> None:
    one_page.wait_until("window.ready")
    refused = """import('/static/worker-url.js').then(({ workerURL }) =>
      ['page.js', '../page.js', 'https://example.org/hash-worker.js'].map((name) => {
        try { workerURL(name); return 'given'; } catch (error) { return String(error); }
      }))"""
    assert one_page.run(refused) == ["TypeError: no worker of ours"] * 3
