"""A browser that is held down is slow, in its workers too, and free again behind."""

import contextlib
import re
import time

import psutil
import pytest

from tests.browser.engines import Engine, Page
from tests.browser.slow import hierarchy, slow, why_not
from tests.browser.still import Still

TOIL = "onmessage = () => { let sum = 0; for (let n = 0; n < 300e6; n++) sum += n % 7; postMessage(sum); };"
WORK = "new Promise((done) => { worker.onmessage = () => done(true); worker.postMessage(1); })"
PERCENT = 25
SLACK = 1.3  # a period of the quota may be run over at either end


@pytest.mark.parametrize("name", ["chromium", "firefox"])
def test_a_worker_is_slowed_and_let_go(name: str, request: pytest.FixtureRequest, still: Still) -> None:
    """Not its speed is measured: others work on this machine too."""
    reason = why_not()
    if reason:
        pytest.skip(f"no browser can be held to a share of a core here: {reason}")
    engine: Engine = request.getfixturevalue(name)
    still.script("/worker.js", TOIL)
    with engine.page() as page:
        page.open(still.html("/", "text"))
        page.run("void (window.worker = new Worker('/worker.js'))")
        with slow(engine, PERCENT) as group:
            held = share_of_core(engine, page)
            stopped = re.search(r"nr_throttled (\d+)", (group / "cpu.stat").read_text())
        assert held < SLACK * PERCENT / 100
        assert stopped is not None
        assert int(stopped[1]) > 5, "it never ran into the quota"
    here = hierarchy()
    assert here is not None
    assert not list(here.top.glob("amparo-slow-*"))


def share_of_core(engine: Engine, page: Page) -> float:
    """What all processes of the browser got of one core while its worker toiled."""
    began, before = time.monotonic(), used_s(engine)
    page.run(WORK)
    return (used_s(engine) - before) / (time.monotonic() - began)


def used_s(engine: Engine) -> float:
    times = []
    for pid in engine.pids():
        with contextlib.suppress(psutil.NoSuchProcess):
            times.append(psutil.Process(pid).cpu_times())
    return sum(one.user + one.system for one in times)
