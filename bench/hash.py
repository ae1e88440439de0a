"""PDQ: the C kernel's variants and numpy against the pdqhash package, by process CPU time, in turns within one run."""

import json
import statistics
import time
from collections.abc import Callable

import numpy as np
import pdqhash
from PIL import Image
from skimage import data

from amparo import hashing
from amparo.hashing.kind import Pixels
from amparo.hashing.pdq_kernel import kernels

MEGAPIXELS = (1, 2, 4, 8, 12)
ROUNDS = 5
REFERENCE = "pdqhash"


def photographs(megapixels: int) -> list[Pixels]:
    """Photographs that scikit-image ships, 4:3, resized to that many million pixels."""
    height = round((megapixels * 1e6 * 3 / 4) ** 0.5)
    size = (round(height * 4 / 3), height)
    shipped = (data.astronaut(), data.chelsea(), data.coffee())
    return [np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS)) for picture in shipped]


def reference(pixels: Pixels) -> hashing.Hashed:
    """What pdqhash says, in our terms."""
    bits, quality = pdqhash.compute(pixels)
    return hashing.Hashed(np.packbits(bits.astype(np.uint8)).tobytes(), int(quality))


def cpu_ms(compute: Callable[[Pixels], hashing.Hashed], pixels: Pixels) -> float:
    """Milliseconds of this process's CPU time for one call."""
    started = time.process_time()
    compute(pixels)
    return (time.process_time() - started) * 1e3


def medians(megapixels: int, sides: dict[str, Callable[[Pixels], hashing.Hashed]]) -> dict[str, float]:
    """Median milliseconds by side; each round takes every side in turn on every photograph."""
    pictures = photographs(megapixels)
    for pixels in pictures:
        if len({compute(pixels) for compute in sides.values()}) != 1:
            raise SystemExit("the kernels do not agree; run ./amparo test")
    spent: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(ROUNDS):
        for pixels in pictures:
            for name, compute in sides.items():
                spent[name].append(cpu_ms(compute, pixels))
    return {name: statistics.median(times) for name, times in spent.items()}


def main() -> None:
    """Print a table of milliseconds and ratios, then one JSON line."""
    sides = {REFERENCE: reference, **kernels()}
    print(f"CPU time in ms, median of {ROUNDS} rounds of 3 photographs; in brackets how many times as fast as pdqhash")
    print("MP".rjust(3), *(name.rjust(18) for name in sides))
    rows = {}
    for megapixels in MEGAPIXELS:
        row = rows[megapixels] = medians(megapixels, sides)
        cells = [f"{ms:9.2f} ({row[REFERENCE] / ms:5.1f})" for ms in row.values()]
        print(str(megapixels).rjust(3), *(cell.rjust(18) for cell in cells))
    ratios = {name: statistics.median(row[REFERENCE] / row[name] for row in rows.values()) for name in sides}
    figures = {
        "bench": "hash",
        "kernel": hashing.kernel(),
        "median_ratio": round(ratios[hashing.kernel()], 2),
        "median_ratios": {name: round(ratio, 2) for name, ratio in ratios.items()},
        "ms": {str(mp): {name: round(ms, 3) for name, ms in row.items()} for mp, row in rows.items()},
    }
    print(json.dumps(figures))
