"""What is held of one file: parts put together, checked and counted. Pure; holds hashes alone, never a file."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import msgspec

from amparo.errors import BadInput, Conflict, LimitReached
from amparo.intake.model import CODES_MAX, FILES_MAX, FRAMES_MAX, FileIn, FrameIn, SignalIn, VPDQIn

SHORT_DIGITS: Final = 8
KINDS_OF: Final = {"picture": ("md5", "sha256", "pdq"), "video": ("md5", "sha256", "vpdq")}


def kind_of(signal: SignalIn) -> str:
    """The kind's name."""
    return str(signal.__struct_config__.tag)


def with_part(held: FileIn | None, part: FileIn) -> FileIn:
    """The file with one part more; a part that was there already changes nothing.

    Raises: BadInput (bad_signals), Conflict (file_differs) when the part says otherwise than what is held, LimitReached (too_many_codes).
    """
    _check(part)
    if held is None:
        return part
    if held.medium != part.medium:
        raise _differs()
    signals = {kind_of(one): one for one in held.signals}
    for signal in part.signals:
        known = signals.setdefault(kind_of(signal), signal)
        if isinstance(known, VPDQIn) and isinstance(signal, VPDQIn):
            signals["vpdq"] = _with_frames(known.frames, signal.frames)
        elif known != signal:
            raise _differs()
    return FileIn(part.number, part.medium, list(signals.values()))


def codes_in(file: FileIn) -> int:
    """How many codes it holds, each frame's counted."""
    return sum(len(one.frames) if isinstance(one, VPDQIn) else 1 for one in file.signals)


def check_totals(files: int, codes: int) -> None:
    """Raises: LimitReached (too_many_files, too_many_codes) for more than one case may hold."""
    if files > FILES_MAX:
        raise LimitReached("too_many_files", f"one case holds at most {FILES_MAX} files", "Send the rest as another.")
    if codes > CODES_MAX:
        raise _too_many_codes()


def shorts_of(file: FileIn) -> str:
    """Kind and first digits of each hash, as JSON: enough to know it again, too little to search with."""
    found = [
        (kind_of(one), (one.frames[0].value if isinstance(one, VPDQIn) else one.value)[:SHORT_DIGITS])
        for one in file.signals
    ]
    return msgspec.json.encode(found).decode()


def _check(part: FileIn) -> None:
    kinds = [kind_of(one) for one in part.signals]
    is_good = len(set(kinds)) == len(kinds) and set(kinds) <= set(KINDS_OF[part.medium])
    for one in part.signals:
        is_good &= not isinstance(one, VPDQIn) or all(a.at_ms < b.at_ms for a, b in pairwise(one.frames))
    if not is_good:
        raise BadInput(
            "bad_signals", "a file's hashes do not fit together", "One of each kind; frames in the order of time."
        )


def _with_frames(held: Sequence[FrameIn], more: Sequence[FrameIn]) -> VPDQIn:
    frames = {one.at_ms: one for one in held}
    for one in more:
        if frames.setdefault(one.at_ms, one) != one:
            raise _differs()
    if len(frames) > FRAMES_MAX:
        raise _too_many_codes()
    return VPDQIn(sorted(frames.values(), key=lambda one: one.at_ms))


def _differs() -> Conflict:
    return Conflict("file_differs", "another file stands under this number already", "Take that one out first.")


def _too_many_codes() -> LimitReached:
    return LimitReached(
        "too_many_codes",
        f"one case holds at most {CODES_MAX} hashes, one video {FRAMES_MAX}",
        "Send the rest as another.",
    )
