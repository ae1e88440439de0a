"""Ends a child process when its parent is gone, however it went. Knows nothing of what either does."""

import contextlib
import ctypes
import os
import resource
import signal
import sys
import threading
import time

PR_SET_PDEATHSIG = 1
GRACE_S = 6.0


def die_with_parent(watch_fd: int | None) -> None:
    """End this process when the parent dies: SIGTERM, and SIGKILL where that has not ended it after GRACE_S.

    watch_fd: the reading end of a pipe whose other end the parent alone holds.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if watch_fd is not None:
        threading.Thread(target=_watch, args=(watch_fd,), daemon=True).start()


def _watch(fd: int) -> None:
    os.read(fd, 1)  # returns when the last writing end is closed
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_S)
    os.kill(os.getpid(), signal.SIGKILL)


def leave_no_core() -> None:
    """However this process dies, the system writes none of its memory to a disk: it may hold a file that is being read."""
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
