"""Work over many files: a few at a time, told in the order given, one that fails costs that one. Decodes nothing."""

import asyncio
import os
import stat
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

from amparo.cli.options import error_told, name_of
from amparo.errors import (
    AmparoError,
    BadInput,
    LimitReached,
    Misconfigured,
    NoRoom,
    NotFound,
    Refused,
    Tampered,
    TooLarge,
    Unauthenticated,
    Unavailable,
)

AT_ONCE = 4
TRIES_MAX = 20
PAUSE_S_MAX = 30
ENDS_ALL = (Unauthenticated, Refused, NotFound, Misconfigured, Tampered, NoRoom, Unavailable)
"""Errors that the next file would meet too: the command ends."""

Told = dict[str, Any]


async def over(paths: Iterable[Path], work: Callable[[Path], Awaitable[Told]]) -> AsyncIterator[tuple[Path, Told]]:
    """What ``work`` says of each path, or its error as a line tells it, in order; ``AT_ONCE`` at a time. Raises: one of ENDS_ALL."""
    running: deque[tuple[Path, asyncio.Task[Told]]] = deque()
    waiting = iter(paths)
    try:
        while True:
            while len(running) < AT_ONCE and (path := next(waiting, None)) is not None:
                running.append((path, asyncio.create_task(_patient(path, work))))
            if not running:
                return
            path, task = running.popleft()
            try:
                told = await task
            except ENDS_ALL:
                raise
            except AmparoError as error:
                told = {"file": name_of(path), "error": error_told(error)}
            yield path, told
    finally:
        for _, task in running:
            task.cancel()
        await asyncio.gather(*(task for _, task in running), return_exceptions=True)


async def _patient(path: Path, work: Callable[[Path], Awaitable[Told]]) -> Told:
    """``work``, come back to as long as the service says when to."""
    for _ in range(TRIES_MAX):
        try:
            return await work(path)
        except (Unavailable, LimitReached) as error:
            if error.retry_after_s is None:
                raise
            await asyncio.sleep(min(PAUSE_S_MAX, max(1, error.retry_after_s)))
    return await work(path)


async def contents_of(path: Path, bytes_max: int) -> bytes:
    """A regular file's bytes. Raises: BadInput (unreadable_file), TooLarge (too_large)."""
    return await asyncio.to_thread(_contents_of, path, bytes_max)


def _contents_of(path: Path, bytes_max: int) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise BadInput("unreadable_file", "this is not a regular file", "Give files; `amparo scan` takes a folder.")
        with path.open("rb") as file:
            data = file.read(bytes_max + 1)
    except OSError as error:
        raise BadInput("unreadable_file", f"the file cannot be read: {error.strerror}", "Check its path.") from error
    if len(data) > bytes_max:
        raise TooLarge("too_large", f"the file is over {bytes_max} bytes", "Send a smaller copy.")
    return data


def files_below(folder: Path) -> list[Path]:
    """Every regular file in the folder and those below it, by path; links are not followed. Raises: BadInput (no_folder)."""
    if not folder.is_dir():
        raise BadInput("no_folder", "there is no such folder", "Check its path.")
    found = []
    for place, _, names in os.walk(folder):
        paths = (Path(place, name) for name in names)
        found += [path for path in paths if path.is_file() and not path.is_symlink()]
    return sorted(found, key=name_of)
