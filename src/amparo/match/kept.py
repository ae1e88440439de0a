"""Which signals of a file are listed. Lists nothing."""

from amparo.errors import Unreadable
from amparo.hashing import KINDS
from amparo.match.judge import is_searched
from amparo.media.model import Reading
from amparo.terms.signal import IDENTITY, Signal


def kept_of(reading: Reading) -> tuple[tuple[Signal, ...], list[Signal]]:
    """The signals of a file that are listed, and those left out. Raises: its trouble, Unreadable (low_detail)."""
    if reading.trouble is not None:
        raise reading.trouble
    whole = [signal for signal in reading.signals if signal.view == IDENTITY]
    kept = tuple(signal for signal in whole if is_searched(signal.kind, signal.quality))
    if not any(KINDS[signal.kind].over != "bytes" for signal in kept):
        raise Unreadable(
            "low_detail",
            "the picture or video has too little detail to be known again",
            "List another copy, or its md5 and sha256 as signals.",
        )
    return kept, [one for one in whole if one not in kept]
