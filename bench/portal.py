"""What hashing costs on the person's own device, in each browser: time of a 12-megapixel photo, free and with the browser held to a
quarter of a core, and processor time of all its processes; memory of a 48-megapixel photo over decoding alone; megabytes a second of
digests. Judges nothing.

A browser is started anew for each figure. Held: all its processes together, moved in after the page has loaded (tests/browser/slow.py).
Memory: the peak of the proportional share (PSS) of all its processes over what they held before, every 20 ms.
"""

import contextlib
import json
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.browser import hashing
from tests.browser.engines import ENGINES, Engine, Page
from tests.browser.picture_files import big
from tests.browser.slow import slow, why_not
from tests.browser.still import Still

ROUNDS = 3
PHOTO_MP, LARGE_MP = 12, 48
QUARTER = 25
SAMPLE_S = 0.02
SETTLE_S = 2.0
LIMIT_S = 120
VIDEO_BYTES = 200_000_000
DECODE = """(async () => {
  const file = document.querySelector('#pick').files[0];
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: 'none', premultiplyAlpha: 'none' });
  const sides = [bitmap.width, bitmap.height];
  bitmap.close();
  return sides.length;
})()"""


@dataclass
class Peak:
    """The most that the processes held together, in bytes, over what they held at first."""

    pids: list[int]
    before: int = 0
    most: int = 0
    _ended: threading.Event = field(default_factory=threading.Event)

    @contextlib.contextmanager
    def watched(self) -> Iterator["Peak"]:
        """Samples until the block ends."""
        self.before = self.most = pss(self.pids)
        watching = threading.Thread(target=self._watch)
        watching.start()
        try:
            yield self
        finally:
            self._ended.set()
            watching.join()

    def _watch(self) -> None:
        while not self._ended.wait(SAMPLE_S):
            self.most = max(self.most, pss(self.pids))

    @property
    def mb(self) -> float:
        """Million bytes."""
        return (self.most - self.before) / 1e6


def pss(pids: list[int]) -> int:
    """Proportional share of memory of all of them, in bytes; what has ended holds nothing."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total += next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total


@contextlib.contextmanager
def loaded(name: str, path: Path) -> Iterator[tuple[Engine, Page]]:
    """A new browser with the page loaded and the file chosen."""
    with Still() as still:
        url = hashing.serve(still)
        engine = ENGINES[name]()
        try:
            with engine.page() as page:
                page.open(url)
                page.wait_until("window.ready")
                page.files("#pick", [path])
                yield engine, page
        finally:
            engine.quit()


def hashed_ms(page: Page, outcome: str = "hashed") -> float:
    """Milliseconds of the page's own clock from the choice until the outcome is there."""
    told = page.run(
        "(async () => { const from = performance.now(); window.begin(); const [one] = await window.run.done;"
        " return [one.outcome, performance.now() - from]; })()"
    )
    if told[0] != outcome:
        raise SystemExit(f"the photo was not hashed: {told[0]}")
    return float(told[1])


def median_of(measure: Callable[[], float]) -> float:
    """Median of the rounds."""
    return statistics.median(measure() for _ in range(ROUNDS))


def time_ms(name: str, path: Path, percent: int | None) -> float:
    """The first photo of a new browser, held to ``percent`` of a core where one is given."""
    with loaded(name, path) as (engine, page):
        time.sleep(SETTLE_S)  # the worker starts with the page
        with slow(engine, percent) if percent else contextlib.nullcontext():
            return hashed_ms(page)


def cpu_ms(name: str, path: Path) -> float:
    """Processor time of all processes of a new browser for its first photo: what other work on the machine changes least."""
    with loaded(name, path) as (engine, page):
        time.sleep(SETTLE_S)
        pids = engine.pids()
        before = spent_ms(pids)
        hashed_ms(page)
        return spent_ms(pids) - before


def spent_ms(pids: list[int]) -> float:
    """User and system time of all of them so far."""
    ticks = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks * 1000 / os.sysconf("SC_CLK_TCK")


def memory_mb(name: str, path: Path, work: Callable[[Page], object]) -> float:
    """The peak while ``work`` is done."""
    with loaded(name, path) as (engine, page):
        time.sleep(SETTLE_S)
        with Peak(engine.pids()).watched() as peak:
            work(page)
        return peak.mb


def digests_mb_per_s(name: str, path: Path) -> float:
    """MD5 and SHA-256 together, over a large file that is no video a decoder could read."""
    with loaded(name, path) as (_, page):
        return VIDEO_BYTES / 1e3 / hashed_ms(page, "digests_only")


def figures_of(name: str, photo: Path, large: Path, long: Path) -> dict[str, float | None]:
    """All figures of one browser; None where it cannot be held."""
    may_hold = not why_not() and name != "webkit"
    decode = median_of(lambda: memory_mb(name, large, lambda page: page.run(DECODE)))
    whole = median_of(lambda: memory_mb(name, large, hashed_ms))
    return {
        "free_ms": round(median_of(lambda: time_ms(name, photo, None))),
        "cpu_ms": round(median_of(lambda: cpu_ms(name, photo))),
        "quarter_core_ms": round(median_of(lambda: time_ms(name, photo, QUARTER))) if may_hold else None,
        "decode_mb": round(decode),
        "hash_mb": round(whole),
        "over_decode_mb": round(whole - decode),
        "digests_mb_per_s": round(median_of(lambda: digests_mb_per_s(name, long))),
    }


def main() -> None:
    """Print a table, then one JSON line."""
    if reason := why_not():
        print(f"not held to a quarter of a core: {reason}")
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        photo, large, long = (Path(folder, name) for name in ("photo", "large", "long"))
        photo.write_bytes(big(PHOTO_MP))
        large.write_bytes(big(LARGE_MP))
        long.write_bytes(b"FLV\x01" + bytes(VIDEO_BYTES - 4))
        print(
            f"{PHOTO_MP} MP: {photo.stat().st_size / 1e6:.1f} MB. {LARGE_MP} MP: {large.stat().st_size / 1e6:.1f} MB."
        )
        print("browser   12 MP ms  CPU ms  quarter core ms   48 MP decoded MB  hashed MB  over it MB   digests MB/s")
        for name in ENGINES:
            row = rows[name] = figures_of(name, photo, large, long)
            cells = ["-" if value is None else str(value) for value in row.values()]
            widths = (8, 8, 17, 19, 11, 12, 15)
            print(name.ljust(10) + "".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True)))
    print(json.dumps({"bench": "portal", "browsers": rows}))
