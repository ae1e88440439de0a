"""What ./amparo bundles loads in every engine under the strict policy, and gives what we take of it."""

from pathlib import Path

from tests.browser.page import Page
from tests.browser.still import STRICT, Still

STATIC = Path(__file__).parents[2] / "src" / "amparo" / "web" / "static"
TAKEN = [
    "BlobSource", "EncodedPacketSink", "Input", "MATROSKA", "MP4", "MPEG_TS", "QTFF", "VideoSampleSink", "WEBM",
]  # fmt: skip
# Not a video: the reader says so, which takes its whole way in.
READ = """
import { BlobSource, Input, MP4, QTFF, WEBM } from "./vendor/mediabunny.js";
window.took = Object.keys(await import("./vendor/mediabunny.js")).sort();
const input = new Input({ source: new BlobSource(new Blob(["no video"])), formats: [MP4, QTFF, WEBM] });
window.reads = await input.canRead();
"""


def test_mediabunny_loads_and_reads(still: Still, any_page: Page) -> None:
    assert (STATIC / "vendor" / "mediabunny.js").exists(), "./amparo test bundles it"
    still.headers = STRICT
    still.folders = [STATIC]
    still.script("/read.mjs", READ)
    any_page.open(still.html("/", "text", head='<script type="module" src="/read.mjs"></script>'))
    any_page.wait_until("window.reads !== undefined")
    assert any_page.run("window.reads") is False
    assert any_page.run("window.took") == TAKEN
