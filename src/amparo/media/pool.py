"""The pool of child processes that decode. The parent never decodes; what a child says is checked; a lost child costs one request."""

import asyncio
import contextlib
import fcntl
import itertools
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

import structlog

from amparo.errors import TooLarge, Unavailable, Unreadable
from amparo.media import frames, stills
from amparo.media.byte_hashes import byte_signals
from amparo.media.formats import format_of, is_video
from amparo.media.model import DECODE_LIMIT, Reading, Rendered, trouble_of
from amparo.media.settings import LIMITS, MediaSettings
from amparo.terms.signal import Signal

LOG = structlog.get_logger()
PIPE_BYTES = 1 << 20
ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "LC_ALL": "C.UTF-8",
    # keep the memory of one picture for the next: asked of the kernel anew, page by page, it cost more than decoding (glibc)
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(64 << 20),
}
T = TypeVar("T")
MAIN = "from amparo.media.child import main; main()"


class MediaPool:
    """``settings.children`` processes (0: one a core) for pictures and ``settings.video_children`` for videos, started when
    first needed. Use from one event loop.
    """

    def __init__(self, settings: MediaSettings) -> None:
        self._settings = settings
        pictures = settings.children or os.cpu_count() or 1
        self._pictures = _Lane(pictures, settings.queue_max, settings.wall_ms_max)
        self._videos = _Lane(settings.video_children, settings.video_queue_max, settings.video_wall_ms_max)
        self._children: set[_Child] = set()
        self._numbers = itertools.count(1)

    async def read(self, data: bytes) -> Reading:
        """Signals of one file. A file that kills its child has its byte signals and a trouble.

        Raises: Unreadable (empty_file), TooLarge (too_large), Unavailable (saturated, no_decoder).
        """
        found = await self._asked(data, lambda child, number: child.ask(number, data))
        return await asyncio.to_thread(_lost, data) if found is None else found

    async def render(self, data: bytes, clarity: stills.Clarity) -> Rendered:
        """Small grey stills of one file; clarity 1 blurs them.

        Raises: as ``read``, and the file's trouble (Unreadable: undecodable, pixels_limit, decode_limit, …).
        """
        found = await self._asked(data, lambda child, number: child.render(number, data, clarity))
        if found is None:
            raise trouble_of(DECODE_LIMIT)
        if found.trouble is not None:
            raise trouble_of(found.trouble)
        return Rendered(found.stills)

    async def known_by(self, data: bytes) -> tuple[Signal, ...]:
        """The signals by which a file that is to be shown may be known: of a video those over its bytes, for reading it takes longer than a look.

        Raises: as ``render``: where a picture could not be hashed, nobody knows what it is.
        """
        if is_video(data):
            return await asyncio.to_thread(byte_signals, data)
        reading = await self.read(data)
        if reading.trouble is not None:
            raise reading.trouble
        return reading.signals

    async def _asked(self, data: bytes, ask: "Callable[[_Child, int], Awaitable[T]]") -> T | None:
        """What a child answers about the file; None where the child was lost over it."""
        if not data:
            raise Unreadable("empty_file", "the file is empty", "Send the media itself.")
        if len(data) > self._settings.file_bytes_max:
            raise TooLarge(
                "too_large", f"the file is over {self._settings.file_bytes_max} bytes", "Send a smaller copy."
            )
        lane = self._videos if is_video(data) else self._pictures
        if lane.waiting >= lane.queue_max + lane.children_max:
            raise Unavailable("saturated", "all decoders are busy", "Come back in a moment.", retry_after_s=1)
        lane.waiting += 1
        try:
            return await self._in_turn(lane, len(data), ask)
        finally:
            lane.waiting -= 1

    async def stop(self) -> None:
        """End all children."""
        await asyncio.gather(*(child.kill() for child in list(self._children)))
        self._children.clear()
        self._pictures.free = self._videos.free = None

    def pids(self) -> list[int]:
        """The process ids of the children there are."""
        return [child.pid for child in self._children]

    async def _in_turn(self, lane: "_Lane", size_bytes: int, ask: "Callable[[_Child, int], Awaitable[T]]") -> T | None:
        free = lane.queue()
        child = await free.get()
        kept = None
        try:
            if child is None:
                child = await self._new_child()
            number = next(self._numbers) & 0xFFFFFFFF
            start_ms = (
                0 if child.items else self._settings.start_ms_max
            )  # a busy machine's start is not the file's fault
            try:
                async with asyncio.timeout((start_ms + lane.wall_ms_max) / 1000):
                    answer = await ask(child, number)
            except (TimeoutError, EOFError, ConnectionError, frames.BadFrame) as error:
                LOG.warning("decoder lost", reason=type(error).__name__, size_bytes=size_bytes)
                return None
            if child.items < self._settings.child_items_max:
                kept = child
            return answer
        finally:
            if kept is None and child is not None:
                self._children.discard(child)
                child.end()
            free.put_nowait(kept)

    async def _new_child(self) -> "_Child":
        limits = [str(getattr(self._settings, name)) for name in LIMITS]
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-I", "-c", MAIN, *limits,
                stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=ENVIRONMENT, close_fds=True, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise Unavailable(
                "no_decoder", "no decoder could be started", "Look at memory and process limits.", retry_after_s=5
            ) from error
        child = _Child(process)
        self._children.add(child)
        return child


@dataclass(frozen=True, slots=True)
class _Stills:
    """A child's answer to a question for stills, checked."""

    stills: tuple[bytes, ...]
    trouble: str | None


@dataclass(slots=True)
class _Lane:
    """Children for files of one sort, and how many files wait for them."""

    children_max: int
    queue_max: int
    wall_ms_max: int
    waiting: int = 0
    free: "asyncio.LifoQueue[_Child | None] | None" = field(default=None)

    def queue(self) -> "asyncio.LifoQueue[_Child | None]":
        """The children that are free; None stands for one not started yet."""
        if self.free is None:
            self.free = asyncio.LifoQueue()
            for _ in range(self.children_max):
                self.free.put_nowait(None)
        return self.free


class _Child:
    """One process and its two pipes."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.items = 0
        for pipe in (process.stdin, process.stdout):
            transport = getattr(pipe, "transport", None) or getattr(pipe, "_transport", None)
            file = None if transport is None else transport.get_extra_info("pipe")
            if file is not None:
                with contextlib.suppress(OSError):  # a smaller pipe is only slower
                    fcntl.fcntl(file.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)

    @property
    def pid(self) -> int:
        return self._process.pid

    async def ask(self, number: int, data: bytes) -> Reading:
        stdout = await self._sent(frames.QUESTION_MAGIC, number, data)
        head = frames.read_head(await stdout.readexactly(frames.ANSWER.size))
        if head.number != number:
            raise frames.BadFrame
        signals = []
        for _ in range(head.count):
            kind, view, quality, length = frames.read_signal(await stdout.readexactly(frames.SIGNAL.size))
            signals.append(frames.signal_of(kind, view, quality, await stdout.readexactly(length)))
        return frames.reading_of(head, tuple(signals))

    async def render(self, number: int, data: bytes, clarity: stills.Clarity) -> "_Stills":
        stdout = await self._sent(stills.QUESTION_MAGICS[clarity], number, data)
        head = stills.read_head(await stdout.readexactly(stills.ANSWER.size))
        if head.number != number:
            raise frames.BadFrame
        made = []
        for _ in range(head.count):
            length = stills.read_length(await stdout.readexactly(stills.STILL.size))
            made.append(stills.check_still(await stdout.readexactly(length)))
        return _Stills(tuple(made), head.trouble)

    async def _sent(self, magic: bytes, number: int, data: bytes) -> asyncio.StreamReader:
        """A question on its way; where its answer comes."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        self.items += 1
        stdin.write(frames.QUESTION.pack(magic, number, len(data)))
        stdin.write(data)
        await stdin.drain()
        return stdout

    def end(self) -> None:
        """Kill it; the loop reaps it."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGKILL)

    async def kill(self) -> None:
        self.end()
        await self._process.wait()


def _lost(data: bytes) -> Reading:
    found = format_of(data)
    return Reading(None if found is None else found.media_type, 0, 0, byte_signals(data), trouble_of(DECODE_LIMIT))
