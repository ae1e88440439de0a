"""What runs in a child process: read a file from a pipe, decode, hash or render, answer. Holds no key, no path, no connection.

Everything it needs is loaded first; then it gives up what it can: root, files, network, memory, time.
"""

import contextlib
import ctypes
import math
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any, cast

from amparo.hashing import KINDS, Hashed, Pixels
from amparo.hashing.video import pack
from amparo.media import frames, stills
from amparo.media.byte_hashes import byte_signals
from amparo.media.decode import Undecodable, decode, prepare
from amparo.media.formats import VIDEOS, Format, format_of, is_video
from amparo.media.model import DECODE_LIMIT, Reading, phase_view, trouble_of
from amparo.media.render import render_file
from amparo.media.settings import LIMITS, MediaSettings
from amparo.media.video import Film
from amparo.terms.signal import IDENTITY, Signal

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 1, 4, 38
CLONE_NEWIPC, CLONE_NEWNET = 0x08000000, 0x40000000
READ_BYTES = 1 << 20


def main() -> None:
    """Serve questions from standard input until it closes; the limits come as arguments, in order of LIMITS."""
    settings = MediaSettings(**dict(zip(LIMITS, map(int, sys.argv[1:]), strict=True)))
    questions, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):  # a chatty library must not speak into the frames
        os.dup2(nothing, fd)
    prepare()
    give_up(settings)
    while _serve(questions, answers, settings):
        pass


VIDEO_CPU_MS_MORE = 5_000
"""Processor time over its own limit after which a video's child is ended: one frame may take long."""


def read_file(data: bytes, settings: MediaSettings) -> Reading:
    """Signals of every kind over one file. What cannot be decoded still has its byte signals."""
    over_bytes = byte_signals(data)
    container = format_of(data)
    if container in VIDEOS:
        return read_video(data, container, settings, over_bytes)
    try:
        found, forms = decode(data, settings.pixels_max, settings.jpeg_scans_max)
        over_pixels = tuple(one for view, pixels in forms.items() for one in pixel_signals(view, pixels))
    except Undecodable as error:
        media_type = None if error.found is None else error.found.media_type
        return Reading(media_type, 0, 0, over_bytes, trouble_of(error.slug))
    except MemoryError:
        return Reading(None, 0, 0, over_bytes, trouble_of(DECODE_LIMIT))
    height, width = forms[IDENTITY].shape[:2]
    return Reading(found.media_type, width, height, over_pixels + over_bytes)


def read_video(data: bytes, found: Format, settings: MediaSettings, over_bytes: tuple[Signal, ...]) -> Reading:
    """Signals of every kind over a video's frames, and of what was read how much."""
    film = Film(data, found, settings)
    try:
        signals = tuple(film_signals(film))
    except Undecodable as error:
        return Reading(found.media_type, 0, 0, over_bytes, trouble_of(error.slug))
    except MemoryError:
        return Reading(found.media_type, 0, 0, over_bytes, trouble_of(DECODE_LIMIT))
    return Reading(found.media_type, film.width, film.height, signals + over_bytes, None, film.read)


PIXEL_KINDS = tuple(name for name, kind in KINDS.items() if kind.over == "pixels")
FRAME_KINDS = tuple(name for name, kind in KINDS.items() if kind.over == "frames")


def film_signals(film: Film) -> Iterator[Signal]:
    """Signals of the kinds over frames, in all views; `identity` first. The film is read once."""
    made: dict[tuple[str, str], list[tuple[int, Hashed]]] = {}
    for phases, ms, pixels in film.frames():
        for name in FRAME_KINDS:
            views = KINDS[name].views
            assert views is not None, "a kind over frames has views"
            for view, hashed in views(pixels).items():
                for phase in phases:
                    if (told := phase_view(phase, view)) is not None:
                        made.setdefault((name, told), []).append((ms, hashed))
    for (name, view), rows in made.items():
        packed = pack(rows)
        yield frames.signal_of(name, view, packed.quality, packed.code)


def pixel_signals(view: str, pixels: Pixels) -> Iterator[Signal]:
    """Signals of the kinds that are made over pixels; all views of the picture as it is, else that one alone."""
    for name in PIXEL_KINDS:
        kind = KINDS[name]
        if view == IDENTITY and kind.views is not None:
            made = kind.views(pixels)
        else:
            made = {view: cast("Callable[[Pixels], Hashed]", kind.hash)(pixels)}
        for each, hashed in made.items():
            yield frames.signal_of(name, each, hashed.quality, hashed.code)


def _serve(questions: int, answers: int, settings: MediaSettings) -> bool:
    head = _read(questions, frames.QUESTION.size)
    if len(head) < frames.QUESTION.size:
        return False
    magic, number, length = frames.QUESTION.unpack(head)
    clarity = stills.clarity_of(magic)
    if (clarity is None and magic != frames.QUESTION_MAGIC) or length > settings.file_bytes_max:
        return False
    data = _read(questions, length)
    if len(data) < length:
        return False
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = settings.video_cpu_ms_max + VIDEO_CPU_MS_MORE if is_video(data) else settings.cpu_ms_max
    soft = math.ceil(used.ru_utime + used.ru_stime + most / 1000)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))
    if clarity is None:
        told = frames.pack_answer(number, read_file(data, settings))
    else:
        told = stills.pack_answer(number, *render_file(data, clarity, settings))
    answer = memoryview(told)
    while answer:
        answer = answer[os.write(answers, answer) :]
    return True


def _read(fd: int, size: int) -> bytes:
    parts, left = [], size
    while left and (part := os.read(fd, min(left, READ_BYTES))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def give_up(settings: MediaSettings) -> None:
    """Let go of root, the network, and all that one file must not cost."""
    libc: Any = ctypes.CDLL(None) if sys.platform == "linux" else None
    if os.getuid() == 0:
        if libc is not None:
            libc.unshare(CLONE_NEWNET | CLONE_NEWIPC)  # refused in some containers; the rest still holds
        if settings.lesser_uid:
            os.setgroups([])
            os.setgid(settings.lesser_uid)
            os.setuid(settings.lesser_uid)
    if libc is not None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        libc.prctl(PR_SET_DUMPABLE, 0)
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    limits = {
        resource.RLIMIT_AS: settings.memory_bytes_max,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 16,
    }
    for name, most in limits.items():
        with contextlib.suppress(ValueError, OSError):  # a lower limit is set already
            resource.setrlimit(name, (most, most))
