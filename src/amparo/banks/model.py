"""Banks and contents as values, and the rules a name, a threshold or a note must keep. Reads no database."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, get_args

from amparo.errors import BadInput, Unreadable
from amparo.hashing import kind_of
from amparo.terms.signal import Signal

Polarity = Literal["positive", "negative"]
BankAction = Literal["review", "hide"]
OpinionName = Literal["positive_class", "investigation_seed", "negative_class"]

BANK_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}\Z", re.ASCII)
EXTERNAL_ID_CHARS_MAX: Final = 200
NOTE_CHARS_MAX: Final = 2_000
METADATA_BYTES_MAX: Final = 8_192
SIGNALS_PER_CONTENT_MAX: Final = 64
DISABLED: Final = 0  # disable_until_us of a content that is off until somebody turns it on


@dataclass(frozen=True, slots=True)
class Bank:
    """A named list with one policy.

    thresholds: radius by kind in bits, only where it differs from the kind's own. staged_share: 0.0-1.0, the share of
    items it answers for. A negative bank holds known-harmless content and vetoes matches.
    """

    id: int
    name: str
    key: str  # part of a content's identity, never changes: the name as it was made, folded (adr/0019)
    polarity: Polarity
    thresholds: Mapping[str, int]
    staged_share: float
    paused: bool
    action: BankAction
    created_at: datetime

    def threshold_bits(self, kind: str) -> int:
        """The radius in force for ``kind``."""
        return self.thresholds.get(kind, kind_of(kind).threshold_bits)


@dataclass(frozen=True, slots=True)
class BankPolicy:
    """What may be set on a bank; None leaves it as it is. name: a new one for a bank there is; its contents stay."""

    polarity: str | None = None
    thresholds: Mapping[str, int] | None = None
    staged_share: float | None = None
    paused: bool | None = None
    action: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one client says of a content."""

    client: str
    opinion: OpinionName
    given_at: datetime


@dataclass(frozen=True, slots=True)
class Listing:
    """A content as it comes in. origin: who lists it. relist: bring it back although this origin withdrew it."""

    signals: tuple[Signal, ...]
    external_id: str | None = None
    note: str | None = None
    metadata: str | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """What became of a Listing. content_id is None when it stayed silent because it was withdrawn."""

    outcome: Literal["added", "already", "withdrawn"]
    content_id: int | None


@dataclass(frozen=True, slots=True)
class Content:
    """One listing by one origin, as it stands. Withdrawn ones hold no signal, note or external id any more."""

    id: int
    bank_id: int
    origin: str
    external_id: str | None
    note: str | None
    metadata: str | None
    created_at: datetime
    disable_until_us: int | None
    withdrawn_at: datetime | None
    flooded_at: datetime | None
    signals: tuple[Signal, ...] = ()
    opinions: tuple[Opinion, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A live signal near a query, with all that judging it needs, read at one moment."""

    signal_id: int
    content_id: int
    kind: str
    origin: str
    bank: Bank
    disable_until_us: int | None
    is_flooded: bool
    opinions: tuple[Opinion, ...] = field(default=())


def check_bank_name(name: str) -> str:
    """``name``. Raises: BadInput (bad_bank_name)."""
    if not BANK_NAME.match(name):
        raise BadInput(
            "bad_bank_name",
            "this is no name for a bank",
            "1 to 64 of A-Z a-z 0-9 _ -, the first a letter or underscore.",
        )
    return name


def check_policy(policy: BankPolicy) -> dict[str, object]:
    """Column values of the parts of ``policy`` that are set.

    Raises: BadInput (bad_bank_name, bad_polarity, bad_action, bad_share, bad_threshold, unknown_kind).
    """
    values: dict[str, object] = {}
    if policy.name is not None:
        values |= {"name": check_bank_name(policy.name), "name_key": policy.name.casefold()}
    if policy.polarity is not None:
        values["polarity"] = _one_of(policy.polarity, get_args(Polarity), "bad_polarity")
    if policy.action is not None:
        values["action"] = _one_of(policy.action, get_args(BankAction), "bad_action")
    if policy.staged_share is not None:
        if not 0.0 <= policy.staged_share <= 1.0:
            raise BadInput("bad_share", "a staged share is a number from 0 to 1", "1 answers for every item.")
        values["staged_share"] = float(policy.staged_share)
    if policy.paused is not None:
        values["paused"] = int(policy.paused)
    if policy.thresholds is not None:
        values["thresholds"] = json.dumps(_checked_thresholds(policy.thresholds), sort_keys=True)
    return values


def check_opinion(name: str) -> OpinionName:
    """``name`` as an opinion. Raises: BadInput (unknown_opinion)."""
    _one_of(name, get_args(OpinionName), "unknown_opinion")
    return name  # type: ignore[return-value]  # checked in the line above


def check_listing(listing: Listing) -> Listing:
    """``listing`` when all its parts are in bounds.

    Raises: BadInput (no_signals, too_many_signals, bad_external_id, bad_note, bad_metadata), Unreadable (low_detail).
    """
    if not listing.signals:
        raise BadInput(
            "no_signals", "a content needs at least one signal", "Send signals, or a picture with enough detail."
        )
    if len(listing.signals) > SIGNALS_PER_CONTENT_MAX:
        raise BadInput(
            "too_many_signals",
            f"a content holds at most {SIGNALS_PER_CONTENT_MAX} signals",
            "List it as several contents.",
        )
    for signal in listing.signals:
        floor = kind_of(signal.kind).quality_min
        if signal.quality is not None and floor is not None and signal.quality < floor:
            raise Unreadable(
                "low_detail",
                f"a signal of {signal.kind} has too little detail to be known again",
                "List the md5 and sha256 of the file.",
            )
    check_external_id(listing.external_id)
    check_note(listing.note)
    check_metadata(listing.metadata)
    return listing


def check_external_id(external_id: str | None) -> None:
    """Raises: BadInput (bad_external_id)."""
    if external_id is None:
        return
    if not 1 <= len(external_id) <= EXTERNAL_ID_CHARS_MAX or not _is_one_line(external_id):
        raise BadInput(
            "bad_external_id", "an external id is 1 to 200 characters on one line", "Leave it out if there is none."
        )


def check_note(note: str | None) -> None:
    """Raises: BadInput (bad_note)."""
    if note is not None and (len(note) > NOTE_CHARS_MAX or "\0" in note or not _is_unicode(note)):
        raise BadInput("bad_note", f"a note is at most {NOTE_CHARS_MAX} characters of text", "Shorten it.")


def check_metadata(metadata: str | None) -> None:
    """Raises: BadInput (bad_metadata)."""
    if metadata is None:
        return
    if not _is_unicode(metadata) or len(metadata.encode()) > METADATA_BYTES_MAX:
        raise BadInput(
            "bad_metadata",
            f"metadata is text of at most {METADATA_BYTES_MAX} bytes",
            "Keep it in your own system and list its id.",
        )


def _is_one_line(text: str) -> bool:
    return _is_unicode(text) and all(char.isprintable() for char in text)


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text)


def _one_of(value: str, known: Sequence[str], slug: str) -> str:
    if value not in known:
        raise BadInput(slug, "this value is not known here", f"One of: {', '.join(known)}.")
    return value


def _checked_thresholds(thresholds: Mapping[str, int]) -> dict[str, int]:
    for name, bits in thresholds.items():
        kind = kind_of(name)
        if not 0 <= bits <= kind.threshold_bits_max:
            raise BadInput(
                "bad_threshold",
                f"a threshold of {name} is 0 to {kind.threshold_bits_max} bits",
                "Leave it out for the default.",
            )
    return dict(thresholds)
