"""The harness itself: each engine opens pages, chooses files, types, goes back; under a strict policy too, where drivers fail first."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.chromium import Chromium, ChromiumPage
from tests.browser.engines import ENGINES, Engine, Looks, Page, PageFailed
from tests.browser.firefox import Firefox
from tests.browser.page import until
from tests.browser.processes import runs
from tests.browser.still import STRICT, Still

ROOT = Path(__file__).parents[2]
FORM = """<main data-step="one"><h1>A page</h1><form action="/two" method="get">
<label>Name <input id="name" name="name"></label><label>Files <input id="files" type="file" multiple></label>
<button data-act="next">Next</button></form><p class="line">one</p><p class="line">two</p></main>"""


@pytest.fixture(params=["plain", "strict"])
def served(request: pytest.FixtureRequest, still: Still) -> Still:
    """Two pages, and a module that tells what was chosen; with and without a policy that forbids evaluated text."""
    if request.param == "strict":
        still.headers = STRICT
    script = '<script type="module" src="/module.mjs"></script>'
    still.html("/one", FORM, head=script)
    still.html("/two", '<main data-step="two"><a id="third" href="/three">on</a></main>')
    still.script("/module.mjs", "window.told = 'by the page'; window.later = () => Promise.resolve(42);")
    return still


def test_a_page_is_opened_and_its_globals_are_seen(served: Still, any_page: Page) -> None:
    any_page.open(f"{served.url}/one")
    any_page.wait_for("main[data-step=one]")
    any_page.wait_until("window.told === 'by the page'")
    assert any_page.title() == "Still"
    assert any_page.text("h1") == "A page"
    assert any_page.texts(".line") == ["one", "two"]
    assert any_page.run("later().then((value) => value + 1)") == 43
    assert any_page.run("({list: [1, 'two', null]})") == {"list": [1, "two", None]}
    assert 'data-step="one"' in any_page.source()


def test_what_a_script_throws_is_told(served: Still, any_page: Page) -> None:
    any_page.open(f"{served.url}/one")
    with pytest.raises(PageFailed, match="meant"):
        any_page.run("Promise.reject(new Error('meant'))")
    with pytest.raises(PageFailed, match="notThere"):
        any_page.run("notThere + 1")
    with pytest.raises(PageFailed, match="not in 0 s"):
        any_page.wait_for("#absent", limit_s=0)


def test_two_files_are_chosen_and_read(served: Still, any_page: Page, tmp_path: Path) -> None:
    paths = [tmp_path / "first.txt", tmp_path / "second.txt"]
    for path in paths:
        path.write_text(path.stem)
    any_page.open(f"{served.url}/one")
    any_page.run(
        "void document.querySelector('#files').addEventListener('change', () => { window.times = (window.times ?? 0) + 1; })"
    )
    any_page.files("#files", paths)
    any_page.wait_until("window.times > 0")
    read = (
        "Promise.all([...document.querySelector('#files').files].map(async (file) => [file.name, await file.text()]))"
    )
    assert any_page.run(read) == [["first.txt", "first"], ["second.txt", "second"]]
    assert any_page.run("window.times") == 1


def test_it_types_clicks_goes_back_and_reloads(served: Still, any_page: Page) -> None:
    any_page.open(f"{served.url}/one")
    any_page.fill("#name", "漢字 ok")
    any_page.click("[data-act=next]")
    any_page.wait_for("main[data-step=two]")
    assert any_page.run("new URLSearchParams(location.search).get('name')") == "漢字 ok"
    any_page.back()
    any_page.wait_for("main[data-step=one]")
    any_page.reload()
    any_page.wait_for("main[data-step=one]")
    assert any_page.url() == f"{served.url}/one"


def test_keys_go_to_what_has_the_focus(served: Still, any_page: Page) -> None:
    any_page.open(f"{served.url}/one")
    any_page.click("#name")
    any_page.press("a", "b", "Tab", "Tab", "Shift+Tab")
    assert any_page.run("document.activeElement.id") == "files"
    assert any_page.run("document.querySelector('#name').value") == "ab"
    any_page.press("Tab", "Enter")
    any_page.wait_for("main[data-step=two]")


def test_nothing_is_left_for_the_next_page(still: Still, engine: Engine) -> None:
    still.html("/keep", "kept", head='<script type="module" src="/keep.mjs"></script>')
    still.script(
        "/keep.mjs",
        "window.before = document.cookie + localStorage.length;document.cookie = 'a=1'; localStorage.b = 1;",
    )
    for _ in range(2):
        with engine.page() as page:
            page.open(f"{still.url}/keep")
            page.wait_until("window.before !== undefined")
            assert page.run("window.before") == "0"
            assert [cookie["name"] for cookie in page.cookies()] == ["a"]


def test_size_and_language_are_as_asked(still: Still, engine: Engine, tmp_path: Path) -> None:
    address = still.html("/", "<p>text</p>")
    language = "en" if engine.name == "webkit" else "ko"
    with engine.page(Looks(width=640, height=700, language=language)) as page:
        page.open(address)
        assert page.run("[innerWidth, innerHeight]") == [640, 700]
        assert page.run("navigator.language").startswith(language)
        page.screenshot(tmp_path / "seen.png")
    assert (tmp_path / "seen.png").read_bytes().startswith(b"\x89PNG")


def test_its_processes_are_known(still: Still, engine: Engine) -> None:
    with engine.page() as page:
        page.open(still.html("/", "text"))
        assert len([pid for pid in engine.pids() if runs(pid)]) >= 3


def test_firefox_is_gone_when_it_is_quit() -> None:
    running = Firefox({"privacy.resistFingerprinting": True})
    pids = running.pids()
    with running.page() as page:
        assert page.chrome("return Services.prefs.getBoolPref('privacy.resistFingerprinting')") is True
    running.quit()
    assert len(pids) > 1
    assert not [pid for pid in pids if runs(pid)]
    assert not running.folder.exists()


@pytest.mark.parametrize("name", list(ENGINES))
def test_no_browser_outlives_killed_tests(name: str, tmp_path: Path) -> None:
    """As when ./amparo test is out of time: nobody is left who could end the browser."""
    code = (
        f"import time; from tests.browser.engines import ENGINES; engine = ENGINES[{name!r}]()\n"
        "with engine.page(): print(*engine.pids(), flush=True); time.sleep(100)"
    )
    environ = {**os.environ, "TMPDIR": str(tmp_path)}  # the profile, which nobody is left to delete
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True
    ) as tests:
        assert tests.stdout is not None
        pids = [int(pid) for pid in tests.stdout.readline().split()]
        tests.kill()
    assert len(pids) > 2
    until(lambda: not any(runs(pid) for pid in pids), f"{name} has ended", 10)


def test_chromium_tells_what_left_the_page_and_its_workers(still: Still, page: ChromiumPage) -> None:
    still.headers = STRICT
    address = still.html("/", "text", head='<script type="module" src="/ask.mjs"></script>')
    still.script(
        "/ask.mjs",
        "const policy = trustedTypes.createPolicy('still', {createScriptURL: (address) => address});"
        "const worker = new Worker(policy.createScriptURL('/worker.mjs'), {type: 'module'});"
        "worker.onmessage = () => { window.done = true; };",
    )
    still.script(
        "/worker.mjs", "fetch('/sent', {method: 'POST', body: new Uint8Array([0, 255, 1])}).then(() => postMessage(1));"
    )
    page.open(address)
    page.wait_until("window.done")
    assert [(request.method, request.url.removeprefix(still.url), request.body) for request in page.requests] == [
        ("GET", "/", None), ("GET", "/ask.mjs", None), ("GET", "/worker.mjs", None), ("POST", "/sent", b"\0\xff\1"),
    ]  # fmt: skip
    assert ("POST", "/sent", b"\0\xff\1") in still.asked
    assert page.complaints == []


def test_chromium_tells_what_the_policy_refused(still: Still, page: ChromiumPage) -> None:
    still.headers = STRICT
    page.open(still.html("/", '<script>window.bad = 1</script><img src="https://example.org/x.png" alt="">'))
    page.wait_until("document.readyState === 'complete'")
    assert page.run("window.bad") is None
    assert len([said for said in page.complaints if "Content Security Policy" in said]) >= 2


def test_chromium_reaches_no_other_machine(still: Still, page: ChromiumPage) -> None:
    page.open(still.html("/", "text"))
    with pytest.raises(PageFailed, match="Failed to fetch"):
        page.run("fetch('http://example.org/')")


def test_chromium_without_script_zoomed_and_calm(still: Still, chromium: Chromium) -> None:
    address = still.html("/", "<noscript>no script</noscript><p>text</p><script>window.ran = 1</script>")
    with chromium.page(Looks(script=False)) as page:
        page.open(address)
        assert page.text("noscript") == "no script"
        assert page.run("[document.readyState, window.ran ?? 0]") == ["complete", 0]
    with chromium.page(Looks(width=1280, zoom=2, calm=True, dark=True)) as page:
        page.open(address)
        assert page.run("[innerWidth, devicePixelRatio, window.ran]") == [640, 2, 1]
        for feature in ("(prefers-reduced-motion: reduce)", "(prefers-color-scheme: dark)"):
            assert page.run(f"matchMedia('{feature}').matches") is True, feature
