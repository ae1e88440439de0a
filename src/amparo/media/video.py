"""Decodes a video's frames, one a second, to the luma that is hashed (docs/video-profile.md). Runs in the child alone.

Opens the bytes it is given and nothing else: no file, no protocol, no list of other files. Where PyAV is not installed
(the extra `video`) nothing is decoded, and ``LIBRARY`` is None.
"""

import io
import re
import struct
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from amparo.hashing.video import MS_MAX
from amparo.media.decode import Undecodable
from amparo.media.formats import Format
from amparo.media.model import NO_VIDEO, NO_VIDEO_DECODER, PHASES_MS, PIXELS_LIMIT, UNDECODABLE, VideoRead
from amparo.media.profile import Pixels
from amparo.media.settings import MediaSettings

if TYPE_CHECKING:
    import av
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

try:
    import av as _av

    LIBRARY: Any = _av
except ImportError:  # the extra `video` is not installed
    LIBRARY = None

CODECS = (
    "h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "mpeg1video", "mpeg2video", "h263", "theora", "mjpeg", "flv1",
    "msmpeg4v2", "msmpeg4v3", "wmv1", "wmv2", "wmv3", "vc1", "prores",
)  # fmt: skip
DECODERS = (*CODECS, "libdav1d", "flv")
"""The same as the library names what decodes them."""

ATTACHED = 0x0400 | 0x0800 | 0x100000
"""Dispositions of what is no film: attached picture, timed thumbnails, still image (libavformat/avformat.h)."""
FULL_RANGE = 2
PROBE_BYTES = 4_000_000
ERRORS_MAX = 1_000


class Film:
    """One video. ``frames`` reads it once; afterwards ``read`` says how far that went."""

    def __init__(self, data: bytes, found: Format, settings: MediaSettings) -> None:
        self._data = data
        self._found = found
        self._settings = settings
        self._first = 0
        self._seconds = [-1] * len(PHASES_MS)
        self._decoded = 0
        self._hashed_ms = 0
        self._told_ms: int | None = None
        self._cut: str | None = None
        self._errors = 0
        self.width = 0
        self.height = 0

    @property
    def read(self) -> VideoRead:
        """How much was read."""
        return VideoRead(self._hashed_ms, self._told_ms, self._cut)

    def frames(self) -> Iterator[tuple[Sequence[int], int, Pixels]]:
        """For which of PHASES_MS (their places) a frame is chosen, its milliseconds since the first frame, and its luma
        uint8[H, W] (or RGB uint8[H, W, 3], where the codec is of RGB).

        The first frame, then of each further whole second since it the first frame that is not before it; and the same
        with seconds that begin later.
        Raises: Undecodable; MemoryError.
        """
        if LIBRARY is None:
            raise Undecodable(NO_VIDEO_DECODER, self._found)
        try:
            with self._opened() as container:
                yield from self._of(container)
        except (Undecodable, MemoryError):
            raise
        except Exception as error:  # decoders of hostile files raise anything
            raise Undecodable(UNDECODABLE, self._found) from error
        if not self._decoded:
            raise Undecodable(UNDECODABLE if self._errors else NO_VIDEO, self._found)

    def _opened(self) -> "InputContainer":
        options = {
            "protocol_whitelist": "none",
            "format_whitelist": self._found.name,
            "codec_whitelist": ",".join(DECODERS),
            "max_streams": str(self._settings.video_streams_max),
            "max_pixels": str(self._settings.video_pixels_max),
            "probesize": str(PROBE_BYTES),
            "analyzeduration": "1000000",
            "ignore_chapters": "1",
            "threads": "1",
        }
        opened: InputContainer = LIBRARY.open(
            io.BytesIO(self._data), format=self._found.name, options=options, io_open=_refuse, metadata_errors="replace"
        )
        return opened

    def _of(self, container: "InputContainer") -> Iterator[tuple[Sequence[int], int, Pixels]]:
        stream = _film_of(container)
        if stream is None:
            raise Undecodable(NO_VIDEO, self._found)
        context = stream.codec_context
        if context is None or context.codec.canonical_name not in CODECS:
            raise Undecodable(UNDECODABLE, self._found)
        if (context.width or 0) * (context.height or 0) > self._settings.video_pixels_max:
            raise Undecodable(PIXELS_LIMIT, self._found)
        context.thread_count = 1
        context.options = {"max_pixels": str(self._settings.video_pixels_max)}
        self._told_ms = _told_ms(container, stream)
        until = time.process_time() + self._settings.video_cpu_ms_max / 1000
        for frame in self._decoded_of(container, stream, until):
            chosen = self._chosen(frame)
            if chosen is not None:
                picture = turned(luma_of(frame), matrix_of(frame))
                if not self.width:
                    self.height, self.width = picture.shape[:2]
                yield *chosen, picture
            if self._cut:
                return

    def _decoded_of(self, container: "InputContainer", stream: "VideoStream", until: float) -> "Iterator[VideoFrame]":
        packets = iter(container.demux(stream))
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except LIBRARY.FFmpegError:
                self._cut = "damaged"
                return
            try:
                yield from packet.decode()
            except LIBRARY.FFmpegError:
                self._errors += 1
                if self._errors > ERRORS_MAX:
                    self._cut = "damaged"
            if time.process_time() > until:
                self._cut = self._cut or "time_limit"
            if self._cut:
                return

    def _chosen(self, frame: "VideoFrame") -> tuple[Sequence[int], int] | None:
        """For which phases the frame is hashed, and its time in milliseconds; None for none. Times are counted in whole ticks: nothing is rounded twice."""
        at = frame.pts if frame.pts is not None else frame.dts
        if at is None or frame.time_base is None:
            return None
        if not self._decoded:
            self._first = at
        self._decoded += 1
        ticks = (at - self._first) * frame.time_base.numerator
        second = ticks // frame.time_base.denominator
        if second >= self._settings.video_seconds_max:
            self._cut = "seconds_limit"
            return None
        if self._decoded >= self._settings.video_frames_max:
            self._cut = "frames_limit"
        ms = ticks * 1000 // frame.time_base.denominator
        self._hashed_ms = max(self._hashed_ms, ms)
        phases = []
        for phase, later_ms in enumerate(PHASES_MS):
            begun = (ticks * 1000 - later_ms * frame.time_base.denominator) // (1000 * frame.time_base.denominator)
            if begun > self._seconds[phase]:
                self._seconds[phase] = begun
                phases.append(phase)
        return (phases, ms) if phases else None


def luma_of(frame: "VideoFrame") -> Pixels:
    """The frame's luma, full range, as it lies in the decoded frame: not turned, not scaled. RGB where the codec is of RGB."""
    name = frame.format.name
    deep = DEEP.fullmatch(name)
    if deep is None and name not in EIGHT_BIT:
        return np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)  # rare, by the library's own conversion
    plane: Any = frame.planes[0]
    if deep is None:
        rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
        luma = rows[: frame.height, : frame.width]
    else:
        wide = np.frombuffer(plane, np.dtype("<u2")).reshape(-1, plane.line_size // 2)
        luma = (wide[: frame.height, : frame.width] >> (int(deep[1]) - 8)).astype(np.uint8)
    return np.ascontiguousarray(luma) if frame.color_range == FULL_RANGE or name in JPEG_RANGE else WIDENED[luma]


JPEG_RANGE = ("yuvj420p", "yuvj422p", "yuvj444p", "yuvj440p", "yuvj411p")
EIGHT_BIT = (
    *JPEG_RANGE, "yuv420p", "yuv422p", "yuv444p", "yuv440p", "yuv411p", "yuv410p", "yuva420p", "yuva422p", "yuva444p",
    "nv12", "nv21", "nv16", "nv24", "gray",
)  # fmt: skip
DEEP = re.compile(r"(?:yuva?4[0-9]{2}p|gray)(9|10|12|14|16)le")
"""Layouts of more than 8 bits whose first plane is luma; that of gbrp10le and its like is green."""
WIDENED = np.clip(((np.arange(256) - 16) * 510 + 219) // 438, 0, 255).astype(np.uint8)
"""Levels 16 to 235 over 0 to 255, (y - 16) * 255 / 219 to the nearest, halves up."""


def turned(luma: Pixels, matrix: tuple[int, int, int, int]) -> Pixels:
    """The picture as a display matrix (a, b, c, d) wants it shown: right angles and mirrors; any other counts as upright."""
    a, b, c, d = matrix
    if a and d and not b and not c:
        shown, across, down = luma, a, d
    elif b and c and not a and not d:
        shown, across, down = luma.swapaxes(0, 1), c, b
    else:
        return luma
    return np.ascontiguousarray(shown[:: -1 if down < 0 else 1, :: -1 if across < 0 else 1])


def matrix_of(frame: "VideoFrame") -> tuple[int, int, int, int]:
    """(a, b, c, d) of the frame's display matrix, zeros where it has none. Source: libavutil/display.h, nine 32-bit numbers."""
    sides: Any = frame.side_data
    for side in sides:
        if side.type.name == "DISPLAYMATRIX" and len(raw := bytes(side)) >= 36:
            a, b, _, c, d = struct.unpack_from("<5i", raw)
            return a, b, c, d
    return 0, 0, 0, 0


def _film_of(container: "InputContainer") -> "VideoStream | None":
    """The stream that is shown: the first that is marked as default, else the first. All others are not read."""
    films = [one for one in container.streams.video if not int(one.disposition) & ATTACHED]
    shown = next((one for one in films if int(one.disposition) & 1), films[0] if films else None)
    for stream in container.streams:
        if stream is not shown:
            stream.discard = LIBRARY.stream.Discard.all
    return shown


def _told_ms(container: "InputContainer", stream: "VideoStream") -> int | None:
    if stream.duration and stream.time_base:
        told = int(stream.duration * stream.time_base * 1000)
    elif container.duration:
        told = container.duration // 1000
    else:
        return None
    return min(MS_MAX, max(0, told))


def _refuse(*_: object) -> "av.container.Container":
    raise PermissionError("a video opens nothing")
