"""A thread that writes what is put to it, in groups, moments later. Knows no file: it is told how to write.

Whoever puts something waits for nobody: not for a disk, not for a lock, not for a network that the folder may lie behind.
"""

import contextlib
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")
PAUSE_S = 0.05
"""Between two groups: waking a thread for each upload would cost more than writing it."""


class Writer(Generic[T]):
    """Started by the first thing that is put; ends with the process."""

    def __init__(self, write: Callable[[list[T]], None], waiting_max: int) -> None:
        """write: must not raise. waiting_max: how many may wait."""
        self._write = write
        self._waiting_max = waiting_max
        self._waiting: SimpleQueue[T | threading.Event] = SimpleQueue()
        self._hurry = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def put(self, one: T) -> bool:
        """Have it written soon; False when too many wait already."""
        if self._waiting.qsize() >= self._waiting_max:
            return False
        self._waiting.put(one)
        if self._thread is None:
            self._start()
        return True

    def flush(self) -> None:
        """Wait until all that was put is written."""
        if self._thread is not None:
            done = threading.Event()
            self._waiting.put(done)
            self._hurry.set()
            done.wait()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="upload-log", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            group = [self._waiting.get()]
            with contextlib.suppress(Empty):
                while True:
                    group.append(self._waiting.get_nowait())
            self._hurry.clear()
            things = [one for one in group if not isinstance(one, threading.Event)]
            if things:
                self._write(things)
            for one in group:
                if isinstance(one, threading.Event):
                    one.set()
            self._hurry.wait(PAUSE_S)
