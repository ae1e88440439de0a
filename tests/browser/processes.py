"""Starts a browser's program so that nothing of it is left: neither when its test ends nor when the tests are killed."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

import psutil

WITH_PARENT = ("setpriv", "--pdeathsig", "KILL")  # util-linux; it becomes the program, so the pid is the program's
GRACE_S = 5.0


def start(command: list[str], log: Path, **more: object) -> subprocess.Popen[bytes]:
    """In a process group of its own; killed when this process dies. log: where it talks to."""
    with log.open("ab") as out:
        return subprocess.Popen(
            [*WITH_PARENT, *command], stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, **more,
        )  # fmt: skip


def end(process: subprocess.Popen[bytes]) -> None:
    """End it and all of its group and below it: kindly, then not."""
    family = tree(process.pid)
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        until = time.monotonic() + GRACE_S
        while time.monotonic() < until and (process.poll() is None or any(runs(pid) for pid in family)):
            time.sleep(0.02)


def tree(pid: int) -> list[int]:
    """The process and all below it."""
    try:
        top = psutil.Process(pid)
        return [pid, *(child.pid for child in top.children(recursive=True))]
    except psutil.NoSuchProcess:
        return []


def runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
