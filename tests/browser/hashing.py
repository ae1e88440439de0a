"""The portal's hashing modules on a page of their own, under the portal's policy, in any engine. Not a test."""

import json
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any

from amparo.media.child import read_file
from amparo.media.settings import MediaSettings
from amparo.terms.signal import IDENTITY
from tests.browser.page import Page
from tests.browser.still import STRICT, Still

KINDS = ("blocks", "md5", "pdq", "sha256")
POLICY = {**STRICT, "Content-Security-Policy": STRICT["Content-Security-Policy"].replace("types still", "types page")}
LIMIT_S = 240
SCRIPT = """
import { hashFiles, prepare } from '/static/files.js';
window.progress = [];
window.begin = () => {
  const pick = document.querySelector('#pick');
  window.stop = new AbortController();
  window.told = [];
  window.all = null;
  window.run = hashFiles(pick.files, {
    onProgress: (one) => window.progress.push(one),
    onFile: (one) => window.told.push(one),
    signal: window.stop.signal,
  });
  window.run.done.then((all) => { window.all = all; }, (error) => { window.all = String(error); });
  pick.value = '';
};
prepare();
window.ready = true;
"""


def serve(still: Still) -> str:
    """Put the page and the modules there; its address."""
    still.headers = POLICY
    still.folders = [Path(str(files("amparo.web")))]
    for name in KINDS:
        still.script(f"/static/kinds/{name}.js", (files("amparo.hashing.kinds") / f"{name}.js").read_text())
    still.script("/page.js", SCRIPT)
    return still.html("/", '<input id="pick" type="file" multiple>', '<script type="module" src="/page.js"></script>')


def written(folder: Path, made: Iterable[tuple[str, bytes]]) -> list[Path]:
    """Files of those names there."""
    paths = []
    for name, data in made:
        path = folder / name
        path.write_bytes(data)
        paths.append(path)
    return paths


def begin(page: Page, paths: Iterable[Path]) -> None:
    """Choose the files and start."""
    page.wait_until("window.ready")
    page.files("#pick", paths)
    page.run("window.begin()")


def outcomes(page: Page, limit_s: float = LIMIT_S) -> list[dict[str, Any]]:
    """What became of each file, once all are done."""
    page.wait_until("window.all !== null", limit_s)
    told = page.run("JSON.stringify(window.all)")
    all_told = json.loads(told)
    assert isinstance(all_told, list), all_told
    return all_told


def server_hashes(data: bytes) -> dict[str, tuple[str, int | None]]:
    """Kind to value and quality, of the picture as it is, as the service's decoder makes them."""
    reading = read_file(data, MediaSettings(pixels_max=150_000_000))
    return {one.kind: (one.code.hex(), one.quality) for one in reading.signals if one.view == IDENTITY}
