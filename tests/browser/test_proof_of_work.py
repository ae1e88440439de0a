"""The worker that looks for a nonce, in each engine: what it finds is a proof for portal/work.py, and it is found soon."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from amparo.portal.settings import LimitSettings
from amparo.portal.work import Work
from tests.browser.engines import Page
from tests.browser.still import STRICT, Still
from tests.conftest import SetClock

SRC = Path(__file__).parents[2] / "src/amparo"
ASK = """
const policy = self.trustedTypes?.createPolicy('still', {createScriptURL: (address) => address}) ?? {createScriptURL: String};
window.solve = (question, bits) => new Promise((done, failed) => {
  const worker = new Worker(policy.createScriptURL('/work-worker.js'), {type: 'module'});
  worker.onmessage = ({data}) => done(data);
  worker.onerror = () => failed(new Error('the worker failed'));
  worker.postMessage({question, bits});
});
"""


@pytest.fixture
def address(still: Still) -> str:
    still.folders = [SRC / "portal/static", SRC / "web/static"]
    for name in ("sha256.js", "blocks.js"):
        still.script(f"/kinds/{name}", (SRC / "hashing/kinds" / name).read_text())
    still.headers = STRICT
    still.script("/ask.js", ASK)
    return still.html("/", "<main></main>", head='<script src="/ask.js"></script>')


def test_what_the_browser_finds_is_a_proof(address: str, any_page: Page) -> None:
    work = Work(LimitSettings(), SetClock(datetime(2026, 11, 27, tzinfo=UTC)), b"k" * 32)
    any_page.open(address)
    for number in range(4):
        question = work.question("guess", bytes([number] * 8))
        began = time.monotonic()
        answer = any_page.run(f"solve('{question}', {work.bits})")
        assert work.proved("guess", answer)
        assert time.monotonic() - began < 30, "not even on a busy machine"
        assert not work.proved("guess", answer)
