"""Keeps child processes running: starts, watches, starts again, stops. Knows nothing of what they serve."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog
from prometheus_client import multiprocess

from amparo.app.word import FAILED, READY, Word, heard

STOP_S = 7.0
PAUSE_S_MAX = 10.0
HEALTHY_S = 30.0
STDERR = 2


@dataclass(slots=True)
class Child:
    """One process to be kept running. word: the file in which it says that it is ready. withheld: variables it is not given."""

    name: str
    command: Sequence[str]
    word: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    withheld: frozenset[str] = frozenset()
    start_after: float = 0.0
    deaths: int = 0

    def is_ready(self) -> bool:
        """Whether this very process, and not one before it, has said so."""
        word = heard(self.word)
        return word is not None and self.process is not None and (word.pid, word.state) == (self.process.pid, READY)


@dataclass(frozen=True, slots=True)
class Inheritance:
    """What every child is given. fds: open files it keeps. metrics: the folder in which processes count."""

    environ: dict[str, str]
    fds: tuple[int, ...]
    metrics: Path


def start_if_down(child: Child, given: Inheritance) -> Word | None:
    """Start ``child`` unless it runs or has to wait; the word it left when it is found dead by an error of ours."""
    now = time.monotonic()
    failed = None
    if child.process is not None:
        if child.process.poll() is None:
            return None
        failed = _bury(child, given, now)
    if now >= child.start_after:
        child.word.unlink(missing_ok=True)
        child.started_at = now
        environ = {name: value for name, value in given.environ.items() if name not in child.withheld}
        child.process = subprocess.Popen(  # noqa: S603  # our own program, arguments checked
            child.command, env=environ, pass_fds=given.fds, stdin=subprocess.DEVNULL, stdout=STDERR,
            start_new_session=True,
        )  # fmt: skip
    return failed


def _bury(child: Child, given: Inheritance, now: float) -> Word | None:
    """Log how it ended, and say when it starts again: at once, or later the more often it died soon after its start."""
    assert child.process is not None
    pid, status = child.process.pid, child.process.returncode
    how = {"exit_status": status} if status >= 0 else {"signal": signal.Signals(-status).name}
    child.deaths = 1 if now - child.started_at >= HEALTHY_S else child.deaths + 1
    pause_s = min(PAUSE_S_MAX, 0.1 * 2 ** min(child.deaths - 1, 10))
    structlog.get_logger().error("child ended", child=child.name, pid=pid, again_in_s=pause_s, **how)
    multiprocess.mark_process_dead(pid, str(given.metrics))  # type: ignore[no-untyped-call]
    child.process, child.start_after = None, now + pause_s
    word = heard(child.word)
    return word if word is not None and (word.pid, word.state) == (pid, FAILED) else None


def stop(children: Sequence[Child]) -> None:
    """End them all: SIGTERM, and SIGKILL to what is left after STOP_S."""
    running = [child for child in children if child.process is not None and child.process.poll() is None]
    for child in running:
        _signal(child, signal.SIGTERM)
    until = time.monotonic() + STOP_S
    for child in running:
        assert child.process is not None
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.process.wait(max(0.1, until - time.monotonic()))
        if child.process.poll() is None:
            structlog.get_logger().warning("child killed", child=child.name, pid=child.process.pid)
            _signal(child, signal.SIGKILL)
            child.process.wait()


def _signal(child: Child, number: signal.Signals) -> None:
    assert child.process is not None
    with contextlib.suppress(ProcessLookupError):
        os.kill(child.process.pid, number)
