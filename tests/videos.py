"""Videos for tests, made by code: slow pans over pictures, in any container, codec, size, rate and turn. Not a test."""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Picture = NDArray[np.uint8]
QUIET = {"libx264": {"preset": "ultrafast"}, "libx265": {"preset": "ultrafast", "x265-params": "log-level=none"}}


@dataclass(frozen=True)
class Form:
    """How a video is written. rate: frames a second. turned: degrees, as the container says it. options: the encoder's."""

    container: str = "mp4"
    codec: str = "libx264"
    size: tuple[int, int] = (480, 270)
    rate: Fraction = field(default=Fraction(25))
    pixels: str = "yuv420p"
    turned: int = 0
    options: dict[str, str] = field(default_factory=dict)
    muxer: dict[str, str] = field(default_factory=dict)


PLAIN = Form()


def scene(pictures: list[Picture], at_s: float, each_s: float = 2.0) -> Image.Image:
    """What is seen at that second: a window of three quarters, moving over one picture after the other."""
    picture = Image.fromarray(pictures[int(at_s / each_s) % len(pictures)])
    moved = (at_s / each_s) % 1 * 0.25
    width, height = picture.size
    left, top = moved * width, (0.25 - moved) * height
    return picture.crop((int(left), int(top), int(left + 0.75 * width), int(top + 0.75 * height)))


def film(
    pictures: list[Picture], seconds: float, form: Form = PLAIN, *, from_s: float = 0.0, mirrored: bool = False
) -> bytes:
    """A video of that length, beginning at ``from_s`` of what `scene` shows."""
    number = int(seconds * form.rate)
    shown = (scene(pictures, from_s + float(at / form.rate)) for at in range(number))
    if mirrored:
        shown = (one.transpose(Image.Transpose.FLIP_LEFT_RIGHT) for one in shown)
    return written(((at, one) for at, one in enumerate(shown)), form)


def written(frames: Iterable[tuple[int, Image.Image]], form: Form = PLAIN, tick: Fraction | None = None) -> bytes:
    """A video of frames at whole ticks (a frame's length, unless told)."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=form.container, options=form.muxer) as container:
        stream = container.add_stream(form.codec, rate=form.rate)
        stream.width, stream.height = form.size
        stream.pix_fmt = form.pixels
        stream.options = QUIET.get(form.codec, {}) | form.options
        if tick is not None:
            stream.codec_context.time_base = tick
        if form.turned:
            stream.set_display_rotation(form.turned)
        for at, picture in frames:
            frame = av.VideoFrame.from_image(picture.resize(form.size, Image.Resampling.BILINEAR))
            frame.pts, frame.time_base = at, tick or 1 / form.rate
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def decoded(data: bytes) -> Iterator[av.VideoFrame]:
    """All frames of a video, as the library gives them."""
    with av.open(io.BytesIO(data)) as container:
        yield from container.decode(video=0)
