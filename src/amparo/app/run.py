"""`amparo run`: starts the API workers and the background worker, keeps them running, stops them cleanly. Serves nothing itself."""

import contextlib
import fcntl
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from amparo.app.rooms import open_rooms, settings_of
from amparo.app.settings import child_environment
from amparo.errors import Conflict, Unavailable

STOP_S = 8.0
READY_S = 60.0
PAUSE_S_MAX = 10.0
METRICS_PORT = 3  # after the first


@dataclass(slots=True)
class _Child:
    """One process to be kept running. word: the file in which it says that it is ready."""

    command: list[str]
    word: Path
    process: subprocess.Popen[bytes] | None = None
    restarts: int = 0
    start_after: float = field(default=0.0)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run. port_base: the API's port, the others count from it."""

    data: Path | None
    host: str = "127.0.0.1"
    port_base: int = 8800
    workers: int = 0


def run(plan: Plan) -> None:
    """Serve until SIGINT or SIGTERM. Raises: Conflict (already_running), Unavailable (port_taken, not_ready)."""
    settings = settings_of(plan.data)
    rooms = open_rooms(settings)
    data = rooms.data
    rooms.close()
    with _only_one(data / "run" / "lock"):
        for port in (plan.port_base, plan.port_base + METRICS_PORT):
            _check_free(plan.host, port)
        stop_reader, stop_writer = os.pipe()
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: os.write(stop_writer, b"."))
        watch_reader, watch_writer = os.pipe()  # children see its end when this process is gone
        children = _children(plan, data, watch_reader)
        environ = child_environment(data)
        try:
            _keep_running(children, environ, watch_reader, stop_reader, _ready_line(plan))
        finally:
            os.close(watch_writer)
            _stop(children)


def _children(plan: Plan, data: Path, watch_fd: int) -> list[_Child]:
    number_of_workers = plan.workers or os.cpu_count() or 1
    common = ["--data", str(data), "--watch-fd", str(watch_fd)]
    children = []
    for number in range(number_of_workers):
        own = ["--host", plan.host, "--port", str(plan.port_base), "--number", str(number)]
        command = [sys.executable, "-m", "amparo.app.api", *common, *own]
        children.append(_Child(command, data / "run" / f"api-{number}.json"))
    metrics = ["--metrics-port", str(plan.port_base + METRICS_PORT)]
    children.append(
        _Child([sys.executable, "-m", "amparo.app.worker", *common, *metrics], data / "run" / "worker.json")
    )
    return children


def _ready_line(plan: Plan) -> str:
    host = "localhost" if plan.host in {"127.0.0.1", "::1"} else plan.host
    return f"ready api=http://{host}:{plan.port_base}"


def _keep_running(
    children: list[_Child], environ: dict[str, str], watch_fd: int, stop_fd: int, ready_line: str
) -> None:
    begun, told = time.monotonic(), False
    for child in children:
        child.word.unlink(missing_ok=True)
    while True:
        for child in children:
            _start_if_down(child, environ, watch_fd)
        if not told and all(map(_is_ready, children)):
            print(ready_line, flush=True)  # noqa: T201  # contract §1
            told = True
        if not told and time.monotonic() - begun > READY_S:
            raise Unavailable(
                "not_ready", "the service did not get ready in a minute", "Read the lines above; run `amparo doctor`."
            )
        if select.select([stop_fd], [], [], 0.1)[0]:
            return


def _start_if_down(child: _Child, environ: dict[str, str], watch_fd: int) -> None:
    now = time.monotonic()
    if child.process is not None and child.process.poll() is None:
        return
    if child.process is not None:
        child.process = None
        child.restarts += 1
        child.start_after = now + min(PAUSE_S_MAX, 0.1 * 2 ** min(child.restarts, 10))
        child.word.unlink(missing_ok=True)
    if now >= child.start_after:
        child.process = subprocess.Popen(  # noqa: S603  # our own program, arguments checked
            child.command, env=environ, pass_fds=(watch_fd,), stdin=subprocess.DEVNULL, start_new_session=True
        )


def _is_ready(child: _Child) -> bool:
    try:
        word = json.loads(child.word.read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(word, dict) and word.get("state") == "ready"


def _stop(children: list[_Child]) -> None:
    running = [child.process for child in children if child.process is not None and child.process.poll() is None]
    for process in running:
        process.send_signal(signal.SIGTERM)
    until = time.monotonic() + STOP_S
    for process in running:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0.1, until - time.monotonic()))
        if process.poll() is None:
            process.kill()
            process.wait()


def _check_free(host: str, port: int) -> None:
    # without SO_REUSEPORT: it fails when anybody else listens there
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Unavailable(
                "port_taken", f"port {port} of {host} cannot be used", "Stop what uses it, or take another --port-base."
            ) from error


@contextlib.contextmanager
def _only_one(path: Path) -> Iterator[None]:
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise Conflict(
            "already_running", "another Amparo runs on this data folder", "Stop it first, or take another --data."
        ) from error
    finally:
        os.close(fd)
