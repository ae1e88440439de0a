"""The service as its users start it: real processes, what they load, a real socket, a killed worker, a clean stop."""

import io
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from PIL import Image
from skimage import data

from tests.e2e.running import Service, family, started

pytestmark = pytest.mark.enable_socket
START_S = 60


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with started(tmp_path, "--workers", "2") as running:
        running.ready_line()
        yield running


def test_every_worker_knows_at_once_and_a_killed_one_comes_back(service: Service) -> None:
    admin = service.key("admin")
    picture, copy = io.BytesIO(), io.BytesIO()
    Image.fromarray(data.chelsea()).save(picture, "PNG")
    Image.fromarray(data.chelsea()).resize((350, 230)).save(copy, "JPEG", quality=70)
    httpx.post(f"{service.url}/v1/banks", json={"name": "Demo"}, headers=admin).raise_for_status()
    listed = httpx.post(f"{service.url}/v1/banks/Demo/contents", files={"file": picture.getvalue()}, headers=admin)
    content_id = listed.raise_for_status().json()["content_id"]
    assert ask_all(service, admin, copy.getvalue(), workers=2) == {"match"}
    assert [
        words for pid, words in family(service.folder).items() if pid != service.process.pid and has_decoder(pid)
    ] == []
    assert any(map(has_decoder, descendants(service.process.pid))), "a picture was read, so a child process has one"
    httpx.delete(f"{service.url}/v1/banks/Demo/contents/{content_id}", headers=admin).raise_for_status()
    assert ask_all(service, admin, copy.getvalue(), workers=2) == {"no_match"}

    named = httpx.get(f"{service.url}/livez").headers["amparo-worker"]
    os.kill(int(named.rpartition("-")[2]), signal.SIGKILL)
    assert ask_all(service, admin, copy.getvalue(), workers=2, but=named) == {"no_match"}
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(60) == 0


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


def has_decoder(pid: int) -> bool:
    """Whether a library that decodes media is loaded there."""
    return any(name in Path(f"/proc/{pid}/maps").read_text() for name in ("/PIL/", "/av/", "pi_heif"))


def descendants(pid: int) -> list[int]:
    """The processes below one, at any depth."""
    return [child.pid for child in psutil.Process(pid).children(recursive=True)]
