"""The code of a video: codes of its frames with quality and time, packed; and the text in which such codes travel.
Decodes nothing, chooses no frames (docs/video-profile.md says which) and compares none.

Packed: 37 bytes a frame in the order of time: milliseconds since the first frame (4, little-endian), quality (1), PDQ (32).
Text: a JSON list of "<64 hex digits>,<quality>,<seconds>", as the reference's vPDQ signals travel.
Source: facebook/ThreatExchange, python-threatexchange, extensions/vpdq/vpdq_util.py (VpdqCompactFeature).
"""

import re
from collections.abc import Iterable

import msgspec
import numpy as np
from numpy.typing import NDArray

from amparo.errors import BadInput
from amparo.hashing.kind import Hashed

FRAMES_MAX = 7_200
"""Frames one code may hold: two hours at one a second."""
TEXT_CHARS_MAX = FRAMES_MAX * 100
MS_MAX = 2**32 - 1
FRAME = np.dtype([("ms", "<u4"), ("quality", "u1"), ("code", "u1", (32,))])
_TOLD = re.compile(r"([0-9a-f]{64}),([0-9]{1,3}),([0-9]{1,10}(?:\.[0-9]{0,9})?(?:e[+-]?[0-9]{1,2})?)", re.ASCII)
_TEXTS = msgspec.json.Decoder(list[str])


def pack(frames: Iterable[tuple[int, Hashed]]) -> Hashed:
    """One code of (milliseconds since the first frame, PDQ of the frame), in the order of time.

    Its quality is that of the best frame. Raises: BadInput (bad_value) for none, or more than FRAMES_MAX.
    """
    rows = [(ms, hashed.quality or 0, np.frombuffer(hashed.code, np.uint8)) for ms, hashed in frames]
    if not 0 < len(rows) <= FRAMES_MAX:
        raise _bad(f"{len(rows)} frames")
    packed = np.array(rows, FRAME)
    return Hashed(packed.tobytes(), int(packed["quality"].max()))


def frames_of(code: bytes) -> NDArray[np.void]:
    """The frames of a packed code: an array of FRAME, read-only. Raises: BadInput (bad_value)."""
    if not code or len(code) % FRAME.itemsize or len(code) > FRAMES_MAX * FRAME.itemsize:
        raise _bad(f"{len(code)} bytes")
    found: NDArray[np.void] = np.frombuffer(code, FRAME)
    if found["quality"].max() > 100:
        raise _bad("a quality over 100")
    return found


def quality_of(code: bytes) -> int:
    """The best frame's quality, 0-100."""
    return int(frames_of(code)["quality"].max())


def searchable(code: bytes, quality_min: int) -> NDArray[np.uint8]:
    """uint8[F, 32]: the different codes of the frames with that quality or more, in the order in which they first come.

    Source: prepare_vpdq_feature of the reference: first by quality, then each code once.
    """
    frames = frames_of(code)
    codes = np.ascontiguousarray(frames["code"][frames["quality"] >= quality_min])
    _, first = np.unique(codes.view("V32").ravel(), return_index=True)
    return codes[np.sort(first)]


def as_text(code: bytes) -> str:
    """The code as it travels; times with three decimals."""
    told = [
        f"{bytes(frame['code']).hex()},{frame['quality']},{ms // 1000}.{ms % 1000:03d}"
        for frame in frames_of(code)
        for ms in (int(frame["ms"]),)
    ]
    return msgspec.json.encode(told).decode()


def from_text(text: str) -> bytes:
    """The packed code of what travelled, frames in the order told. Raises: BadInput (bad_value)."""
    if len(text) > TEXT_CHARS_MAX:
        raise _bad(f"{len(text)} characters")
    try:
        told = _TEXTS.decode(text.encode())
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise _bad(f"{len(text)} characters") from error
    if not 0 < len(told) <= FRAMES_MAX:
        raise _bad(f"{len(told)} frames")
    return np.array([_frame(number, one) for number, one in enumerate(told)], FRAME).tobytes()


def _frame(number: int, told: str) -> tuple[int, int, NDArray[np.uint8]]:
    parts = _TOLD.fullmatch(told)
    ms = round(float(parts[3]) * 1000) if parts else -1
    if parts is None or int(parts[2]) > 100 or ms > MS_MAX:
        raise _bad(f"frame {number}")
    return ms, int(parts[2]), np.frombuffer(bytes.fromhex(parts[1]), np.uint8)


def _bad(what: str) -> BadInput:
    hint = f'Write a JSON list, as text, of 1 to {FRAMES_MAX} strings "64 lower-case hex digits,quality 0-100,seconds".'
    return BadInput("bad_value", f"a value of vpdq is malformed ({what})", hint)
