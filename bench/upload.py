"""Uploads: 1-megapixel JPEGs by POST /v1/match to a running service with 100,000 hashes banked, beside decoding and hashing alone.

The load comes from this machine too: its own share of the processors is told, so that one can see what the service had.
"""

import http.client
import io
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

import numpy as np
import pdqhash
from PIL import Image
from skimage import data

BANKED = 100_000
CONNECTIONS = 8
ROUNDS = 3
ROUND_S = 8.0
SIZE = (1_152, 868)  # 1.0 megapixel
QUALITY = 85
PORT_BASE = 18_800
TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def uploads() -> list[bytes]:
    """Photographs at 1 megapixel, each shifted a little so that none is another's file."""
    shipped = (data.astronaut(), data.chelsea(), data.coffee(), data.rocket())
    made = []
    for number in range(40):
        picture = Image.fromarray(shipped[number % len(shipped)])
        cut = picture.crop((number // 4, number // 4, picture.width - number // 4, picture.height))
        buffer = io.BytesIO()
        cut.resize(SIZE, Image.Resampling.LANCZOS).save(buffer, "JPEG", quality=QUALITY)
        made.append(buffer.getvalue())
    return made


def tree(pid: int) -> list[int]:
    """The process and all below it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += tree(int(child))
    return found


def cpu_s(pid: int) -> float:
    """Processor time of a process and those below it, ended ones too."""
    total = 0
    for each in tree(pid):
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        total += sum(map(int, fields[11:15]))
    return total * TICK_S


def amparo(folder: str, *words: str) -> list[str]:
    """A command's words."""
    return [sys.executable, "-m", "amparo", *words, "--data", folder]


def ask(key: str, files: list[bytes], until: float, first: int) -> list[float]:
    """One connection's uploads until then: seconds each took."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT_BASE, timeout=60)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "image/jpeg"}
    took = []
    number = first
    while time.monotonic() < until:
        begun = time.monotonic()
        connection.request("POST", "/v1/match", files[number % len(files)], headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200 or json.loads(body)["verdict"] not in {"match", "no_match"}:
            raise SystemExit(f"the service answered {answer.status}")
        took.append(time.monotonic() - begun)
        number += CONNECTIONS
    return took


def round_of(pid: int, key: str, files: list[bytes]) -> dict[str, float]:
    """One round of load: uploads/s, CPU ms an upload, the load's share, and how long an answer took."""
    begun, service, own = time.monotonic(), cpu_s(pid), time.process_time()
    until = begun + ROUND_S
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        shares = pool.map(lambda first: ask(key, files, until, first), range(CONNECTIONS))
        took = sorted(chain.from_iterable(shares))
    lapse, cores = time.monotonic() - begun, os.cpu_count() or 1
    return {
        "uploads_per_s": len(took) / lapse,
        "service_cpu_ms": (cpu_s(pid) - service) / len(took) * 1e3,
        "load_share": (time.process_time() - own) / (lapse * cores),
        "ms_p50": took[len(took) // 2] * 1e3,
        "ms_p99": took[int(len(took) * 0.99)] * 1e3,
    }


def alone(files: list[bytes]) -> float:
    """CPU ms for decoding by Pillow and hashing by pdqhash, as the reference does, with no service around it."""
    begun = time.process_time()
    for each in files:
        pdqhash.compute(np.asarray(Image.open(io.BytesIO(each)).convert("RGB")))
    return (time.process_time() - begun) / len(files) * 1e3


def fill(folder: str) -> tuple[str, float]:
    """A bank of random hashes and one upload in it; a key that may ask without end, and the rows/s of the import."""
    chance = np.random.default_rng(0)
    codes = chance.integers(0, 256, (BANKED, 32), dtype=np.uint8)
    rows = "".join(f'{{"kind":"pdq","value":"{code.tobytes().hex()}"}}\n' for code in codes)
    subprocess.run(amparo(folder, "bank", "new", "Bench"), check=True, capture_output=True)
    key = subprocess.run(
        amparo(folder, "key", "new", "bench", "--role", "admin", "--rate", "1000000"),
        check=True, capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip
    connection = http.client.HTTPConnection("127.0.0.1", PORT_BASE, timeout=600)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/jsonl"}
    begun = time.monotonic()
    connection.request("POST", "/v1/banks/Bench/import", rows.encode(), headers)
    answer = connection.getresponse().read().splitlines()
    lapse = time.monotonic() - begun
    if json.loads(answer[-1])["summary"]["added"] != BANKED:
        raise SystemExit("the list was not taken in whole")
    return key, BANKED / lapse


def main() -> None:
    """Print a line a round, medians, then one JSON line."""
    files = uploads()
    with tempfile.TemporaryDirectory() as folder:
        run = amparo(folder, "run", "--port-base", str(PORT_BASE))
        with subprocess.Popen(run, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as service:
            try:
                if not service.stdout or not service.stdout.readline().startswith("ready"):
                    raise SystemExit("the service did not start")
                key, rows_per_s = fill(folder)
                print(f"import over HTTP: {rows_per_s:,.0f} rows/s")
                round_of(service.pid, key, files)  # decoders start
                rounds, peer = [], []
                for _ in range(ROUNDS):
                    rounds.append(round_of(service.pid, key, files))
                    peer.append(alone(files))
                    told = {name: round(value, 2) for name, value in rounds[-1].items()}
                    print(told, f"Pillow and pdqhash alone: {peer[-1]:.1f} ms CPU a picture", flush=True)
            finally:
                service.send_signal(signal.SIGINT)
                service.wait(20)
    figures = {name: round(statistics.median(each[name] for each in rounds), 3) for name in rounds[0]}
    figures |= {"import_rows_per_s": round(rows_per_s), "pillow_and_pdqhash_cpu_ms": round(statistics.median(peer), 2)}
    print(json.dumps({"bench": "upload", "banked": BANKED, "cores": os.cpu_count(), **figures}))
