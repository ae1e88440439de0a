"""HMA's words for what we call kinds: its signal types and content types, and which of our kinds stand behind them.

HMA knows MD5 as a hash of videos, `video_md5`; we know it as a hash of any file, `md5`. A new type is a line in TYPES.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from amparo.banks.model import Content
from amparo.errors import BadInput
from amparo.hashing import KINDS, parse_signal, value_of
from amparo.media.model import PROFILE_BYTES
from amparo.terms.signal import Signal

PHOTO: Final = "photo"
VIDEO: Final = "video"
CONTENT_TYPES: Final = (PHOTO, VIDEO)


@dataclass(frozen=True, slots=True)
class SignalType:
    """name: HMA's word. kind: ours. content_type: what HMA makes it of.

    is_usual: told of a file without being asked for. HMA makes `vpdq` only where somebody turned it on, and its hash is
    longer than many clients can put into an address.
    """

    name: str
    kind: str
    content_type: str
    is_usual: bool = True


TYPES: Final[Mapping[str, SignalType]] = {
    one.name: one
    for one in (
        SignalType("pdq", "pdq", PHOTO),
        SignalType("video_md5", "md5", VIDEO),
        SignalType("vpdq", "vpdq", VIDEO, is_usual=False),
    )
}
KINDS_OF: Final[Mapping[str, frozenset[str]]] = {
    PHOTO: frozenset({"pdq", "md5", "sha256"}),
    VIDEO: frozenset({"vpdq", "md5", "sha256"}),
}
"""The kinds a file of each content type is listed and asked by: more than HMA has, so that the same bytes always meet."""
OWN_NAMES: Final = frozenset({"md5", "sha256"})
"""Our kinds that are taken by their own name too, where HMA has none."""
ACCEPTED: Final = (*TYPES, *sorted(OWN_NAMES))


def kind_named(name: str) -> str:
    """Our kind behind HMA's word. Raises: BadInput (unknown_signal_type)."""
    if name in TYPES:
        return TYPES[name].kind
    if name in OWN_NAMES:
        return name
    raise BadInput("unknown_signal_type", "no such SignalType", f"Known: {', '.join(TYPES)}.")


def signal_in(name: str, text: str) -> Signal:
    """A signal as a client sends it. Raises: BadInput (unknown_signal_type, bad_value)."""
    return parse_signal(kind_named(name), text)


def content_type_named(name: str) -> str:
    """``name``. Raises: BadInput (unknown_content_type)."""
    if name not in CONTENT_TYPES:
        raise BadInput("unknown_content_type", "no such content_type", f"Known: {', '.join(CONTENT_TYPES)}.")
    return name


def chosen(content_type: str, names: str | None) -> tuple[SignalType, ...]:
    """The types of a content type, or those of them that ``names`` lists, joined by commas.

    Raises: BadInput (unknown_signal_type).
    """
    known = {one.name: one for one in TYPES.values() if one.content_type == content_type}
    if names is None:
        return tuple(known.values())
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    if not wanted or any(name not in known for name in wanted):
        text = f"types names no type, or one that is not made of a {content_type}"
        raise BadInput("unknown_signal_type", text, f"Known: {', '.join(known)}.")
    return tuple(known[name] for name in dict.fromkeys(wanted))


def type_of_match(content_type: str, kind: str) -> str:
    """Under which of HMA's types a match by ``kind`` is told: its own, else (the same bytes) the content type's first."""
    own = [one.name for one in TYPES.values() if one.content_type == content_type]
    return next((name for name in own if TYPES[name].kind == kind), own[0])


def told_signals(content: Content) -> dict[str, str]:
    """The signals of a content by HMA's types. The MD5 of a picture's own file is no `video_md5`."""
    is_photo = any(signal.kind == "pdq" for signal in content.signals)
    told: dict[str, str] = {}
    for one in TYPES.values():
        for signal in _of_kind(content.signals, one.kind):
            of_picture = one.content_type == VIDEO and is_photo and signal.profile == PROFILE_BYTES
            if not of_picture:
                told.setdefault(one.name, value_of(signal))
    return told


def _of_kind(signals: Iterable[Signal], kind: str) -> list[Signal]:
    return [signal for signal in signals if signal.kind == kind]


assert all(kind in KINDS for kinds in KINDS_OF.values() for kind in kinds)
