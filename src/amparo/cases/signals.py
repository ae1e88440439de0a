"""From the hashes a browser sent to signals that may be listed: which of them are fit, and why the others are not. Lists nothing.

A perceptual code that no picture gives could be drawn up to meet what somebody else shows; so each must look like one: enough
quality, and about as many bits set as not (PDQ sets those over the median: 128 of 256, but for ties).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from amparo.hashing import PROFILE, VIDEO_PROFILE, Hashed
from amparo.hashing.video import pack
from amparo.intake.model import FileIn, FrameIn, MD5In, PDQIn, SHA256In, SignalIn
from amparo.terms.signal import Signal

Reason = Literal["", "low_detail", "not_a_picture"]
QUALITY_MIN: Final = 50
"""Above the floor of a search (20): nobody can look at what was hashed, and a code of little detail meets what it should not."""
ONES_MIN: Final = 112
ONES_MAX: Final = 144


@dataclass(frozen=True, slots=True)
class Fit:
    """signals: what may be listed of one file. reason: why something of it may not, "" when all may."""

    signals: tuple[Signal, ...]
    reason: Reason = ""


def fit_of(file: FileIn) -> Fit:
    """The signals of ``file`` that are fit to be listed."""
    found: list[Signal] = []
    reasons: list[Reason] = []
    for sent in file.signals:
        signal, reason = _signal(sent)
        found += [signal] if signal is not None else []
        reasons += [reason] if reason else []
    return Fit(tuple(found), reasons[0] if reasons else "")


def _signal(sent: SignalIn) -> tuple[Signal | None, Reason]:
    if isinstance(sent, MD5In):
        return Signal("md5", bytes.fromhex(sent.value)), ""
    if isinstance(sent, SHA256In):
        return Signal("sha256", bytes.fromhex(sent.value)), ""
    if isinstance(sent, PDQIn):
        reason = _reason(sent)
        return (None, reason) if reason else (Signal("pdq", bytes.fromhex(sent.value), sent.quality, profile=PROFILE), "")  # fmt: skip
    return _video(sent.frames)


def _video(frames: Sequence[FrameIn]) -> tuple[Signal | None, Reason]:
    """Frames of little detail are no fault of a film and are searched by nobody; frames that are no pictures are left out."""
    reasons = [_reason(frame) for frame in frames]
    kept = [frame for frame, reason in zip(frames, reasons, strict=True) if reason != "not_a_picture"]
    if "" not in reasons:
        return None, "not_a_picture" if not kept else "low_detail"
    packed = pack(
        (frame.at_ms, Hashed(bytes.fromhex(frame.value), frame.quality)) for frame in sorted(kept, key=_at_ms)
    )
    return Signal("vpdq", packed.code, packed.quality, profile=VIDEO_PROFILE), "" if len(kept) == len(frames) else "not_a_picture"  # fmt: skip


def _reason(sent: PDQIn | FrameIn) -> Reason:
    if sent.quality < QUALITY_MIN:
        return "low_detail"
    ones = int(sent.value, 16).bit_count()
    return "" if ONES_MIN <= ones <= ONES_MAX else "not_a_picture"


def _at_ms(frame: FrameIn) -> int:
    return frame.at_ms
