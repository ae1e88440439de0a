"""Videos hashed in browsers: a frame a second from the luma plane, as the service takes them; digests where no frame can be read."""

import functools
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from skimage import data as shipped

from amparo.hashing.video import frames_of
from amparo.media.child import read_file
from amparo.media.decode import prepare
from amparo.media.settings import MediaSettings
from amparo.terms.signal import IDENTITY
from tests.browser import hashing
from tests.browser.chromium import ChromiumPage
from tests.browser.engines import Page
from tests.browser.firefox import Firefox
from tests.browser.hashing import begin, outcomes, written
from tests.browser.still import Still
from tests.videos import Form, film

pytestmark = pytest.mark.once

FRAME_BITS = 6  # issue: in Chromium, a frame
SHOWN_BITS = 31  # by the screen's colours: still a match
DIGESTS = ["md5", "sha256"]
FORMS = {
    "mp4": Form(),
    "B-frames, long groups": Form(options={"bf": "3", "g": "50"}),
    "29.97 a second": Form(rate=Fraction(30000, 1001)),
    "1 a second": Form(rate=Fraction(1)),
    "turned 90": Form(turned=90),
    "turned 180": Form(turned=180),
    "turned 270": Form(turned=270),
    "full range": Form(pixels="yuvj420p"),
    "10 bits": Form(pixels="yuv420p10le"),
    "4:4:4": Form(pixels="yuv444p"),
    "odd size": Form(size=(322, 182)),
    "mov": Form(container="mov"),
    "mkv": Form(container="matroska"),
    "fragmented": Form(muxer={"movflags": "frag_keyframe+empty_moov"}),
    "transport stream": Form(container="mpegts"),
    "VP8": Form(container="webm", codec="libvpx"),
    "VP9": Form(container="webm", codec="libvpx-vp9", options={"cpu-used": "8"}),
    "AV1": Form(codec="libsvtav1", options={"preset": "12"}),
}
FREE = ("VP8", "VP9", "AV1")  # Debian's Firefox brings decoders of no others
UNREAD = {"HEVC": Form(codec="libx265"), "AVI": Form(container="avi", codec="mpeg4")}

Frames = dict[int, tuple[int, int]]


@functools.cache
def made(name: str, seconds: float = 5.0) -> bytes:
    pictures = [shipped.coffee(), shipped.chelsea(), shipped.rocket()]
    return film(pictures, seconds, (FORMS | UNREAD)[name])


@functools.cache
def here(data: bytes) -> Frames:
    """Milliseconds to code and quality, as the service makes them."""
    prepare()
    signals = read_file(data, MediaSettings()).signals
    code = next(one.code for one in signals if (one.kind, one.view) == ("vpdq", IDENTITY))
    return {
        int(one["ms"]): (int.from_bytes(bytes(one["code"])), int(one["quality"]))
        for one in frames_of(code)
        if one["quality"] >= 50
    }


def told_frames(outcome: dict[str, Any]) -> Frames:
    signal = next(one for one in outcome["signals"] if one["kind"] == "vpdq")
    return {one["at_ms"]: (int(one["value"], 16), one["quality"]) for one in signal["frames"]}


def furthest(told: Frames, due: Frames) -> int:
    return max((told[ms][0] ^ due[ms][0]).bit_count() for ms in due)


def kinds(outcome: dict[str, Any]) -> list[str]:
    return [one["kind"] for one in outcome["signals"]]


@pytest.fixture
def one_page(still: Still, page: ChromiumPage) -> ChromiumPage:
    page.open(hashing.serve(still))
    return page


def test_chromium_takes_the_same_frames_as_the_service(one_page: ChromiumPage, tmp_path: Path) -> None:
    begin(one_page, written(tmp_path, [(f"{number}.bin", made(name)) for number, name in enumerate(FORMS)]))
    far = {}
    for name, outcome in zip(FORMS, outcomes(one_page), strict=True):
        due, told = here(made(name)), told_frames(outcome)
        assert (outcome["outcome"], outcome["medium"], outcome["approximate"]) == ("hashed", "video", False), name
        assert kinds(outcome) == [*DIGESTS, "vpdq"]
        assert list(told) == list(due), name
        far[name] = furthest(told, due)
    print(f"\nlargest distance of a frame in bits: {far}")
    assert max(far.values()) <= FRAME_BITS, far
    assert one_page.complaints == []


def test_a_video_no_decoder_is_there_for_has_its_digests(one_page: ChromiumPage, tmp_path: Path) -> None:
    files = [*(made(name) for name in UNREAD), made("mp4")[:3000], made("VP9")[:400]]
    begin(one_page, written(tmp_path, [(f"{number}.bin", data) for number, data in enumerate(files)]))
    for outcome in outcomes(one_page):
        assert (outcome["outcome"], outcome["reason"], kinds(outcome)) == ("digests_only", "no_frames", DIGESTS)


def test_other_engines_make_frames_that_meet_or_none(any_page: Page, still: Still, tmp_path: Path) -> None:
    any_page.open(hashing.serve(still))
    begin(any_page, written(tmp_path, [(f"{name}.bin", made(name)) for name in FREE]))
    all_told = outcomes(any_page)
    for name, outcome in zip(FREE, all_told, strict=True):
        assert kinds(outcome)[:2] == DIGESTS
        if outcome["outcome"] == "hashed":
            due, told = here(made(name)), told_frames(outcome)
            assert list(told) == list(due)
            assert furthest(told, due) <= SHOWN_BITS, name
        else:
            assert (outcome["outcome"], outcome["reason"]) == ("digests_only", "no_frames")
    assert sum(one["outcome"] == "hashed" for one in all_told) >= 2


def test_without_webcodecs_the_player_shows_the_frames(still: Still, one_page: ChromiumPage, tmp_path: Path) -> None:
    still.script("/static/hash-video.js", "throw new Error('cannot be read');")
    begin(one_page, written(tmp_path, [("a.mp4", made("mp4")), ("b.webm", made("VP9")), ("c.mp4", made("turned 90"))]))
    for name, outcome in zip(("mp4", "VP9", "turned 90"), outcomes(one_page), strict=True):
        due, told = here(made(name)), told_frames(outcome)
        assert (outcome["outcome"], outcome["approximate"]) == ("hashed", True)
        assert list(told) == list(due), name
        assert furthest(told, due) <= SHOWN_BITS, name


def test_a_browser_that_changes_pixels_makes_true_frames_or_none(still: Still, tmp_path: Path) -> None:
    """Versions of it differ in whether a decoder is there, which hands over true pixels; what is drawn never is."""
    resisting = Firefox({"privacy.resistFingerprinting": True})
    try:
        with resisting.page() as page:
            page.open(hashing.serve(still))
            begin(page, written(tmp_path, [("a.webm", made("VP9"))]))
            told = outcomes(page)
    finally:
        resisting.quit()
    (outcome,) = told
    if outcome["outcome"] == "hashed":
        assert furthest(told_frames(outcome), here(made("VP9"))) <= SHOWN_BITS
    else:
        assert (outcome["outcome"], kinds(outcome)) == ("falsified", DIGESTS)


def test_a_video_is_cancelled(one_page: ChromiumPage, tmp_path: Path) -> None:
    begin(one_page, written(tmp_path, [("a.mp4", made("mp4", 60.0)), ("b.mp4", made("mp4"))]))
    one_page.wait_until("window.progress.some((one) => one.number === 1 && one.done > 0.35)")
    one_page.run("(window.run.cancel(1), 0)")
    assert [one["outcome"] for one in outcomes(one_page)] == ["cancelled", "hashed"]
