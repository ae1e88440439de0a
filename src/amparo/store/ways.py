"""What a kind of database must be able to do for `store.db`, and turns for what there is little of. Knows no kind."""

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from amparo.errors import AmparoError, Tampered, Unavailable


@dataclass(frozen=True, slots=True)
class Limits:
    """busy_timeout_ms: how long one waits for another's lock. connections_max: for reading."""

    busy_timeout_ms: int
    connections_max: int


@dataclass(frozen=True, slots=True)
class Way:
    """An engine whose ``begin`` opens a transaction of one sort. turn: what one waits for before one asks it for a connection."""

    engine: Engine
    turn: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext


@dataclass(frozen=True, slots=True)
class Ways:
    """For one consistent view, for durable writing, for writing soon."""

    read: Way
    write: Way
    soon: Way


@dataclass(slots=True)
class Turns:
    """So many places, given in the order of asking. (A pool's own queue lets whoever comes back at once go first, for ever.)"""

    free: int
    wait_s: float
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _waiting: deque[threading.Event] = field(default_factory=deque)

    @contextlib.contextmanager
    def one(self) -> Iterator[None]:
        """Hold a place. Raises: Unavailable (database_busy) after ``wait_s``."""
        self._take()
        try:
            yield
        finally:
            self._give()

    def _take(self) -> None:
        with self._lock:
            if self.free:
                self.free -= 1
                return
            called = threading.Event()
            self._waiting.append(called)
        if called.wait(self.wait_s):
            return
        with self._lock:
            if called not in self._waiting:  # called just now
                return
            self._waiting.remove(called)
        raise busy()

    def _give(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self.free += 1


class Kind(Protocol):
    """One kind of database; a module is one."""

    def opened(self, url: str, limits: Limits) -> Ways:
        """The ways in. Connects to nothing yet."""
        ...

    def altered(self, ways: Ways) -> AbstractContextManager[Connection]:
        """A transaction in which the schema may change, alone."""
        ...

    def our_error(self, error: DBAPIError) -> AmparoError:
        """The driver's error in our words, without its text."""
        ...

    def check_writable(self, connection: Connection) -> None:
        """Raises: Misconfigured (database_refused) where nothing can ever be written."""
        ...

    def emptied_log(self, url: str) -> bool:
        """Whether nothing deleted is left in a log beside the database."""
        ...


def busy() -> Unavailable:
    """The error for a lock or a connection that could not be had in time."""
    return Unavailable("database_busy", "the database is busy", "Try again in a moment.", retry_after_s=1)


def damaged() -> Tampered:
    """The error for a database that is not what was written."""
    return Tampered("database_damaged", "the database is damaged", "Stop, keep a copy, restore the last backup.")
