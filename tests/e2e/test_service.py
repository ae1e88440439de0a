"""The service as its users start it: real processes, a real socket, a killed worker, a clean stop."""

import io
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from PIL import Image
from skimage import data

pytestmark = pytest.mark.enable_socket
START_S = 60


@dataclass
class Service:
    process: subprocess.Popen
    url: str
    folder: Path

    def command(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "amparo", *words, "--data", str(self.folder)],
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def key(self, role: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.command('key', 'new', role, '--role', role)}"}


def free_ports() -> int:
    """A base whose API and metrics ports are free."""
    for base in range(20_000 + os.getpid() % 20_000, 60_000, 10):
        with socket.socket() as one, socket.socket() as other:
            try:
                one.bind(("127.0.0.1", base))
                other.bind(("127.0.0.1", base + 3))
            except OSError:
                continue
            return base
    raise AssertionError("no free port")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    base = free_ports()
    command = [
        sys.executable,
        "-m",
        "amparo",
        "run",
        "--data",
        str(tmp_path / "var"),
        "--port-base",
        str(base),
        "--workers",
        "2",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == f"ready api=http://localhost:{base}"
            yield Service(process, f"http://127.0.0.1:{base}", tmp_path / "var")
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.wait(15)


def test_every_worker_knows_at_once_and_a_killed_one_comes_back(service: Service) -> None:
    admin = service.key("admin")
    picture, copy = io.BytesIO(), io.BytesIO()
    Image.fromarray(data.chelsea()).save(picture, "PNG")
    Image.fromarray(data.chelsea()).resize((350, 230)).save(copy, "JPEG", quality=70)
    httpx.post(f"{service.url}/v1/banks", json={"name": "Demo"}, headers=admin).raise_for_status()
    listed = httpx.post(f"{service.url}/v1/banks/Demo/contents", files={"file": picture.getvalue()}, headers=admin)
    content_id = listed.raise_for_status().json()["content_id"]
    assert ask_all(service, admin, copy.getvalue(), workers=2) == {"match"}
    httpx.delete(f"{service.url}/v1/banks/Demo/contents/{content_id}", headers=admin).raise_for_status()
    assert ask_all(service, admin, copy.getvalue(), workers=2) == {"no_match"}

    named = httpx.get(f"{service.url}/livez").headers["amparo-worker"]
    os.kill(int(named.rpartition("-")[2]), signal.SIGKILL)
    assert ask_all(service, admin, copy.getvalue(), workers=2, but=named) == {"no_match"}
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(10) == 0


def ask_all(service: Service, key: dict[str, str], body: bytes, *, workers: int, but: str = "") -> set[str]:
    """The verdicts of every worker (none of them ``but``), asked until all have answered."""
    seen: dict[str, str] = {}
    until = time.monotonic() + START_S
    while len(seen) < workers:
        assert time.monotonic() < until, f"only {sorted(seen)} answered"
        try:
            answer = httpx.post(f"{service.url}/v1/match", content=body, headers=key)
        except httpx.TransportError:
            continue  # its worker was just killed
        worker = answer.headers["amparo-worker"]
        if worker != but:
            seen[worker] = answer.raise_for_status().json()["verdict"]
    return set(seen.values())


def test_a_second_service_on_the_same_folder_is_refused(service: Service) -> None:
    command = [sys.executable, "-m", "amparo", "run", "--data", str(service.folder), "--port-base", str(free_ports())]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2
    assert "another Amparo runs" in done.stderr
