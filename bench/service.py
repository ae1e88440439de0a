"""A service of the benches' own: a data folder, `amparo run` over it with so many codes listed, on SQLite or PostgreSQL. Measures
processor time of all its processes and judges nothing.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from amparo.app.rooms import open_rooms, settings_of
from amparo.banks.model import BankPolicy, Listing
from amparo.terms.signal import Signal
from bench.upload import cpu_s
from tests.postgres import FAST, Server

BANK = "Bench"
LISTED_AT_ONCE = 20_000
STOP_S = 30
PORT_BASE = 18_900


@dataclass(frozen=True, slots=True)
class Service:
    """A running one. codes: what is listed, uint8[N, 32]."""

    process: "subprocess.Popen[str]"
    key: str
    codes: "np.typing.NDArray[np.uint8]"
    workers: int
    port: int = PORT_BASE

    def cpu_s(self) -> float:
        """Processor time of the supervisor, workers and decoders so far; PostgreSQL's is not in it."""
        return cpu_s(self.process.pid)


@contextlib.contextmanager
def serving(ledger: str, number: int, workers: int) -> Iterator[Service]:
    """A service that holds ``number`` random codes. ledger: "sqlite" or "postgresql"."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="amparo-bench-")))
        if ledger == "postgresql":
            server = Server(FAST)
            stack.callback(server.remove)
            server.start()
            os.environ["AMPARO_DATABASE_URL"] = server.url(server.new_database(), over_tcp=True)
            stack.callback(os.environ.pop, "AMPARO_DATABASE_URL")
        key, codes = _filled(folder, number)
        run = [sys.executable, "-m", "amparo", "run", "--data", str(folder), "--port-base", str(PORT_BASE)]
        process = subprocess.Popen(
            [*run, "--workers", str(workers)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        try:
            assert process.stdout is not None
            if not process.stdout.readline().startswith("ready"):
                raise SystemExit("the service did not start")
            yield Service(process, key, codes, workers)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(STOP_S)


def _filled(folder: Path, number: int) -> "tuple[str, np.typing.NDArray[np.uint8]]":
    """Listed by the banks room itself, as an import does it; only HTTP is left out. The key asks without end."""
    codes = np.random.default_rng(2026).integers(0, 256, (number, 32), dtype=np.uint8)
    rooms = open_rooms(settings_of(folder))
    try:
        rooms.banks.new_bank(BANK, BankPolicy())
        for first in range(0, number, LISTED_AT_ONCE):
            part = codes[first : first + LISTED_AT_ONCE]
            listings = [Listing((Signal("pdq", code.tobytes(), 100),), str(first + at)) for at, code in enumerate(part)]
            rooms.banks.list_contents(BANK, "bench", listings)
        _, key = rooms.access.new_key("bench", "admin", rate_per_s=1_000_000)
    finally:
        rooms.close()
    return key, codes
