"""The video decoder by itself: a frame's luma, its turns, and what is read where the library is not installed. No pool here."""

import json
import subprocess
import sys

import av
import numpy as np
import pytest
from skimage import data

from amparo.media import video as media_video
from tests.hostile import drawing
from tests.pictures import saved
from tests.signals import picture_kinds
from tests.videos import film

pytestmark = pytest.mark.once

PICTURE = data.chelsea()
SHORT = film([PICTURE], 1)
BYTES_ONLY = {"md5", "sha256"}


def frame_of(pixels: str, luma: np.ndarray, full: bool) -> av.VideoFrame:
    frame = av.VideoFrame(luma.shape[1], luma.shape[0], pixels)
    deep = pixels.endswith("le")
    plane = frame.planes[0]
    rows = np.zeros((luma.shape[0], plane.line_size // (2 if deep else 1)), "<u2" if deep else "u1")
    rows[:, : luma.shape[1]] = luma.astype(rows.dtype) << (2 if deep else 0)
    plane.update(rows.tobytes())
    frame.color_range = 2 if full else 1
    return frame


@pytest.mark.parametrize("pixels", ["yuv420p", "nv12", "gray", "yuv420p10le"])
def test_luma_is_the_plane_in_full_range(pixels: str):
    luma = np.arange(256, dtype=np.uint8).repeat(4).reshape(16, 64)
    assert (media_video.luma_of(frame_of(pixels, luma, full=True)) == luma).all()
    widened = media_video.luma_of(frame_of(pixels, luma, full=False))
    expected = [min(255, max(0, int((y - 16) * 255 / 219 + 0.5) if y >= 16 else 0)) for y in range(256)]
    assert widened.ravel()[::4].tolist() == expected


@pytest.mark.parametrize("pixels", ["gbrp", "gbrp10le", "gbrap12le", "ya8"])
def test_rare_layouts_go_through_rgb(pixels: str):
    frame = av.VideoFrame.from_ndarray(PICTURE, format="rgb24").reformat(format=pixels)
    assert media_video.luma_of(frame).shape == PICTURE.shape


@pytest.mark.parametrize(
    ("matrix", "shown"),
    [
        ((1, 0, 0, 1), lambda one: one),
        ((0, 0, 0, 0), lambda one: one),
        ((3, 1, -1, 3), lambda one: one),
        ((-1, 0, 0, 1), lambda one: one[:, ::-1]),
        ((1, 0, 0, -1), lambda one: one[::-1]),
        ((-1, 0, 0, -1), lambda one: np.rot90(one, 2)),
        ((0, 1, 1, 0), lambda one: one.T),
        ((0, -1, -1, 0), lambda one: np.rot90(one.T, 2)),
        ((0, 1, -1, 0), lambda one: np.rot90(one, -1)),
        ((0, -1, 1, 0), lambda one: np.rot90(one, 1)),
    ],
)
def test_a_display_matrix_turns_and_mirrors(matrix, shown):
    luma = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert (media_video.turned(luma, tuple(65_536 * one for one in matrix)) == shown(luma)).all()


WITHOUT_LIBRARY = """
import json, sys
sys.modules["av"] = None  # as where it is not installed
from amparo.media import child, decoders, settings
reading = child.read_file(sys.stdin.buffer.read(), settings.MediaSettings())
trouble = reading.trouble and reading.trouble.slug
print(json.dumps([decoders.has_video(), trouble, reading.media_type, [one.kind for one in reading.signals]]))
"""


@pytest.mark.parametrize(
    ("sent", "trouble", "media_type", "read"),
    [
        (SHORT, "no_video_decoder", "video/mp4", BYTES_ONLY),
        (saved(drawing((300, 200)), "PNG"), None, "image/png", picture_kinds()),
    ],
    ids=["film", "picture"],
)
def test_without_the_library_a_film_has_its_bytes_alone(sent: bytes, trouble: str, media_type: str, read: set[str]):
    ran = subprocess.run([sys.executable, "-c", WITHOUT_LIBRARY], input=sent, stdout=subprocess.PIPE, check=True)
    has_video, *told, made = json.loads(ran.stdout)
    assert (has_video, *told, set(made)) == (False, trouble, media_type, read)
