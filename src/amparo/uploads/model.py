"""One upload as it is logged, and which of its signals are. Opens no file."""

from collections.abc import Iterable

import msgspec

from amparo.hashing import KINDS
from amparo.terms.signal import IDENTITY, Signal

LOGGED = ("pdq", "md5", "sha256")
"""The kinds that are logged: one code of each, of the picture or file as it came."""


class Upload(msgspec.Struct, frozen=True, array_like=True):
    """at_us: when it was answered. item_id, uploader_ref: the client's own words. codes: by kind; may be empty."""

    at_us: int
    client: str
    item_id: str
    uploader_ref: str | None
    codes: dict[str, bytes]


def logged_codes(signals: Iterable[Signal]) -> dict[str, bytes]:
    """The first code of each logged kind, of the view "identity", with enough detail to be looked for."""
    codes: dict[str, bytes] = {}
    for signal in signals:
        if signal.kind in LOGGED and signal.view == IDENTITY and _is_detailed(signal):
            codes.setdefault(signal.kind, signal.code)
    return codes


def _is_detailed(signal: Signal) -> bool:
    quality_min = KINDS[signal.kind].quality_min
    return quality_min is None or signal.quality is None or signal.quality >= quality_min
