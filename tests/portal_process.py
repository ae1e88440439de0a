"""A process with pages by itself, the portal over an intake of its own or the console, as the supervisor starts it. Tests nothing itself."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from amparo.app.intake import prepare_intake
from amparo.app.portal import ELSEWHERE, SECTIONS
from amparo.app.settings import read
from tests.ledgers import LEDGERS


def folder_of(tmp_path: Path) -> Path:
    """A data folder as the supervisor prepares it."""
    for name in ("run", "secrets"):
        (tmp_path / name).mkdir(mode=0o700)
    given = {**environ(tmp_path), "AMPARO_DESK_PASSPHRASE": "six words for the desk's own key"}
    prepare_intake(read(tmp_path, given, SECTIONS, elsewhere=ELSEWHERE))
    return tmp_path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environ(folder: Path, **more: str) -> dict[str, str]:
    named = {"AMPARO_INTAKE_DATABASE_URL": LEDGERS.intake_url(folder)} if LEDGERS.is_postgres else {}
    return {"PATH": os.environ["PATH"], **named, **more}


@contextmanager
def running(folder: Path, port: int, name: str = "portal", **more: str) -> Iterator[subprocess.Popen[str]]:
    """name: ``portal`` or ``console``. more: variables it is given."""
    command = [sys.executable, "-m", f"amparo.app.{name}", "--data", str(folder), "--port", str(port)]
    process = subprocess.Popen(
        command, env=environ(folder, **more), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        until = time.monotonic() + 30
        while not (folder / "run" / f"{name}.json").exists() and process.poll() is None:
            assert time.monotonic() < until, "not ready in 30 s"
            time.sleep(0.05)
        yield process
    finally:
        process.kill()
        process.wait()


def ended(process: subprocess.Popen[str], how: int = signal.SIGTERM) -> tuple[int, str, float]:
    """Exit status, all it said, seconds it took."""
    begun = time.monotonic()
    process.send_signal(how)
    out, err = process.communicate(timeout=15)
    return process.returncode, out + err, time.monotonic() - begun
